//! RIFF: WebP pictures and AVI videos.

use inspect::{
    places::Space,
    report::{About, Container},
};

use crate::{
    exif, jumbf,
    part::{Fixture, Part, cat, le32, mark},
    payload::{all, one, two},
    xmp,
};

pub fn chunk(name: &str, inner: impl Into<Part>) -> Part {
    let inner = inner.into();
    let pad = vec![0; inner.len() % 2];
    cat!(name, le32(inner.len()), inner, pad)
}

fn list(kind: &str, inner: impl Into<Part>) -> Part {
    chunk("LIST", cat!(kind, inner))
}

fn form(kind: &str, inner: impl Into<Part>) -> Part {
    chunk("RIFF", cat!(kind, inner))
}

/// A picture of one dot, with these chunks behind it.
pub fn picture(behind: impl Into<Part>) -> Part {
    let dot = [0x2F, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xFE, 0x07, 0];
    form("WEBP", cat!(chunk("VP8X", [0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0]), chunk("VP8L", dot), behind))
}

pub fn webp(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.webp"), Container::WebP, file)
}

/// A video without frames, with these chunks in its head, before its frames and behind them.
fn video(head: Part, before: Part, behind: Part) -> Part {
    let frames = list("movi", chunk("00dc", "AIGC{\"Label\":\"1\",\"ContentProducer\":\"a frame\"}"));
    form("AVI ", cat!(list("hdrl", cat!(chunk("avih", [0; 56]), head)), before, frames, behind, chunk("idx1", [0; 16])))
}

pub fn avi(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.avi"), Container::Avi, file)
}

/// A video with a comment.
pub fn commented(text: &str) -> Part {
    video(none(), list("INFO", chunk("ICMT", text)), none())
}

fn none() -> Part {
    Part::default()
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = webp_fixtures();
    fixtures.extend(avi_fixtures());
    fixtures
}

fn webp_fixtures() -> Vec<Fixture> {
    let with_xmp = |name: &str, packet: Part| webp(name, picture(chunk("XMP ", packet)));
    let with_exif = |name: &str, block: Part| webp(name, picture(chunk("EXIF", block)));
    let with_led = |name: &str, block: Part| webp(name, picture(chunk("EXIF", cat!("Exif\0\0", block))));
    let row = (Space::Chunk, "EXIF");
    let mut fixtures = xmp::some_labels(&xmp::Home {
        name: "webp-xmp",
        file: &with_xmp,
        path: "webp XMP",
        row: (Space::Chunk, "XMP "),
    });
    let home = |name, file| exif::Home { name, file, path: "webp EXIF", row: Some(row) };
    fixtures.extend(exif::layouts(&home("webp-exif", &with_exif)));
    fixtures.extend(exif::layouts(&home("webp-exif-led", &with_led)));
    let comment = exif::Block::in_exif(vec![exif::undefined(0x9286, cat!("UNICODE\0", one().part(0).utf16(true)))]);
    let comment = with_exif("webp-exif-comment", comment);
    fixtures.push(comment.aigc(&one(), "webp EXIF ExifIFD 9286", &[row, (Space::Exif, "9286")]));
    let store = webp("webp-C2PA", picture(chunk("C2PA", jumbf::store())));
    fixtures.push(store.store("webp C2PA", &[(Space::Chunk, "C2PA")]));
    // Two sites, of which one has an odd length and a byte behind it.
    let odd = cat!(xmp::labelled(), " ".repeat(1 + xmp::labelled().len() % 2));
    let description = exif::Block::of(vec![exif::ascii(0x010E, two().part(1))]);
    let both = webp("webp-two-sites-differ", picture(cat!(chunk("XMP ", odd), chunk("EXIF", description))));
    let both = both.aigc(&one(), &format!("webp XMP XMP {}", xmp::NAME), &[]);
    fixtures.push(both.aigc(&two(), "webp EXIF IFD0 010E", &[]));
    fixtures
}

fn avi_fixtures() -> Vec<Fixture> {
    let row = |name| [(Space::Info, name)];
    let mut fixtures = Vec::new();
    for payload in all() {
        let info = list("INFO", chunk("AIGC", cat!(payload.part(0), [0])));
        let fixture = avi(&format!("avi-INFO-{}", payload.name), video(none(), info, none()));
        fixtures.push(fixture.aigc(&payload, "avi INFO AIGC", &row("AIGC")));
    }
    let behind = list("INFO", chunk("AIGC", cat!(one().part(0), [0])));
    fixtures.push(avi("avi-INFO-behind", video(none(), none(), behind)).aigc(&one(), "avi INFO AIGC", &row("AIGC")));
    let comment = list("INFO", chunk("ICMT", cat!(one().part(0), [0])));
    fixtures.push(avi("avi-ICMT", video(none(), comment, none())).aigc(&one(), "avi INFO ICMT", &row("*")));
    let with_xmp = |name: &str, packet: Part| avi(name, video(none(), none(), chunk("_PMX", packet)));
    let row_xmp = (Space::Chunk, "_PMX");
    fixtures.extend(xmp::some_labels(&xmp::Home { name: "avi-xmp", file: &with_xmp, path: "avi _PMX", row: row_xmp }));
    // A second form, as large files have.
    let second = form("AVIX", list("INFO", chunk("AIGC", one().part(0))));
    let second = avi("avi-second-form", cat!(video(none(), none(), none()), second));
    fixtures.push(second.aigc(&one(), "avi INFO AIGC", &[]));
    let text = |number, value: &str| cat!(mark(number, value), [0]);
    let info = cat!(chunk("ISFT", text(0, "Example Recorder 1")), chunk("ICRD", text(1, "2026-01-02")));
    let capture = video(
        chunk("IDIT", text(3, "Fri Jan 02 03:04:05 2026")),
        list("INFO", cat!(info, chunk("IDIT", text(2, "2026-01-02 03:04")))),
        none(),
    );
    let capture = avi("avi-capture", capture)
        .fact(About::Software, "avi INFO ISFT", "Example Recorder 1", &row("ISFT"))
        .fact(About::Time, "avi INFO ICRD", "2026-01-02", &row("ICRD"))
        .fact(About::Time, "avi INFO IDIT", "2026-01-02 03:04", &row("IDIT"));
    fixtures.push(capture.fact(About::Time, "avi hdrl IDIT", "Fri Jan 02 03:04:05 2026", &row("IDIT")));
    fixtures
}
