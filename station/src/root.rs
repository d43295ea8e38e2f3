//! The root: the merchant's own key, which says whose a station's key is. Kept on the merchant's own machine, never at
//! a bench: whoever has it can make any key a station of this merchant.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use evidence::{
    key::{SigningKey, VerifierKey},
    statement::{Enrolment, Revocation, RevocationReason, Sources, Statement},
    value::{Hash, Time, Value, is_station},
};

use crate::{
    data,
    durable::{self, DurableError},
    say::Trouble,
};

/// The root's key file in its folder.
const KEY: &str = "root.key";
/// Largest file with a key text in it.
const MAX_KEY_FILE: u64 = 4096;

/// Makes a root of this name in a folder, which is made where it is not there: its key file's path and its key.
///
/// # Errors
/// A name outside its alphabet, a station's data folder, a key that is there already, the file system's.
pub fn new(name: &str, folder: &Path) -> Result<(PathBuf, SigningKey), Trouble> {
    if !is_station(name) {
        let shown: String = name.chars().take(80).filter(|c| !c.is_control()).collect();
        return Err(Trouble::new(
            format!("'{shown}' cannot be a root's name: use 1 to 40 of a-z, 0-9, '.' and '-'"),
            format!("“{shown}”不能作为根密钥名称：请使用 1 到 40 个 a-z、0-9、“.”或“-”"),
        ));
    }
    let key = data::new_key(name)?;
    if let Some(station) = station_around(folder) {
        let shown = station.display();
        return Err(Trouble::new(
            format!("{shown} is a station's data folder: a root's key is never kept at a bench; use another machine"),
            format!("{shown} 是工位的数据文件夹：根密钥绝不能放在工位上；请在另一台机器上生成"),
        ));
    }
    let path = folder.join(KEY);
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        durable::create_folder(above).map_err(unwritten)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => durable::sync_folder(durable::parent(folder)).map_err(unwritten)?,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(unwritten(durable::at("create folder", folder)(e))),
    }
    write_new(&path, format!("{}\n", key.to_secret_text()).as_bytes(), 0o600)?;
    Ok((path, key))
}

/// The station's data folder in which this folder lies or would lie.
fn station_around(folder: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // A link into one counts as well.
    let there = whole.ancestors().find_map(|above| fs::canonicalize(above).ok()).unwrap_or_default();
    let mut around = whole.ancestors().chain(there.ancestors());
    around.find(|above| data::is_station(above)).map(Path::to_owned)
}

/// Reads a root's key file.
///
/// # Errors
/// One that others can read, or that is none.
pub fn read(path: &Path) -> Result<SigningKey, Trouble> {
    let shown = path.display();
    let unreadable = |e: io::Error| {
        Trouble::new(
            format!("cannot read the root's key {shown}: name it with --key, where 'root new' made it"),
            format!("无法读取根密钥 {shown}：请用 --key 指定 root new 生成的文件"),
        )
        .because(e)
    };
    if fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
        return Err(Trouble::new(
            format!("{shown} can be read by others: run 'chmod 600 {shown}', and consider the key known"),
            format!("{shown} 可被他人读取：请运行 chmod 600 {shown}，并视该密钥为已泄露"),
        ));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    SigningKey::parse(text.trim_end()).map_err(|e| {
        Trouble::new(
            format!("{shown} is not a root's key: restore it from its backup"),
            format!("{shown} 不是根密钥：请从备份恢复"),
        )
        .because(e)
    })
}

/// A verifier key as it was typed, or from a file of it.
///
/// # Errors
/// Neither.
pub fn verifier_key(text: &str) -> Result<VerifierKey, Trouble> {
    let file = Path::new(text);
    let small = fs::metadata(file).is_ok_and(|m| m.is_file() && m.len() <= MAX_KEY_FILE);
    let read = if small { fs::read_to_string(file).unwrap_or_default() } else { text.to_owned() };
    VerifierKey::parse(read.trim()).map_err(|e| {
        let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!("'{shown}' is neither a station's key nor a file of it: give what 'packseal-station key' printed"),
            format!("“{shown}”既不是工位公钥，也不是公钥文件：请提供 packseal-station key 的输出"),
        )
        .because(e)
    })
}

