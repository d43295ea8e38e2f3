//! MP4 and MOV: keys and values, boxes of user data, `uuid`, and the order and size of boxes.

use inspect::{
    places::Space,
    report::{About, Container, Way},
};

use crate::{
    jumbf,
    part::{Fixture, Part, Row, be16, be32, be64, cat, mark},
    payload::{all, one, two},
    xmp,
};

const XMP_ID: &str = "BE7ACFCB97A942E89C71999491E3AFAC";
const C2PA_ID: &str = "D8FEC3D61B0E483C92975828877EC481";
const KEYS: &str = "mp4 moov udta meta keys";

pub fn boxed(kind: impl AsRef<[u8]>, inner: impl Into<Part>) -> Part {
    let inner = inner.into();
    cat!(be32(8 + inner.len()), kind.as_ref(), inner)
}

/// With a size of 64 bits.
fn large(kind: &str, inner: Part) -> Part {
    cat!(be32(1), kind, be64(16 + inner.len()), inner)
}

/// With a version, and no flags.
pub fn full(kind: &str, version: u8, inner: impl Into<Part>) -> Part {
    boxed(kind, cat!([version, 0, 0, 0], inner))
}

pub fn uuid(id: &str, inner: Part) -> Part {
    let id: Vec<u8> = (0..16).map(|n| u8::from_str_radix(&id[2 * n..2 * n + 2], 16).unwrap()).collect();
    boxed("uuid", cat!(id, inner))
}

fn handler(kind: &str) -> Part {
    full("hdlr", 0, cat!([0; 4], kind, [0; 13]))
}

fn data(value: impl Into<Part>) -> Part {
    boxed("data", cat!(be32(1), be32(0), value))
}

/// Keys and their values, in a `meta`.
fn keys(entries: &[(&str, Part)]) -> Part {
    let names: Part = entries.iter().map(|(name, _)| boxed("mdta", *name)).collect();
    let values: Part = entries.iter().enumerate().map(|(n, (_, v))| boxed(be32(n + 1), data(v.clone()))).collect();
    cat!(handler("mdta"), full("keys", 0, cat!(be32(entries.len()), names)), boxed("ilst", values))
}

/// Values by names of their own.
fn list(entries: Part) -> Part {
    cat!(handler("mdir"), boxed("ilst", entries))
}

fn free(mean: &str, name: &str, value: Part) -> Part {
    boxed("----", cat!(full("mean", 0, mean), full("name", 0, name), data(value)))
}

/// A head without a time.
fn head(version: u8) -> Part {
    let times = vec![0; if version == 1 { 16 } else { 8 }];
    times_of(version, times.into())
}

fn times_of(version: u8, times: Part) -> Part {
    full("mvhd", version, cat!(times, be32(1000), vec![0; if version == 1 { 8 } else { 4 }], [0; 80]))
}

fn types(brand: &str) -> Part {
    boxed("ftyp", cat!(brand, be32(512), "isom", brand))
}

fn moov(inner: impl Into<Part>) -> Part {
    boxed("moov", cat!(head(0), inner))
}

