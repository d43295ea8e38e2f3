//! `check`: recovers what a crash left, then holds files, catalogue and statements against each other.

use super::{Status, recover};
use crate::{
    check::{self, CheckedKey},
    data::Place,
    say::{Lang, Trouble},
};

/// Checks a station's data folder.
///
/// # Errors
/// A folder that is no station's or in use; the disk's; the catalogue's.
pub fn run(place: &Place, lang: Lang) -> Result<Status, Trouble> {
    let station = place.open()?.lock()?;
    let set_aside = recover(&station, lang)?;
    let checked = check::check(&station).map_err(|e| {
        Trouble::new("cannot read the catalogue: restore it from a backup", "无法读取目录：请从备份恢复").because(e)
    })?;
    for d in &checked.disagreements {
        super::print(format_args!("{}: {}", d.what, lang.pick(&d.en, &d.zh)))?;
    }
    for CheckedKey { key, good, gone, others } in &checked.retired {
        let name = &key.signer().name;
        super::print(lang.pick(
            format!("retired key {name}: clips {good}, not there {gone}, others {others}"),
            format!("已停用的密钥 {name}：录像 {good}，文件不存在 {gone}，其他 {others}"),
        ))?;
    }
    let disagreements = checked.disagreements.len() as u64 + set_aside;
    super::print(format_args!(
        "check: clips {}, damaged {}, never written {}, deleted {}, disagreements {disagreements}",
        checked.good, checked.damaged, checked.never_written, checked.deleted
    ))?;
    Ok(if disagreements == 0 { Status::Done } else { Status::Disagreement })
}
