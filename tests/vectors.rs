//! The refused vectors in `tests/vectors`: each is named by the one rule it breaks, for other implementations to read.
//!
//! A file is header lines `rule`, `kind`, `key`, `expect`, `form` (`text`: the bytes follow as they are; `hex`), a line
//! `---`, and the bytes. `kind` says as what they are read: a statement's note, or `key` for key text. `expect` is a
//! finding code, or `ok`. `PACKSEAL_WRITE_VECTORS=1` writes them anew.

mod support;

use std::{collections::BTreeMap, fs, path::PathBuf};

use evidence::{
    finding::Code,
    key::VerifierKey,
    note::{self, Note},
    statement::*,
};
use support::{check::*, forge::*, ledgers, notes, proofs};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors"))
}

struct Vector {
    rule: String,
    kind: String,
    key: String,
    expect: String,
    bytes: Vec<u8>,
}

impl Vector {
    fn to_file(&self) -> Vec<u8> {
        let plain = self.bytes.iter().all(|b| *b == b'\n' || (0x20..0x7f).contains(b) || *b >= 0x80)
            && std::str::from_utf8(&self.bytes).is_ok();
        let form = if plain { "text" } else { "hex" };
        let head = format!(
            "rule: {}\nkind: {}\nkey: {}\nexpect: {}\nform: {form}\n---\n",
            self.rule, self.kind, self.key, self.expect
        );
        let hex: String = self.bytes.iter().map(|b| format!("{b:02x}")).collect();
        [head.as_bytes(), if plain { &self.bytes } else { hex.as_bytes() }].concat()
    }

    fn of_file(file: &[u8]) -> Self {
        let cut = file.windows(5).position(|w| w == b"\n---\n").expect("a line ---");
        let head = std::str::from_utf8(&file[..cut]).expect("text");
        let field = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name}")).to_owned()
        };
        let body = &file[cut + 5..];
        let bytes = match field("form").as_str() {
            "text" => body.to_vec(),
            "hex" => body.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect(),
            other => panic!("form {other}"),
        };
        Self { rule: field("rule"), kind: field("kind"), key: field("key"), expect: field("expect"), bytes }
    }

    /// What this implementation says.
    fn answer(&self) -> &'static str {
        fn read<T: Statement>(vector: &Vector) -> Result<(), Code> {
            let note = Note::parse(&vector.bytes)?;
            T::parse(&note.text)?;
            note.verify(&VerifierKey::parse(&vector.key).expect("the vector's key"))
        }
        let read = match self.kind.as_str() {
            "start" => read::<Start>(self),
            "link" => read::<Link>(self),
            "end" => read::<End>(self),
            "tombstone" => read::<Tombstone>(self),
            "environment" => read::<Environment>(self),
            "renewal" => read::<Renewal>(self),
            "derivation" => read::<Derivation>(self),
            "export" => read::<Export>(self),
            "act" => read::<Act>(self),
            "enrolment" => read::<Enrolment>(self),
            "revocation" => read::<Revocation>(self),
            "count" => read::<Count>(self),
            "key" => {
                let key = std::str::from_utf8(&self.bytes).ok().and_then(|text| VerifierKey::parse(text).ok());
                return if key.is_some() { "ok" } else { "key" };
            }
            other => panic!("kind {other}"),
        };
        read.map_or_else(Code::as_str, |()| "ok")
    }
}

