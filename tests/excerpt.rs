//! Excerpts that `packseal-verifier excerpt` cuts: against clips that were forged with those pictures withheld, byte for
//! byte; and clips, spans and files of which there is none.

mod support;

#[path = "support/program.rs"]
mod program;

use std::{fs, io, path::Path, process::Command};

use evidence::{
    statement::Reason,
    verify::{ExcerptError, ReplayError, excerpt},
};
use program::{Folder, Said, run};
use support::{check::*, forge::*, proofs::*};

/// The material's GOPs last one second each.
const S: u64 = 90_000;

fn vkey() -> String {
    key(1).verifier().to_string()
}

/// The clip that shows these of the material's four GOPs.
fn showing(shown: std::ops::Range<usize>) -> Vec<u8> {
    let mut forge = forge();
    for (i, span) in forge.spans.iter_mut().enumerate() {
        span.withheld = !shown.contains(&i);
    }
    forge.clip()
}

/// Cuts into `out.mp4`: what was said, and the file if there is one. None is left unfinished.
#[track_caller]
fn cut(folder: &Folder, clip: &[u8], (from, to): (&str, &str), more: &[&str]) -> (Said, Option<Vec<u8>>) {
    let (clip, out) = (folder.file("clip.mp4", clip), folder.path("out.mp4"));
    let said = run(&[&["excerpt", &clip, "--from", from, "--to", to, "-o", &out], more].concat());
    let file = fs::read(&out).ok();
    let _ = fs::remove_file(&out);
    assert!(!Path::new(&format!("{out}.part")).exists(), "{said:?}");
    (said, file)
}

/// Nothing is written, and this is said on one line; in Chinese as well.
#[track_caller]
fn refused(folder: &Folder, clip: &[u8], span: (&str, &str), why: &str) {
    let (said, file) = cut(folder, clip, span, &["--key", &vkey()]);
    assert_eq!(
        (said.status, said.out.as_str(), said.err.lines().count(), file),
        (2, "", 1, None),
        "{span:?}: {said:?}"
    );
    assert!(said.err.contains(why), "{span:?}: {}", said.err);
    let (zh, file) = cut(folder, clip, span, &["--key", &vkey(), "--lang", "zh"]);
    assert!((zh.status, file) == (2, None) && !zh.err.is_ascii(), "{zh:?}");
}

