//! Files that speak of labels, or look like ones that have some, and have none.

use inspect::places::XMP_SEGMENT;

use crate::{
    exif::{self, Block},
    flv, gif, jpeg, jumbf, matroska, mp4,
    part::{Fixture, Part, be16, be32, cat},
    payload::object,
    png, riff, tiff, traces, xmp,
};

/// Texts that are no label wherever text may stand.
fn prose() -> Vec<(&'static str, String)> {
    let (label, address) = (object("1"), "http://www.tc260.org.cn/ns/AIGC/1.0/");
    let source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    vec![
        ("about", "AIGC labels are required since 2025; this is a photograph.".to_owned()),
        ("quoted", format!("They wrote {label} into the file.")),
        ("quoted-first", format!("{label} is what they wrote into the file.")),
        ("namespace", format!("See {address} for what this means")),
        ("namespace-alone", address.to_owned()),
        ("source", source.to_owned()),
        ("c2pa", "c2pa jumb jumd C2PA manifest".to_owned()),
        ("label-alone", r#"{"Label":"1"}"#.to_owned()),
        ("other-object", r#"{"Label":"fragile","Weight":3}"#.to_owned()),
        ("empty-wrapper", r#"{"AIGC":{}}"#.to_owned()),
        ("steps", "Steps: 20 up the stairs, Sampler: none".to_owned()),
        ("no-graph", r#"{"nodes":3,"title":"a net"}"#.to_owned()),
    ]
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for (what, text) in prose() {
        let name = |place: &str| format!("decoy-{place}-{what}");
        let tag = |tag, text: &str| Block::of(vec![exif::ascii(tag, text)]);
        let comment = Block::in_exif(vec![exif::undefined(0x9286, cat!("ASCII\0\0\0", &text))]);
        let exif = |block| jpeg::app(1, cat!("Exif\0\0", block));
        fixtures.extend([
            png::png(&name("png-comment"), png::picture(png::text("Comment", &text), "")),
            png::png(&name("png-parameters"), png::picture(png::text("parameters", &text), "")),
            png::png(&name("png-prompt"), png::picture("", png::text("prompt", &text))),
            jpeg::jpeg(&name("jpeg-COM"), jpeg::picture(jpeg::segment(0xFE, &text))),
            jpeg::jpeg(&name("jpeg-description"), jpeg::picture(exif(tag(0x010E, &text)))),
            jpeg::jpeg(&name("jpeg-comment"), jpeg::picture(exif(comment))),
            jpeg::jpeg(&name("jpeg-xmp"), jpeg::picture(jpeg::xmp_segment(described(&text)))),
            tiff::tiff(&name("tiff"), tag(0x010E, &text)),
            gif::gif(&name("gif"), gif::picture(gif::comment(&text, 30), "")),
            mp4::mp4(&name("mp4"), mp4::commented(&text)),
            matroska::mkv(&name("mkv"), matroska::commented(&text)),
            riff::avi(&name("avi"), riff::commented(&text)),
            flv::flv(&name("flv"), flv::commented(&text)),
        ]);
    }
    fixtures.extend(data());
    fixtures.extend(boxes());
    fixtures.extend(near());
    for fixture in &mut fixtures {
        // That they have a program or a time is well.
        fixture.foreign = true;
        fixture.file.marks.clear();
    }
    fixtures
}

fn described(text: &str) -> Part {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    xmp::element("dc", "http://purl.org/dc/elements/1.1/", "description", text)
}

/// What looks like labels where pictures are coded. The other containers' fixtures have it in all of their data.
fn data() -> Vec<Fixture> {
    let text = || cat!("AIGC", object("1"), " c2pa ", jumbf::store(), xmp::labelled());
    let inside = png::picture(png::chunk("IDAT", text()), "");
    let scanned = |restarts: &[u8]| {
        let picture = jpeg::picture("");
        let end = picture.len() - 2;
        let (before, end) = picture.cut(end);
        cat!(before, text(), restarts, text(), end)
    };
    vec![
        png::png("decoy-png-IDAT", inside),
        jpeg::jpeg("decoy-jpeg-scan", scanned(&[])),
        jpeg::jpeg("decoy-jpeg-scan-restarts", scanned(&[0xFF, 0xD3])),
        jpeg::jpeg("decoy-jpeg-scan-stuffed", scanned(&[0xFF, 0x00, 0xFF, 0x00])),
        riff::webp("decoy-webp-picture", riff::picture(riff::chunk("ANMF", text()))),
        mp4::mp4("decoy-mp4-free", cat!(mp4::commented("x"), mp4::boxed("free", text()))),
        mp4::mp4("decoy-mp4-mdat", cat!(mp4::commented("x"), mp4::boxed("mdat", text()))),
    ]
}

/// JUMBF that is no manifest store.
fn boxes() -> Vec<Fixture> {
    let segment = cat!("JP", be16(1), be32(1), jumbf::other());
    let uuid = mp4::uuid("D8FEC3D61B0E483C92975828877EC481", cat!([0; 4], "manifest\0", [0; 8], jumbf::other()));
    let strange = mp4::uuid("D8FEC3D61B0E483C92975828877EC482", jumbf::purpose("manifest"));
    vec![
        jpeg::jpeg("decoy-jpeg-jumbf", jpeg::picture(jpeg::app(11, segment))),
        jpeg::jpeg("decoy-jpeg-APP11", jpeg::picture(jpeg::app(11, cat!("HDR_RI c2pa jumb", jumbf::store())))),
        jpeg::jpeg("decoy-jpeg-APP12", jpeg::picture(jpeg::app(12, cat!("JP", be16(1), be32(1), jumbf::store())))),
        png::png("decoy-png-jumbf", png::picture(png::chunk("caBX", jumbf::other()), "")),
        png::png("decoy-png-other-chunk", png::picture(png::chunk("caBY", jumbf::store()), "")),
        riff::webp("decoy-webp-jumbf", riff::picture(riff::chunk("C2PA", jumbf::other()))),
        tiff::tiff("decoy-tiff-jumbf", Block::of(vec![exif::undefined(0xCD41, jumbf::other())])),
        mp4::mp4("decoy-mp4-jumbf", cat!(mp4::commented("x"), uuid)),
        mp4::mp4("decoy-mp4-other-uuid", cat!(mp4::commented("x"), strange)),
    ]
}

/// Nearly a label.
fn near() -> Vec<Fixture> {
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    let signature = format!("Signature: {}", "QUJD".repeat(20));
    let exif = |entries| jpeg::picture(jpeg::app(1, cat!("Exif\0\0", Block::of(entries))));
    let ascii = |tag, text: &str| exif::ascii(tag, text);
    let edited =
        |json: &str| cat!(jpeg::picture(""), jpeg::samsung(&[(0x0BA1, "PhotoEditor_Re_Edit_Data", json.into())]));
    let samsung = |value: &str| xmp::element("samsung", "http://ns.samsung.com/gallery/1.0/", "genAIType", value);
    let foreign = xmp::element("TC260", "http://example.org/ns/", "AIGC", object("1"));
    let bound = xmp::packet(format!(" xmlns:TC260=\"{}\"", xmp::TC260), "");
    let empty = xmp::element("TC260", xmp::TC260, "AIGC", "");
    let spaces = png::text("AIGC", " \n");
    let xmp = |packet| jpeg::picture(jpeg::xmp_segment(packet));
    let capture =
        xmp::element("i", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "DigitalSourceType", "digitalCapture");
    let mut all = vec![
        ("artist", exif(vec![ascii(0x013B, uuid)])),
        ("signature", exif(vec![ascii(0x010E, &signature)])),
        ("signature-other-artist", exif(vec![ascii(0x010E, &signature), ascii(0x013B, "Example Artist")])),
        ("signature-short", exif(vec![ascii(0x010E, "Signature: abc"), ascii(0x013B, uuid)])),
        ("app-prose", jpeg::picture(jpeg::app(5, "AIGC is what they call it"))),
        ("app-other", jpeg::picture(jpeg::app(5, cat!("AIGCX", object("1"))))),
        ("app-late", jpeg::picture(jpeg::app(5, cat!("xAIGC", object("1"))))),
        ("segment-name", jpeg::picture(jpeg::app(1, cat!(&XMP_SEGMENT[1..], xmp::labelled())))),
        ("genAIType-0", edited(r#"{"genAIType":0}"#)),
        ("genAIType-word-0", edited(r#"{"genAIType":"0"}"#)),
        ("genAIType-none", edited(r#"{"originalPath":"genAIType"}"#)),
        ("xmp-genAIType", xmp(samsung("1"))),
        ("xmp-other-namespace", xmp(foreign)),
        ("xmp-bound", xmp(bound)),
        ("xmp-empty", xmp(empty)),
        ("xmp-capture", xmp(capture)),
    ];
    // Words in which a generator's name is a part, and other things that are called so.
    let programs = [
        "Soraya Camera 2",
        "Imagenomic Noiseware",
        "Gemini PDA 4G",
        "Kling & Freitag",
        "Wanxiang",
        "Grokster",
        "Krita",
    ];
    all.extend(programs.map(|name| (name, exif(vec![ascii(0x0131, name)]))));
    let mut fixtures: Vec<_> =
        all.into_iter().map(|(name, file)| jpeg::jpeg(&format!("decoy-{}", name.replace(' ', "-")), file)).collect();
    fixtures.push(png::png("decoy-png-empty", png::picture(spaces, "")));
    let settings = png::text("Settings", &traces::SETTINGS[..traces::SETTINGS.find("Sampler").unwrap()]);
    fixtures.push(png::png("decoy-png-half-settings", png::picture(settings, "")));
    fixtures
}
