//! Files, catalogue, statements and ledger held against each other.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io,
    path::Path,
};

use evidence::{
    finding::Weight,
    key::VerifierKey,
    ledger::{Entry, EntryKind},
    note::Note,
    statement::{Act, Environment, Export, Renewal, Start, Statement, Tombstone, TombstoneReason},
    value::Hash,
};

use crate::{
    book::BookError,
    catalogue::{CatalogueError, Clip, Retired, State, Stated},
    data::{Locked, renewal},
    ledger::View,
    recovery::{verify_own, verify_under},
};

/// One thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Which file or row.
    pub what: String,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Clips that are sealed and good.
    pub good: u64,
    /// Rows of clips set aside.
    pub damaged: u64,
    /// Rows of clips of which nothing was recorded.
    pub never_written: u64,
    /// Rows of clips that were deleted.
    pub deleted: u64,
    /// Keys that the station had before, and their clips.
    pub retired: Vec<CheckedKey>,
    /// What does not agree.
    pub disagreements: Vec<Disagreement>,
}

/// A retired key's clips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedKey {
    /// Whose they are.
    pub key: VerifierKey,
    /// Those that were sealed, and are there and good.
    pub good: u64,
    /// Those that were sealed and are not there: nobody deletes them but a person.
    pub gone: u64,
    /// All others: open when the key was retired, damaged, deleted, never written.
    pub others: u64,
}

impl Checked {
    fn disagree(&mut self, what: &str, en: impl Into<String>, zh: impl Into<String>) {
        self.disagreements.push(Disagreement { what: what.to_owned(), en: en.into(), zh: zh.into() });
    }
}

/// Checks everything. Clips that are still open disagree: recover first.
///
/// # Errors
/// The catalogue's.
pub fn check(station: &Locked) -> Result<Checked, CatalogueError> {
    let mut checked = Checked::default();
    let clips = station.catalogue.clips(None)?;
    let others = station.catalogue.stated()?;
    let environments = stated(station, &others, &mut checked);
    let mut previous: Option<Hash> = None;
    for (row, sequence) in clips.iter().zip(1..) {
        statements(station, row, (sequence, previous), &environments, &mut checked);
        match row.state {
            State::Sealed => sealed(station, row, &mut checked),
            State::Damaged => {
                checked.damaged += 1;
                if !station.data.root.join(&row.path).exists() {
                    checked.disagree(&row.path, "was set aside and is not there", "已隔离的文件不存在");
                }
            }
            State::NeverWritten => {
                let held = tombstone(station, row, &[TombstoneReason::NeverWritten], &mut checked);
                checked.never_written += u64::from(held);
            }
            State::Open => checked.disagree(&row.path, "is still open", "仍处于打开状态"),
            State::Deleting => checked.disagree(&row.path, "is still being deleted", "仍在删除中"),
            State::Deleted => deleted(station, row, &mut checked),
        }
        previous = Some(row.start_hash);
    }
    if let Err(e) = ledger(station, &clips, &others, &mut checked) {
        let way_out = if e.needs_new_ledger() {
            ("; see packseal-station renew-key", "；参见 packseal-station renew-key")
        } else {
            ("", "")
        };
        checked.disagree(
            "ledger",
            format!("cannot be read ({e}){}", way_out.0),
            format!("无法读取（{e}）{}", way_out.1),
        );
    }
    let retired = station.catalogue.retired(None)?;
    for key in &retired {
        let checked_key = of_retired(station, key, &mut checked);
        checked.retired.push(checked_key);
    }
    let earlier = retired.iter().flat_map(|key| &key.clips);
    let known: HashSet<&str> = clips.iter().chain(earlier).map(|c| c.path.as_str()).collect();
    strangers(&station.data.root, &station.data.root.join("clips"), &known, &mut checked);
    Ok(checked)
}

