//! A second implementation, made from FORMAT.md alone and without this crate, comes to the same exit status.

mod support;

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use evidence::{bmff::StatementBox, statement::*, value::Hash};
use support::{check::*, forge::*, notes::*};

/// A folder of this test's own, removed behind it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("packseal-independent-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Clips by name: honest ones, and what breaks digests, chain, signatures, totals, runs.
fn clips() -> Vec<(String, Vec<u8>)> {
    let mut clips = Vec::new();
    let mut add = |name: &str, clip: Vec<u8>| clips.push((name.to_owned(), clip));
    let honest = forge().parts();
    add("honest", honest.concat());
    for reason in Reason::ALL {
        let mut forge = forge();
        forge.reason = Some(*reason);
        add(&format!("closed {}", reason.as_str()), forge.clip());
    }
    for (name, edit) in [
        (
            "late order",
            (|f| {
                f.order = None;
                f.end_order = Some(Some(v("SF1")));
                f.spans[1].events = vec![Event { offset: 5, kind: EventKind::OrderScan(v("SF1")) }]
            }) as fn(&mut Forge),
        ),
        ("other order in END", |f| f.end_order = Some(Some(v("SF1")))),
        ("no order", |f| f.order = None),
        ("label conflict", |f| f.spans[1].events = vec![Event { offset: 5, kind: EventKind::LabelConflict(9, 2) }]),
        ("gap", |f| f.spans.insert(2, gap(9000))),
        ("lost frames", |f| f.spans[2].lost = 3),
        ("open", |f| f.reason = None),
        ("excerpt", |f| f.spans[0].withheld = true),
        ("montage", |f| f.spans[1].withheld = true),
        ("excerpt of nothing", |f| f.spans.iter_mut().for_each(|s| s.withheld = true)),
        ("open excerpt", |f| (f.reason, f.spans[0].withheld) = (None, true)),
        ("totals", |f| f.edit_end = Box::new(|e| e.frames += 1)),
        ("links", |f| f.edit_end = Box::new(|e| e.links += 1)),
        ("ticks", |f| {
            f.edit_link = Box::new(|l| {
                if l.index == 1 {
                    l.ticks.0 += 1
                }
            })
        }),
        ("first frame", |f| {
            f.edit_link = Box::new(|l| {
                if l.index == 1 {
                    l.first_frame += 1
                }
            })
        }),
        ("chain", |f| {
            f.edit_link = Box::new(|l| {
                if l.index == 1 {
                    l.previous = Hash([0; 32])
                }
            })
        }),
        ("init", |f| f.edit_start = Box::new(|s| s.init = Hash([0; 32]))),
        ("unknown key", |f| f.key = key(2)),
    ] {
        let mut forge = forge();
        edit(&mut forge);
        add(name, forge.clip());
    }
    for (part, bytes) in honest.iter().enumerate() {
        // The middle, and the last byte but one: of a note that is in its signature.
        for at in [bytes.len() / 2, bytes.len() - 3] {
            let mut parts = honest.clone();
            parts[part][at] ^= 1;
            add(&format!("part {part} changed at {at}"), parts.concat());
        }
        let mut parts = honest.clone();
        parts.remove(part);
        add(&format!("part {part} missing"), parts.concat());
        let mut parts = honest.clone();
        parts.insert(part, parts[part].clone());
        add(&format!("part {part} doubled"), parts.concat());
        if part > 1 {
            let mut parts = honest.clone();
            resign(parts.last_mut().unwrap(), &key(1), str::to_owned);
            edit_or_cut(&mut parts, part);
            add(&format!("cut in part {part}"), parts.concat());
        }
    }
    for (part, other) in [(1, key(2)), (5, key(2)), (10, key(2))] {
        let mut parts = honest.clone();
        resign(&mut parts[part], &other, str::to_owned);
        add(&format!("part {part} of another key"), parts.concat());
    }
    let mut parts = honest.clone();
    edit_note(&mut parts[5], |note| note.extend_from_within(note.len() - 120..));
    add("something behind a signature", parts.concat());
    for (name, wrong) in [("newer proof", false), ("wrong proof", true)] {
        let end = checked(&honest.concat()).last.unwrap();
        let hash = if wrong { Hash([0; 32]) } else { Hash::of(b"part") };
        let part = Part { kind: PartKind::Newer("token".to_owned()), length: 4, hash };
        let note = seal(&Proof { clip: evidence::value::Id([7; 16]), end, parts: Parts(vec![part]) }, &key(1)).0;
        let content = [&(note.len() as u32).to_be_bytes()[..], &note, b"part"].concat();
        add(name, [honest.concat(), StatementBox::Proof.wrap(&content)].concat());
    }
    add("appended", [honest.concat(), b"x".to_vec()].concat());
    add("no clip", b"not a clip at all".to_vec());
    add("empty", vec![]);
    clips
}

/// Cuts the clip in the middle of a part.
fn edit_or_cut(parts: &mut Vec<Vec<u8>>, part: usize) {
    parts.truncate(part + 1);
    let half = parts[part].len() / 2;
    parts[part].truncate(half);
}

#[test]
fn second_implementation_agrees() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/independent.py");
    let folder = Folder::new();
    let vkey = key(1).verifier().to_string();
    let seen = Mutex::new([0; 5]);
    let clips = clips();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..2 {
            let path = folder.0.join(format!("{worker}.mp4"));
            let (clips, next, seen, vkey) = (&clips, &next, &seen, &vkey);
            scope.spawn(move || {
                while let Some((name, clip)) = clips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    fs::write(&path, clip).expect("a clip written");
                    let output = Command::new("python3").arg(script).arg(&path).arg(vkey).output().expect("python3");
                    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                    let ours = checked(clip);
                    let status = ours.verdict.exit_status();
                    assert_eq!(output.status.code(), Some(status.into()), "{name}: {said} {:?}", ours.findings);
                    seen.lock().expect("counts")[usize::from(status)] += 1;
                }
            });
        }
    });
    let seen = seen.into_inner().expect("counts");
    println!("by exit status: {seen:?}");
    assert!(seen.iter().all(|n| *n > 0), "{seen:?}");
}
