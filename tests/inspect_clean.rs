//! Files that declare nothing: `inspect` finds no label in any of them, and reads each to its end.
//!
//! Those of several encoders, with other metadata that declares nothing and bytes in which names of labels stand by
//! chance; and the pictures of this machine as they are. `PACKSEAL_SOAK=1` takes ten thousand, `PACKSEAL_SEED` others.

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

use evidence::source::ReadAt;
use inspect::report::{Container, Found, Unread, Verdict, Why};

#[path = "support/labelled.rs"]
mod labelled;
#[path = "support/ordinary.rs"]
mod ordinary;
#[path = "support/random.rs"]
mod random;

use labelled::{amf_name, boxed, directory, ebml, png_chunk, riff_chunk, script, zlib};
use ordinary::{ARTISTS, CAMERAS, Ordinary, SOURCE_TYPES, TALK, by_encoders, on_this_machine};
use random::Random;

/// A file in memory.
struct Memory<'a>(&'a [u8]);

impl ReadAt for Memory<'_> {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, at)
    }
}

/// Bytes in which names of labels stand by chance, without `avoided`.
fn chance(random: &mut Random, length: usize, avoided: &[u8]) -> Vec<u8> {
    let names: [&[u8]; 8] = [
        b"c2pa",
        b"AIGC",
        b"AIGC{\"Label\":\"1\"}",
        b"jumb\0\0\0\x30jumdc2pa\0\x11\0\x10\x80\0\0\xAA\0\x38\x9B\x71",
        b"jumdc2ma",
        b"http://www.tc260.org.cn/ns/AIGC/1.0/",
        b"trainedAlgorithmicMedia",
        b"genAIType",
    ];
    let mut bytes = random.bytes(length);
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        bytes.splice(at..at, names[random.below(names.len())].iter().copied());
    }
    bytes.retain(|byte| !avoided.contains(byte));
    bytes
}

fn one_of<'a, T: ?Sized>(random: &mut Random, all: &[&'a T]) -> &'a T {
    all[random.below(all.len())]
}

fn talk(random: &mut Random) -> &'static str {
    one_of(random, &TALK)
}

/// A box of JUMBF that is none of C2PA: 360-degree pictures and others have some.
fn other_jumbf(random: &mut Random) -> Vec<u8> {
    let id: [u8; 16] = random.bytes(16).try_into().expect("sixteen bytes");
    let description = boxed(b"jumd", &[&id[..], b"\x03c2pa\0"].concat());
    boxed(b"jumb", &[description, boxed(b"json", &chance(random, 40, &[]))].concat())
}

/// EXIF of a camera, with comments.
fn exif(random: &mut Random) -> Vec<u8> {
    let big = random.below(2) == 0;
    let (make, model, software) = CAMERAS[random.below(CAMERAS.len())];
    let text = |tag: u16, text: &str| (tag, 2, text.len() as u32 + 1, [text.as_bytes(), &[0]].concat());
    let comment = talk(random);
    let units = comment.encode_utf16();
    let comment = match random.below(3) {
        0 => [b"ASCII\0\0\0", comment.as_bytes()].concat(),
        1 => [&[0; 8], comment.as_bytes()].concat(),
        _ => {
            let units = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            b"UNICODE\0".iter().copied().chain(units).collect()
        }
    };
    let windows: Vec<u8> = talk(random).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let maker = chance(random, 200, &[]);
    let of = |exif: usize, random: &mut Random| {
        let offset = if big { (exif as u32).to_be_bytes() } else { (exif as u32).to_le_bytes() };
        vec![
            text(0x010E, talk(random)),
            text(0x010F, make),
            text(0x0110, model),
            text(0x0131, software),
            text(0x0132, "2026:01:02 03:04:05"),
            text(0x013B, ARTISTS[random.below(ARTISTS.len())]),
            text(0x8298, talk(random)),
            (0x8769, 4, 1, offset.to_vec()),
            (0x9C9C, 1, windows.len() as u32, windows.clone()),
        ]
    };
    let first = random.clone();
    let length = directory(8, &of(0, &mut first.clone()), big).len();
    let inner = [
        text(0x9003, "2026:01:02 03:04:05"),
        (0x927C, 7, maker.len() as u32, maker),
        (0x9286, 7, comment.len() as u32, comment),
    ];
    let block = [directory(8, &of(8 + length, random), big), directory(8 + length, &inner, big)].concat();
    let eight = if big { 8u32.to_be_bytes() } else { 8u32.to_le_bytes() };
    [if big { b"MM\0*" } else { b"II*\0" }, &eight[..], &block].concat()
}