/// All vectors, by file name.
fn made() -> BTreeMap<String, Vector> {
    let parts = forge().parts();
    let vkey = key(1).verifier().to_string();
    let texts = [("start", notes::text(&parts[1])), ("link", notes::text(&parts[3])), ("end", notes::text(&parts[10]))];
    let mut all = BTreeMap::new();
    let mut add = |kind: &str, name: &str, rule: &str, expect: &str, bytes: Vec<u8>| {
        let vector = Vector {
            rule: rule.to_owned(),
            kind: kind.to_owned(),
            key: vkey.clone(),
            expect: expect.to_owned(),
            bytes,
        };
        assert!(all.insert(format!("{kind}-{name}.txt"), vector).is_none(), "{kind}-{name} twice");
    };
    let sign = |text: &str| note::sign(text, &key(1));
    for (kind, text) in &texts {
        add(kind, "good", "nothing is broken", "ok", sign(text));
    }
    // Of the note, shown on a LINK.
    let good = String::from_utf8(sign(&texts[1].1)).unwrap();
    let (text, line) = good.split_once("\n\n").unwrap();
    let base64 = line.trim_end().rsplit_once(' ').unwrap().1;
    let respelled = |new: &str| good.replace(base64, new);
    let next = char::from(base64.as_bytes()[90] + 1);
    for (name, rule, note) in [
        ("crlf", "every line ends in LF", good.replace('\n', "\r\n")),
        ("no-last-lf", "the signature line ends in LF", good.trim_end().to_owned()),
        ("lf-behind", "nothing stands behind the signature line", format!("{good}\n")),
        ("no-empty-line", "one empty line before the signature", good.replace("\n\n", "\n")),
        ("two-empty-lines", "one empty line before the signature", good.replace("\n\n", "\n\n\n")),
        ("signature-twice", "exactly one signature line", format!("{good}{line}")),
        ("signature-first", "the text stands before the signature", format!("{line}\n{text}\n")),
        ("unsigned", "exactly one signature line", format!("{text}\n\n")),
        ("space-at-line-end", "no line ends in a space", good.replace("index 0\n", "index 0 \n")),
        ("space-at-line-begin", "no line begins with a space", good.replace("\nindex", "\n index")),
        ("tab", "printable ASCII", good.replace("index 0", "index\t0")),
        ("not-ascii", "printable ASCII", good.replace("index", "ind\u{e9}x")),
        ("byte-order-mark", "printable ASCII", format!("\u{feff}{good}")),
        ("hyphen", "the signature line begins with U+2014", good.replace('\u{2014}', "-")),
        (
            "space-behind-signature",
            "nothing behind the signature",
            good.replace(line, &format!("{} \n", line.trim_end())),
        ),
        ("base64-unpadded", "padded base64", respelled(base64.trim_end_matches('='))),
        ("base64-padded-more", "padded base64", respelled(&format!("{base64}="))),
        ("base64-spare-bits", "canonical base64", respelled(&format!("{}{next}=", &base64[..90]))),
        ("base64-alphabet", "standard base64", respelled(&format!("{}-{}", &base64[..40], &base64[41..]))),
        ("base64-short", "68 bytes", respelled(&base64[..88])),
        ("name-without-digits", "NAME is STATION/HEX", good.replace(" test-bench/", " test-bench")),
        ("name-upper-case", "STATION is a-z, 0-9, '.', '-'", line_named(&good, "TEST-bench")),
        ("too-long", "at most 16 KiB", good.replace("events -", &format!("events {}", "x".repeat(16_384)))),
    ] {
        add("link", &format!("note-{name}"), rule, "note.grammar", note.into_bytes());
    }
    let other = |n: u8| note::sign(&texts[1].1, &key(n));
    add("link", "signature-other-key", "signed by the key", "note.signature", other(2));
    add(
        "link",
        "signature-other-text",
        "what is signed is this text",
        "note.signature",
        good.replace("lost 0", "lost 1").into_bytes(),
    );
    // Of statements, all of them well signed.
    let edits: &[(usize, &str, &str, &str, &str)] = &[
        (1, "kind", "the first line is the kind", "packseal/link/v1", "packseal/link/v2"),
        (1, "key-missing", "no key is missing", "lost 0\n", ""),
        (1, "key-twice", "no key twice", "lost 0\n", "lost 0\nlost 0\n"),
        (1, "key-unknown", "no other key", "lost 0\n", "lost 0\nfound 0\n"),
        (1, "keys-swapped", "keys in order", "first-frame 0\nlost 0\n", "lost 0\nfirst-frame 0\n"),
        (1, "key-upper-case", "keys as they are written", "lost 0", "Lost 0"),
        (1, "two-spaces", "one space behind the key", "lost 0", "lost  0"),
        (1, "number-zero-padded", "no leading zero", "lost 0", "lost 00"),
        (1, "number-signed", "no sign", "lost 0", "lost +0"),
        (1, "number-too-large", "at most 2^53 - 1", "lost 0", "lost 9007199254740992"),
        (1, "number-hex", "decimal", "lost 0", "lost 0x0"),
        (1, "hash-upper-case", "lower case", "previous ", "previous A"),
        (1, "ticks-one", "two numbers", "ticks 0 90000", "ticks 0"),
        (1, "ticks-empty-span", "the span is longer than 0", "ticks 0 90000", "ticks 0 0"),
        (1, "ticks-backwards", "the span is longer than 0", "ticks 0 90000", "ticks 90000 0"),
        (1, "ticks-long", "a fragment lasts at most 180,000 ticks", "ticks 0 90000", "ticks 0 180001"),
        (
            1,
            "monotonic-backwards",
            "the span is longer than 0",
            "monotonic 5000000 6000000",
            "monotonic 6000000 5000000",
        ),
        (1, "frames-none", "frames 0 exactly for length 0", "frames 10", "frames 0"),
        (1, "frames-many", "at most 240 frames", "frames 10", "frames 241"),
        (1, "event-unknown", "known events", "events -", "events 0:sleeping"),
        (1, "event-unordered", "events in order of their offsets", "events -", "events 5:dark 4:lit"),
        (1, "event-beyond", "offsets within the span", "events -", "events 1000001:dark"),
        (1, "event-argument", "no argument more", "events -", "events 0:dark:1"),
        (1, "event-order-alone", "ORDER is not '-' alone", "events -", "events 0:order-scan:-"),
        (1, "event-step-of-0", "a step is not 0", "events -", "events 0:clock-step:0"),
        (1, "event-minus-0", "0 has no sign", "events -", "events 0:weight:-0:stable"),
        (1, "event-code-of-0", "1 to 4096 characters", "events -", "events 0:other-code:item:0"),
        (1, "event-label-in-0", "at least one frame", "events -", "events 0:label-read:SF1:0"),
        (1, "events-dropped", "none dropped before there are 64", "events-dropped 0", "events-dropped 1"),
        (0, "time-without-fraction", "six digits", ".500000Z", "Z"),
        (0, "time-offset", "UTC, written Z", ".500000Z", ".500000+00:00"),
        (0, "time-second-60", "seconds to 59", ":00.500000Z", ":60.500000Z"),
        (0, "time-lower-case", "T and Z", "T", "t"),
        (0, "sequence-0", "from 1", "sequence 1\n", "sequence 0\n"),
        (
            0,
            "sequence-without-previous",
            "previous-start is '-' exactly for sequence 1",
            "sequence 1\n",
            "sequence 2\n",
        ),
        (0, "order-space", "ORDER's alphabet", "order SF1234567890", "order SF1 234"),
        (0, "order-slash", "ORDER's alphabet", "order SF1234567890", "order SF1/234"),
        (0, "rate-not-lowest", "lowest terms", "frame-rate 10/1", "frame-rate 20/2"),
        (0, "rate-over-120", "1 to 120 a second", "frame-rate 10/1", "frame-rate 121/1"),
        (0, "simulated-camera", "a simulated clock has no camera", "clock real", "clock simulated"),
        (
            0,
            "simulated-state",
            "clock-state simulated exactly with clock simulated",
            "clock-state synchronised",
            "clock-state simulated",
        ),
        (0, "overlay-passed-through", "nothing is drawn into what is passed through", "re-encoded", "passed-through"),
        (0, "codec", "h264", "codec h264", "codec h265"),
        (
            0,
            "token-without-time",
            "time-token-time exactly with time-token",
            "time-token-time -",
            "time-token-time 2026-01-01T00:00:00.000000Z",
        ),
        (2, "links-0", "at least one LINK", "links 4", "links 0"),
        (2, "frames-0", "at least one frame", "frames 40", "frames 0"),
        (2, "reason", "known reasons", "reason next-scan", "reason finished"),
        (2, "recovered", "recovered has its times", "reason next-scan", "reason recovered"),
        (2, "discarded", "bytes are discarded by recovery alone", "discarded 0", "discarded 1"),
    ];
    for (i, name, rule, from, to) in edits {
        let (kind, text) = &texts[*i];
        assert!(text.contains(from), "{name}: {from}");
        add(kind, name, rule, "statement.grammar", sign(&text.replacen(from, to, 1)));
    }
    // Key text.
    let (name, rest) = vkey.split_once('+').unwrap();
    let (id, base64) = rest.split_once('+').unwrap();
    for (file, rule, expect, text) in [
        ("good", "nothing is broken", "ok", vkey.clone()),
        ("id", "the key id is that of name and key", "key", format!("{name}+00000000+{base64}")),
        ("id-upper-case", "lower case", "key", format!("{name}+{}+{base64}", id.to_uppercase())),
        ("name", "the name ends in the key's digits", "key", format!("{}0+{id}+{base64}", &name[..name.len() - 1])),
        ("base64", "canonical base64", "key", format!("{vkey}=")),
        ("line-feed", "nothing behind it", "key", format!("{vkey}\n")),
    ] {
        add("key", file, rule, expect, text.into_bytes());
    }
    by_root(&mut all);
    of_the_station(&mut all);
    counts(&mut all);
    all
}

