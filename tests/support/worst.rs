//! Files that make a careless reader of metadata slow, or fill its memory.

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::labelled::{OBJECT, amf_name, boxed, ebml, flv_of, jumbf, png_chunk, png_of, script};

/// Most bytes of one value.
const VALUE: usize = 4 << 20;

type Make = fn() -> Vec<u8>;

/// All of them, by name.
pub const FILES: [(&str, Make); 43] = [
    ("bombs", || bombs(VALUE + 1, false)),
    ("bombs-broken", || bombs(VALUE - 1, true)),
    ("bombs-whole", || bombs(VALUE, false)),
    ("texts", || png_of(&vec![text("Comment", &filled(b"sora Steps: 1{\"nodes\" ")); 24])),
    ("programs", || png_of(&vec![text("Software", &filled(b"kling & freitagsorasora ")); 24])),
    ("json-open", || png_of(&[text("AIGC", &filled(b"{"))])),
    ("json-lists", || png_of(&[text("AIGC", &filled(b"["))])),
    ("json-deep", || png_of(&[text("AIGC", &filled(b"{\"AIGC\":"))])),
    ("json-numbers", || png_of(&vec![text("AIGC", &list("{\"Label\":\"1\",\"ProduceID\":[", "0,", "0]}")); 8])),
    ("json-label", || png_of(&vec![text("AIGC", &list("{\"ProduceID\":1,\"Label\":[", "{},", "0]}")); 8])),
    ("json-names", json_names),
    ("json-quotes", || png_of(&vec![text("AIGC", &list("{'Label':[", "'',", "0]}")); 8])),
    ("json-escaped", || png_of(&vec![text("AIGC", &list("\"", "\\u007b", "\"")); 8])),
    ("xmp-flat", || png_of(&[packet(&repeated("<dc:description>a</dc:description>", 49_000))])),
    ("xmp-nodes", || png_of(&[packet(&repeated("<b/>", 99_000))])),
    ("xmp-too-many", || png_of(&[packet(&repeated("<b/>", 900_000))])),
    ("xmp-nested", || png_of(&[packet(&nested("<dc:description>", "</dc:description>", 90_000))])),
    ("xmp-nested-objects", || png_of(&[packet(&nested("<T:AIGC>", "</T:AIGC>", 90_000))])),
    ("xmp-nested-texts", || {
        let long = "x".repeat(2 << 20);
        png_of(&[packet(&format!(
            "{}<T:ProduceID>{long}</T:ProduceID>{}",
            "<T:AIGC>".repeat(9000),
            "</T:AIGC>".repeat(9000)
        ))])
    }),
    ("xmp-attributes", || png_of(&[packet(&format!("<b {}/>", numbered(300_000, |n| format!("a{n}='' "))))])),
    ("xmp-many-attributes", || {
        let tag = format!("<b {}/>", numbered(3000, |n| format!("a{n}='' ")));
        png_of(&vec![packet(&tag); 100])
    }),
    ("xmp-few-attributes", || {
        let tag = format!("<b {}/>", numbered(100, |n| format!("a{n}='' ")));
        png_of(&vec![packet(&repeated(&tag, 1500)); 40])
    }),
    ("xmp-packets", || {
        let open = numbered(250, |n| format!("<b xmlns:a{n}='{n}'>"));
        png_of(&vec![packet(&format!("{open}{}", "</b>".repeat(250))); 4000])
    }),
    ("xmp-flat-packets", || png_of(&vec![packet(&repeated("<dc:description>a</dc:description>", 49_000)); 40])),
    ("xmp-namespaces", || {
        let open = numbered(60_000, |n| format!("<b xmlns:a{n}='{n}'>"));
        png_of(&[packet(&format!("{open}{}", "</b>".repeat(60_000)))])
    }),
    ("xmp-few-namespaces", || {
        let open = numbered(900, |n| format!("<b xmlns:a{n}='{n}'>"));
        png_of(&[packet(&format!("{open}{}", "</b>".repeat(900)))])
    }),
    ("xmp-latin-1", || {
        let long = "x".repeat(3 << 20);
        let mut packet = xmp(&format!("<!--{long}-->{}", repeated("<dc:description>a</dc:description>", 20_000)));
        packet[1 << 20] = 0xFF;
        png_of(&[itxt(&packet)])
    }),
    ("xmp-entities", || png_of(&[packet(&format!("<dc:description>{}</dc:description>", "&lt;".repeat(900_000)))])),
    ("directories", directories),
    ("directories-apart", directories_apart),
    ("extents", || extents(0x44, 3)),
    ("extents-of-nothing", || extents(0, 60_000)),
    ("boxes", || nested_boxes(200_000)),
    ("keys", keys),
    ("scans", || [b"\xFF\xD8", &b"\xFF\xDA\0\x02".repeat(4 << 20)[..]].concat()),
    ("credentials", || [b"\xFF\xD8", &b"\xFF\xEB\0\x0AJP\0\x01\0\0\0\x01".repeat(2 << 20)[..]].concat()),
    ("extensions", extensions),
    ("blocks", || [&b"GIF89a\x01\0\x01\0\0\0\0\x21\xFE"[..], &b"\x01a".repeat(8 << 20), b"\0;"].concat()),
    ("lists", || riff_nested(100_000)),
    ("source-types", || {
        let types = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic ".repeat(60_000);
        png_of(&vec![png_chunk(b"caBX", &widened(&types)); 4])
    }),
    ("elements", elements),
    ("names", names),
    ("script", scripts),
];

