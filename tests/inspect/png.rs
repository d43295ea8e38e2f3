//! PNG: text in three kinds of chunks, before and behind the picture's data, and profiles.

use inspect::{
    places::Space,
    report::{About, Container},
};

use crate::{
    exif, jumbf,
    part::{Fixture, Part, be32, cat, mark},
    payload::{all, one, two},
    traces::{GRAPH, SETTINGS, WORKFLOW},
    xmp,
};

const XML: &str = "XML:com.adobe.xmp";
const ROW_XMP: (Space, &str) = (Space::PngText, XML);
const NAME: (Space, &str) = (Space::Xmp, xmp::NAME);

fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

pub fn chunk(name: &str, inner: impl Into<Part>) -> Part {
    let named = cat!(name, inner);
    let sum = checksum(&named.bytes).to_be_bytes();
    cat!(be32(named.len() - 4), named, sum)
}

/// A grey picture of one dot, with these chunks before and behind its data.
pub fn picture(before: impl Into<Part>, behind: impl Into<Part>) -> Part {
    let head = cat!(be32(1), be32(1), [8, 0, 0, 0, 0]);
    let data = Part::from([0, 128]).zlib();
    cat!("", b"\x89PNG\r\n\x1a\n", chunk("IHDR", head), before, chunk("IDAT", data), behind, chunk("IEND", ""))
}

pub fn png(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.png"), Container::Png, file)
}

pub fn text(keyword: &str, value: impl Into<Part>) -> Part {
    chunk("tEXt", cat!(keyword, [0], value))
}

fn packed(keyword: &str, value: impl Into<Part>) -> Part {
    chunk("zTXt", cat!(keyword, [0, 0], value.into().zlib()))
}

fn international(keyword: &str, language: &str, value: impl Into<Part>) -> Part {
    chunk("iTXt", cat!(keyword, [0, 0, 0], language, [0], keyword, [0], value))
}

fn international_packed(keyword: &str, value: impl Into<Part>) -> Part {
    chunk("iTXt", cat!(keyword, [0, 1, 0, 0, 0], value.into().zlib()))
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for payload in all() {
        let row = [(Space::PngText, "AIGC")];
        let fixture = png(&format!("png-tEXt-{}", payload.name), picture(text("AIGC", payload.part(0)), ""));
        fixtures.push(fixture.aigc(&payload, "png tEXt AIGC", &row));
        let fixture = png(&format!("png-zTXt-{}", payload.name), picture(packed("AIGC", payload.part(0)), ""));
        fixtures.push(fixture.aigc(&payload, "png zTXt AIGC", &row));
    }
    fixtures.extend(kinds());
    fixtures.extend(packets());
    fixtures.extend(traces());
    fixtures.extend(chunks());
    fixtures.extend(profiles());
    fixtures
}

/// The other kinds of chunks, and the picture's other side.
fn kinds() -> Vec<Fixture> {
    let row = [(Space::PngText, "AIGC")];
    let value = || one().part(0);
    let two_sites =
        |second: &crate::payload::Payload| picture(text("AIGC", value()), international_packed("AIGC", second.part(1)));
    vec![
        png("png-iTXt", picture(international("AIGC", "zh", value()), "")).aigc(&one(), "png iTXt AIGC", &row),
        png("png-iTXt-packed", picture(international_packed("AIGC", value()), "")).aigc(&one(), "png iTXt AIGC", &row),
        png("png-tEXt-behind", picture("", text("AIGC", value()))).aigc(&one(), "png tEXt AIGC", &row),
        png("png-zTXt-behind", picture("", packed("AIGC", value()))).aigc(&one(), "png zTXt AIGC", &row),
        png("png-iTXt-behind", picture("", international("AIGC", "", value()))).aigc(&one(), "png iTXt AIGC", &row),
        png("png-two-sites-agree", two_sites(&one())).aigc(&one(), "png tEXt AIGC", &row).aigc(
            &one(),
            "png iTXt AIGC",
            &row,
        ),
        png("png-two-sites-differ", two_sites(&two())).aigc(&one(), "png tEXt AIGC", &row).aigc(
            &two(),
            "png iTXt AIGC",
            &row,
        ),
        png("png-other-keyword", picture(text("Comment", value()), ""))
            .aigc(&one(), "png tEXt Comment", &{ [(Space::PngText, "*")] }),
        png("png-other-keyword-packed", picture(packed("Description", value()), "")).aigc(
            &one(),
            "png zTXt Description",
            &[],
        ),
    ]
}

fn packets() -> Vec<Fixture> {
    let path = format!("png iTXt {XML} XMP {}", xmp::NAME);
    let plain = |name: &str, packet: Part| png(name, picture(international(XML, "", packet), ""));
    let packed = |name: &str, packet: Part| png(name, picture(international_packed(XML, packet), ""));
    let behind = |name: &str, packet: Part| png(name, picture("", international(XML, "", packet)));
    let path_home = format!("png iTXt {XML}");
    let home = |name, file| xmp::Home { name, file, path: &path_home, row: ROW_XMP };
    let mut fixtures = xmp::some_labels(&home("png-xmp", &plain));
    fixtures.extend(xmp::some_labels(&home("png-xmp-packed", &packed)));
    fixtures.extend(xmp::some_labels(&home("png-xmp-behind", &behind)));
    let last = png("png-xmp-behind-packed", picture("", international_packed(XML, xmp::labelled())));
    fixtures.push(last.aigc(&one(), &path, &[ROW_XMP, NAME]));
    let trailer = png("png-xmp-behind-the-end", cat!(picture("", ""), xmp::labelled()));
    fixtures.push(trailer.aigc(&one(), &format!("png trailer XMP {}", xmp::NAME), &[NAME]));
    fixtures
}