/// What a station keeps, beside clips.
fn of_the_station(all: &mut BTreeMap<String, Vector>) {
    let station = key(1).verifier().signer().name.clone();
    let environment = "packseal/environment/v1\nstation STATION\ntime 2026-10-30T02:00:00.500000Z\nsoftware 0.1.0\n\
        program 985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e\n\
        os Debian_GNU/Linux_12_(bookworm)\nkernel 6.1.0-39-amd64\n\
        cameras bench-1 usb usb:046d:085e:A1 bench-2 rtsp://10.0.0.9/live -\ndisk-free 1000000000\n\
        file-system ext4\ndisk-access read-write\ndisk-errors 0\ndisk-health unknown\nclock-state synchronised\n\
        clock-offset -20\nclock-uncertainty 400\nclock-source kernel-ntp\n\
        self-test sign:ok hash:ok catalogue:ok ledger:failed\n";
    let renewal = "packseal/key/v1\nstation STATION\nprevious test-bench/0123456789abcdef\nprevious-size 12\n\
        previous-root 985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e\nreason restored\n\
        time 2026-10-30T02:00:00.500000Z\n";
    let derivation = "packseal/derivation/v1\nstation STATION\nclip b906fa8622e9d114389840160820d224\n\
        end 985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e\norder SF1234567890\nkind share\n\
        links 12 72\nticks 1080000 6480000\nsize 1280x720\nhow x264\nsoftware 0.1.0\n\
        program 985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e\n\
        time 2026-10-30T02:00:00.500000Z\nlength 20000000\n\
        file 4956cf143dcf18010a0be3a2ef2248468f2aafde53ce8dada887b54cfa2e4bad\n";
    let export = "packseal/export/v1\nstation STATION\norder SF1234567890\nclip b906fa8622e9d114389840160820d224\n\
        end 985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e\npreset shopee\nby anna\n\
        time 2026-10-30T02:00:00.500000Z\nfiles 9\n\
        list 4956cf143dcf18010a0be3a2ef2248468f2aafde53ce8dada887b54cfa2e4bad\n";
    let act = "packseal/act/v1\nstation STATION\ntime 2026-10-30T02:00:00.500000Z\nwho anna\nact hold\n\
        about SF1234567890\n";
    let texts = [
        ("environment", environment),
        ("renewal", renewal),
        ("derivation", derivation),
        ("export", export),
        ("act", act),
    ]
    .map(|(kind, text)| (kind, text.replace("STATION", station.as_str())));
    let tests = (0..17).map(|n| format!("t{n}:ok")).collect::<Vec<_>>().join(" ");
    let cameras = vec!["b usb -"; 17].join(" ");
    let root = "985a487582ce3630e4b62f482be33331f0bc1927f5cd95dc3863ad569197116e";
    let edits: &[(usize, &str, &str, &str, &str)] = &[
        (0, "kind", "the first line is the kind", "environment/v1", "environment/v2"),
        (0, "os-space", "1 to 200 of 0x21 to 0x7e", "Debian_GNU", "Debian GNU"),
        (0, "os-long", "1 to 200 of 0x21 to 0x7e", "(bookworm)", &"x".repeat(200)),
        (0, "cameras-two-words", "three words for each camera", "bench-1 usb usb:046d:085e:A1", "bench-1 usb"),
        (
            0,
            "cameras-17",
            "at most 16 cameras",
            "bench-1 usb usb:046d:085e:A1 bench-2 rtsp://10.0.0.9/live -",
            &cameras,
        ),
        (0, "disk-access", "known words", "read-write", "write-only"),
        (0, "disk-health-none", "unknown where it was not asked", "disk-health unknown", "disk-health -"),
        (0, "disk-free-negative", "N or -", "disk-free 1000000000", "disk-free -1"),
        (
            0,
            "self-test-none",
            "at least one test",
            "self-test sign:ok hash:ok catalogue:ok ledger:failed",
            "self-test -",
        ),
        (0, "self-test-twice", "each test once", "hash:ok", "sign:ok"),
        (0, "self-test-outcome", "ok or failed", "hash:ok", "hash:passed"),
        (0, "self-test-17", "at most 16 tests", "sign:ok hash:ok catalogue:ok ledger:failed", &tests),
        (1, "kind", "the first line is the kind", "packseal/key/v1", "packseal/renewal/v1"),
        (1, "previous-is-own", "previous is another key", "test-bench/0123456789abcdef", station.as_str()),
        (1, "root-without-size", "previous-root is '-' exactly for size 0", "previous-size 12", "previous-size 0"),
        (1, "size-without-root", "previous-root is '-' exactly for size 0", root, "-"),
        (1, "reason", "known reasons", "reason restored", "reason cloned"),
        (2, "kind-of-file", "known kinds", "kind share", "kind copy"),
        (2, "links-none", "at least one LINK", "links 12 72", "links 12 12"),
        (2, "links-one", "two numbers", "links 12 72", "links 12"),
        (2, "ticks-backwards", "first and last moment", "ticks 1080000 6480000", "ticks 6480000 1080000"),
        (2, "size", "width and height", "size 1280x720", "size 1280"),
        (2, "how-space", "1 to 200 of 0x21 to 0x7e", "how x264", "how x264 veryfast"),
        (2, "length-0", "at least one byte", "length 20000000", "length 0"),
        (3, "order-none", "an order was asked for", "order SF1234567890", "order -"),
        (3, "files-0", "the clip is one", "files 9", "files 0"),
        (3, "by-space", "a token", "by anna", "by anna b"),
        (4, "unknown", "known acts", "act hold", "act look"),
        (4, "about-none", "something was held", "about SF1234567890", "about -"),
        (4, "log-in-about", "a log-in is about nothing", "act hold", "act log-in"),
        (
            4,
            "log-in-of-nobody",
            "somebody logged in",
            "who anna\nact hold\nabout SF1234567890",
            "who -\nact log-in\nabout -",
        ),
        (4, "who-space", "a token", "who anna", "who anna b"),
    ];
    let mut add = |kind: &str, name: &str, rule: &str, expect: &str, text: &str, by: u8| {
        let vector = Vector {
            rule: rule.to_owned(),
            kind: kind.to_owned(),
            key: key(1).verifier().to_string(),
            expect: expect.to_owned(),
            bytes: note::sign(text, &key(by)),
        };
        assert!(all.insert(format!("{kind}-{name}.txt"), vector).is_none(), "{kind}-{name} twice");
    };
    for (kind, text) in &texts {
        add(kind, "good", "nothing is broken", "ok", text, 1);
        add(kind, "signature-other-key", "signed by the station", "note.signature", text, 2);
    }
    for (i, name, rule, from, to) in edits {
        let (kind, text) = &texts[*i];
        assert!(text.contains(from), "{name}: {from}");
        add(kind, name, rule, "statement.grammar", &text.replacen(from, to, 1), 1);
    }
}

