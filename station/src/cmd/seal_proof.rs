//! `seal-proof`: puts a PROOF behind sealed clips. The daemon may run meanwhile.

use std::{fs, path::Path};

use evidence::value::{Order, Value};

use super::Status;
use crate::{
    catalogue::{Catalogue, CatalogueError, Clip, State},
    data::{Data, Place},
    durable::DurableError,
    enrolment,
    proof::{ProofError, Proofs, Sealed},
    say::{Lang, Trouble},
};

/// Seals the proof of a clip or of all clips of an order, and says of each what was done.
///
/// # Errors
/// A folder that is no station's, a clip or order that it does not have, the disk's.
pub fn run(place: &Place, named: &str, lang: Lang) -> Result<Status, Trouble> {
    let data = place.open()?;
    data.require_home()?;
    let key = data.key()?;
    let catalogue = data.catalogue()?;
    let rows = find(&data, &catalogue, named)?;
    let disk = |e: DurableError| {
        let shown = e.path.display();
        Trouble::new(
            format!("cannot write {shown}: check the disk and who may write there"),
            format!("无法写入 {shown}：请检查磁盘及写权限"),
        )
        .because(e)
    };
    let held = enrolment::held(&data.root, key.verifier()).map_err(disk)?;
    let proofs = Proofs::open(&data.root, &key).map_err(disk)?;
    // What a crash left half written comes first.
    proofs.finish(&catalogue).map_err(|e| {
        Trouble::new(
            "cannot finish proofs that were begun: run 'packseal-station check'",
            "无法完成此前的证明：请运行 packseal-station check",
        )
        .because(e)
    })?;
    let mut status = Status::Done;
    for row in rows {
        let path = data.root.join(&row.path);
        let shown = path.display();
        match proofs.seal(&catalogue, &row, &held) {
            Ok(sealed) => {
                super::print(format!("{shown}{}", what(&sealed, lang)))?;
                if !sealed.enrolment && !held.is_empty() {
                    eprintln!("{shown}: {}", not_enrolled().line(lang));
                }
            }
            Err(error) => {
                status = Status::Disagreement;
                eprintln!("{shown}: {}", why(error).line(lang));
            }
        }
    }
    Ok(status)
}

/// What stands behind a clip now.
fn what(sealed: &Sealed, lang: Lang) -> String {
    let Sealed { before, enrolment, ledger, start_token, time_tokens } = sealed;
    let enrolment = enrolment.then(|| lang.pick("enrolment", "登记").to_owned());
    let ledger = ledger.map(|n| lang.pick(format!("ledger as of {n} entries"), format!("账本（截至 {n} 条）")));
    let start = start_token.then(|| lang.pick("time token of its start", "起始时间戳").to_owned());
    let end = (*time_tokens > 0)
        .then(|| lang.pick(format!("time tokens of its end: {time_tokens}"), format!("结束时间戳 {time_tokens} 个")));
    let parts: Vec<String> = [enrolment, ledger, start, end].into_iter().flatten().collect();
    let done = if *before {
        lang.pick(": has this proof: ", "：已有该证明：")
    } else {
        lang.pick(": proof sealed: ", "：已附证明：")
    };
    format!("{done}{}", parts.join(lang.pick(", ", "、")))
}

/// Enrolments are held, and none is for this clip.
fn not_enrolled() -> Trouble {
    Trouble::new(
        "no enrolment held is for its source and time; ask for one (root enrol --not-before, --sources)",
        "现有登记不包括该录像的来源或时间；请申请新的登记（root enrol --not-before、--sources）",
    )
}

/// The clips of an order, or of an id, or the one in a file.
fn find(data: &Data, catalogue: &Catalogue, named: &str) -> Result<Vec<Clip>, Trouble> {
    let read = |e: CatalogueError| {
        Trouble::new(
            "cannot read the catalogue: run 'packseal-station check'",
            "无法读取目录：请运行 packseal-station check",
        )
        .because(e)
    };
    let none = || {
        let shown: String = named.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!(
                "'{shown}' is no sealed clip of this station, nor an order that has one: see 'packseal-station list'"
            ),
            format!("“{shown}”不是本工位的封存录像，也不是有录像的单号：请查看 packseal-station list"),
        )
    };
    let mut rows = match Order::parse(named) {
        Some(name) => catalogue.named(&name).map_err(read)?,
        None => Vec::new(),
    };
    if rows.is_empty() {
        let root = fs::canonicalize(&data.root).unwrap_or_else(|_| data.root.clone());
        let file = fs::canonicalize(Path::new(named)).ok();
        let below = file.as_deref().and_then(|file| file.strip_prefix(root).ok()).and_then(Path::to_str);
        rows = below.map_or(Ok(None), |path| catalogue.at(path)).map_err(read)?.into_iter().collect();
    }
    rows.retain(|row| row.state == State::Sealed);
    if !rows.is_empty() {
        return Ok(rows);
    }
    let retired = catalogue.retired(None).map_err(read)?;
    let is_named = |row: &Clip| {
        let order = row.order.as_ref().is_some_and(|order| order.as_str() == named);
        order || row.id.to_string() == named || Path::new(named).ends_with(&row.path)
    };
    Err(match retired.iter().find(|retired| retired.clips.iter().any(is_named)) {
        Some(retired) => {
            let key = &retired.key.signer().name;
            Trouble::new(
                format!("'{named}' is of the retired key {key}: what it proves stays as it is; nothing is added to it"),
                format!("“{named}”属于已停用的密钥 {key}：其证明保持不变，不再添加"),
            )
        }
        None => none(),
    })
}

/// Why a clip got no proof, and what to do.
fn why(error: ProofError) -> Trouble {
    match error {
        ProofError::NotSealed => Trouble::new("is not a sealed clip any more", "已不是封存录像"),
        ProofError::Nothing => Trouble::new(
            "no proof: it is not in the ledger, or not before the station's next start, and no enrolment held is for it; \
             ask for one (root enrol --not-before, --sources)",
            "未附证明：该录像不在账本中（或须待工位下次启动），现有登记也不包括它；请申请登记（root enrol --not-before、\
             --sources）",
        ),
        ProofError::Refused(code) => Trouble::new(
            format!("no proof: {} ({}); run 'packseal-station check'", code.en(), code.as_str()),
            format!("未附证明：{}（{}）；请运行 packseal-station check", code.zh(), code.as_str()),
        ),
        ProofError::Newer => Trouble::new(
            "its proof is by a newer version and was left: use that version",
            "其证明由更新的版本生成，未作改动：请使用该版本",
        ),
        ProofError::Fewer(kind) => Trouble::new(
            format!("its proof shows more ({kind}) and was left"),
            format!("其现有证明内容更多（{kind}），未作改动"),
        ),
        ProofError::Behind => Trouble::new(
            "something that is no proof stands behind its end and was left: run 'packseal-station check'",
            "结尾之后有非证明数据，未作改动：请运行 packseal-station check",
        ),
        ProofError::Disk(e) => {
            Trouble::new("no proof: check the disk, then try again", "未附证明：请检查磁盘后重试").because(e)
        }
        ProofError::Catalogue(e) => {
            Trouble::new("no proof: run 'packseal-station check'", "未附证明：请运行 packseal-station check").because(e)
        }
        ProofError::Ledger(e) => {
            Trouble::new("no proof: run 'packseal-station check'", "未附证明：请运行 packseal-station check").because(e)
        }
    }
}
