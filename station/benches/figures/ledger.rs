//! The ledger at ten million entries: appending, proving, and looking an order through.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use evidence::{
    key::SigningKey,
    ledger::{Checkpoint, Entry, EntryKind, OrderTag, order_tag, put_entry, tree},
    statement::Statement,
    value::{Hash, Id, Order, Time, Value},
    verdict::Verdict,
};
use station::{
    catalogue::Catalogue,
    ledger::{Ledger, View},
    prove,
};

use crate::{
    Outcome,
    material::{self, cached},
    measure::{median, ms, run, shown},
    support::{
        check::report,
        forge::{T0, key as forge_key},
        ledgers::{Ledger as Forged, ORDER, only, salt},
    },
    table::Row,
};

const SMALL: u64 = 10_000;
const LARGE: u64 = 10_000_000;
/// Entries of an audit.
const AUDITED: u64 = 10_000;
const RUNS: usize = 200;
/// Rows of the catalogue from which an order is counted: two entries each.
const ROWS: u64 = LARGE / 2;
/// Clips of the order among them.
const OF_ORDER: u64 = 3;
/// Most that an append to the large ledger may be of one to the small one, in medians.
const GROWTH: f64 = 1.5;

/// Measures.
///
/// # Errors
/// The ledger's, the catalogue's, the verifier's.
pub fn rows() -> Outcome<Vec<Row>> {
    let key = SigningKey::from_seed("bench", &[1; 32])?;
    // Made anew where the form of an entry changed.
    let form = Hash::of(entry(0).text().as_bytes()).to_string();
    let large = cached(&format!("ledger-{LARGE}-{}", &form[..8]), |path| create(path, LARGE, &key))?;
    let small = material::folder()?.join("ledger-small");
    if small.exists() {
        fs::remove_dir_all(&small)?;
    }
    create(&small, SMALL, &key)?;
    let (mut appended, mut to_large) = (Vec::new(), Vec::new());
    // In turn, so that the disk is the same for both.
    let mut ledgers = [Ledger::open(&small, key.verifier(), None)?, Ledger::open(&large, key.verifier(), None)?];
    for _ in 0..RUNS {
        for (ledger, took) in ledgers.iter_mut().zip([&mut appended, &mut to_large]) {
            let at = ledger.newest().map_or(0, |newest| newest.said.size);
            let begun = Instant::now();
            ledger.append(&[entry(at)], &key)?;
            took.push(ms(begun.elapsed()));
        }
    }
    drop(ledgers);
    println!("one entry, durable: {:.1} ms at {SMALL}, {:.1} ms at {LARGE}", median(&appended), median(&to_large));
    let growth = median(&to_large) / median(&appended);
    let (proofs, stated, sound) = proofs(&large, &key)?;
    let (audited, more) = verified()?;
    Ok(vec![
        Row::median("ledger: append one entry at 10 million", to_large, 5.0, "ms"),
        Row::median("ledger: append at 10 million of 10 thousand", vec![growth], GROWTH, "x"),
        Row::median("ledger: inclusion proof at 10 million", proofs, 5.0, "ms"),
        Row::median("ledger: STATED answer at 10 million", stated, 5.0, "ms"),
        Row::median("start: looks at a catalogue of 5 million clips", sound, 2.5, "s"),
        Row::median("ledger: AUDITED over 10,000 entries", audited, 200.0, "ms"),
        Row::median("ledger: verify with PROOF, more than without", vec![more], 10.0, "ms"),
    ])
}

/// STARTs and ENDs in turn, one each 10 s.
fn entry(n: u64) -> Entry {
    let time = Time(1_764_000_000_000_000 + n as i64 * 10_000_000);
    // Nobody looks at it; it has its length.
    let tag = OrderTag { salt: Hash([7; 32]), tag: Hash([n as u8; 32]) };
    Entry {
        kind: if n.is_multiple_of(2) { EntryKind::Start } else { EntryKind::End },
        clip: Some(Id(u128::from(n / 2).to_be_bytes())),
        sequence: Some(n / 2 + 1),
        time,
        statement: Hash::of(&n.to_be_bytes()),
        order_tag: Some(tag),
    }
}