/// XMP of an editor.
fn xmp(random: &mut Random) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let (_, _, software) = CAMERAS[random.below(CAMERAS.len())];
    let kind = one_of(random, &SOURCE_TYPES);
    let [one, two, three] = [0; 3].map(|_| escaped(talk(random)));
    let artist = ARTISTS[random.below(ARTISTS.len())];
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:AIGC=\"http://example.com/about/aigc/\" \
         xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:e=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmp:CreatorTool=\"{software}\" AIGC:AIGC=\"{one}\" exif:UserComment=\"{two}\" \
         dcterms:provenance=\"Gift of {artist}, 1932\" \
         e:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}\"><dc:description><rdf:Alt>\
         <rdf:li xml:lang=\"x-default\">{three}</rdf:li></rdf:Alt></dc:description><dc:creator><rdf:Seq><rdf:li>\
         {artist}</rdf:li></rdf:Seq></dc:creator><AIGC:Label>1</AIGC:Label></rdf:Description></rdf:RDF></x:xmpmeta>\
         <?xpacket end=\"w\"?>"
    )
    .into_bytes()
}

/// Puts a few of these behind the first `at` bytes.
fn with(bytes: &mut Vec<u8>, at: usize, random: &mut Random, pieces: &[fn(&mut Random) -> Vec<u8>]) {
    for _ in 0..1 + random.below(4) {
        let piece = pieces[random.below(pieces.len())](random);
        bytes.splice(at..at, piece);
    }
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &(data.len() as u16 + 2).to_be_bytes(), data].concat()
}

fn in_jpeg(bytes: &mut Vec<u8>, random: &mut Random) {
    with(
        bytes,
        2,
        random,
        &[
            |random| {
                let data = chance(random, 400, &[]);
                segment(0xE0 + random.below(16) as u8, &[&random.bytes(4), &data[..]].concat())
            },
            |random| segment(0xE0 + random.below(16) as u8, format!("About {}", talk(random)).as_bytes()),
            |random| segment(0xEB, &[b"JP\0\x01\0\0\0\x01", &other_jumbf(random)[..]].concat()),
            |random| segment(0xFE, talk(random).as_bytes()),
            |random| segment(0xE1, &[b"Exif\0\0", &exif(random)[..]].concat()),
            |random| segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp(random)[..]].concat()),
        ],
    );
    // Entropy-coded data has its markers' byte only with a zero behind it.
    let scan = memchr(bytes, &[0xFF, 0xDA]) + 2;
    let at = scan + usize::from(u16::from_be_bytes([bytes[scan], bytes[scan + 1]]));
    bytes.splice(at..at, chance(random, 300, &[0xFF]));
}

/// Where these bytes stand for the last time.
fn memchr(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).rposition(|window| window == what).expect("what every such file has")
}

fn in_png(bytes: &mut Vec<u8>, random: &mut Random) {
    const KEYS: [&str; 8] = ["Title", "Author", "Comment", "Description", "prompt", "parameters", "workflow", "Source"];
    with(
        bytes,
        33,
        random,
        &[
            |random| {
                let name: [u8; 4] = random.bytes(4).try_into().expect("four bytes");
                png_chunk(&name.map(|byte| b'a' + byte % 26), &chance(random, 300, &[]))
            },
            |random| png_chunk(b"IDAT", &chance(random, 300, &[])),
            |random| png_chunk(b"tEXt", &[one_of(random, &KEYS).as_bytes(), &[0], talk(random).as_bytes()].concat()),
            |random| {
                let packed = zlib(talk(random).as_bytes());
                png_chunk(b"zTXt", &[one_of(random, &KEYS).as_bytes(), &[0, 0], &packed].concat())
            },
            |random| {
                png_chunk(
                    b"iTXt",
                    &[one_of(random, &KEYS).as_bytes(), b"\0\0\0zh\0\0", talk(random).as_bytes()].concat(),
                )
            },
            |random| png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp(random)[..]].concat()),
            |random| png_chunk(b"eXIf", &exif(random)),
            |random| png_chunk(b"caBX", &other_jumbf(random)),
        ],
    );
}