fn filled(with: &[u8]) -> Vec<u8> {
    with.iter().copied().cycle().take(VALUE - 16).collect()
}

fn list(begin: &str, item: &str, end: &str) -> Vec<u8> {
    let items = (VALUE - begin.len() - end.len() - 16) / item.len();
    format!("{begin}{}{end}", item.repeat(items)).into_bytes()
}

fn text(keyword: &str, text: &[u8]) -> Vec<u8> {
    png_chunk(b"tEXt", &[keyword.as_bytes(), &[0], text].concat())
}

fn itxt(packet: &[u8]) -> Vec<u8> {
    png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet].concat())
}

fn repeated(what: &str, times: usize) -> String {
    what.repeat(times)
}

fn nested(open: &str, close: &str, times: usize) -> String {
    format!("{}{}", open.repeat(times), close.repeat(times))
}

fn numbered(count: usize, with: impl Fn(usize) -> String) -> String {
    (0..count).map(with).collect()
}

fn xmp(inner: &str) -> Vec<u8> {
    let names = "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/'";
    format!("<a {names}>{inner}</a>").into_bytes()
}

fn packet(inner: &str) -> Vec<u8> {
    itxt(&xmp(inner))
}

/// Thousands of chunks of a few kilobytes, each of which becomes megabytes.
fn bombs(length: usize, broken: bool) -> Vec<u8> {
    let mut packed = compress_to_vec_zlib(&vec![b' '; length], 9);
    if broken {
        let end = packed.len() - 1;
        packed[end] ^= 1;
    }
    png_of(&vec![png_chunk(b"zTXt", &[b"Comment\0\0", &packed[..]].concat()); 4000])
}

fn json_names() -> Vec<u8> {
    let object = format!("{{{}\"Label\":\"1\"}}", numbered(300_000, |n| format!("\"{n}\":0,")));
    png_of(&vec![text("AIGC", object.as_bytes()); 8])
}

/// Directories that lie over each other, each with as many entries as there can be, all with the same comment.
fn directories() -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, at: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &at.to_le_bytes()].concat()
    };
    // Every second one points to other directories.
    for n in 0..65_536u32 {
        file.extend(65_535u16.to_le_bytes());
        file.extend(if n % 2 == 0 { entry(0x9286, 7, VALUE as u32, 4096) } else { entry(0x8769, 4, 16, 8 + 14 * n) });
    }
    file.resize(VALUE + 8192, b'a');
    file
}

/// Small values of which each is far from the one before.
fn directories_apart() -> Vec<u8> {
    let pages = 300u32;
    let each = 2 + 12 * 4000 + 4;
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for page in 0..pages {
        file.extend(4000u16.to_le_bytes());
        for n in 0..4000u32 {
            let at = 8 + (n * 40_009 + page * 17) % (pages * each);
            file.extend([&0x010Eu16.to_le_bytes()[..], &[2, 0, 5, 0, 0, 0], &at.to_le_bytes()].concat());
        }
        file.extend((8 + (page + 1) * each).to_le_bytes());
    }
    file.extend([0; 8]);
    file
}

/// Items of which each is the same megabytes, over and over.
fn extents(widths: u8, each: u16) -> Vec<u8> {
    let count = 60_000u32;
    let entry = |n: u32| boxed(b"infe", &[&[3, 0, 0, 0][..], &n.to_be_bytes(), &[0, 0], b"Exif\0"].concat());
    let entries: Vec<u8> = (0..count).flat_map(entry).collect();
    let names = boxed(b"iinf", &[&[1, 0, 0, 0][..], &count.to_be_bytes(), &entries].concat());
    let mut places = [&[2, 0, 0, 0, widths, 0][..], &count.to_be_bytes()].concat();
    for n in 0..count {
        places.extend([&n.to_be_bytes()[..], &[0, 0, 0, 0], &each.to_be_bytes()].concat());
        if widths != 0 {
            places.extend([&64u32.to_be_bytes()[..], &(VALUE as u32 / 4).to_be_bytes()].concat().repeat(each.into()));
        }
    }
    let meta = boxed(b"meta", &[&[0; 4][..], &names, &boxed(b"iloc", &places)].concat());
    [boxed(b"ftyp", b"heic\0\0\0\0heic"), meta, boxed(b"mdat", &vec![0; VALUE])].concat()
}