/// How many clips of an order there are.
fn counts(all: &mut BTreeMap<String, Vector>) {
    let count = ledgers::Ledger::new().count();
    let text = count.text();
    let (_, clips) = text.trim_end().rsplit_once("clips ").unwrap();
    let first = clips.split(' ').next().unwrap();
    let many = |n: u64| (0..n).map(|i| format!("{i:032x}:sealed")).collect::<Vec<_>>().join(" ");
    let (most, too_many) = (many(MAX_COUNTED as u64), many(MAX_COUNTED as u64 + 1));
    let edits: [(&str, &str, &str, &str, &str); 15] = [
        ("good", "nothing is broken", "ok", "size", "size"),
        ("most", "256 clips", "ok", clips, &most),
        ("too-many", "at most 256 clips", "statement.grammar", clips, &too_many),
        ("kind", "the first line is the kind", "statement.grammar", "packseal/count/v1", "packseal/count/v2"),
        ("size-0", "a checkpoint has an entry", "statement.grammar", "size 15", "size 0"),
        ("order-none", "of an order", "statement.grammar", "order SF1234567890", "order -"),
        ("clips-none", "at least one clip", "statement.grammar", clips, "-"),
        ("clip-twice", "each clip once", "statement.grammar", clips, &format!("{first} {clips}")),
        (
            "clip-two-states",
            "each clip once",
            "statement.grammar",
            clips,
            &format!("{clips} {}", first.replace("deleted", "open")),
        ),
        ("clip-without-state", "a state for each clip", "statement.grammar", ":deleted", ""),
        ("clip-id-short", "an id has 32 digits", "statement.grammar", first, &first[1..]),
        ("state-unknown", "known states", "statement.grammar", ":deleted", ":lost"),
        ("state-twice", "one state for each clip", "statement.grammar", ":deleted", ":deleted:deleted"),
        ("two-spaces", "separated by one space", "statement.grammar", ":deleted ", ":deleted  "),
        ("root-base64", "hexadecimal", "statement.grammar", "root ", "root +"),
    ];
    for (name, rule, expect, from, to) in edits {
        assert!(text.contains(from), "{name}: {from}");
        let vector = Vector {
            rule: rule.to_owned(),
            kind: "count".to_owned(),
            key: key(1).verifier().to_string(),
            expect: expect.to_owned(),
            bytes: note::sign(&text.replacen(from, to, 1), &key(1)),
        };
        assert!(all.insert(format!("count-{name}.txt"), vector).is_none(), "{name} twice");
    }
}

