//! The ledger is read by an independent program, from its files alone, at the sizes where tiles and levels fill up; and
//! a station that records keeps it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use evidence::{
    key::SigningKey,
    ledger::{Entry, EntryKind, Inclusion, order_tag},
    statement::Statement,
    value::{Hash, Id, Order, Time, Value},
};
use station::{
    catalogue::Clip,
    data::Data,
    ledger::{Ledger, View},
};

#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use random::Random;
use station_program::{Station, run};

/// Where a tile, a bundle or a level is about to be full, is, or has just begun.
const SIZES: [u64; 6] = [1, 255, 256, 257, 65_536, 70_000];

/// A folder that is gone with the test.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn scratch(name: &str) -> Scratch {
    let folder = std::env::temp_dir().join(format!("packseal-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    Scratch(folder)
}

/// Entries of all kinds, each another.
fn entry(n: u64) -> Entry {
    let kind = EntryKind::ALL[n as usize % EntryKind::ALL.len()];
    let numbered = matches!(kind, EntryKind::Start | EntryKind::End | EntryKind::Tombstone);
    let order = Order::parse(&format!("ORDER-{}", n / 2)).unwrap();
    Entry {
        kind,
        clip: (numbered || kind == EntryKind::Export).then(|| Id(u128::from(n).to_be_bytes())),
        sequence: numbered.then_some(n + 1),
        time: Time(1_764_000_000_000_000 + n as i64),
        statement: Hash::of(&n.to_be_bytes()),
        order_tag: matches!(kind, EntryKind::Start | EntryKind::End).then(|| order_tag(&[7; 32], &order)),
    }
}

/// What the other program says; its first line, and one for each question.
fn independent(folder: &Path, vkey: &str, questions: &str) -> Result<Vec<String>, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/ledger.py");
    let mut child = Command::new("python3")
        .args([script.as_ref(), folder.as_os_str(), vkey.as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    if !said.status.success() {
        return Err(String::from_utf8(said.stderr).unwrap());
    }
    Ok(String::from_utf8(said.stdout).unwrap().lines().map(str::to_owned).collect())
}

fn words(hashes: &[Hash]) -> String {
    let words: Vec<String> = hashes.iter().map(Hash::to_string).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

/// Asks both for proofs at the first, last and some other places.
fn compare(view: &View, folder: &Path, vkey: &str, random: &mut Random) -> usize {
    let newest = view.newest();
    let size = newest.said.size;
    let (mut questions, mut answers) = (String::new(), vec![format!("{size} {}", newest.said.root)]);
    let mut ask = |question: String, answer: String| {
        questions += &question;
        questions.push('\n');
        answers.push(answer);
    };
    let mut places: Vec<u64> = [0, 1, 254, 255, 256, 257, 65_535, 65_536, size - 1].to_vec();
    places.extend((0..12).map(|_| random.below(size as usize) as u64));
    places.retain(|&place| place < size);
    for &index in &places {
        let path = view.inclusion(index, size).unwrap();
        let proof = Inclusion::text(index, &path, &newest.note);
        ask(format!("inclusion {index} {size}"), words(&path));
        ask(format!("proof {index}"), Hash::of(&proof).to_string());
        let older = index + 1;
        ask(format!("root {older}"), view.root(older).unwrap().to_string());
        ask(format!("consistency {older} {size}"), words(&view.consistency(older, size).unwrap()));
        let within = random.below(older as usize) as u64;
        ask(format!("inclusion {within} {older}"), words(&view.inclusion(within, older).unwrap()));
        ask(format!("consistency {} {older}", within + 1), words(&view.consistency(within + 1, older).unwrap()));
        let end = (older + random.below(600) as u64).min(size);
        ask(format!("span {index} {end}"), Hash::of(&view.span(index, end, size).unwrap()).to_string());
    }
    ask(format!("span 0 {size}"), Hash::of(&view.span(0, size, size).unwrap()).to_string());
    let said = independent(folder, vkey, &questions).unwrap();
    assert_eq!(said.len(), answers.len());
    for (question, (said, answer)) in
        ["size and root"].into_iter().chain(questions.lines()).zip(said.iter().zip(&answers))
    {
        assert_eq!(said, answer, "{question}, of {size}");
    }
    answers.len()
}

#[test]
fn an_independent_program_reads_the_same() {
    let scratch = scratch("ledger-independent");
    let key = SigningKey::from_seed("bench", &[1; 32]).unwrap();
    let vkey = key.verifier().to_string();
    let mut random = Random::new("an_independent_program_reads_the_same");
    let mut ledger = Ledger::open(&scratch.0, key.verifier(), None).unwrap();
    let mut at = 0;
    for size in SIZES {
        while at < size {
            // In batches of any size; those of one entry are what a bench does.
            let count = (1 + random.below(600) as u64).min(size - at);
            let entries: Vec<Entry> = (at..at + count).map(entry).collect();
            at = ledger.append(&entries, &key).unwrap().said.size;
        }
        let view = View::open(&scratch.0, key.verifier()).unwrap();
        let answers = compare(&view, &scratch.0, &vkey, &mut random);
        println!("{size:6} entries: {answers} answers agree, root {}", view.newest().said.root);
    }
    // It does look: any other byte is found.
    for (name, at) in [("tile/entries/x000/000", 9), ("tile/0/x000/000", 9), ("tile/1/000", 40), ("checkpoint", 30)] {
        let path = scratch.0.join(name.replace("x000/", ""));
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        assert!(independent(&scratch.0, &vkey, "").is_err(), "{name}");
        fs::write(&path, good).unwrap();
    }
    assert!(independent(&scratch.0, &vkey, "").is_ok());
    let other = SigningKey::from_seed("bench", &[2; 32]).unwrap().verifier().to_string();
    assert!(independent(&scratch.0, &other, "").is_err());
}

/// What an append costs does not grow with the ledger. Printed; the figures are those of `make bench`.
#[test]
fn an_append_reads_and_writes_the_right_edge_only() {
    let scratch = scratch("ledger-cost");
    let key = SigningKey::from_seed("bench", &[1; 32]).unwrap();
    let mut ledger = Ledger::open(&scratch.0, key.verifier(), None).unwrap();
    for size in [300_u64, 70_000] {
        let at = ledger.newest().map_or(0, |newest| newest.said.size);
        let entries: Vec<Entry> = (at..size).map(entry).collect();
        ledger.append(&entries, &key).unwrap();
        // All but the edge is taken away: it is not missed.
        let aside = scratch.0.with_extension("aside");
        let full = |n: u64| [format!("tile/0/{n:03}"), format!("tile/entries/{n:03}")];
        fs::create_dir_all(&aside).unwrap();
        let names: Vec<String> = (0..size / 256).flat_map(full).collect();
        for (i, name) in names.iter().enumerate() {
            fs::rename(scratch.0.join(name), aside.join(i.to_string())).unwrap();
        }
        let mut took = Vec::new();
        for n in size..size + 40 {
            let began = Instant::now();
            ledger.append(&[entry(n)], &key).unwrap();
            took.push(began.elapsed());
        }
        for (i, name) in names.iter().enumerate() {
            fs::rename(aside.join(i.to_string()), scratch.0.join(name)).unwrap();
        }
        fs::remove_dir_all(aside).unwrap();
        took.sort_unstable();
        println!("{size:6} entries: {:.1} ms to append one (median of 40)", took[20].as_secs_f64() * 1e3);
        let view = ledger.view().unwrap();
        assert_eq!(view.entry(0).unwrap(), entry(0).text().into_bytes());
        assert!(view.inclusion(0, size + 40).is_ok());
    }
}

fn key(station: &Station) -> SigningKey {
    Data::open(&station.data).unwrap().key().unwrap()
}

/// What the ledger on disk says: kind and statement of each entry.
fn kept(station: &Station) -> Vec<(EntryKind, Hash)> {
    let view = View::open(&station.data.join("ledger"), key(station).verifier()).unwrap();
    let entry = |n| Entry::parse(std::str::from_utf8(&view.entry(n).unwrap()).unwrap()).unwrap();
    (0..view.newest().said.size).map(entry).map(|entry| (entry.kind, entry.statement)).collect()
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let done = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(done.success());
}

const SECONDS: [&str; 3] = ["--seconds", "1", "--fast"];

#[test]
fn what_is_recorded_is_in_the_ledger_and_neither_can_be_set_back() {
    let station = Station::new("ledger-kept");
    let record = || run(&station.record_args("pattern:320x240@10", &SECONDS));
    assert_eq!(record().status, 0);
    let ledger = station.data.join("ledger");
    let (first, catalogue) = (station.data.join("first"), station.data.join("catalogue.sqlite"));
    copy(&ledger, &first);
    let first_catalogue = fs::read(&catalogue).unwrap();
    assert_eq!(record().status, 0);
    let of = |rows: Vec<Clip>| -> Vec<(EntryKind, Hash)> {
        let both = |row: Clip| [(EntryKind::Start, row.start_hash), (EntryKind::End, row.closing.unwrap().end_hash)];
        rows.into_iter().flat_map(both).collect()
    };
    let expected = of(station.clips());
    assert_eq!((expected.len(), kept(&station)), (4, expected.clone()));
    let said = independent(&ledger, &key(&station).verifier().to_string(), "").unwrap();
    assert!(said[0].starts_with("4 "), "{said:?}");
    station.clean(2, 0, 0);

    // The power went before the ledger had what the catalogue knows: it comes with the next start, at its place.
    let late = |n: u64| {
        let view = View::open(&ledger, key(&station).verifier()).unwrap();
        String::from_utf8(view.entry(n).unwrap()).unwrap()
    };
    let (third, fourth) = (late(2), late(3));
    let both = station.data.join("both");
    copy(&ledger, &both);
    copy(&first, &ledger);
    let root = View::open(&ledger, key(&station).verifier()).unwrap().newest().said.root;
    station.sql(&format!(
        "UPDATE ledger SET size = 2, root = '{root}'; INSERT INTO entry VALUES (2, '{third}'), (3, '{fourth}')"
    ));
    station.clean(2, 0, 0);
    assert_eq!(kept(&station), expected);

    // A ledger that was set back is not gone on with, nor one that is gone.
    let good = station.data.join("good");
    copy(&ledger, &good);
    copy(&first, &ledger);
    let refused = |what: &str, cause: &str| {
        let said = record();
        let told = said.err.contains("the ledger cannot be extended") && said.err.contains(cause);
        assert!(said.status == 2 && told, "{what}: {said:?}");
        assert_eq!(station.clips().len(), 2, "{what}: a clip was begun");
        let said = run(&["check", "--data", station.path()]);
        assert!(said.status == 1 && said.out.contains("ledger"), "{what}: {said:?}");
    };
    refused("an older ledger", "it was set back");
    fs::remove_dir_all(&ledger).unwrap();
    refused("no ledger", "it was set back");
    // Nor is a damaged one.
    copy(&good, &ledger);
    let tile = ledger.join("tile/0/000.p/4");
    let mut hashes = fs::read(&tile).unwrap();
    hashes[40] ^= 1;
    fs::write(&tile, &hashes).unwrap();
    refused("a damaged ledger", "damaged");
    copy(&good, &ledger);
    assert_eq!(record().status, 0);
    station.clean(3, 0, 0);

    // A catalogue that was set back would take numbers twice.
    fs::write(&catalogue, &first_catalogue).unwrap();
    let said = record();
    assert!(said.status == 2 && said.err.contains("the catalogue was set back"), "{said:?}");
}
