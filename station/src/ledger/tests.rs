//! The ledger on a real disk: what it says, against a tree written the slow way; forks, roll-backs and damage.

mod crash;

use std::collections::BTreeMap;

use evidence::{
    ledger::{EntryKind, Inclusion, Span, tree},
    value::Time,
};
use proptest::prelude::*;

use super::{
    tiles::{Kind, Tile},
    *,
};

/// A folder that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self::within(&std::env::temp_dir(), name)
    }

    /// In memory, where there is such a place: for tests that make their states of the disk themselves.
    fn in_memory(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory, name) } else { Self::new(name) }
    }

    fn within(place: &Path, name: &str) -> Self {
        let folder = place.join(format!("packseal-ledger-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed("bench", &[n; 32]).unwrap()
}

/// The `n`th entry of a ledger, or of another.
fn entry(n: u64, other: u8) -> Entry {
    let statement = Hash::of(&[&n.to_be_bytes()[..], &[other]].concat());
    let time = Time(1_700_000_000_000_000 + n as i64);
    Entry { kind: EntryKind::Clock, clip: None, sequence: None, time, statement, order_tag: None }
}

fn batch(from: u64, count: u64, other: u8) -> Vec<Entry> {
    (from..from + count).map(|n| entry(n, other)).collect()
}

fn leaves(entries: &[Entry]) -> Vec<Hash> {
    entries.iter().map(|entry| tree::leaf(entry.text().as_bytes())).collect()
}

/// MTH of RFC 6962, section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    if let [leaf] = leaves {
        return *leaf;
    }
    let k = (0..).map(|i| 1 << i).take_while(|&k| k < leaves.len()).last().unwrap();
    tree::node(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
}

/// A ledger with so many entries.
fn ledger(folder: &Path, size: u64) -> Ledger {
    let key = key(1);
    let mut ledger = Ledger::open(folder, key.verifier(), None).unwrap();
    if size > 0 {
        ledger.append(&batch(0, size, 0), &key).unwrap();
    }
    ledger
}

fn open(folder: &Path, known: Option<&Checkpoint>) -> Result<Ledger, LedgerFault> {
    Ledger::open(folder, key(1).verifier(), known)
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    for (name, content) in files(from) {
        fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
        fs::write(to.join(name), content).unwrap();
    }
}

#[test]
fn its_files_are_those_of_tlog_tiles() {
    let scratch = Scratch::new("layout");
    let mut ledger = ledger(&scratch.0, 3);
    let names = |at: &Path| files(at).into_keys().map(|name| name.display().to_string()).collect::<Vec<_>>();
    assert_eq!(names(&scratch.0), ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"]);
    ledger.append(&batch(3, 252, 0), &key(1)).unwrap();
    assert_eq!(names(&scratch.0).len(), 5);
    ledger.append(&batch(255, 1, 0), &key(1)).unwrap();
    assert_eq!(names(&scratch.0), ["checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    ledger.append(&batch(256, 300, 0), &key(1)).unwrap();
    let all = [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/44",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/44",
    ];
    assert_eq!(names(&scratch.0), all);
    let far = Tile { kind: Kind::Level(2), index: 1_234_067, width: 5 };
    assert_eq!(far.path(Path::new("")), Path::new("tile/2/x001/x234/067.p/5"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn what_it_says_is_what_a_slow_tree_says(
        batches in prop::collection::vec(prop_oneof![1..4_u64, 100..300_u64, Just(256_u64)], 1..8),
        places in any::<[prop::sample::Index; 6]>(),
    ) {
        let (scratch, key) = (Scratch::in_memory("slow"), key(1));
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        for count in batches {
            // Opened anew each time: nothing but the disk is remembered.
            let mut ledger = open(&scratch.0, None).unwrap();
            let more = batch(all.len() as u64, count, 0);
            all.extend(leaves(&more));
            let newest = ledger.append(&more, &key).unwrap().clone();
            prop_assert_eq!((newest.said.size, newest.said.root), (all.len() as u64, naive_root(&all)));
            prop_assert_eq!(fs::read(scratch.join("checkpoint")).unwrap(), newest.note.clone());
            sizes.push(newest);
            let reader = View::open(&scratch.0, key.verifier()).unwrap();
            for view in [reader, ledger.view().unwrap()] {
                let at = |i: usize, n: u64| places[i].index(n as usize) as u64;
                let size = at(0, view.newest().said.size) + 1;
                let old = at(1, size) + 1;
                let index = at(2, size);
                let root = naive_root(&all[..size as usize]);
                let proven = tree::included_root(index, size, all[index as usize], &view.inclusion(index, size).unwrap());
                prop_assert_eq!(proven, Some(root));
                let (from, to) = ((old, naive_root(&all[..old as usize])), (size, root));
                prop_assert!(tree::is_consistent(from, to, &view.consistency(old, size).unwrap()));
                prop_assert_eq!(tree::leaf(&view.entry(index).unwrap()), all[index as usize]);
                // A proof and a span under a checkpoint that was really signed, maybe an older one.
                let newest = &sizes[places[3].index(sizes.len())];
                let size = newest.said.size;
                let index = at(4, size);
                let proof = Inclusion::text(index, &view.inclusion(index, size).unwrap(), &newest.note);
                let proof = Inclusion::parse(&proof).unwrap();
                prop_assert_eq!(proof.verify(entry(index, 0).text().as_bytes(), key.verifier()), Ok(&newest.said));
                let end = index + 1 + at(5, size - index);
                let span = view.span(index, end, size).unwrap();
                let (span, held) = Span::read(&span).unwrap();
                prop_assert_eq!(span.verify(&held, &newest.said), Ok(()));
                prop_assert_eq!((span.span, held.len() as u64), ((index, end), end - index));
            }
        }
        let (view, size) = (open(&scratch.0, None).unwrap().view().unwrap(), all.len() as u64);
        for beyond in [view.inclusion(size, size), view.inclusion(0, size + 1), view.consistency(0, size), view.consistency(2, 1)] {
            prop_assert!(matches!(beyond, Err(LedgerFault::Beyond)));
        }
        for beyond in [view.entry(size), view.span(0, size + 1, size), view.span(0, size, size + 1), view.span(1, 1, size)] {
            prop_assert!(matches!(beyond, Err(LedgerFault::Beyond)));
        }
    }
}

#[test]
fn a_reader_stays_good_while_others_append() {
    let scratch = Scratch::new("reader");
    let mut ledger = ledger(&scratch.0, 250);
    let key = key(1);
    // The checkpoint of a moment ago, whose narrow tiles are gone meanwhile.
    let older = fs::read(scratch.join("checkpoint")).unwrap();
    let reader = View::open(&scratch.0, key.verifier()).unwrap();
    ledger.append(&batch(250, 100, 0), &key).unwrap();
    let all = leaves(&batch(0, 350, 0));
    assert_eq!(reader.root(250).unwrap(), naive_root(&all[..250]));
    assert_eq!(reader.entry(249).unwrap(), entry(249, 0).text().as_bytes());
    let between = scratch.join("between");
    copy(&scratch.0, &between);
    fs::write(between.join("checkpoint"), older).unwrap();
    let late = View::open(&between, key.verifier()).unwrap();
    assert_eq!((late.newest(), late.root(250).unwrap()), (reader.newest(), naive_root(&all[..250])));
    assert_eq!(late.entry(249).unwrap(), entry(249, 0).text().as_bytes());
}

#[test]
fn a_roll_back_is_caught() {
    let scratch = Scratch::new("back");
    let (now, old, key) = (scratch.join("now"), scratch.join("old"), key(1));
    let mut ledger = ledger(&now, 200);
    let known = [ledger.newest().unwrap().said.clone(), ledger.append(&batch(200, 1, 0), &key).unwrap().said.clone()];
    copy(&now, &old);
    for n in 201..204 {
        ledger.append(&batch(n, 1, 0), &key).unwrap();
    }
    let newest = ledger.append(&batch(204, 100, 0), &key).unwrap().said.clone();
    let open = |folder: &Path, known| open(folder, known).map(|ledger| ledger.newest().map(|newest| newest.said.size));
    for known in [None, Some(&known[0]), Some(&known[1]), Some(&newest)] {
        assert_eq!(open(&now, known).unwrap(), Some(304));
    }
    // The whole folder from a backup: only who remembers the newest checkpoint can tell.
    assert_eq!(open(&old, Some(&known[1])).unwrap(), Some(201));
    assert!(matches!(open(&old, Some(&newest)), Err(LedgerFault::RolledBack { here: 201, known: 304 })));
    // The checkpoint alone, or none: the tiles tell.
    fs::copy(old.join("checkpoint"), now.join("checkpoint")).unwrap();
    let (before, said) = (files(&now), open(&now, None));
    assert!(matches!(said, Err(LedgerFault::Damaged(_))), "{said:?}");
    fs::remove_file(now.join("checkpoint")).unwrap();
    let said = open(&now, None);
    assert!(matches!(said, Err(LedgerFault::RolledBack { here: 0, .. })), "{said:?}");
    assert_eq!(files(&now).len(), before.len() - 1, "a refused ledger was changed");
    // Within one tile.
    let few = scratch.join("few");
    let mut ledger = super::tests::ledger(&few, 5);
    let five = fs::read(few.join("checkpoint")).unwrap();
    ledger.append(&batch(5, 1, 0), &key).unwrap();
    ledger.append(&batch(6, 1, 0), &key).unwrap();
    fs::write(few.join("checkpoint"), &five).unwrap();
    assert!(matches!(open(&few, None), Err(LedgerFault::RolledBack { here: 5, known: 6 })));
}

#[test]
fn a_fork_is_caught() {
    let scratch = Scratch::new("fork");
    let (one, two, key) = (scratch.join("one"), scratch.join("two"), key(1));
    let mut first = ledger(&one, 300);
    copy(&one, &two);
    let mut second = open(&two, None).unwrap();
    let ours = first.append(&batch(300, 1, 0), &key).unwrap().clone();
    let theirs = second.append(&batch(300, 1, 9), &key).unwrap().clone();
    let longer = second.append(&batch(301, 30, 9), &key).unwrap().clone();
    // What is remembered is of the other one.
    for (folder, known) in [(&one, &theirs), (&two, &ours)] {
        assert!(matches!(open(folder, Some(&known.said)), Err(LedgerFault::Forked { size: 301 })));
    }
    first.append(&batch(301, 99, 0), &key).unwrap();
    assert!(matches!(open(&one, Some(&theirs.said)), Err(LedgerFault::Forked { size: 301 })));
    assert!(open(&one, Some(&ours.said)).is_ok());
    // Both of its checkpoints in one folder.
    for other in [&theirs, &longer] {
        fs::write(one.join("checkpoint.new"), &other.note).unwrap();
        let size = other.said.size;
        let said = open(&one, None);
        assert!(matches!(said, Err(LedgerFault::Forked { size: found }) if found == size), "{said:?}");
    }
    fs::write(one.join("checkpoint.new"), &ours.note).unwrap();
    assert!(open(&one, None).is_ok() && !one.join("checkpoint.new").exists());
    // The other's, with the tiles it needs.
    fs::write(two.join("checkpoint.new"), fs::read(one.join("checkpoint")).unwrap()).unwrap();
    for (name, content) in files(&one) {
        if name.starts_with("tile") {
            fs::write(two.join(name), content).unwrap();
        }
    }
    let said = open(&two, None);
    assert!(matches!(said, Err(LedgerFault::Forked { size: 331 })), "{said:?}");
}

#[test]
fn another_keys_ledger_is_not_gone_on_with() {
    let scratch = Scratch::new("key");
    let mut ledger = ledger(&scratch.0, 3);
    let other = key(2);
    assert!(matches!(Ledger::open(&scratch.0, other.verifier(), None), Err(LedgerFault::OtherKey(_))));
    assert!(matches!(View::open(&scratch.0, other.verifier()), Err(LedgerFault::OtherKey(_))));
    assert!(matches!(ledger.append(&batch(3, 1, 0), &other), Err(LedgerFault::OtherKey(_))));
    assert_eq!(ledger.append(&batch(3, 1, 0), &key(1)).unwrap().said.size, 4);
    // Not before its first checkpoint either.
    fs::rename(scratch.join("checkpoint"), scratch.join("checkpoint.new")).unwrap();
    assert!(matches!(Ledger::open(&scratch.0, other.verifier(), None), Err(LedgerFault::OtherKey(_))));
}

#[test]
fn damage_is_found_where_it_matters() {
    let scratch = Scratch::in_memory("damage");
    let (good, bad) = (scratch.join("good"), scratch.join("bad"));
    let ledger = ledger(&good, 600);
    let all = files(&good);
    let places = |n: usize| [0, 1, n / 2, n - 1];
    for (name, content) in &all {
        // Narrower tiles of older checkpoints are for others to read.
        if name == Path::new("tile/1/000.p/1") {
            continue;
        }
        let full = name.extension().is_none()
            && !name.starts_with("checkpoint")
            && !name.display().to_string().contains(".p/");
        let mut broken: Vec<Option<Vec<u8>>> = places(content.len())
            .into_iter()
            .map(|at| {
                let mut bytes = content.clone();
                bytes[at] ^= 1;
                Some(bytes)
            })
            .collect();
        broken.extend([
            None,
            Some(content[..content.len() - 1].to_vec()),
            Some([content, &b"\0"[..]].concat()),
            Some(Vec::new()),
        ]);
        for content in broken {
            copy(&good, &bad);
            match content {
                Some(content) => fs::write(bad.join(name), content).unwrap(),
                None => fs::remove_file(bad.join(name)).unwrap(),
            }
            let opened = open(&bad, Some(&ledger.newest().unwrap().said));
            if !full {
                // Without anything remembered as well.
                let alone = open(&bad, None);
                assert!(matches!(alone, Err(LedgerFault::Damaged(_) | LedgerFault::RolledBack { .. })), "{name:?}");
                assert!(matches!(opened, Err(LedgerFault::Damaged(_) | LedgerFault::RolledBack { .. })), "{name:?}");
                continue;
            }
            // Not needed to append; whatever needs it says so.
            let view = opened.unwrap().view().unwrap();
            let index = if name.ends_with("001") { 300 } else { 0 };
            for index in index..index + 256 {
                if let Ok(path) = view.inclusion(index, 600) {
                    let leaf = tree::leaf(entry(index, 0).text().as_bytes());
                    assert_eq!(tree::included_root(index, 600, leaf, &path), Some(ledger.newest().unwrap().said.root));
                }
                if let Ok(found) = view.entry(index) {
                    assert_eq!(found, entry(index, 0).text().as_bytes());
                }
            }
            assert!(matches!(view.span(0, 600, 600), Err(LedgerFault::Damaged(_))) || name.starts_with("tile/0"));
            if name.starts_with("tile/0") {
                assert!(matches!(view.consistency(index + 1, 600), Err(LedgerFault::Damaged(_))), "{name:?}");
            }
        }
    }
}

#[test]
fn a_ledger_that_failed_is_not_extended_before_it_is_opened_anew() {
    let scratch = Scratch::new("stopped");
    let key = key(1);
    for obstacle in ["checkpoint.new", "tile/entries/000.p/4", "tile/0/000.p/4"] {
        let _ = fs::remove_dir_all(&scratch.0);
        let mut ledger = ledger(&scratch.0, 3);
        let newest = ledger.newest().unwrap().clone();
        // A folder where a file must go.
        fs::create_dir_all(scratch.join(obstacle).join("x")).unwrap();
        let failed = ledger.append(&batch(3, 1, 0), &key).unwrap_err();
        assert!(matches!(failed, LedgerFault::Disk(_)), "{obstacle}: {failed}");
        fs::remove_dir_all(scratch.join(obstacle)).unwrap();
        assert!(matches!(ledger.append(&batch(3, 1, 0), &key), Err(LedgerFault::Stopped)), "{obstacle}");
        assert_eq!(ledger.newest(), Some(&newest));
        assert_eq!(ledger.view().unwrap().entry(2).unwrap(), entry(2, 0).text().as_bytes());
        let mut ledger = open(&scratch.0, Some(&newest.said)).unwrap();
        assert_eq!(ledger.append(&batch(3, 2, 9), &key).unwrap().said.size, 5);
    }
}

#[test]
fn nothing_is_appended_of_a_batch_that_breaks_the_grammar() {
    let scratch = Scratch::new("refused");
    let (mut ledger, key) = (ledger(&scratch.0, 3), key(1));
    let before = files(&scratch.0);
    let bad = Entry { sequence: Some(1), ..entry(4, 0) };
    for batch in [vec![], vec![entry(3, 0), bad]] {
        assert!(matches!(ledger.append(&batch, &key), Err(LedgerFault::Refused)));
        assert!(files(&scratch.0) == before);
    }
    assert_eq!(ledger.append(&batch(3, 1, 0), &key).unwrap().said.size, 4);
}