/// The statements that stand in no clip: signed by this station, of their kind. Places of the environments that hold.
fn stated(station: &Locked, others: &[Stated], checked: &mut Checked) -> HashMap<Hash, u64> {
    let mut environments = HashMap::new();
    for Stated { entry, kind, hash, note } in others {
        let own = |note: Note| note.verify(station.key.verifier()).map(|()| note);
        let note = Note::parse(note).and_then(own).ok().filter(|note| note.hash == *hash);
        let name = note.as_ref().map(|note| &note.signer.name);
        let holds = note.as_ref().is_some_and(|note| match kind {
            EntryKind::Environment => Environment::parse(&note.text).is_ok_and(|said| Some(&said.station) == name),
            EntryKind::Key => Renewal::parse(&note.text).is_ok_and(|said| Some(&said.station) == name),
            EntryKind::Export => Export::parse(&note.text).is_ok_and(|said| Some(&said.station) == name),
            EntryKind::Act => Act::parse(&note.text).is_ok_and(|said| Some(&said.station) == name),
            _ => false,
        });
        if !holds {
            let what = format!("{} {hash}", kind.as_str());
            checked.disagree(&what, "does not hold as this station's statement", "不是本工位的有效声明");
        } else if *kind == EntryKind::Environment {
            environments.insert(*hash, *entry);
        }
    }
    environments
}

/// Whether the ledger has the entries that the catalogue says, of the statements that are there.
fn ledger(station: &Locked, clips: &[Clip], others: &[Stated], checked: &mut Checked) -> Result<(), BookError> {
    station.publish()?;
    let Some(view) = station.book.view() else { return Ok(()) };
    for other in others {
        let text = view.entry(other.entry)?;
        let entry = std::str::from_utf8(&text).ok().and_then(|text| Entry::parse(text).ok());
        if entry.map(|e| (e.kind, e.statement)) != Some((other.kind, other.hash)) {
            let what = format!("{} {}", other.kind.as_str(), other.hash);
            checked.disagree(&what, "is not the statement that the ledger knows", "与账本中记录的声明不一致");
        }
    }
    for row in clips {
        let end = row.closing.as_ref().map(|closing| closing.end_hash);
        let (start_entry, end_entry) = row.entries;
        for (kind, place, statement) in
            [(EntryKind::Start, start_entry, Some(row.start_hash)), (EntryKind::End, end_entry, end)]
        {
            let (Some(place), Some(statement)) = (place, statement) else { continue };
            let entry = std::str::from_utf8(&view.entry(place)?).ok().and_then(|text| Entry::parse(text).ok());
            let told = entry.map(|e| (e.kind, e.clip, e.sequence, e.statement));
            if told != Some((kind, Some(row.id), Some(row.sequence), statement)) {
                checked.disagree(&row.path, "is not the clip that the ledger knows", "与账本中记录的录像不一致");
            }
        }
    }
    Ok(())
}

/// START in the row: signed by this station, of this number, behind the one before; the environment that it names is
/// there, and older.
fn statements(
    station: &Locked,
    row: &Clip,
    (sequence, previous): (u64, Option<Hash>),
    environments: &HashMap<Hash, u64>,
    checked: &mut Checked,
) {
    let own = |note: Note| note.verify(station.key.verifier()).map(|()| note);
    let start = Note::parse(&row.start).and_then(own).and_then(|note| Ok((Start::parse(&note.text)?, note.hash)));
    match start {
        Ok((start, hash)) => {
            let fits = (start.clip, start.sequence, hash) == (row.id, row.sequence, row.start_hash);
            if !fits || row.sequence != sequence || start.previous_start != previous {
                checked.disagree(&row.path, "its START does not follow the one before", "其 START 声明与前一个不衔接");
            }
            let place = start.environment.map(|hash| environments.get(&hash));
            if place.is_some_and(|place| place.is_none_or(|place| Some(*place) >= row.entries.0)) {
                checked.disagree(
                    &row.path,
                    "the environment that its START names is not held",
                    "其 START 所指的环境声明不存在",
                );
            }
        }
        Err(code) => checked.disagree(
            &row.path,
            format!("its START in the catalogue does not hold ({})", code.as_str()),
            format!("目录中的 START 声明无效（{}）", code.as_str()),
        ),
    }
}