/// Data with what looks like labels.
fn media() -> Part {
    boxed("mdat", r#"AIGC{"Label":"1","ContentProducer":"x"} c2pa jumb"#)
}

fn video(inner: impl Into<Part>) -> Part {
    cat!(types("mp42"), moov(inner), media())
}

fn udta(inner: impl Into<Part>) -> Part {
    boxed("udta", inner)
}

fn meta(inner: Part) -> Part {
    full("meta", 0, inner)
}

/// As FFmpeg writes it.
pub fn keyed(value: Part) -> Part {
    video(udta(meta(keys(&[("AIGC", value)]))))
}

/// A video with a comment.
pub fn commented(text: &str) -> Part {
    named("comment", text)
}

/// A video with a value under this key.
pub fn named(key: &str, value: &str) -> Part {
    video(udta(meta(keys(&[(key, value.into())]))))
}

pub fn mp4(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.mp4"), Container::Mp4, file)
}

fn aigc(name: &str, path: &str, rows: &[Row], file: Part) -> Fixture {
    mp4(name, file).aigc(&one(), path, rows)
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for payload in all() {
        let fixture = mp4(&format!("mp4-keys-{}", payload.name), keyed(payload.part(0)));
        fixtures.push(fixture.aigc(&payload, &format!("{KEYS} AIGC"), &[(Space::Mdta, "AIGC")]));
    }
    // Where nothing else stands, whatever is there is one.
    for payload in all().into_iter().filter(|payload| !payload.anywhere) {
        let free = video(udta(meta(list(free("com.example", "AIGC", payload.part(0))))));
        let free = mp4(&format!("mp4-free-entry-{}", payload.name), free);
        fixtures.push(free.aigc(&payload, "mp4 moov udta meta ilst AIGC", &[(Space::Ilst, "AIGC")]));
        let user = mp4(&format!("mp4-udta-box-{}", payload.name), video(udta(boxed("AIGC", payload.part(0)))));
        fixtures.push(user.aigc(&payload, "mp4 moov udta AIGC", &[(Space::Udta, "AIGC")]));
    }
    fixtures.extend(places());
    fixtures.extend(orders());
    fixtures.extend(packets());
    fixtures.extend(facts());
    fixtures
}

/// Where values stand.
fn places() -> Vec<Fixture> {
    let value = || one().part(0);
    let entry = || keys(&[("AIGC", value())]);
    let three = keys(&[("title", "x".into()), ("comment", value()), ("com.example", "y".into())]);
    let international = |kind: &[u8], value: Part| boxed(kind, cat!(be16(value.len()), [0x15, 0xC7], value));
    let ilst = "mp4 moov udta meta ilst";
    let two_keys = keys(&[("AIGC", value()), ("comment", two().part(1))]);
    let row = |name| [(Space::Mdta, name)];
    let own = |name| [(Space::Ilst, name)];
    let user = |name| [(Space::Udta, name)];
    vec![
        aigc("mp4-moov-meta", "mp4 moov meta keys AIGC", &row("AIGC"), video(meta(entry()))),
        aigc("mp4-moov-meta-bare", "mp4 moov meta keys AIGC", &row("AIGC"), video(boxed("meta", entry()))),
        aigc("mp4-udta-meta-bare", &format!("{KEYS} AIGC"), &row("AIGC"), video(udta(boxed("meta", entry())))),
        aigc("mp4-file-meta", "mp4 keys AIGC", &row("AIGC"), cat!(video(""), meta(entry()))),
        aigc("mp4-file-udta", "mp4 udta meta keys AIGC", &row("AIGC"), cat!(video(""), udta(meta(entry())))),
        aigc(
            "mp4-trak-udta",
            "mp4 moov trak udta meta keys AIGC",
            &row("AIGC"),
            video(boxed("trak", udta(meta(entry())))),
        ),
        aigc("mp4-trak-meta", "mp4 moov trak meta keys AIGC", &row("AIGC"), video(boxed("trak", meta(entry())))),
        aigc("mp4-keys-other", &format!("{KEYS} comment"), &row("*"), video(udta(meta(three)))),
        aigc(
            "mp4-free-entry",
            &format!("{ilst} AIGC"),
            &own("AIGC"),
            video(udta(meta(list(free("com.example", "AIGC", value()))))),
        ),
        aigc(
            "mp4-own-entry",
            &format!("{ilst} AIGC"),
            &own("AIGC"),
            video(udta(meta(list(boxed("AIGC", data(value())))))),
        ),
        aigc(
            "mp4-comment-entry",
            &format!("{ilst} ©cmt"),
            &own("*"),
            video(udta(meta(list(boxed(b"\xA9cmt", data(value())))))),
        ),
        aigc(
            "mp4-free-entry-other",
            &format!("{ilst} note"),
            &own("*"),
            video(udta(meta(list(free("x", "note", value()))))),
        ),
        aigc("mp4-udta-box", "mp4 moov udta AIGC", &user("AIGC"), video(udta(boxed("AIGC", value())))),
        aigc(
            "mp4-udta-box-ended",
            "mp4 moov udta AIGC",
            &user("AIGC"),
            video(udta(cat!(boxed("AIGC", value()), [0; 4]))),
        ),
        aigc("mp4-udta-comment", "mp4 moov udta ©cmt", &user("*"), video(udta(international(b"\xA9cmt", value())))),
        aigc("mp4-udta-description", "mp4 moov udta ©des", &user("*"), video(udta(international(b"\xA9des", value())))),
        mp4("mp4-two-sites-differ", video(udta(meta(two_keys))))
            .aigc(&one(), &format!("{KEYS} AIGC"), &row("AIGC"))
            .aigc(&two(), &format!("{KEYS} comment"), &row("*")),
    ]
}

/// Order and size of boxes.
fn orders() -> Vec<Fixture> {
    let entries = || udta(meta(keys(&[("AIGC", one().part(0))])));
    let path = &*format!("{KEYS} AIGC");
    let to_the_end = cat!(be32(0), &media().bytes[4..]);
    let fragment = || cat!(boxed("moof", full("mfhd", 0, be32(1))), media());
    let file = |name: &str, file: Part| aigc(name, path, &[], file);
    vec![
        file("mp4-moov-last", cat!(types("isom"), media(), moov(entries()))),
        file("mp4-large-media", cat!(types("isom"), large("mdat", media()), moov(entries()))),
        file("mp4-large-moov", cat!(types("isom"), large("moov", cat!(head(1), entries())), media())),
        file(
            "mp4-large-udta",
            cat!(types("isom"), moov(large("udta", meta(keys(&[("AIGC", one().part(0))])))), media()),
        ),
        file("mp4-media-to-the-end", cat!(types("isom"), moov(entries()), to_the_end)),
        file(
            "mp4-fragmented",
            cat!(types("iso5"), moov(cat!(boxed("mvex", full("trex", 0, [0; 20])), entries())), fragment(), fragment()),
        ),
        file(
            "mp4-free-between",
            cat!(types("mp42"), boxed("free", "AIGC"), boxed("skip", ""), moov(entries()), media()),
        ),
        file("mov-brand", cat!(types("qt  "), boxed("wide", ""), media(), moov(entries()))),
        file("mov-no-brand", cat!(media(), moov(entries()))),
        file("mov-moov-first", moov(entries())),
    ]
}

/// XMP and content credentials.
fn packets() -> Vec<Fixture> {
    let row = (Space::Uuid, XMP_ID);
    let outside = |name: &str, packet: Part| mp4(name, cat!(video(""), uuid(XMP_ID, packet)));
    let before = |name: &str, packet: Part| mp4(name, cat!(types("mp42"), uuid(XMP_ID, packet), moov(""), media()));
    let inside = |name: &str, packet: Part| mp4(name, video(uuid(XMP_ID, packet)));
    let user = |name: &str, packet: Part| mp4(name, video(udta(boxed("XMP_", packet))));
    let home = |name, file, path, row| xmp::Home { name, file, path, row };
    let mut fixtures = xmp::some_labels(&home("mp4-uuid-xmp", &outside, "mp4 uuid", row));
    fixtures.extend(xmp::some_labels(&home("mp4-uuid-xmp-before", &before, "mp4 uuid", row)));
    fixtures.extend(xmp::some_labels(&home("mp4-moov-uuid-xmp", &inside, "mp4 moov uuid", row)));
    fixtures.extend(xmp::some_labels(&home("mov-XMP_", &user, "mp4 moov udta XMP_", (Space::Udta, "XMP_"))));
    for purpose in ["manifest", "original", "update"] {
        let file = cat!(types("mp42"), uuid(C2PA_ID, jumbf::purpose(purpose)), moov(""), media());
        fixtures.push(mp4(&format!("mp4-C2PA-{purpose}"), file).store("mp4 uuid", &[(Space::Uuid, C2PA_ID)]));
    }
    fixtures
}

/// What is said of the recording.
fn facts() -> Vec<Fixture> {
    let apple = |name: &str| format!("com.apple.quicktime.{name}");
    let value = |number: usize, value: &str| mark(number, value);
    let keyed: [(&str, About, &str, bool); 7] = [
        ("make", About::Make, "ExampleMake", true),
        ("model", About::Model, "ExampleModel", true),
        ("software", About::Software, "18.1", true),
        ("creationdate", About::Time, "2026-01-02T03:04:05+0800", true),
        ("location.ISO6709", About::Position, "+31.2400+121.5000/", true),
        ("location", About::Position, "+31.2400+121.5000/", false),
        ("encoder", About::Software, "Example Encoder 1", false),
    ];
    let named: Vec<(&'static str, About, &str)> = keyed
        .iter()
        .map(|(name, about, value, apples)| {
            let name: &'static str = if *apples { apple(name).leak() } else { name };
            (name, *about, *value)
        })
        .collect();
    let entries: Vec<_> = named.iter().enumerate().map(|(n, (name, _, text))| (*name, value(n, text))).collect();
    let mut keys = mp4("mov-keys-capture", video(boxed("meta", keys(&entries))));
    for (name, about, value) in named {
        let value = if about == About::Position { "" } else { value };
        keys = keys.fact(about, &format!("mp4 moov meta keys {name}"), value, &[(Space::Mdta, name)]);
    }
    let own = list(cat!(boxed(b"\xA9too", data(value(0, "Example Tool"))), boxed(b"\xA9day", data(value(1, "2026")))));
    let own = mp4("mp4-entries-capture", video(udta(meta(own))))
        .fact(About::Software, "mp4 moov udta meta ilst ©too", "Example Tool", &[(Space::Ilst, "©too")])
        .fact(About::Time, "mp4 moov udta meta ilst ©day", "2026", &[(Space::Ilst, "©day")]);
    let text: [(&'static str, About, &str); 6] = [
        ("©xyz", About::Position, "+31.2400+121.5000/"),
        ("©mak", About::Make, "ExampleMake"),
        ("©mod", About::Model, "ExampleModel"),
        ("©swr", About::Software, "Example Firmware"),
        ("©too", About::Software, "Example Tool"),
        ("©day", About::Time, "2026-01-02T03:04:05Z"),
    ];
    let boxes: Part = text
        .iter()
        .enumerate()
        .map(|(n, (kind, _, text))| {
            let kind = [&[0xA9], &kind.as_bytes()[2..]].concat();
            boxed(kind, cat!(be16(text.len()), [0, 0], value(n, text)))
        })
        .collect();
    let place = cat!([0; 4], [0x55, 0xC4], "x\0\0", [0; 12], "earth\0\0");
    let mut user = mp4("mov-udta-capture", video(udta(cat!(boxes, boxed("loci", mark(6, place))))));
    for (kind, about, value) in text {
        let value = if about == About::Position { "" } else { value };
        user = user.fact(about, &format!("mp4 moov udta {kind}"), value, &[(Space::Udta, kind)]);
    }
    let user = user.fact(About::Position, "mp4 moov udta loci", "", &[(Space::Udta, "loci")]);
    // 2026-01-02 03:04:05 UTC, counted from 1904.
    let second = 3_850_167_845;
    let time = |name: &str, file: Part| {
        mp4(name, file).fact(About::Time, "mp4 moov mvhd", "2026-01-02 03:04:05 UTC", &[(Space::Udta, "mvhd")])
    };
    let short = times_of(0, cat!(mark(0, be32(second)), [0; 4]));
    let long = times_of(1, cat!(mark(0, be64(second)), [0; 8]));
    vec![
        keys,
        own,
        user,
        time("mp4-time", cat!(types("mp42"), boxed("moov", short), media())),
        time("mp4-time-64", cat!(types("mp42"), boxed("moov", long), media())),
        mp4("mp4-beam", cat!(video(""), boxed("beam", [0; 20]))).sign(Way::WhatsApp, "mp4 beam", "", &[]),
    ]
}
