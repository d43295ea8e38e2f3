//! JPEG: every segment that is read, in one piece and in several, and what stands behind the picture.

use inspect::{
    places::{Space, XMP_EXTENSION, XMP_SEGMENT},
    report::{Container, Way},
};

use crate::{
    exif, jumbf, mp4,
    part::{Fixture, Part, be16, be32, cat, le32, mark},
    payload::{all, one, two},
    traces, xmp,
};

const SOI: [u8; 2] = [0xFF, 0xD8];
const EOI: [u8; 2] = [0xFF, 0xD9];
const ROW_XMP: (Space, &str) = (Space::App, XMP_SEGMENT);
const ROW_EXIF: (Space, &str) = (Space::App, "Exif\0\0");
const NAME: (Space, &str) = (Space::Xmp, xmp::NAME);

pub fn segment(marker: u8, inner: impl Into<Part>) -> Part {
    let inner = inner.into();
    cat!([0xFF, marker], be16(inner.len() + 2), inner)
}

pub fn app(number: u8, inner: impl Into<Part>) -> Part {
    segment(0xE0 + number, inner)
}

pub fn xmp_segment(packet: Part) -> Part {
    app(1, cat!(XMP_SEGMENT, packet))
}

/// Tables of a grey picture of 8 x 8: one code for each kind of number.
fn tables(frame: u8) -> Part {
    let codes = |class: u8| cat!([class, 1], [0; 15], [0]);
    cat!(
        segment(0xDB, cat!([0], [1; 64])),
        segment(frame, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        segment(0xC4, codes(0)),
        segment(0xC4, codes(0x10))
    )
}

/// A scan, and data with bytes that look like markers.
fn scan(spectrum: [u8; 3]) -> Part {
    cat!(segment(0xDA, cat!([1, 1, 0], spectrum)), [0x3F, 0xFF, 0x00, 0xFF, 0xD0, 0x3F, 0xFF, 0xFF, 0x00])
}

/// A picture with these segments before its data.
pub fn picture(before: impl Into<Part>) -> Part {
    let jfif = app(0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    cat!(SOI, jfif, before, tables(0xC0), scan([0, 63, 0]), EOI)
}

/// A progressive one with several scans, and segments between them.
fn progressive(between: Part, last: Part) -> Part {
    cat!(SOI, tables(0xC2), scan([0, 0, 0]), between, scan([1, 5, 0]), last, scan([6, 63, 0]), EOI)
}

pub fn jpeg(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.jpg"), Container::Jpeg, file)
}

fn with_xmp(name: &str, packet: Part) -> Fixture {
    jpeg(name, picture(xmp_segment(packet)))
}

fn with_exif(name: &str, block: Part) -> Fixture {
    jpeg(name, picture(app(1, cat!("Exif\0\0", block))))
}

pub fn fixtures() -> Vec<Fixture> {
    let home = xmp::Home { name: "jpeg-xmp", file: &with_xmp, path: "jpeg APP1", row: ROW_XMP };
    let block = exif::Home { name: "jpeg-exif", file: &with_exif, path: "jpeg APP1", row: Some(ROW_EXIF) };
    let mut fixtures = xmp::labels(&home);
    fixtures.extend(xmp::others(&home));
    fixtures.extend(exif::user_comments(&block));
    fixtures.extend(exif::layouts(&block));
    fixtures.extend(exif::tags(&block));
    fixtures.extend(coded_packets());
    fixtures.extend(extended());
    fixtures.extend(bare());
    fixtures.extend(credentials());
    fixtures.extend(between());
    fixtures.extend(behind());
    fixtures.extend(programs());
    fixtures.extend(several());
    fixtures
}

/// Packets in other encodings of text.
fn coded_packets() -> Vec<Fixture> {
    let path = format!("jpeg APP1 XMP {}", xmp::NAME);
    let coded = [
        ("utf16-big-mark", cat!([0xFE, 0xFF], xmp::labelled().utf16(false))),
        ("utf16-little-mark", cat!([0xFF, 0xFE], xmp::labelled().utf16(true))),
        ("utf16-big", xmp::labelled().utf16(false)),
        ("utf16-little", xmp::labelled().utf16(true)),
        ("utf8-mark", cat!([0xEF, 0xBB, 0xBF], xmp::labelled())),
        ("padded", cat!(xmp::labelled(), " ".repeat(2000))),
    ];
    let made = |(name, packet)| with_xmp(&format!("jpeg-xmp-{name}"), packet).aigc(&one(), &path, &[ROW_XMP, NAME]);
    coded.into_iter().map(made).collect()
}

/// XMP in a segment and others that belong to it.
fn extended() -> Vec<Fixture> {
    let id = |digit: char| digit.to_string().repeat(32);
    let note = |digit: char| {
        format!(" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" xmpNote:HasExtendedXMP=\"{}\"", id(digit))
    };
    // The pieces as segments, in the order of these numbers.
    let segments = |digit: char, pieces: Vec<Part>, order: &[usize]| -> Part {
        let total = pieces.iter().map(Part::len).sum();
        let mut at = 0;
        let mut segments = Vec::new();
        for piece in pieces {
            let (head, length) = (cat!(XMP_EXTENSION, id(digit), be32(total), be32(at)), piece.len());
            segments.push(app(1, cat!(head, piece)));
            at += length;
        }
        order.iter().map(|n| segments[*n].clone()).collect()
    };
    let start = |packet: &Part| packet.marks[0].1.start;
    let packet = xmp::labelled();
    let at = start(&packet);
    let pieces = |at: usize| {
        let (left, right) = packet.clone().cut(at);
        vec![left, right]
    };
    let hundred = packet.clone().pieces(100);
    let count = hundred.len();
    let upward: Vec<usize> = (0..count).collect();
    let downward: Vec<usize> = (0..count).rev().collect();
    let main = || xmp_segment(xmp::packet(note('A'), ""));
    let path = format!("jpeg APP1 extension XMP {}", xmp::NAME);
    let mut fixtures: Vec<_> = [
        ("one", segments('A', vec![packet.clone()], &[0])),
        ("two", segments('A', pieces(at - 10), &[0, 1])),
        ("two-across", segments('A', pieces(at + 20), &[0, 1])),
        ("two-across-reversed", segments('A', pieces(at + 20), &[1, 0])),
        ("two-behind", segments('A', pieces(at + packet.marks[0].1.len() + 5), &[0, 1])),
        ("many", segments('A', hundred.clone(), &upward)),
        ("many-reversed", segments('A', hundred, &downward)),
    ]
    .into_iter()
    .map(|(name, extension)| {
        let file = picture(cat!(main(), extension));
        jpeg(&format!("jpeg-extended-{name}"), file).aigc(&one(), &path, &[NAME])
    })
    .collect();
    let before = cat!(segments('A', pieces(at + 30), &[1, 0]), main());
    fixtures.push(jpeg("jpeg-extended-before-main", picture(before)).aigc(&one(), &path, &[NAME]));
    // Segments of another extension between.
    let both = cat!(main(), segments('A', pieces(at + 9), &[1]), {
        segments('B', vec![xmp::numbered(1, &two())], &[0]).and(segments('A', pieces(at + 9), &[0]))
    });
    let both = jpeg("jpeg-extended-two-of-them", picture(both)).aigc(&one(), &path, &[NAME]);
    fixtures.push(both.aigc(&two(), &path, &[NAME]));
    fixtures
}

/// `AIGC{…}` as it is.
fn bare() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let row = [(Space::App, "AIGC")];
    for (name, number, lead) in
        [("app1", 1, ""), ("app4", 4, ""), ("app11", 11, ""), ("app15-zero", 15, "\0"), ("app13-colon", 13, ": ")]
    {
        let segment = app(number, cat!("AIGC", lead, one().part(0)));
        let fixture = jpeg(&format!("jpeg-bare-{name}"), picture(segment));
        fixtures.push(fixture.aigc(&one(), &format!("jpeg APP{number}"), &row));
    }
    let plain = |payload: &crate::payload::Payload| payload.before.is_empty() && payload.object.starts_with('{');
    for payload in all().into_iter().filter(plain) {
        let fixture = jpeg(&format!("jpeg-bare-{}", payload.name), picture(app(5, cat!("AIGC", payload.part(0)))));
        fixtures.push(fixture.aigc(&payload, "jpeg APP5", &row));
    }
    fixtures
}

/// A box in APP11 segments, in these pieces and order.
fn boxes(store: Part, pieces: usize, reversed: bool) -> Part {
    let size = (store.len() - jumbf::HEAD).div_ceil(pieces);
    let head = store.bytes[..jumbf::HEAD].to_vec();
    let (first, rest) = store.cut(jumbf::HEAD + size);
    let rest = if rest.len() == 0 { Vec::new() } else { rest.pieces(size) };
    let repeated = rest.into_iter().map(|piece| cat!(&head, piece));
    let mut segments: Vec<_> = [first]
        .into_iter()
        .chain(repeated)
        .enumerate()
        .map(|(turn, piece)| app(11, cat!("JP", be16(1), be32(turn + 1), piece)))
        .collect();
    if reversed {
        segments.reverse();
    }
    segments.into_iter().collect()
}

fn credentials() -> Vec<Fixture> {
    let small = jumbf::store;
    let all: [(_, fn() -> Part, _, _); 5] = [
        ("one", small, 1, false),
        ("two", small, 2, false),
        ("five", small, 5, false),
        ("five-reversed", small, 5, true),
        ("large", jumbf::large, 100, false),
    ];
    let made = |(name, store, pieces, reversed): (&str, fn() -> Part, usize, bool)| {
        let file = picture(boxes(store(), pieces, reversed));
        jpeg(&format!("jpeg-c2pa-{name}"), file).store("jpeg APP11", &[])
    };
    all.into_iter().map(made).collect()
}

/// Segments between the scans, and behind the last one.
fn between() -> Vec<Fixture> {
    let path = format!("jpeg APP1 XMP {}", xmp::NAME);
    let xmp = || xmp_segment(xmp::labelled());
    let bare = || app(5, cat!("AIGC", one().part(0)));
    let comment = |text: Part| segment(0xFE, text);
    let late = cat!(SOI, tables(0xC0), scan([0, 63, 0]), bare(), EOI);
    let fill = cat!(SOI, [0xFF, 0xFF, 0xFF], &bare().bytes[1..]);
    let fill = Part { bytes: cat!(fill, &picture("").bytes[2..]).bytes, marks: vec![(0, 12..12 + one().object.len())] };
    let row = (Space::Comment, "*");
    vec![
        jpeg("jpeg-progressive-between-scans", progressive(xmp(), Part::default())).aigc(
            &one(),
            &path,
            &[ROW_XMP, NAME],
        ),
        jpeg("jpeg-progressive-last-scan", progressive(Part::default(), bare())).aigc(&one(), "jpeg APP5", &[]),
        jpeg("jpeg-behind-the-scan", late).aigc(&one(), "jpeg APP5", &[]),
        jpeg("jpeg-fill-bytes", fill).aigc(&one(), "jpeg APP5", &[]),
        jpeg("jpeg-COM", picture(comment(one().part(0)))).aigc(&one(), "jpeg COM", &[row]),
        jpeg("jpeg-COM-settings", picture(comment(mark(0, traces::SETTINGS)))).trace(
            "jpeg COM",
            traces::SETTINGS,
            &[row],
        ),
    ]
}

/// Blocks of Samsung's phones behind the picture.
pub fn samsung(blocks: &[(u16, &str, Part)]) -> Part {
    let (mut data, mut places) = (Part::default(), Vec::new());
    for (kind, name, value) in blocks {
        let block = cat!([0, 0], kind.to_le_bytes(), le32(name.len()), *name, value.clone());
        places.push((*kind, data.len(), block.len()));
        data = data.and(block);
    }
    let mut directory = cat!("SEFH", le32(107), le32(places.len()));
    for (kind, at, length) in places {
        directory = cat!(directory, [0, 0], kind.to_le_bytes(), le32(data.len() - at), le32(length));
    }
    let length = directory.len();
    cat!(data, directory, le32(length), "SEFT")
}

/// Behind the first picture's end.
fn behind() -> Vec<Fixture> {
    let xmp = |what: &str| format!("jpeg {what} XMP {}", xmp::NAME);
    let rows = [ROW_XMP, NAME];
    let second = picture(xmp_segment(xmp::labelled()));
    let mpf = app(2, b"MPF\0MM\0*\0\0\0\x08\0\0\0\0\0\0");
    let video = mp4::keyed(one().part(0));
    let edited = |json: &str| {
        samsung(&[
            (0x0A01, "Image_UTC_Data", "1767323045000".into()),
            (0x0BA1, "PhotoEditor_Re_Edit_Data", mark(0, json)),
        ])
    };
    let (number, word) = (r#"{"originalPath":"/x","genAIType":1}"#, r#"{"genAIType":"2"}"#);
    let edits = "jpeg trailer PhotoEditor_Re_Edit_Data";
    let motion = samsung(&[(0x0A30, "MotionPhoto_Data", video.clone())]);
    vec![
        jpeg("jpeg-second-picture", cat!(picture(mpf.clone()), second.clone())).aigc(
            &one(),
            &xmp("picture 2 APP1"),
            &rows,
        ),
        jpeg("jpeg-third-picture", cat!(picture(mpf), picture(""), second)).aigc(&one(), &xmp("picture 3 APP1"), &rows),
        jpeg("jpeg-xmp-behind", cat!(picture(""), xmp::labelled())).aigc(&one(), &xmp("trailer"), &[NAME]),
        jpeg("jpeg-video-behind", cat!(picture(""), video.clone())).aigc(
            &one(),
            "jpeg video moov udta meta keys AIGC",
            &[],
        ),
        jpeg("jpeg-video-behind-name", cat!(picture(""), [0; 4], "MotionPhoto_Data", video)).aigc(
            &one(),
            "jpeg video moov udta meta keys AIGC",
            &[],
        ),
        jpeg("jpeg-samsung-motion", cat!(picture(""), motion)).aigc(&one(), "jpeg video moov udta meta keys AIGC", &[]),
        jpeg("jpeg-samsung-genAIType", cat!(picture(""), edited(number))).trace(edits, number, &[]),
        jpeg("jpeg-samsung-genAIType-word", cat!(picture(""), edited(word))).trace(edits, word, &[]),
        jpeg(
            "jpeg-facebook",
            picture(app(13, cat!("Photoshop 3.0\08BIM\x04\x04\0\0", be32(32), iptc("FBMD01000ac0300000a1")))),
        )
        .sign(Way::Facebook, "jpeg APP13", "", &[(Space::App, "Photoshop 3.0\0")]),
    ]
}

/// IPTC's special instructions.
fn iptc(text: &str) -> Part {
    let set = cat!([0x1C, 2, 40], be16(text.len()), text);
    let rest = vec![0; 32 - set.len()];
    cat!(set, rest)
}

/// Names of programs where they stand, and the comments of servers.
fn programs() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for (turn, name) in traces::PROGRAMS.into_iter().enumerate() {
        let (tag, row) = if turn % 2 == 0 { (0x0131, "0131") } else { (0x013B, "013B") };
        let block = exif::Block::of(vec![exif::ascii(tag, mark(0, mark(1, name)))]);
        let path = format!("jpeg APP1 IFD0 {row}");
        let fixture =
            with_exif(&format!("jpeg-exif-program-{turn:02}"), block).trace(&path, name, &[(Space::Exif, row)]);
        // An artist is no program, but for these.
        fixtures.push(match row {
            "0131" => fixture.fact(inspect::report::About::Software, &path, name, &[(Space::Exif, row)]),
            _ => fixture,
        });
    }
    for (turn, (name, way)) in traces::WAYS.into_iter().enumerate() {
        let block = exif::Block::of(vec![exif::ascii(0x0131, mark(1, name))]);
        let path = "jpeg APP1 IFD0 0131";
        let fixture = with_exif(&format!("jpeg-exif-way-{turn:02}"), block).sign(way, path, name, &[]);
        fixtures.push(fixture.fact(inspect::report::About::Software, path, name, &[]));
    }
    let server = "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90";
    let row = (Space::Comment, "*");
    fixtures.push(jpeg("jpeg-COM-server", picture(segment(0xFE, server))).sign(
        Way::Converted,
        "jpeg COM",
        server,
        &[row],
    ));
    fixtures
}

/// Two sites in one file, which agree and which differ.
fn several() -> Vec<Fixture> {
    let made = |name: &str, second: &crate::payload::Payload| {
        let description = exif::Block::of(vec![exif::ascii(0x010E, second.part(1))]);
        let file = picture(cat!(xmp_segment(xmp::labelled()), app(1, cat!("Exif\0\0", description))));
        let fixture = jpeg(name, file).aigc(&one(), &format!("jpeg APP1 XMP {}", xmp::NAME), &[ROW_XMP, NAME]);
        fixture.aigc(second, "jpeg APP1 IFD0 010E", &[ROW_EXIF, (Space::Exif, "010E")])
    };
    let exact = |name: &str, second: &crate::payload::Payload| {
        let file = picture(cat!(app(3, cat!("AIGC", one().part(0))), app(3, cat!("AIGC", second.part(1)))));
        jpeg(name, file).aigc(&one(), "jpeg APP3", &[]).aigc(second, "jpeg APP3", &[])
    };
    vec![
        made("jpeg-two-sites-agree", &one()),
        made("jpeg-two-sites-differ", &two()),
        exact("jpeg-one-place-twice-agree", &one()),
        exact("jpeg-one-place-twice-differ", &two()),
    ]
}