/// What a root signs.
fn by_root(all: &mut BTreeMap<String, Vector>) {
    let root = proofs::root(1);
    let enrolment = proofs::enrolment();
    let (name, station) = (enrolment.root.clone(), enrolment.station.clone());
    let revocation = Revocation { root: name, station, time: enrolment.not_before, reason: RevocationReason::Stolen };
    let (own, other) = (root.verifier().to_string(), key(2).verifier().to_string());
    let vkey = enrolment.station.to_string();
    let texts = [("enrolment", enrolment.text()), ("revocation", revocation.text())];
    let edits: &[(usize, &str, &str, &str, &str)] = &[
        (0, "kind", "the first line is the kind", "packseal/enrolment/v1", "packseal/revocation/v1"),
        (0, "station-name-alone", "the station's whole key", &vkey, enrolment.station.signer().name.as_str()),
        (0, "station-is-root", "a root is no station", &vkey, &own),
        (
            0,
            "station-key-id",
            "the key id is that of name and key",
            &vkey,
            &other.replace(&other[28..36], &vkey[28..36]),
        ),
        (
            0,
            "not-after-before",
            "not-after is not before not-before",
            "not-after -",
            "not-after 2026-10-28T00:00:00.000000Z",
        ),
        (0, "not-before-none", "not-before is a TIME", "not-before 2026-10-29T02:00:00.000000Z", "not-before -"),
        (0, "sources-unordered", "sources in order", "usb,rtsp", "rtsp,usb"),
        (0, "sources-twice", "each source once", "usb,rtsp", "usb,usb"),
        (0, "sources-none", "at least one source", "usb,rtsp", "-"),
        (0, "sources-space", "separated by ',' alone", "usb,rtsp", "usb, rtsp"),
        (0, "sources-unknown", "known sources", "usb,rtsp", "usb,sd"),
        (1, "reason", "known reasons", "reason stolen", "reason sold"),
        (1, "station-is-root", "a root is no station", &vkey, &own),
        (1, "time-none", "time is a TIME", "time 2026-10-29T02:00:00.000000Z", "time -"),
    ];
    let mut add = |kind: &str, name: &str, rule: &str, expect: &str, bytes: Vec<u8>| {
        let text = |text: &str| text.to_owned();
        let vector = Vector { rule: text(rule), kind: text(kind), key: own.clone(), expect: text(expect), bytes };
        assert!(all.insert(format!("{kind}-{name}.txt"), vector).is_none(), "{kind}-{name} twice");
    };
    for (kind, text) in &texts {
        add(kind, "good", "nothing is broken", "ok", note::sign(text, &root));
        add(kind, "signature-other-key", "signed by the root", "note.signature", note::sign(text, &proofs::root(2)));
    }
    for (i, name, rule, from, to) in edits {
        let (kind, text) = &texts[*i];
        assert!(text.contains(from), "{name}: {from}");
        add(kind, name, rule, "statement.grammar", note::sign(&text.replacen(from, to, 1), &root));
    }
}

fn line_named(note: &str, station: &str) -> String {
    note.replace("\u{2014} test-bench", &format!("\u{2014} {station}"))
}

#[test]
fn vectors() {
    let made = made();
    if std::env::var_os("PACKSEAL_WRITE_VECTORS").is_some() {
        let _ = fs::remove_dir_all(folder());
        fs::create_dir_all(folder()).expect("the folder");
        for (name, vector) in &made {
            fs::write(folder().join(name), vector.to_file()).expect("a vector written");
        }
    }
    let mut count = 0;
    for entry in fs::read_dir(folder()).expect("tests/vectors") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = fs::read(&path).expect("a vector");
        let vector = Vector::of_file(&file);
        assert_eq!(vector.answer(), vector.expect, "{name}: {}", vector.rule);
        let made = made.get(&name).unwrap_or_else(|| panic!("{name} is not made here"));
        assert!(made.to_file() == file, "{name} is another than is made here");
        count += 1;
    }
    assert_eq!(count, made.len());
}