fn in_riff(bytes: &mut Vec<u8>, random: &mut Random) {
    let avi = bytes[8..12] == *b"AVI ";
    let before = bytes.len();
    let any: [fn(&mut Random) -> Vec<u8>; 5] = [
        |random| riff_chunk(b"JUNK", &chance(random, 300, &[])),
        |random| riff_chunk(b"XMP ", &xmp(random)),
        |random| riff_chunk(b"EXIF", &exif(random)),
        |random| riff_chunk(b"C2PA", &other_jumbf(random)),
        |random| {
            let name = one_of(random, &[b"ICMT", b"INAM", b"IART", b"ICOP"]);
            riff_chunk(b"LIST", &[b"INFO", &riff_chunk(name, talk(random).as_bytes())[..]].concat())
        },
    ];
    with(bytes, before, random, if avi { &any } else { &any[..4] });
    let length = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes")) + (bytes.len() - before) as u32;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
}

fn in_gif(bytes: &mut Vec<u8>, random: &mut Random) {
    fn blocks(data: &[u8]) -> Vec<u8> {
        let blocks = data.chunks(255).flat_map(|piece| [&[piece.len() as u8], piece].concat());
        blocks.chain([0]).collect()
    }
    let at = 13 + if bytes[10] & 0x80 == 0 { 0 } else { 3 << ((bytes[10] & 7) + 1) };
    with(
        bytes,
        at,
        random,
        &[
            |random| [b"\x21\xFE", &blocks(talk(random).as_bytes())[..]].concat(),
            |random| [b"\x21\xFF\x0BAIGC c2pa01", &blocks(&chance(random, 300, &[]))[..]].concat(),
            |random| [b"\x21\xFF\x0BXMP DataXMP", &blocks(&xmp(random))[..]].concat(),
            |random| [b"\x21\xFF\x0BC2PA_GIF\x01\0\0", &blocks(&other_jumbf(random))[..]].concat(),
        ],
    );
}

fn in_bmff(bytes: &mut Vec<u8>, random: &mut Random) {
    // Offsets of pictures and samples point to what is before.
    let end = bytes.len();
    with(
        bytes,
        end,
        random,
        &[
            |random| boxed(one_of(random, &[b"free", b"skip", b"mdat"]), &chance(random, 300, &[])),
            |random| boxed(b"uuid", &chance(random, 300, &[])),
            |random| {
                let id = b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
                boxed(b"uuid", &[&id[..], &xmp(random)].concat())
            },
            |random| {
                let text = talk(random).as_bytes();
                let text = [&(text.len() as u16).to_be_bytes()[..], &[0x15, 0xC7], text].concat();
                boxed(b"udta", &boxed(one_of(random, &[b"\xA9cmt", b"\xA9nam", b"\xA9inf"]), &text))
            },
            |random| {
                let data = boxed(b"data", &[b"\0\0\0\x01\0\0\0\0", talk(random).as_bytes()].concat());
                let list = boxed(b"ilst", &boxed(one_of(random, &[b"\xA9cmt", b"desc", b"\xA9ART"]), &data));
                let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0mdir\0\0\0\0\0\0\0\0\0\0\0\0\0");
                boxed(b"udta", &boxed(b"meta", &[&[0; 4][..], &handler, &list].concat()))
            },
        ],
    );
}

fn in_matroska(bytes: &mut Vec<u8>, random: &mut Random) {
    let end = bytes.len();
    with(
        bytes,
        end,
        random,
        &[
            |random| ebml(0xEC, &chance(random, 300, &[])),
            |random| {
                let name = one_of(random, &["COMMENT", "TITLE", "ARTIST", "KEYWORDS", "SYNOPSIS"]);
                let value = ebml(0x4487, talk(random).as_bytes());
                let tag = ebml(0x67C8, &[ebml(0x45A3, name.as_bytes()), value].concat());
                ebml(0x1853_8067, &ebml(0x1254_C367, &ebml(0x7373, &tag)))
            },
        ],
    );
}