#[test]
fn it_shows_the_gops_that_hold_the_span() {
    let folder = Folder::new("excerpt-spans");
    let clip = forge().clip();
    for (from, to, shown) in [
        ("0", "1", 0..1),
        ("0", "0.001", 0..1),
        ("0.999", "1.001", 0..2),
        ("1", "2", 1..2),
        ("1.0", "2.0", 1..2),
        ("1.5", "2.5", 1..3),
        ("0.5", "3", 0..3),
        ("3.9", "4", 3..4),
        ("1", "4", 1..4),
    ] {
        let (said, file) = cut(&folder, &clip, (from, to), &["--key", &vkey()]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{from} {to}: {said:?}");
        assert!(file.as_ref() == Some(&showing(shown.clone())), "{from} {to}: other bytes");
        let told = format!("shows second {}.0 to {}.0 of 4.0; ", shown.start, shown.end);
        assert!(said.out.contains(&told) && said.out.lines().count() == 1, "{}", said.out);
        let report = partial(&file.unwrap(), &[evidence::finding::Code::Excerpt]);
        assert_eq!(report.facts.unwrap().shown, Some((shown.start as u64 * S, shown.end as u64 * S)));
    }
    // Of an excerpt, within what it shows; and of a clip that was interrupted.
    let (said, file) = cut(&folder, &showing(0..3), ("1", "2"), &["--key", &vkey()]);
    assert!(said.status == 0 && file == Some(showing(1..2)), "{said:?}");
    let mut interrupted = forge();
    interrupted.reason = Some(Reason::CameraLost);
    let (said, file) = cut(&folder, &interrupted.clip(), ("1", "2"), &["--key", &vkey()]);
    assert!(said.status == 0 && file.is_some(), "{said:?}");
    // Across a gap.
    let mut gapped = forge();
    gapped.spans.insert(2, gap(2 * S));
    let (said, file) = cut(&folder, &gapped.clip(), ("1", "4.5"), &["--key", &vkey()]);
    gapped.spans[0].withheld = true;
    gapped.spans[4].withheld = true;
    assert!(said.status == 0 && file == Some(gapped.clip()), "{said:?}");
}

#[test]
fn anybody_can_and_its_proof_goes_along() {
    let folder = Folder::new("excerpt-anybody");
    // Without a key nothing of what it says is repeated.
    let (said, file) = cut(&folder, &forge().clip(), ("1", "2"), &[]);
    assert!(file == Some(showing(1..2)) && said.status == 3, "{said:?}");
    assert!(said.out.ends_with("out.mp4: written; its signer is unknown\n"), "{}", said.out);
    assert!(said.err.contains("UNKNOWN SIGNER") && said.err.contains("--trust"), "{}", said.err);

    let clip = with_enrolment(&forge().clip(), &enrolled(|_| ()));
    let trust = folder.file("trust", format!("root {}\n", root(1).verifier()).as_bytes());
    let (said, file) = cut(&folder, &clip, ("1", "2"), &["--trust", &trust]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    let file = file.unwrap();
    assert!(file == with_enrolment(&showing(1..2), &enrolled(|_| ())));
    let path = folder.file("excerpt.mp4", &file);
    let said = run(&["verify", &path, "--trust", &trust]);
    assert!(said.status == 4 && said.out.contains("enrolled by merchant/") && said.out.contains("EXCERPT"), "{said:?}");
}

#[test]
fn what_there_is_no_excerpt_of() {
    let folder = Folder::new("excerpt-refused");
    let clip = forge().clip();
    for span in [("0", "4.001"), ("4", "5"), ("2", "2"), ("3", "1"), ("100", "200")] {
        refused(&folder, &clip, span, "the clip is 4.0 s long");
    }
    for span in [("-1", "2"), ("1", "x"), ("1:00", "2"), ("", "2"), ("1", "1e9")] {
        let (said, file) = cut(&folder, &clip, span, &["--key", &vkey()]);
        assert!((said.status, file) == (2, None), "{span:?}: {said:?}");
    }
    refused(&folder, &clip, ("1", "x"), "'x' is no number of seconds");
    refused(&folder, &clip, ("0", "4"), "all that the clip shows");
    refused(&folder, &clip, ("0.5", "3.5"), "all that the clip shows");
    refused(&folder, &showing(0..2), ("1", "3"), "does not show all of these seconds");
    refused(&folder, &showing(0..2), ("2", "3"), "does not show all of these seconds");
    let mut gapped = forge();
    gapped.spans.insert(2, gap(2 * S));
    refused(&folder, &gapped.clip(), ("2", "4"), "no pictures between these seconds");
    let mut open = forge();
    open.reason = None;
    refused(&folder, &open.clip(), ("1", "2"), "no closing statement");

    let (said, file) = cut(&folder, b"no clip", ("1", "2"), &["--key", &vkey()]);
    assert!((said.status, file) == (2, None) && said.err.contains("check.not-a-clip"), "{said:?}");

    // A clip that is refused itself.
    let mut altered = clip.clone();
    altered[clip.len() / 2] ^= 1;
    for more in [&["--key", &*vkey()][..], &[]] {
        let (said, file) = cut(&folder, &altered, ("1", "2"), more);
        assert_eq!((said.status, said.out.as_str(), file), (1, "", None), "{said:?}");
        assert!(said.err.contains("REJECTED"), "{}", said.err);
    }
    // Nothing is overwritten, also what is no file, and the clip itself.
    let path = folder.file("clip.mp4", &clip);
    fs::create_dir(folder.path("folder")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
    for out in [path.clone(), folder.path("folder"), folder.path("link"), folder.path("none/out.mp4")] {
        let said = run(&["excerpt", &path, "--from", "1", "--to", "2", "-o", &out, "--key", &vkey()]);
        assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{said:?}");
    }
    assert!(fs::read(&path).unwrap() == clip);
    assert!(
        fs::read_dir(folder.path("folder")).unwrap().next().is_none() && !Path::new(&folder.path("nowhere")).exists()
    );
}

#[test]
fn without_room_nothing_is_left() {
    let folder = Folder::new("excerpt-full");
    let (clip, out) = (folder.file("clip.mp4", &forge().clip()), folder.path("out.mp4"));
    let length = showing(1..3).len();
    for room in [0, 100, length / 2, length - 1, length] {
        // No file may grow beyond it.
        let script = "trap '' XFSZ; exec prlimit \"$@\"";
        let limit = format!("--fsize={room}");
        let program = env!("CARGO_BIN_EXE_packseal-verifier");
        let args = ["-c", script, "sh", &limit, program, "excerpt", &clip, "--from", "1", "--to", "3", "-o", &out];
        let said = Command::new("sh").args(args).args(["--key", &vkey()]).output().unwrap();
        let err = String::from_utf8(said.stderr).unwrap();
        let whole = room == length;
        assert_eq!(said.status.code(), Some(if whole { 0 } else { 2 }), "{room}: {err}");
        assert!(whole || err.contains("cannot be written"), "{err}");
        assert_eq!((Path::new(&out).exists(), Path::new(&format!("{out}.part")).exists()), (whole, false), "{room}");
    }
}

/// Cuts second 1 to 2 out of these bytes, of which another reading had this last statement.
fn again(bytes: &[u8], last: evidence::value::Hash) -> Result<Vec<u8>, ExcerptError> {
    let mut out = Vec::new();
    excerpt(bytes, last, (S, 2 * S), &mut out).map(|shown| {
        assert_eq!(shown, (S, 2 * S));
        out
    })
}

#[test]
fn a_clip_that_changed_since_it_was_verified() {
    let clip = forge().clip();
    let last = checked(&clip).last.unwrap();
    let good = showing(1..2);
    assert!(again(&clip, last).unwrap() == good);
    // Whatever byte it is: what is written is the excerpt of the clip that was verified, or there is none.
    let (mut kept, mut none) = (0, 0);
    for at in 0..clip.len() {
        let mut changed = clip.clone();
        changed[at] ^= 1 << (at % 8);
        match again(&changed, last) {
            Ok(out) => {
                assert!(out == good, "byte {at}");
                kept += 1;
            }
            Err(ExcerptError::Replay(ReplayError::Changed)) => none += 1,
            Err(e) => panic!("byte {at}: {e:?}"),
        }
    }
    // Of pictures that are not shown anyway.
    println!("{kept} bytes of what is withheld, {none} of the rest");
    let media: usize = [0, 2, 3].map(|i| forge().parts()[2 + 2 * i].len()).iter().sum();
    assert!(kept <= media && kept > media / 2, "{kept} of {media}");
    for length in [0, 7, 100, clip.len() / 2, clip.len() - 1] {
        assert!(again(&clip[..length], last).is_err(), "{length}");
    }
    assert!(again(&[&clip[..], b"more"].concat(), last).is_err());
    let mut other = forge();
    other.reason = Some(Reason::EndCode);
    assert!(matches!(again(&other.clip(), last), Err(ExcerptError::Replay(ReplayError::Changed))));
}

#[test]
fn what_cannot_be_written_is_told() {
    struct Full(usize);
    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let clip = forge().clip();
    let last = checked(&clip).last.unwrap();
    let length = showing(1..2).len();
    for room in (0..length).step_by(997).chain([length - 1]) {
        let said = excerpt(&clip[..], last, (S, 2 * S), &mut Full(room));
        assert!(matches!(said, Err(ExcerptError::Replay(ReplayError::Give(_)))), "{room}");
    }
    assert!(excerpt(&clip[..], last, (S, 2 * S), &mut Full(length)).is_ok());
}