fn sealed(station: &Locked, row: &Clip, checked: &mut Checked) {
    let path = station.data.root.join(&row.path);
    let report = match File::open(&path).and_then(|file| Ok((verify_own(station, &file)?, file.metadata()?.len()))) {
        Ok(report) => report,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return checked.disagree(
                &row.path,
                "is in the catalogue and not on disk",
                "目录中有记录，但磁盘上没有该文件",
            );
        }
        Err(e) => return checked.disagree(&row.path, format!("cannot be read ({e})"), format!("无法读取（{e}）")),
    };
    let (report, length) = report;
    let refused = report.findings.iter().find(|f| matches!(f.code.weight(), Weight::Rejected | Weight::CannotCheck));
    if let Some(finding) = refused {
        let (en, zh) = (finding.code.en(), finding.code.zh());
        return checked.disagree(&row.path, format!("does not verify: {en}"), format!("未通过核验：{zh}"));
    }
    let end = report.facts.as_ref().and_then(|f| f.end.as_ref());
    let agrees = row.closing.as_ref().is_some_and(|c| {
        report.last == Some(c.end_hash)
            && report.facts.as_ref().is_some_and(|f| {
                let seen = c
                    .seen
                    .is_none_or(|seen| (seen.gaps, seen.label_frames.unwrap_or(0)) == (f.gap_count, f.label_frames));
                seen && c.bytes == length - f.proof
            })
            && end.is_some_and(|e| (e.clip, &e.order) == (row.id, &row.order))
    });
    if agrees {
        checked.good += 1;
    } else {
        checked.disagree(&row.path, "is not the clip that the catalogue knows", "与目录中记录的录像不一致");
    }
}

/// Clips of a retired key, which is known by its public half alone: nothing of them can be mended.
fn of_retired(station: &Locked, retired: &Retired, checked: &mut Checked) -> CheckedKey {
    let (mut good, mut gone, mut others) = (0, 0, 0);
    for row in &retired.clips {
        if row.state != State::Sealed {
            others += 1;
            continue;
        }
        let opened = File::open(station.data.root.join(&row.path));
        match opened.and_then(|file| verify_under(&retired.key, &file)) {
            Ok(report) => {
                let last = row.closing.as_ref().map(|closing| closing.end_hash);
                if report.refusal().is_none() && report.facts.is_some() && report.last == last {
                    good += 1;
                } else {
                    let en = "does not verify under its retired key, or is not the clip that the catalogue knows";
                    checked.disagree(&row.path, en, "未通过原密钥的核验，或与目录中记录的录像不一致");
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => gone += 1,
            Err(e) => checked.disagree(&row.path, format!("cannot be read ({e})"), format!("无法读取（{e}）")),
        }
    }
    let key = retired.key.clone();
    let ledger = station.data.root.join(renewal::folder(&key.signer().name)).join("ledger");
    if ledger.exists() && View::open(&ledger, &key).is_err() {
        let what = ledger.strip_prefix(&station.data.root).unwrap_or(&ledger).display().to_string();
        checked.disagree(&what, "cannot be read as that key's ledger", "无法作为该密钥的账本读取");
    }
    CheckedKey { key, good, gone, others }
}

fn deleted(station: &Locked, row: &Clip, checked: &mut Checked) {
    if station.data.root.join(&row.path).symlink_metadata().is_ok() {
        return checked.disagree(&row.path, "was deleted and is there again", "已删除的文件再次出现");
    }
    let held = tombstone(station, row, &[TombstoneReason::Retention, TombstoneReason::Withdrawn], checked);
    checked.deleted += u64::from(held);
}

/// Whether a row's tombstone is this station's, of this clip and for one of these reasons.
fn tombstone(station: &Locked, row: &Clip, reasons: &[TombstoneReason], checked: &mut Checked) -> bool {
    let stone = row.tombstone.as_ref().and_then(|note| Note::parse(note).ok());
    let stone = stone.filter(|note| note.verify(station.key.verifier()).is_ok());
    let stone = stone.and_then(|note| Tombstone::parse(&note.text).ok());
    let holds = stone.is_some_and(|t| {
        (t.clip, t.sequence, t.start) == (row.id, row.sequence, row.start_hash) && reasons.contains(&t.reason)
    });
    if !holds {
        checked.disagree(&row.path, "its tombstone does not hold", "其墓碑声明无效");
    }
    holds
}

/// Files among the clips that the catalogue does not know.
fn strangers(root: &Path, folder: &Path, known: &HashSet<&str>, checked: &mut Checked) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            strangers(root, &path, known, checked);
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if !known.contains(name.as_str()) {
            checked.disagree(&name, "is on disk and not in the catalogue", "磁盘上有该文件，但目录中没有记录");
        }
    }
}
