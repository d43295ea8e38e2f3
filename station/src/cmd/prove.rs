//! `prove`: hands out every clip of an order with what proves it. The daemon may run meanwhile.

use std::path::Path;

use evidence::{
    note::Note,
    statement::{ClipState, Statement, Tombstone, TombstoneReason},
    value::Time,
};

use super::Status;
use crate::{
    catalogue::{Clip, State},
    data::Place,
    proof::ProofError,
    prove::{self, Counted, Covered, Handed, Missing, ProveError, Proven},
    recovery::said,
    say::{Lang, Trouble},
};

/// Hands out an order's clips and says of each what became of it. `audit` has the moment since which the ledger is shown,
/// if one was given.
///
/// # Errors
/// A folder that is no station's, an order that it does not know, an output folder that is not empty, the disk's.
pub fn run(
    place: &Place,
    order: &str,
    output: &Path,
    audit: Option<Option<Time>>,
    lang: Lang,
) -> Result<Status, Trouble> {
    let order = super::order(order)?;
    let data = place.open()?;
    data.require_home()?;
    let key = data.key()?;
    let catalogue = data.catalogue()?;
    let retired = catalogue.retired(Some(&order)).map_err(|error| trouble(error.into(), order.as_str()))?;
    let of_before = || retired.iter().flat_map(|retired| retired.clips.iter().map(|clip| (&retired.key, clip)));
    let all = match prove::prove(&data.root, &key, catalogue, &order, output, audit) {
        Err(ProveError::Unknown) if of_before().next().is_some() => Vec::new(),
        all => all.map_err(|error| trouble(error, order.as_str()))?,
    };
    let count = all.len();
    super::print(lang.pick(
        format!("{order}: clips of this order under this station's key: {count}"),
        format!("{order}：本工位当前密钥名下该单号的录像：{count} 段"),
    ))?;
    let mut status = Status::Done;
    for (key, clip) in of_before() {
        let (name, file) = (&key.signer().name, data.root.join(&clip.path));
        let line = lang.pick(
            format!("not handed out: of the key {name}, which this station had before: {}", file.display()),
            format!("未交出：属于本工位先前的密钥 {name}：{}", file.display()),
        );
        super::print(format_args!("{:06}  {}  {:<13}  -  {line}", clip.sequence, clip.id, state(clip)))?;
        status = Status::Disagreement;
    }
    if told(&all, lang)? == Status::Disagreement {
        status = Status::Disagreement;
    }
    if all.iter().all(|clip| clip.outcome.is_err()) {
        super::print(lang.pick("nothing was handed out", "没有可交出的录像"))?;
        status = Status::Disagreement;
    }
    Ok(status)
}

/// Says of each clip what became of it; [`Status::Disagreement`] where one that is sealed was not handed out whole.
///
/// # Errors
/// Standard output's.
pub fn told(all: &[Proven], lang: Lang) -> Result<Status, Trouble> {
    let mut status = Status::Done;
    for Proven { clip, outcome } in all {
        let head = format!("{:06}  {}  {:<13}", clip.sequence, clip.id, state(clip));
        match outcome {
            Ok(handed) => {
                super::print(format_args!("{head}  {}{}", handed.file.display(), shown(handed, lang)))?;
                if handed.ledger.is_none() {
                    status = Status::Disagreement;
                }
            }
            Err(missing) => {
                let why = why(clip, missing);
                super::print(format_args!("{head}  -  {}", lang.pick(why.en, why.zh)))?;
                if !matches!(missing, Missing::NoFile) {
                    status = Status::Disagreement;
                }
            }
        }
    }
    Ok(status)
}

/// What stands in a count, or what the row says.
fn state(clip: &Clip) -> &'static str {
    prove::state_as_of(clip, u64::MAX).map_or("-", ClipState::as_str)
}

/// What the PROOF of a copy shows.
fn shown(Handed { enrolment, ledger, .. }: &Handed, lang: Lang) -> String {
    let enrolment = enrolment.then(|| lang.pick("enrolment", "登记").to_owned());
    let ledger = match ledger {
        Some(Counted { size, this, of, audited }) => {
            let stated = lang.pick(
                format!("ledger as of {size} entries; clip {this} of {of} by the station's count"),
                format!("账本（截至 {size} 条）；按本工位清点为第 {this} 段，共 {of} 段"),
            );
            stated + &audited.map(|covered| audit(covered, lang)).unwrap_or_default()
        }
        None => lang.pick("not in the ledger: no count of its order", "账本中没有：未清点该单号").to_owned(),
    };
    let parts: Vec<String> = enrolment.into_iter().chain([ledger]).collect();
    format!("{}{}", lang.pick(": ", "："), parts.join(lang.pick("; ", "；")))
}

