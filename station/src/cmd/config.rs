//! `config check`: everything in the configuration that can be wrong, before a bench starts with it.

use super::Status;
use crate::{
    bench::Plan,
    data::Place,
    hooks::Hook,
    say::{Lang, Trouble},
    stamps::Authorities,
};

/// Reads the configuration as `run` does, and says what it comes to.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(place: &Place, lang: Lang) -> Result<Status, Trouble> {
    let data = place.read()?;
    let (plans, _) = Plan::all(&data)?;
    Authorities::read(&data.config.time)?;
    Hook::all(&data.config.webhook)?;
    let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    let (names, rules, root) = (names.join(", "), data.config.code.len(), data.root.display());
    super::print(lang.pick(
        format!("the configuration holds: benches {names}; {rules} rules for codes; data folder {root}"),
        format!("配置有效：工位 {names}；条码规则 {rules} 条；数据文件夹 {root}"),
    ))?;
    Ok(Status::Done)
}
