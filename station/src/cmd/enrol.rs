//! `enrol`: keeps an enrolment of this station's key.

use std::path::Path;

use super::{Status, root::line};
use crate::{
    data::Place,
    enrolment, root,
    say::{Lang, Trouble},
};

/// Keeps it and prints what it says. The daemon may run meanwhile.
///
/// # Errors
/// A folder that is no station's; see [`enrolment::keep`].
pub fn run(place: &Place, note: &Path, root: Option<&str>, lang: Lang) -> Result<Status, Trouble> {
    let data = place.open()?;
    let root = root.map(root::verifier_key).transpose()?;
    let enrolment = enrolment::keep(&data, note, root.as_ref())?;
    super::print(line(&enrolment, lang))?;
    if root.is_none() {
        eprintln!(
            "{}",
            lang.pick(
                "The root's signature was not checked: --root VKEY does that.",
                "根密钥的签名未经核验：可用 --root 公钥 核验。"
            )
        );
    }
    Ok(Status::Done)
}