fn audit(Covered { first, end, time: (from, to) }: Covered, lang: Lang) -> String {
    let first = first + 1;
    lang.pick(
        format!("; audited: all entries {first} to {end}, from {from} to {to}"),
        format!("；已附审核：第 {first} 至 {end} 条全部条目，{from} 至 {to}"),
    )
}

/// Why a clip was not handed out, and what to do.
fn why(clip: &Clip, missing: &Missing) -> Trouble {
    match missing {
        Missing::Refused(ProofError::Refused(code)) => Trouble::new(
            format!("not handed out: {} ({}); run 'packseal-station check'", code.en(), code.as_str()),
            format!("未交出：{}（{}）；请运行 packseal-station check", code.zh(), code.as_str()),
        ),
        Missing::Refused(error) => {
            let cause = said(error);
            Trouble::new(
                format!("not handed out: {cause}; run 'packseal-station check'"),
                format!("未交出：{cause}；请运行 packseal-station check"),
            )
        }
        Missing::TooLarge => Trouble::new(
            "not handed out: too much was recorded while it was open for an audit; prove without --audit",
            "未交出：该录像期间条目过多，无法附审核；请不带 --audit 重试",
        ),
        Missing::NoFile => match clip.state {
            State::Deleting | State::Deleted => deleted(clip),
            State::NeverWritten => {
                Trouble::new("begun, and interrupted before its first picture", "已开始，在首个画面之前中断")
            }
            State::Damaged => Trouble::new(
                format!("damaged, set aside unsigned as {}", clip.path),
                format!("已损坏，未签名，已隔离于 {}", clip.path),
            ),
            State::Open | State::Sealed => Trouble::new(
                "not sealed yet: wait until it is, or run 'packseal-station check' where nothing records",
                "尚未封存：请等待封存；若无录制，请运行 packseal-station check",
            ),
        },
    }
}

fn deleted(clip: &Clip) -> Trouble {
    let note = clip.tombstone.as_ref().and_then(|note| Note::parse(note).ok());
    let Some(stone) = note.and_then(|note| Tombstone::parse(&note.text).ok()) else {
        return Trouble::new("deleted", "已删除");
    };
    let day = stone.time.day();
    match stone.reason {
        TombstoneReason::Withdrawn => Trouble::new(format!("withdrawn on {day}"), format!("已于 {day} 撤下")),
        TombstoneReason::Retention | TombstoneReason::NeverWritten => {
            Trouble::new(format!("deleted on {day}, when its time was over"), format!("已于 {day} 到期删除"))
        }
    }
}

/// What is said of a failure.
pub fn trouble(error: ProveError, order: &str) -> Trouble {
    match error {
        ProveError::Unknown => Trouble::new(
            format!("this station has no clip of {order}: see 'packseal-station list'"),
            format!("本工位没有 {order} 的录像：请查看 packseal-station list"),
        ),
        ProveError::Many => Trouble::new(
            format!("{order} has more clips than a count can have, {}", evidence::statement::MAX_COUNTED),
            format!("{order} 的录像超过清点上限 {}", evidence::statement::MAX_COUNTED),
        ),
        ProveError::NotEmpty(folder) => {
            let shown = folder.display();
            Trouble::new(
                format!("{shown} is not empty, or is a file: name a new or empty folder"),
                format!("{shown} 不是空文件夹：请指定新的或空的文件夹"),
            )
        }
        ProveError::Output(e) if e.is_full() => {
            let shown = e.path.display();
            Trouble::new(
                format!("no room for {shown}; nothing was handed out: make room or name another disk"),
                format!("{shown} 空间不足，未交出任何文件：请腾出空间或换用其他磁盘"),
            )
            .because(e)
        }
        ProveError::Output(e) => {
            let shown = e.path.display();
            Trouble::new(
                format!("cannot write {shown}; nothing was handed out: check the disk and who may write there"),
                format!("无法写入 {shown}，未交出任何文件：请检查磁盘及写权限"),
            )
            .because(e)
        }
        ProveError::Disk(e) => {
            let shown = e.path.display();
            Trouble::new(format!("cannot read {shown}: check the disk"), format!("无法读取 {shown}：请检查磁盘"))
                .because(e)
        }
        ProveError::Catalogue(e) => Trouble::new(
            "cannot read the catalogue: run 'packseal-station check'",
            "无法读取目录：请运行 packseal-station check",
        )
        .because(e),
    }
}
