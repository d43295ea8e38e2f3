//! The enrolments that a station holds: notes by which roots say whose its key is. All are kept, for older clips may need
//! an older one.

use std::{fs, io, path::Path};

use evidence::{
    key::VerifierKey,
    note::{self, Note},
    statement::{End, Enrolment, Start, Statement},
    value::Value,
};

use crate::{
    data::Data,
    durable::{self, DurableError},
    say::Trouble,
};

/// Where they are, below the data folder.
const FOLDER: &str = "enrolments";

/// One of them.
#[derive(Debug, Clone)]
pub struct Held {
    /// The exact note.
    pub note: Vec<u8>,
    /// What it says.
    pub enrolment: Enrolment,
}

/// Keeps an enrolment of this station's key. Its signature is checked where the root's key is given.
///
/// # Errors
/// A file that is no enrolment, one of another key or by another root, the file system's.
pub fn keep(data: &Data, file: &Path, root: Option<&VerifierKey>) -> Result<Enrolment, Trouble> {
    let shown = file.display();
    let large = fs::metadata(file).is_ok_and(|m| m.len() > note::MAX_LENGTH as u64);
    let bytes = if large { Ok(Vec::new()) } else { fs::read(file) };
    let bytes = bytes.map_err(|e| {
        Trouble::new(
            format!("cannot read {shown}: name the file that 'packseal-station root enrol' wrote"),
            format!("无法读取 {shown}：请指定 packseal-station root enrol 生成的文件"),
        )
        .because(e)
    })?;
    let Some(Held { note, enrolment }) = read(bytes) else {
        return Err(Trouble::new(
            format!("{shown} is not an enrolment: copy again what 'packseal-station root enrol' wrote"),
            format!("{shown} 不是登记：请重新复制 packseal-station root enrol 生成的文件"),
        ));
    };
    let key = data.key()?;
    if enrolment.station != *key.verifier() {
        let (other, own) = (&enrolment.station.signer().name, &key.verifier().signer().name);
        return Err(Trouble::new(
            format!(
                "{shown} enrols {other}, not this station, {own}: enrol the key that 'packseal-station key' prints"
            ),
            format!("{shown} 登记的是 {other}，而非本工位 {own}：请登记 packseal-station key 输出的公钥"),
        ));
    }
    let is_signed = |root| Note::parse(&note).is_ok_and(|note| note.verify(root).is_ok());
    if root.is_some_and(|root| !is_signed(root)) {
        let name = &enrolment.root;
        return Err(Trouble::new(
            format!("{shown} is not signed with that root's key, though it names {name}: ask whoever made it"),
            format!("{shown} 虽写明 {name}，但并非由该根密钥签名：请询问签发者"),
        ));
    }
    let folder = data.root.join(FOLDER);
    let name = evidence::value::hex(&evidence::value::Hash::of(&note).0[..8]);
    let kept =
        durable::create_folder(&folder).and_then(|()| durable::replace(&folder.join(format!("{name}.note")), &note));
    kept.map_err(|e| {
        let shown = e.path.display();
        Trouble::new(
            format!("cannot write {shown}: check the disk and who may write there"),
            format!("无法写入 {shown}：请检查磁盘及写权限"),
        )
        .because(e)
    })?;
    Ok(enrolment)
}

/// A note that is an enrolment, by the root it names.
fn read(bytes: Vec<u8>) -> Option<Held> {
    let note = Note::parse(&bytes).ok()?;
    let enrolment = Enrolment::parse(&note.text).ok().filter(|e| e.root == note.signer.name)?;
    Some(Held { note: bytes, enrolment })
}

/// All that this station holds, of its key.
///
/// # Errors
/// The file system's.
pub fn held(root: &Path, key: &VerifierKey) -> Result<Vec<Held>, DurableError> {
    let folder = root.join(FOLDER);
    let mut all = Vec::new();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(all),
        Err(e) => return Err(durable::at("list", &folder)(e)),
    };
    for entry in entries {
        let path = entry.map_err(durable::at("list", &folder))?.path();
        // What a crash left of writing one is no note.
        if path.extension().is_some_and(|e| e == "note") {
            let bytes = fs::read(&path).map_err(durable::at("read", &path))?;
            all.extend(read(bytes).filter(|held| held.enrolment.station == *key));
        }
    }
    Ok(all)
}

/// Of those that hold for a clip the one that began last.
pub fn of_clip<'a>(held: &'a [Held], start: &Start, end: &End) -> Option<&'a Held> {
    let covering = held.iter().filter(|held| held.enrolment.covers(start, Some(end)).is_ok());
    covering.max_by(|a, b| (a.enrolment.not_before, &a.note).cmp(&(b.enrolment.not_before, &b.note)))
}

/// `usb,rtsp`, for a person.
pub fn sources(enrolment: &Enrolment) -> String {
    let mut text = String::new();
    enrolment.sources.write(&mut text);
    text
}
