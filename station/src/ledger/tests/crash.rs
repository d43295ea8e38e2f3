//! An append is cut off after every one of its steps, with what the step did on disk, lost, or torn. Then the ledger is
//! opened again: it is exactly what it was before or after, and never contradicts what could be seen.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use super::*;
use crate::durable::watch::watched;

/// Files that change, by name; those that never do again are linked.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A ledger before an append.
struct Before {
    folder: PathBuf,
    /// Its full tiles.
    fixed: BTreeSet<PathBuf>,
}

impl Before {
    fn new(folder: &Path) -> Self {
        let full = |name: &PathBuf| name.starts_with("tile") && !name.display().to_string().contains(".p/");
        Self { folder: folder.to_owned(), fixed: files(folder).into_keys().filter(full).collect() }
    }

    /// What else is in a folder.
    fn others(&self, folder: &Path) -> Files {
        let mut found = BTreeMap::new();
        let mut open = vec![folder.to_owned()];
        while let Some(at) = open.pop() {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().to_owned();
                if path.is_dir() {
                    open.push(path);
                } else if !self.fixed.contains(&name) {
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// Makes a folder of the full tiles and these, or makes one such again.
    fn make(&self, others: &Files, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for name in self.others(folder).into_keys() {
            fs::remove_file(folder.join(&name)).unwrap();
            // Narrower tiles have a folder of their own.
            let _ = fs::remove_dir(folder.join(&name).parent().unwrap());
        }
        for name in self.fixed.iter().filter(|name| !folder.join(name).exists()) {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::hard_link(self.folder.join(name), folder.join(name)).unwrap();
        }
        for (name, content) in others {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

/// What a cut may leave, and where it was.
struct Cut {
    at: String,
    left: Files,
}

/// All cuts of an append of these entries.
fn cuts(before: &Before, folder: &Path, more: &[Entry]) -> Vec<Cut> {
    before.make(&before.others(&before.folder), folder);
    let mut ledger = open(folder, None).unwrap();
    let begin = before.others(folder);
    let steps = Rc::new(RefCell::new(Vec::new()));
    let (list, watched_folder) = (steps.clone(), folder.to_owned());
    let fixed = Before { folder: before.folder.clone(), fixed: before.fixed.clone() };
    let watch = move |step: &'static str, path: &Path| {
        let name = path.strip_prefix(&watched_folder).unwrap_or(path).to_owned();
        list.borrow_mut().push((step, name, fixed.others(&watched_folder)));
    };
    watched(watch, || ledger.append(more, &key(1)).map(|_| ())).unwrap();

    let mut cuts = vec![Cut { at: "before".to_owned(), left: begin.clone() }];
    let mut last = begin.clone();
    for (step, name, written) in steps.take() {
        let at = |how: &str| format!("{step} {}: {how}", name.display());
        cuts.push(Cut { at: at("not written"), left: last });
        cuts.push(Cut { at: at("written"), left: written.clone() });
        if step == "write" {
            // Nothing of a file that was not yet synced needs to be there.
            let whole = &written[&name];
            let torn = [
                ("empty", Vec::new()),
                ("half", whole[..whole.len() / 2].to_vec()),
                ("without its last byte", whole[..whole.len() - 1].to_vec()),
                ("of zeros", vec![0; whole.len()]),
                ("half of zeros", [&whole[..whole.len() / 2], &vec![0; whole.len().div_ceil(2)]].concat()),
            ];
            for (how, content) in torn {
                let mut left = written.clone();
                left.insert(name.clone(), content);
                cuts.push(Cut { at: at(how), left });
            }
        }
        if step == "sync" {
            // Its content is there, its name is not.
            let mut left = written.clone();
            left.remove(&name);
            cuts.push(Cut { at: at("name not written"), left });
        }
        last = written;
    }
    // Narrow tiles that are removed at the end, or were not yet.
    let end = before.others(folder);
    for every in [1, 2, 3] {
        let mut left = end.clone();
        let narrow = begin.iter().filter(|(name, _)| !end.contains_key(*name));
        left.extend(narrow.step_by(every).map(|(name, content)| (name.clone(), content.clone())));
        cuts.push(Cut { at: format!("the end, one in {every} narrower tiles left"), left });
    }
    cuts
}

/// The sizes of the checkpoint and of the one that follows, where they are whole.
fn signed(left: &Files, name: &str) -> u64 {
    let note = left.get(Path::new(name)).and_then(|note| SignedCheckpoint::parse(note).ok());
    note.map_or(0, |note| note.checkpoint.size)
}

#[test]
fn cut_off_at_every_step_of_appending() {
    let scratch = Scratch::in_memory("crash");
    let (run, left, clean) = (scratch.join("run"), scratch.join("left"), scratch.join("clean"));
    println!("entries  batch  cuts  undone  finished  done");
    let rows = [
        (0, 1),
        (0, 3),
        (1, 1),
        (7, 5),
        (254, 1),
        (255, 1),
        (255, 2),
        (256, 1),
        (250, 20),
        (0, 256),
        (0, 600),
        (511, 1),
        (512, 300),
        (65_535, 1),
        (65_535, 3),
        (65_536, 1),
    ];
    for (size, count) in rows {
        let folder = scratch.join(&format!("before-{size}"));
        if !folder.exists() {
            fs::create_dir_all(&folder).unwrap();
            ledger(&folder, size);
        }
        let before = Before::new(&folder);
        for used in [&run, &left, &clean] {
            let _ = fs::remove_dir_all(used);
        }
        let known = open(&folder, None).unwrap().newest().map(|newest| newest.said.clone());
        // What each size looks like that was reached without a cut, step by step.
        let mut expected = BTreeMap::from([(size, before.others(&folder))]);
        before.make(&expected[&size], &clean);
        let mut ledger = open(&clean, None).unwrap();
        let (mut at, end) = (size, size + count);
        while at < end {
            let next = end.min((at / 256 + 1) * 256);
            ledger.append(&batch(at, next - at, 0), &key(1)).unwrap();
            expected.insert(next, before.others(&clean));
            at = next;
        }
        let all = leaves(&batch(0, end, 0));
        let (mut undone, mut finished, mut done) = (0, 0, 0);
        let cuts = cuts(&before, &run, &batch(size, count, 0));
        for cut in &cuts {
            let row = format!("{size} + {count}, {}", cut.at);
            before.make(&cut.left, &left);
            let (seen, next) = (signed(&cut.left, "checkpoint"), signed(&cut.left, "checkpoint.new"));
            let mut ledger = open(&left, known.as_ref()).unwrap_or_else(|e| panic!("{row}: {e}"));
            let now = ledger.newest().map_or(0, |newest| newest.said.size);
            assert_eq!(now, seen.max(next), "{row}: not what was signed");
            assert!(before.others(&left) == expected[&now], "{row}: not what {now} entries look like");
            match () {
                () if now > seen => finished += 1,
                () if cut.left != expected[&now] => undone += 1,
                () => done += 1,
            }
            // Nothing more to do the second time, and for a reader nothing at all.
            open(&left, ledger.newest().map(|newest| &newest.said)).unwrap();
            assert!(before.others(&left) == expected[&now], "{row}: opened twice");
            // It goes on, with other entries, from what it was.
            let newest = ledger.append(&batch(now, 2, 7), &key(1)).unwrap().said.clone();
            let all = [&all[..now as usize], &leaves(&batch(now, 2, 7))].concat();
            if size < 1000 {
                assert_eq!((newest.size, newest.root), (now + 2, naive_root(&all)), "{row}");
            }
            let view = View::open(&left, key(1).verifier()).unwrap();
            if let Some(known) = &known {
                let path = view.consistency(known.size, now + 2).unwrap();
                let (from, to) = ((known.size, known.root), (now + 2, newest.root));
                assert!(tree::is_consistent(from, to, &path), "{row}: forked");
            }
            assert_eq!(view.entry(now).unwrap(), entry(now, 7).text().as_bytes(), "{row}");
        }
        assert!(undone > 0 && finished > 0 && done > 0, "{size} + {count}: {undone} {finished} {done}");
        println!("{size:7}  {count:5}  {:4}  {undone:6}  {finished:8}  {done:4}", cuts.len());
    }
}
