//! `export`: the evidence bundle of an order. The daemon may run meanwhile.

use std::path::{Path, PathBuf};

use evidence::{
    value::{Id, Token, Value},
    verdict::Verdict,
    words::{self, Text},
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Status, prove};
use crate::{
    config::{Config, Preset},
    data::Place,
    export::{self, Ask, ExportError, Given, Step},
    exports, received,
    say::{Lang, Trouble},
    stamps::Authorities,
};

/// What is asked for, as it was typed.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Order number.
    pub order: &'a str,
    /// Preset's name.
    pub preset: &'a str,
    /// The folder.
    pub output: &'a Path,
    /// Id of the clip that is shown.
    pub clip: Option<&'a str>,
    /// First second of the share copy.
    pub from: Option<u64>,
    /// Who exports.
    pub by: Option<&'a str>,
    /// Files that the buyer sent, beside those that the desk keeps.
    pub received_files: &'a [PathBuf],
    /// How these were received.
    pub received: Option<&'a str>,
}

/// Makes the bundle and says what is in it.
///
/// # Errors
/// A folder that is no station's, an order or preset that it does not know, an output that is there, the disk's.
pub fn run(place: &Place, asked: &Asked<'_>, lang: Lang) -> Result<Status, Trouble> {
    let order = super::order(asked.order)?;
    let data = place.open()?;
    data.require_home()?;
    let preset = preset(&data.config, asked.preset)?;
    let by = asked.by.map(who).transpose()?;
    let clip = asked.clip.map(id).transpose()?;
    let key = data.key()?;
    let authorities = Authorities::read(&data.config.time)?;
    let program =
        super::program().map_err(|e| Trouble::new("cannot read this program", "无法读取本程序").because(e))?;
    let words = lang.pick(words::Lang::En, words::Lang::Zh);
    let mut all = exports::received(&data, &order)?;
    all.extend(asked.received_files.iter().map(|path| given(path, asked.received)));
    let ask =
        Ask { order: &order, preset, folder: asked.output, clip, from: asked.from, by, received: &all, lang: words };
    let bar = bar();
    let mut progress = |step, part: u32| {
        let (begin, length) = match step {
            Step::Clips => (0, 100),
            Step::Pictures => (100, 800),
            Step::Report => (900, 100),
        };
        bar.set_position(u64::from(begin + part * length / 1000));
    };
    let station = (&data, &key, data.catalogue()?);
    let made = export::export(station, (authorities.roots(), program), &ask, &mut progress);
    bar.finish_and_clear();
    let made = made.map_err(|error| trouble(error, asked.order))?;
    let mut status = prove::told(&made.clips, lang)?;
    for (name, verdict) in &made.verdicts {
        super::print(format_args!("{name}: {}", Text::of_verdict(*verdict).of(words)))?;
        if *verdict != Verdict::Verified {
            status = Status::Disagreement;
        }
    }
    for name in &made.upload {
        super::print(format_args!("{}", asked.output.join(name).display()))?;
    }
    super::print(format_args!("{}", asked.output.display()))?;
    super::print(format_args!("{}", made.archive.display()))?;
    Ok(status)
}

/// A file that is handed over with the export.
fn given(path: &Path, received: Option<&str>) -> Given {
    let name =
        received::line(&path.file_name().unwrap_or_default().to_string_lossy()).unwrap_or_else(|| "?".to_owned());
    Given { path: path.to_owned(), name, received: received.and_then(received::line), kept: None }
}

/// Drawn on a terminal only.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// The preset of this name.
///
/// # Errors
/// There is none.
pub fn preset<'a>(config: &'a Config, name: &str) -> Result<&'a Preset, Trouble> {
    config.preset.iter().find(|preset| preset.name == name).ok_or_else(|| {
        let names: Vec<&str> = config.preset.iter().map(|preset| &*preset.name).collect();
        let names = names.join(", ");
        Trouble::new(
            format!("there is no such preset: use one of {names}, or add it to the configuration"),
            format!("没有该预设：请使用 {names} 之一，或在配置中添加"),
        )
    })
}

fn who(text: &str) -> Result<Token, Trouble> {
    Token::parse(text).ok_or_else(|| {
        Trouble::new(
            "--by takes 1 to 64 of A-Z, a-z, 0-9, '.', '_', '+' and '-'",
            "--by 为 1 到 64 个字母、数字、“.”、“_”、“+”或“-”",
        )
    })
}

fn id(text: &str) -> Result<Id, Trouble> {
    Id::parse(text).ok_or_else(|| {
        Trouble::new(
            "--clip takes a clip's id, as 'packseal-station list' prints it",
            "--clip 为录像编号，见 packseal-station list",
        )
    })
}

/// What is said of a failure.
pub fn trouble(error: ExportError, order: &str) -> Trouble {
    match error {
        ExportError::Prove(error) => prove::trouble(error, order),
        ExportError::Report(trouble) | ExportError::Inspection(trouble) => trouble,
        ExportError::Received(path, error) => {
            let shown = path.display();
            Trouble::new(
                format!("cannot read {shown}; nothing was exported: give the file that was received"),
                format!("无法读取 {shown}，未导出任何内容：请给出收到的文件"),
            )
            .because(error)
        }
        ExportError::Nothing => Trouble::new(
            format!("no clip of {order} can be handed out: see 'packseal-station prove'"),
            format!("{order} 没有可交出的录像：请查看 packseal-station prove"),
        ),
        ExportError::NoSuchClip(id) => Trouble::new(
            format!("{id} is not a clip of {order} that can be handed out: see 'packseal-station list'"),
            format!("{id} 不是 {order} 可交出的录像：请查看 packseal-station list"),
        ),
        ExportError::NoCopy => Trouble::new(
            "this preset takes no share copy: leave --from away, or use another preset",
            "该预设不含分享副本：请去掉 --from，或换用其他预设",
        ),
        ExportError::NoSpan => Trouble::new(
            "the clip has no pictures from that second on: give an earlier --from",
            "该秒之后没有画面：请给出更早的 --from",
        ),
        ExportError::NotEmpty(path) => {
            let shown = path.display();
            Trouble::new(
                format!("{shown} is there already, and not an empty folder: give another -o"),
                format!("{shown} 已存在且不是空文件夹：请换一个 -o"),
            )
        }
        ExportError::Output(path, error) => {
            let shown = path.display();
            Trouble::new(
                format!("cannot write {shown}; nothing was exported: check the disk and who may write there"),
                format!("无法写入 {shown}，未导出任何内容：请检查磁盘及写权限"),
            )
            .because(error)
        }
        ExportError::Clip(path, error) => {
            let shown = path.display();
            Trouble::new(format!("cannot read {shown}: check the disk"), format!("无法读取 {shown}：请检查磁盘"))
                .because(error)
        }
        ExportError::Pages(error) => Trouble::new(
            "cannot make pictures of the report: install pdftoppm (poppler-utils)",
            "无法生成报告图片：请安装 pdftoppm（poppler-utils）",
        )
        .because(error),
        error @ (ExportError::Derive(_) | ExportError::Catalogue(_) | ExportError::Statement) => Trouble::new(
            "the bundle could not be made; nothing was exported: run 'packseal-station check'",
            "无法生成证据包，未导出任何内容：请运行 packseal-station check",
        )
        .because(error),
    }
}