fn nested_boxes(depth: usize) -> Vec<u8> {
    let mut file = boxed(b"ftyp", b"isom\0\0\0\0isom");
    for turn in 0..depth {
        let left = 8 * (depth - turn) as u32;
        file.extend([&left.to_be_bytes()[..], if turn % 2 == 0 { b"moov" } else { b"trak" }].concat());
    }
    file
}

/// A long name, and many values by it.
fn keys() -> Vec<u8> {
    let keys = boxed(b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(b"mdta", &vec![b'k'; VALUE - 64])].concat());
    let value = boxed(&[0, 0, 0, 1], &boxed(b"data", b"\0\0\0\x01\0\0\0\0v"));
    let lists = boxed(b"ilst", &value.repeat(200_000)).repeat(2);
    let meta = boxed(b"meta", &[&[0; 4][..], &keys, &lists, &boxed(b"ilst", &[]).repeat(500_000)].concat());
    [boxed(b"ftyp", b"isom\0\0\0\0isom"), boxed(b"moov", &meta)].concat()
}

/// Pieces of XMP, each of another packet.
fn extensions() -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    for n in 0..400_000u32 {
        let head = [b"http://ns.adobe.com/xmp/extension/\0", format!("{n:032}").as_bytes()].concat();
        file.extend([&[0xFF, 0xE1, 0, 78][..], &head, &[0; 8], b"<"].concat());
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn riff_nested(depth: usize) -> Vec<u8> {
    let length = |turn: usize| (12 * (depth - turn) - 8) as u32;
    let mut file = [b"RIFF", &(length(0) + 12).to_le_bytes()[..], b"AVI "].concat();
    for turn in 0..depth {
        file.extend([b"LIST", &length(turn).to_le_bytes()[..], b"hdrl"].concat());
    }
    file
}

/// A store of credentials with another box behind its manifest.
fn widened(data: &[u8]) -> Vec<u8> {
    let store = [&jumbf()[8..], &boxed(b"json", data)].concat();
    boxed(b"jumb", &store)
}

/// Elements in elements, and a tag with very many values.
fn elements() -> Vec<u8> {
    let long = |id: &[u8], inner: &[u8]| [id, &(inner.len() as u64 | 1 << 56).to_be_bytes(), inner].concat();
    let mut deep = Vec::new();
    for _ in 0..200 {
        deep = ebml(0x67C8, &deep);
    }
    let values = ebml(0x4487, b"{").repeat(1 << 20);
    let tags = [long(&[0x73, 0x73], &[deep, values].concat()), long(&[0x67, 0xC8], OBJECT.as_bytes())].concat();
    let tags = long(&[0x12, 0x54, 0xC3, 0x67], &tags);
    [ebml(0x1A45_DFA3, &[]), long(&[0x18, 0x53, 0x80, 0x67], &tags)].concat()
}

/// A long name of a tag, and many values of it.
fn names() -> Vec<u8> {
    let long = |id: &[u8], inner: &[u8]| [id, &(inner.len() as u64 | 1 << 56).to_be_bytes(), inner].concat();
    let tag = [long(&[0x45, 0xA3], &vec![b'n'; VALUE - 1]), ebml(0x4487, b"v").repeat(100_000)].concat();
    let tags = long(&[0x12, 0x54, 0xC3, 0x67], &long(&[0x67, 0xC8], &tag));
    [ebml(0x1A45_DFA3, &[]), long(&[0x18, 0x53, 0x80, 0x67], &tags)].concat()
}

/// Objects in objects with long names, long lists, and lists in lists.
fn scripts() -> Vec<u8> {
    let head = [&[2][..], &amf_name("onMetaData")].concat();
    let name = amf_name(&"n".repeat(65_000));
    let deep = [&head[..], &[3], &[&name[..], &[3]].concat().repeat(7)].concat();
    let wide = [&head[..], &[3], &[&amf_name("n")[..], &[2, 0, 1, b'{']].concat().repeat(700_000)].concat();
    let row = [&head[..], &[10, 0xFF, 0xFF, 0xFF, 0xFF], &[5; 1 << 20]].concat();
    let rows = [&head[..], &[10, 0xFF, 0xFF, 0xFF, 0xFF].repeat(1 << 20)].concat();
    flv_of(&[script(&deep), script(&deep), script(&rows), script(&wide), script(&row)])
}
