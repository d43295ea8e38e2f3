//! `root`: the merchant's own key, which enrols and revokes stations' keys.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{statement::RevocationReason, value::Time};

use super::Status;
use crate::{
    enrolment,
    root::{self, Terms},
    say::{Lang, Trouble},
};

/// Makes a root and prints its line for trust files.
///
/// # Errors
/// See [`root::new`].
pub fn new(name: &str, folder: &Path, lang: Lang) -> Result<Status, Trouble> {
    let (path, key) = root::new(name, folder)?;
    super::print(format_args!("root {}", key.verifier()))?;
    let shown = path.display();
    eprintln!(
        "{}",
        lang.pick(
            format!("This is the root's line for trust files: give it to whoever shall check the clips. Keep {shown} secret, never at a bench, with a copy in a safe place; it has no passphrase."),
            format!("以上是根密钥在信任文件中的一行：请交给需要核验录像的人。请妥善保密并备份 {shown}，切勿放在工位上；该文件没有口令保护。"),
        )
    );
    Ok(Status::Done)
}

/// Enrols a station and prints what the note says.
///
/// # Errors
/// See [`root::read`], [`root::verifier_key`] and [`root::enrol`].
pub fn enrol(key: &Path, station: &str, terms: Terms, output: &Path, lang: Lang) -> Result<Status, Trouble> {
    let enrolment = root::enrol(&root::read(key)?, root::verifier_key(station)?, terms, output)?;
    super::print(line(&enrolment, lang))?;
    let shown = output.display();
    eprintln!(
        "{}",
        lang.pick(
            format!("Bring {shown} to the station: packseal-station enrol {shown} --data DIR"),
            format!("请将 {shown} 带到工位：packseal-station enrol {shown} --data 文件夹"),
        )
    );
    Ok(Status::Done)
}

/// What an enrolment says, in one line.
pub(super) fn line(e: &evidence::statement::Enrolment, lang: Lang) -> String {
    let (station, root, from, sources) = (&e.station.signer().name, &e.root, e.not_before, enrolment::sources(e));
    match e.not_after {
        Some(to) => lang.pick(
            format!("{station} is enrolled by {root} from {from} to {to}, for pictures of {sources}"),
            format!("{station} 已由 {root} 登记，有效期 {from} 至 {to}，画面来源：{sources}"),
        ),
        None => lang.pick(
            format!("{station} is enrolled by {root} since {from}, for pictures of {sources}"),
            format!("{station} 已由 {root} 登记，自 {from} 起有效，画面来源：{sources}"),
        ),
    }
}

/// Revokes a station's key and prints the lines for trust files.
///
/// # Errors
/// See [`root::read`], [`root::verifier_key`] and [`root::revoke`].
pub fn revoke(
    key: &Path,
    station: &str,
    when: (Time, RevocationReason),
    output: &Path,
    lang: Lang,
) -> Result<Status, Trouble> {
    let key = root::read(key)?;
    let note = root::revoke(&key, root::verifier_key(station)?, when, output)?;
    super::print(format_args!("root {}\nrevocation {}", key.verifier(), STANDARD.encode(note)))?;
    eprintln!(
        "{}",
        lang.pick(
            "These are the lines for trust files: give them to whoever checks the clips, or the key is still trusted there.",
            "以上是信任文件中的两行：请交给每个核验录像的人，否则该密钥在其处仍被信任。",
        )
    );
    Ok(Status::Done)
}
