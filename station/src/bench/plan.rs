//! What a bench's configuration comes to: all that can be wrong in it is found before anything starts.

use evidence::{
    statement,
    value::{Token, Value},
};

use crate::{
    capture::protocol::{Controls, Source},
    code::Rules,
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
    /// All benches and the rules of their codes: everything of the configuration that can be wrong.
    ///
    /// # Errors
    /// The first thing that is.
    pub fn all(data: &Data) -> Result<(Vec<Self>, Rules), Trouble> {
        let config = &data.config;
        let rules = Rules::new(&config.code, &config.control).map_err(|why| {
            Trouble::new(format!("{why}; correct it in the configuration"), format!("{why}；请在配置中改正"))
        })?;
        let plans: Vec<_> = config.bench.iter().map(|bench| Self::of(data, bench)).collect::<Result<_, _>>()?;
        each_its_own(&plans)?;
        Ok((plans, rules))
    }

    /// Reads a bench's configuration.
    ///
    /// # Errors
    /// A name, camera, format or scanner that does not hold; a login file that others can read.
    fn of(data: &Data, bench: &config::Bench) -> Result<Self, Trouble> {
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

/// A scanner or camera that two benches name would serve one of them, and nobody knows which.
fn each_its_own(plans: &[Plan]) -> Result<(), Trouble> {
    let twice = |en: String, zh: String| {
        Err(Trouble::new(
            format!("{en}: each bench has its own; correct it in the configuration"),
            format!("{zh}：每个工位须各用各的；请在配置中改正"),
        ))
    };
    let scanners: Vec<_> = plans.iter().flat_map(|plan| &plan.scanners).collect();
    if let Some((_, spec)) = scanners.iter().enumerate().find(|(at, spec)| scanners[..*at].contains(spec)) {
        return twice(format!("the scanner {spec} is named twice"), format!("扫码枪 {spec} 出现两次"));
    }
    let usb = |plan: &Plan| match &plan.source {
        Source::Usb { device, .. } => Some(device.clone()),
        _ => None,
    };
    let cameras: Vec<_> = plans.iter().filter_map(usb).collect();
    let same = |(at, camera): &(usize, &Option<String>)| cameras[..*at].contains(camera);
    match cameras.iter().enumerate().find(same) {
        Some((_, Some(device))) => {
            twice(format!("the camera usb:{device} is named twice"), format!("摄像头 usb:{device} 出现两次"))
        }
        // "usb" is the first one that is found, which may be that of another bench.
        _ if cameras.len() > 1 && cameras.contains(&None) => twice(
            "several benches have a USB camera, and one names it only \"usb\"".into(),
            "多个工位使用 USB 摄像头，其中一个只写了 \"usb\"".into(),
        ),
        _ => Ok(()),
    }
}