/// SHA-256 of a certificate's file.
///
/// # Errors
/// A file that cannot be read.
pub fn certificate(path: &Path) -> Result<Hash, Trouble> {
    let shown = path.display();
    fs::read(path).map(|bytes| Hash::of(&bytes)).map_err(|e| {
        Trouble::new(
            format!("cannot read the certificate {shown}: name its file"),
            format!("无法读取证书 {shown}：请指定证书文件"),
        )
        .because(e)
    })
}

/// What an enrolment says beside the two keys.
#[derive(Debug)]
pub struct Terms {
    /// First moment.
    pub not_before: Time,
    /// Last moment, if there is one.
    pub not_after: Option<Time>,
    /// Where pictures may come from.
    pub sources: Sources,
    /// Of an authority's certificate over the root's key.
    pub certificate: Option<Hash>,
}

/// Enrols a station's key: the note is in this new file.
///
/// # Errors
/// The root's own key, an end before the beginning, a file that is there already, the file system's.
pub fn enrol(root: &SigningKey, station: VerifierKey, terms: Terms, output: &Path) -> Result<Enrolment, Trouble> {
    let Terms { not_before, not_after, sources, certificate } = terms;
    let enrolment = Enrolment { root: own(root, &station)?, station, not_before, not_after, sources, certificate };
    let (note, _) = enrolment.seal(root).map_err(|_| {
        Trouble::new(
            "such an enrolment cannot be signed: --not-after must not lie before --not-before",
            "无法签署该登记：--not-after 不得早于 --not-before",
        )
    })?;
    write_new(output, &note, 0o644)?;
    Ok(enrolment)
}

/// Revokes a station's key: the note, which is also in this new file.
///
/// # Errors
/// As [`enrol`].
pub fn revoke(
    root: &SigningKey,
    station: VerifierKey,
    (time, reason): (Time, RevocationReason),
    output: &Path,
) -> Result<Vec<u8>, Trouble> {
    let revocation = Revocation { root: own(root, &station)?, station, time, reason };
    let (note, _) = revocation.seal(root).map_err(|_| {
        Trouble::new("such a revocation cannot be signed: check --time", "无法签署该吊销声明：请检查 --time")
    })?;
    write_new(output, &note, 0o644)?;
    Ok(note)
}

/// The root's name, where the station's key is another than the root's.
fn own(root: &SigningKey, station: &VerifierKey) -> Result<evidence::value::KeyName, Trouble> {
    if root.verifier() == station {
        return Err(Trouble::new(
            "this is the root's own key, which is no station's: give what 'packseal-station key' printed at the bench",
            "这是根密钥自身的公钥，不是工位公钥：请提供在工位上运行 packseal-station key 的输出",
        ));
    }
    Ok(root.verifier().signer().name.clone())
}

/// A moment as it was typed: `YYYY-MM-DDTHH:MM:SS.ffffffZ`, or a day in UTC, of which it is the first or the last µs.
///
/// # Errors
/// Neither form.
pub fn moment(text: &str, is_last: bool) -> Result<Time, String> {
    let day = format!("{text}T{}Z", if is_last { "23:59:59.999999" } else { "00:00:00.000000" });
    Time::parse(text)
        .or_else(|| Time::parse(&day))
        .ok_or_else(|| "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.ffffffZ, UTC".into())
}

/// Writes a file that must not be there yet.
fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), Trouble> {
    durable::create_mode(path, content, mode).map_err(|e| match e.source.kind() {
        io::ErrorKind::AlreadyExists => {
            let shown = path.display();
            Trouble::new(
                format!("{shown} is there already and is not overwritten: name another"),
                format!("{shown} 已存在，不会被覆盖：请另选名称"),
            )
        }
        _ => unwritten(e),
    })
}

fn unwritten(e: DurableError) -> Trouble {
    let shown = e.path.display();
    Trouble::new(
        format!("cannot write {shown}: check the folder and who may write there"),
        format!("无法写入 {shown}：请检查文件夹及写权限"),
    )
    .because(e)
}