/// Writes a ledger's files as appending leaves them, at once and without making each of them durable.
fn create(folder: &Path, size: u64, key: &SigningKey) -> Outcome<()> {
    let (mut bundle, mut levels) = (Vec::new(), vec![Vec::<Hash>::new()]);
    for n in 0..size {
        let text = entry(n).text();
        put_entry(text.as_bytes(), &mut bundle);
        levels[0].push(tree::leaf(text.as_bytes()));
        if (n + 1).is_multiple_of(256) || n + 1 == size {
            write(folder, "entries", n / 256, n % 256 + 1, &bundle)?;
            bundle.clear();
        }
        let mut level = 0;
        while levels[level].len() == 256 {
            let index = (n >> (8 * level)) / 256;
            write(folder, &level.to_string(), index, 256, &bytes(&levels[level]))?;
            let above = root(&levels[level]);
            levels[level].clear();
            level += 1;
            if levels.len() == level {
                levels.push(Vec::new());
            }
            levels[level].push(above);
        }
    }
    let mut below = None;
    for (level, hashes) in levels.iter().enumerate() {
        if !hashes.is_empty() {
            write(folder, &level.to_string(), (size >> (8 * level)) / 256, hashes.len() as u64, &bytes(hashes))?;
        }
        let all: Vec<Hash> = hashes.iter().copied().chain(below).collect();
        below = (!all.is_empty()).then(|| root(&all));
    }
    let root = below.ok_or("a ledger without entries")?;
    Ok(fs::write(folder.join("checkpoint"), Checkpoint::seal(size, root, key))?)
}

fn root(hashes: &[Hash]) -> Hash {
    tree::span_root(hashes.len() as u64, 0, hashes, &[], &[]).unwrap_or(Hash([0; 32]))
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// One tile in the layout of tlog-tiles; none here has more than six digits.
fn write(folder: &Path, kind: &str, index: u64, width: u64, content: &[u8]) -> Outcome<()> {
    let (thousands, rest) = (index / 1000, index % 1000);
    let name = if thousands > 0 { format!("x{thousands:03}/{rest:03}") } else { format!("{rest:03}") };
    let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
    let path = folder.join(format!("tile/{kind}/{name}{partial}"));
    fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    Ok(fs::write(path, content)?)
}

/// How long it takes to prove that an entry stands in the ledger, and to count an order as of it; and how long, in
/// seconds, the catalogue from which it is counted is looked at when the station starts.
fn proofs(folder: &Path, key: &SigningKey) -> Outcome<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    // Made anew where the tables changed.
    let form = Hash::of(include_bytes!("../../src/catalogue/schema.rs")).to_string();
    let catalogue = Catalogue::open(&cached(&format!("counted-{ROWS}-{}.sqlite", &form[..8]), counted)?)?;
    let order = Order::parse(ORDER).ok_or("no order")?;
    let (mut inclusion, mut stated) = (Vec::new(), Vec::new());
    for run in 0..RUNS as u64 {
        let place = run.wrapping_mul(7_919_654_321) % LARGE;
        let begun = Instant::now();
        let view = View::open(folder, key.verifier())?;
        let checkpoint = view.newest().said.clone();
        let path = view.inclusion(place, checkpoint.size)?;
        inclusion.push(ms(begun.elapsed()));
        let is_there = tree::included_root(place, checkpoint.size, tree::leaf(&view.entry(place)?), &path);
        if is_there != Some(checkpoint.root) {
            return Err(format!("the proof of entry {place} does not hold").into());
        }
        let begun = Instant::now();
        let count = prove::count(&catalogue, &order, &checkpoint)?;
        count.seal(key).map_err(|code| format!("{code:?}"))?;
        stated.push(ms(begun.elapsed()));
        if count.clips.0.len() as u64 != OF_ORDER + 1 {
            return Err(format!("{} clips counted", count.clips.0.len()).into());
        }
    }
    let sound = (0..3).map(|_| {
        let begun = Instant::now();
        let found = catalogue.is_sound(Some(Duration::from_secs(2)))?;
        println!("the catalogue of {ROWS} clips at a start: {found:?} after {:.1} s", begun.elapsed().as_secs_f64());
        Ok(begun.elapsed().as_secs_f64())
    });
    Ok((inclusion, stated, sound.collect::<Outcome<_>>()?))
}

