//! What a bench's configuration comes to: all that can be wrong in it is found before anything starts.

use evidence::{
    statement,
    value::{Token, Value},
};

use crate::{
    capture::protocol::{Controls, Source},
    config,
    data::Data,
    say::Trouble,
    scanner, source,
};

/// A bench, as configured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// As START says it.
    pub name: Token,
    /// Where its pictures come from.
    pub source: Source,
    /// As START says it.
    pub kind: statement::Source,
    /// Whether order, station and time are drawn in.
    pub overlay: bool,
    /// Where its codes come from.
    pub scanners: Vec<scanner::Spec>,
}

impl Plan {
    /// Reads a bench's configuration.
    ///
    /// # Errors
    /// A name, camera, format or scanner that does not hold; a login file that others can read.
    pub fn of(data: &Data, bench: &config::Bench) -> Result<Self, Trouble> {
        let wrong = |key: &str, why: &str, zh: &str| {
            let name = &bench.name;
            Trouble::new(format!("bench {name}: {key} {why}; correct it"), format!("工位 {name}：{key} {zh}；请改正"))
        };
        let name = Token::parse(&bench.name).ok_or_else(|| wrong("name", "is no name", "不是有效名称"))?;
        let mut source = source::parse(&bench.camera, data)?;
        let format = source::parse_format(&bench.format)
            .ok_or_else(|| wrong("format", "is \"auto\" or WIDTHxHEIGHT@RATE", "应为 \"auto\" 或 宽x高@帧率"))?;
        match &mut source {
            Source::Usb { format: wanted, controls, .. } => {
                *wanted = format;
                let (exposure, focus) = (bench.exposure.0, bench.focus.0);
                *controls = Controls { exposure, focus, white_balance: bench.white_balance.0 };
            }
            // A bench's film stands for a camera, which does not end.
            Source::File { repeat, .. } => *repeat = true,
            Source::Rtsp { .. } | Source::Pattern { .. } => {}
        }
        let scanners = bench.scanners.iter().map(|spec| scanner::Spec::parse(spec)).collect::<Result<_, _>>()?;
        Ok(Self { name, kind: source::kind(&source), source, overlay: bench.overlay, scanners })
    }
}