fn in_flv(bytes: &mut Vec<u8>, random: &mut Random) {
    let end = bytes.len();
    with(
        bytes,
        end,
        random,
        &[
            |random| {
                let mut picture = script(&chance(random, 300, &[]));
                picture[0] = 9;
                picture
            },
            |random| {
                let name = one_of(random, &["comment", "title", "description", "keywords"]);
                let text = talk(random);
                let field = [amf_name(name), vec![2], amf_name(text)].concat();
                script(&[&[2][..], &amf_name("onMetaData"), &[3], &field, &[0, 0, 9]].concat())
            },
        ],
    );
}

/// Another file out of one: whole, and as silent.
fn varied(base: &Ordinary, random: &mut Random) -> Vec<u8> {
    let mut bytes = base.bytes.clone();
    match base.container {
        Container::Jpeg => in_jpeg(&mut bytes, random),
        Container::Png => in_png(&mut bytes, random),
        Container::WebP | Container::Avi => in_riff(&mut bytes, random),
        Container::Gif => in_gif(&mut bytes, random),
        // A block of EXIF is a whole TIFF file; pictures' data stand behind any of them.
        Container::Tiff => bytes = [exif(random), chance(random, 500, &[])].concat(),
        Container::Heif | Container::Mp4 => in_bmff(&mut bytes, random),
        Container::Matroska => in_matroska(&mut bytes, random),
        Container::Flv => in_flv(&mut bytes, random),
    }
    bytes
}

/// What is wrong with what was found in a file that declares nothing.
fn wrong(found: &Found, container: Option<Container>) -> bool {
    let (unread, verdict): (&[Unread], _) = match container {
        Some(_) => (&[], Verdict::NotFound),
        // Only what is no picture or video has an end that nobody came to.
        None => (&[Unread { offset: 0, why: Why::UnknownKind }], Verdict::Undecided),
    };
    !found.labels.is_empty()
        || found.unread != unread
        || found.verdicts(None) != [verdict]
        || found.container != container
}

/// What stood in nobody's way so far, and how many there were of each kind.
#[derive(Default)]
struct Tried {
    seen: HashSet<u64>,
    kinds: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tried {
    /// Whether it was another one than all before.
    fn file(&mut self, name: &str, container: Option<Container>, bytes: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return false;
        }
        *self.kinds.entry(container.map_or("none".to_owned(), |c| format!("{c:?}"))).or_default() += 1;
        let found = inspect::inspect(&Memory(bytes), "IMG_0001.JPG").expect("bytes in memory can be read");
        if wrong(&found, container) {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inspect-clean-{}", self.wrong.len()));
            fs::write(&file, bytes).expect("a file to be written");
            let (labels, unread) = (found.labels, found.unread);
            self.wrong.push(format!("{name}: {:?} {labels:?} {unread:?}: {}", found.container, file.display()));
        }
        true
    }
}

#[test]
fn nothing_is_found_where_nothing_is() {
    let random = Random::new("nothing_is_found_where_nothing_is");
    let wanted = if env::var_os("PACKSEAL_SOAK").is_some() { 10_000 } else { 2000 };
    let bases = by_encoders(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect-clean"));
    let kinds: HashSet<_> = bases.iter().map(|base| base.container).collect();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    let mut tried = Tried::default();
    for base in &bases {
        tried.file(&base.name, Some(base.container), &base.bytes);
    }
    // As many of this machine as make up two fifths, from all over it.
    let here = on_this_machine();
    let step = (here.len() * 5 / (wanted * 2)).max(1);
    let some = here.iter().step_by(step);
    let of_machine = some.filter(|one| tried.file(&one.name, Some(one.container), &one.bytes)).count();
    let mut i = 0;
    while tried.seen.len() < wanted {
        let mut random = random.at(i);
        if i % 40 == 0 {
            let text = [talk(&mut random).as_bytes(), &chance(&mut random, 500, &[])].concat();
            tried.file(&format!("round {i}, no picture"), None, &text);
        } else {
            let base = &bases[random.below(bases.len())];
            tried.file(&format!("round {i}, {}", base.name), Some(base.container), &varied(base, &mut random));
        }
        i += 1;
    }
    println!(
        "{} files: {} of encoders, {of_machine} of {} here, {i} others",
        tried.seen.len(),
        bases.len(),
        here.len()
    );
    println!("{:?}", tried.kinds);
    assert!(tried.wrong.is_empty(), "{} of them:\n{}", tried.wrong.len(), tried.wrong.join("\n"));
}