/// Makes the catalogue of that ledger, at once and without making it durable.
fn counted(path: &Path) -> Outcome<()> {
    // What an interrupted run left.
    let _ = fs::remove_file(path);
    Catalogue::create(path)?.close()?;
    let mut db = rusqlite::Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "OFF")?;
    db.pragma_update(None, "synchronous", "OFF")?;
    let transaction = db.transaction()?;
    for n in 1..=ROWS {
        let order = if n % (ROWS / OF_ORDER) == 1 { ORDER.to_owned() } else { format!("ORDER-{n}") };
        let id = Id(u128::from(n).to_be_bytes()).to_string();
        let hash = Hash::of(&n.to_be_bytes()).to_string();
        let mut insert = transaction.prepare_cached(
            "INSERT INTO clip (sequence, clip, order_number, state, path, start, start_hash, first_time, links, reason,
             last_time, frames, lost, ticks, bytes, end_hash, start_entry, end_entry, proven)
             VALUES (?1, ?2, ?3, 'sealed', ?2, ?4, ?5, 0, 1, 'next-scan', 0, 1, 0, 1, 1, ?5, ?6, ?7, 1)",
        )?;
        // A note is as long.
        insert.execute(rusqlite::params![n, id, order, vec![0_u8; 1500], hash, 2 * (n - 1), 2 * n - 1])?;
    }
    Ok(transaction.commit()?)
}

/// How long a verification takes of a clip with an audit over so many entries; and how much longer the verifier's program
/// takes over a clip with PROOF than over one without, in ms.
fn verified() -> Outcome<(Vec<f64>, f64)> {
    let mut forged = Forged::new();
    let others = AUDITED - forged.entries.len() as u64;
    for n in 0..others / 2 {
        let (sequence, after) = (8 + n, Duration::from_secs(86_400 + 10 + n).as_micros() as i64);
        let time = Time(T0 + after);
        let order = Order::parse(&format!("OTHER-{n}")).ok_or("no order")?;
        let tag = Some(order_tag(&salt(&time.day()), &order));
        for kind in [EntryKind::Start, EntryKind::End] {
            let clip = Some(Id((u128::from(sequence) << 64).to_be_bytes()));
            let statement = Hash::of(format!("{kind:?} {sequence}").as_bytes());
            forged.entries.push(Entry { kind, clip, sequence: Some(sequence), time, statement, order_tag: tag });
        }
    }
    forged.span = (0, forged.entries.len() as u64);
    for entry in forged.entries.iter().filter(|entry| entry.order_tag.is_some()) {
        forged.salts.0.insert(entry.day(), salt(&entry.day()));
    }
    let clip = forged.clip();
    let mut trust = evidence::trust::Trust::default();
    trust.add_station(&forge_key(1).verifier().to_string())?;
    let mut took = Vec::new();
    for _ in 0..RUNS / 4 {
        let begun = Instant::now();
        let report = report(&clip, &trust, Some(ORDER));
        took.push(ms(begun.elapsed()));
        let audited = report.counted.as_ref().and_then(|counted| counted.audited.as_ref());
        if report.verdict != Verdict::Verified || audited.is_none_or(|a| a.end - a.first + 1 < AUDITED) {
            return Err(format!("{:?}", report.findings).into());
        }
    }
    println!("audited: {} bytes of PROOF", clip.len() - forged.forge.clip().len());

    forged.edit_parts = only(&["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated"]);
    let folder = material::folder()?;
    let vkey = forge_key(1).verifier().to_string();
    let mut commands = Vec::new();
    for (name, bytes) in [("with-proof.mp4", forged.clip()), ("without-proof.mp4", forged.forge.clip())] {
        fs::write(folder.join(name), bytes)?;
        let mut command = Command::new(material::verifier()?);
        command.arg("verify").arg(folder.join(name)).args(["--order", ORDER, "--key", &vkey]);
        println!("{}", shown(&command));
        commands.push(command);
    }
    let mut walls = [Vec::new(), Vec::new()];
    for _ in 0..RUNS / 4 {
        for (command, walls) in commands.iter_mut().zip(&mut walls) {
            walls.push(ms(run(command)?.wall));
        }
    }
    let [with, without] = walls.map(|walls| median(&walls));
    println!("verify: {with:.1} ms with PROOF, {without:.1} ms without");
    Ok((took, with - without))
}