/// Keywords of generating programs.
fn traces() -> Vec<Fixture> {
    let all = [
        ("parameters", SETTINGS),
        ("prompt", GRAPH),
        ("workflow", WORKFLOW),
        ("sd-metadata", r#"{"model":"example","image":{"steps":20}}"#),
        ("invokeai_metadata", r#"{"generation_mode":"txt2img"}"#),
        ("Dream", "\"a cat\" -s 20 -S 42"),
    ];
    let mut fixtures = Vec::new();
    for (keyword, value) in all {
        let row = [(Space::PngText, keyword)];
        let fixture = png(&format!("png-{keyword}"), picture(text(keyword, mark(0, value)), ""));
        fixtures.push(fixture.trace(&format!("png tEXt {keyword}"), value, &row));
        let fixture = png(&format!("png-{keyword}-packed"), picture(packed(keyword, mark(0, value)), ""));
        fixtures.push(fixture.trace(&format!("png zTXt {keyword}"), value, &row));
    }
    for keyword in ["parameters", "prompt", "workflow", "Software"] {
        let fixture = png(&format!("png-{keyword}-aigc"), picture(text(keyword, mark(1, one().part(0))), ""));
        let path = format!("png tEXt {keyword}");
        let fixture = fixture.aigc(&one(), &path, &[(Space::PngText, keyword)]);
        fixtures.push(match keyword {
            "Software" => fixture.fact(About::Software, &path, &one().object, &[]),
            _ => fixture,
        });
    }
    let novel = picture(text("Software", mark(0, mark(1, "NovelAI"))), text("Creation Time", mark(2, "2026-01-02")));
    let row = |keyword| [(Space::PngText, keyword)];
    let novel = png("png-Software", novel).trace("png tEXt Software", "NovelAI", &row("Software"));
    let novel = novel.fact(About::Software, "png tEXt Software", "NovelAI", &row("Software"));
    fixtures.push(novel.fact(About::Time, "png tEXt Creation Time", "2026-01-02", &row("Creation Time")));
    fixtures
}

fn chunks() -> Vec<Fixture> {
    let block = exif::Block::of(vec![exif::ascii(0x010E, one().part(0))]);
    let row = [(Space::Chunk, "eXIf"), (Space::Exif, "010E")];
    let behind = picture("", chunk("eXIf", block.clone()));
    let led = picture(chunk("eXIf", cat!("Exif\0\0", block.clone())), "");
    vec![
        png("png-eXIf", picture(chunk("eXIf", block), "")).aigc(&one(), "png eXIf IFD0 010E", &row),
        png("png-eXIf-behind", behind).aigc(&one(), "png eXIf IFD0 010E", &row),
        png("png-eXIf-led", led).aigc(&one(), "png eXIf IFD0 010E", &row),
        png("png-caBX", picture(chunk("caBX", jumbf::store()), "")).store("png caBX", &[(Space::Chunk, "caBX")]),
    ]
}

/// ImageMagick's profiles: hexadecimal text, so that the label stands where all of the text does.
fn profiles() -> Vec<Fixture> {
    let hexadecimal = |name: &str, profile: Part| {
        let digits: Vec<String> =
            profile.bytes.chunks(36).map(|line| line.iter().map(|b| format!("{b:02x}")).collect()).collect();
        let text = format!("\n{name}\n{:8}\n{}\n", profile.len(), digits.join("\n"));
        profile.stored(text)
    };
    let block = exif::Block::of(vec![exif::ascii(0x010E, one().part(0))]);
    let packet = xmp::labelled();
    let segment = inspect::places::XMP_SEGMENT;
    let named = format!("XMP {}", xmp::NAME);
    let all = [
        ("exif", "exif", block.clone(), "IFD0 010E"),
        ("exif", "exif-led", cat!("Exif\0\0", block.clone()), "IFD0 010E"),
        ("APP1", "APP1", cat!("Exif\0\0", block), "IFD0 010E"),
        ("APP1", "APP1-xmp", cat!(segment, packet.clone()), &named),
        ("xmp", "xmp", packet, &named),
    ];
    let mut fixtures = Vec::new();
    for (kind, name, profile, path) in all {
        let keyword: &'static str = format!("Raw profile type {kind}").leak();
        let row = [(Space::PngText, keyword)];
        let value = hexadecimal(kind, profile);
        let fixture = png(&format!("png-profile-{name}"), picture(text(keyword, value.clone()), ""));
        fixtures.push(fixture.aigc(&one(), &format!("png tEXt {keyword} {path}"), &row));
        let fixture = png(&format!("png-profile-{name}-packed"), picture(packed(keyword, value), ""));
        fixtures.push(fixture.aigc(&one(), &format!("png zTXt {keyword} {path}"), &row));
    }
    fixtures
}
