//! Small files of every container with labels in all their places, put together by hand: seeds for broken input.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

/// An AIGC object as the standard has it.
pub const OBJECT: &str = r#"{"Label":"1","ContentProducer":"maker","ProduceID":"42","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#;

/// Names of the containers.
pub const CONTAINERS: [&str; 10] = ["jpeg", "png", "webp", "gif", "tiff", "heif", "mp4", "mkv", "avi", "flv"];

/// Labelled files of a container.
pub fn seeds(container: &str) -> Vec<Vec<u8>> {
    match container {
        "jpeg" => vec![jpeg()],
        "png" => vec![png()],
        "webp" => vec![webp()],
        "gif" => vec![gif()],
        "tiff" => vec![tiff(false), tiff(true), big_tiff()],
        "heif" => vec![heif()],
        "mp4" => vec![mp4()],
        "mkv" => vec![mkv()],
        "avi" => vec![avi()],
        _ => vec![flv()],
    }
}

/// Bytes that hold `name`, and of how many bytes `value` is, and `value`.
fn sized(head: &[u8], length: &[u8], value: &[u8]) -> Vec<u8> {
    [head, length, value].concat()
}

fn be32(n: usize) -> [u8; 4] {
    (n as u32).to_be_bytes()
}

fn le32(n: usize) -> [u8; 4] {
    (n as u32).to_le_bytes()
}

/// XMP with the object as an attribute and as an element, and everything else that is read there.
pub fn xmp() -> Vec<u8> {
    let entities = OBJECT.replace('"', "&quot;");
    format!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF \
         xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description r:about='' \
         xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/' xmlns:I='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
         xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
         xmlns:dt='http://purl.org/dc/terms/' T:AIGC='{entities}' xmp:CreatorTool='Midjourney'><T:AIGC>{entities}\
         </T:AIGC><T:AIGC><T:Label>2</T:Label><T:ProduceID>7</T:ProduceID></T:AIGC><I:DigitalSourceType \
         r:resource='http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'/><dc:description>\
         <r:Alt><r:li xml:lang='x-default'>a<![CDATA[b]]>c</r:li></r:Alt></dc:description><dt:provenance>\
         https://manifests.example/1</dt:provenance><I:AISystemUsed>Kling</I:AISystemUsed></r:Description></r:RDF>\
         </x:xmpmeta><?xpacket end='w'?>"
    )
    .into_bytes()
}

/// A C2PA store with one manifest, which names a source type.
pub fn jumbf() -> Vec<u8> {
    let boxed = |kind: &[u8; 4], inner: &[u8]| sized(&be32(8 + inner.len()), kind, inner);
    let described = |id: &[u8; 16], label: &[u8]| boxed(b"jumd", &[id, &[3][..], label, &[0]].concat());
    let tail = b"\x00\x11\x00\x10\x80\x00\x00\xAA\x00\x38\x9B\x71";
    let id = |kind: &[u8; 4]| -> [u8; 16] { [&kind[..], tail].concat().try_into().unwrap() };
    let assertion = b"{\"digitalSourceType\":\"http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic\"}";
    let assertion = boxed(b"jumb", &[described(&id(b"json"), b"c2pa.actions"), boxed(b"json", assertion)].concat());
    let manifest = boxed(b"jumb", &[described(&id(b"c2ma"), b"urn:uuid:1"), assertion].concat());
    boxed(b"jumb", &[described(&id(b"c2pa"), b"c2pa"), manifest].concat())
}

/// A directory: entries as tag, type, number of values, and bytes, in one block from `start` on; `next` behind it.
pub fn directory(start: usize, entries: &[(u16, u16, u32, Vec<u8>)], big_endian: bool) -> Vec<u8> {
    let two = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let four = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut block = two(entries.len() as u16).to_vec();
    let mut values: Vec<u8> = Vec::new();
    let begin = start + 2 + 12 * entries.len() + 4;
    for (tag, kind, count, value) in entries {
        block.extend([two(*tag), two(*kind)].concat());
        block.extend(four(*count));
        if value.len() <= 4 {
            block.extend(value);
            block.resize(block.len() + 4 - value.len(), 0);
        } else {
            block.extend(four((begin + values.len()) as u32));
            values.extend(value);
        }
    }
    block.extend([0; 4]);
    block.extend(values);
    block
}

/// A TIFF block with the tags that are read, and the directories of EXIF and GPS.
pub fn tiff(big_endian: bool) -> Vec<u8> {
    let four = |n: usize| if big_endian { be32(n) } else { le32(n) };
    let text = |tag: u16, text: &str| (tag, 2, text.len() as u32 + 1, [text.as_bytes(), &[0]].concat());
    let signature = format!("Signature: {}", "QUJD".repeat(16));
    let utf16: Vec<u8> = OBJECT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let unicode: Vec<u8> = OBJECT
        .encode_utf16()
        .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect();
    let coded = [b"UNICODE\0", &unicode[..]].concat();
    let of = |exif: usize, gps: usize| {
        vec![
            text(0x010E, &signature),
            text(0x010F, "Canon"),
            text(0x0110, "prompt:{\"1\":{\"class_type\":\"KSampler\"}}"),
            text(0x0131, "Adobe Firefly"),
            text(0x0132, "2026:01:02 03:04:05"),
            text(0x013B, "01234567-89ab-cdef-0123-456789abcdef"),
            (0x02BC, 1, xmp().len() as u32, xmp()),
            (0x8769, 4, 1, four(exif).to_vec()),
            (0x8825, 4, 1, four(gps).to_vec()),
            (0x9C9C, 1, utf16.len() as u32, utf16.clone()),
            (0xCD41, 7, jumbf().len() as u32, jumbf()),
        ]
    };
    let length = directory(8, &of(0, 0), big_endian).len();
    let exif = [text(0x9003, "2026:01:02 03:04:05"), (0x9286, 7, coded.len() as u32, coded)];
    let exif = directory(8 + length, &exif, big_endian);
    let gps = directory(8 + length + exif.len(), &[(2, 5, 3, vec![0; 24])], big_endian);
    let first = directory(8, &of(8 + length, 8 + length + exif.len()), big_endian);
    let head = if big_endian { *b"MM\0*" } else { *b"II*\0" };
    [&head[..], &four(8), &first, &exif, &gps].concat()
}

/// The same kind of block with 8 bytes for each offset.
fn big_tiff() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: usize, at: usize| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &(count as u64).to_le_bytes(), &(at as u64).to_le_bytes()]
            .concat()
    };
    let begin = 16 + 8 + 3 * 20 + 8;
    let entries = [
        entry(0x010E, 2, OBJECT.len(), begin),
        entry(0x0131, 2, 4, u32::from_le_bytes(*b"Sora") as usize),
        entry(0x8769, 18, 1, begin + OBJECT.len()),
    ];
    let exif = [&1u64.to_le_bytes()[..], &entry(0x9003, 2, 4, u32::from_le_bytes(*b"2026") as usize), &[0; 8]];
    let head = [b"II+\0\x08\0\0\0", &16u64.to_le_bytes()[..], &3u64.to_le_bytes()].concat();
    [&head[..], &entries.concat(), &[0; 8], OBJECT.as_bytes(), &exif.concat()].concat()
}

fn jpeg() -> Vec<u8> {
    let segment =
        |marker: u8, data: &[u8]| [&[0xFF, marker][..], &(data.len() as u16 + 2).to_be_bytes(), data].concat();
    let extended = xmp();
    let (first, second) = extended.split_at(700);
    let extension = |at: usize, piece: &[u8]| {
        let head = [b"http://ns.adobe.com/xmp/extension/\0", &[b'A'; 32][..]].concat();
        segment(0xE1, &[&head[..], &be32(extended.len()), &be32(at), piece].concat())
    };
    let store = jumbf();
    let credentials = |turn: usize, piece: &[u8]| segment(0xEB, &[b"JP\0\x01", &be32(turn)[..], piece].concat());
    let (one, two) = store.split_at(150);
    let scan = [&segment(0xDA, &[1, 1, 0, 0, 63, 0])[..], &[0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56]].concat();
    let edited = [&[0, 0, 1, 0x0A][..], &le32(24), b"PhotoEditor_Re_Edit_Data{\"genAIType\":1}"].concat();
    let entry = [&[0, 0, 1, 0x0A][..], &le32(edited.len()), &le32(edited.len())].concat();
    let samsung = [b"SEFH\x6a\0\0\0\x01\0\0\0", &entry[..]].concat();
    [
        &[0xFF, 0xD8][..],
        &segment(0xE1, &[b"Exif\0\0", &tiff(true)[..]].concat()),
        &segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp()[..]].concat()),
        &extension(700, second),
        &extension(0, first),
        &credentials(1, one),
        &credentials(2, &[&store[..8], two].concat()),
        &segment(0xE9, format!("AIGC{OBJECT}").as_bytes()),
        &segment(0xED, b"Photoshop 3.0\08BIM FBMD0a"),
        &segment(0xFE, b"CREATOR: gd-jpeg v1.0"),
        &scan,
        &segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        &[0x77, 0xFF, 0xD9],
        &mp4(),
        &edited,
        &samsung,
        &le32(samsung.len()),
        b"SEFT",
    ]
    .concat()
}

/// Bytes as zlib has them, not compressed.
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let length = bytes.len() as u16;
    let head = [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    [&head[..], bytes, &(b << 16 | a).to_be_bytes()].concat()
}

/// A chunk of PNG; nobody here looks at its checksum.
pub fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&be32(data.len())[..], name, data, &[0; 4]].concat()
}

/// A PNG of these chunks.
pub fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    let head = png_chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    [b"\x89PNG\r\n\x1a\n", &head[..], &chunks.concat(), &png_chunk(b"IEND", &[])].concat()
}

fn png() -> Vec<u8> {
    let text = |keyword: &str, text: &[u8]| png_chunk(b"tEXt", &[keyword.as_bytes(), &[0], text].concat());
    let hexadecimal: String = tiff(false).iter().map(|byte| format!("{byte:02x}")).collect();
    let profile = format!("\nexif\n{:8}\n{hexadecimal}\n", tiff(false).len());
    png_of(&[
        text("AIGC", OBJECT.as_bytes()),
        text("parameters", b"a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"),
        png_chunk(b"zTXt", &[b"AIGC\0\0", &zlib(OBJECT.as_bytes())[..]].concat()),
        png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp()[..]].concat()),
        png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0zh\0\xE6\xA0\x87\0", &zlib(&xmp())[..]].concat()),
        png_chunk(b"eXIf", &tiff(true)),
        png_chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 1]),
        png_chunk(b"caBX", &jumbf()),
        text("Raw profile type exif", profile.as_bytes()),
        text("prompt", b"{\"3\":{\"class_type\":\"KSampler\"}}"),
        text("Software", b"NovelAI"),
    ])
}

pub fn riff_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&name[..], &le32(data.len()), data, if data.len() % 2 == 1 { &[0] } else { &[] }].concat()
}

fn riff(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_chunk(b"RIFF", &[&kind[..], &chunks.concat()].concat())
}

fn list(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_chunk(b"LIST", &[&kind[..], &chunks.concat()].concat())
}

fn webp() -> Vec<u8> {
    riff(
        b"WEBP",
        &[
            riff_chunk(b"VP8X", &[0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            riff_chunk(b"VP8L", &[0x2f, 0, 0, 0, 0, 8, 8]),
            riff_chunk(b"EXIF", &[b"Exif\0\0", &tiff(false)[..]].concat()),
            riff_chunk(b"XMP ", &xmp()),
            riff_chunk(b"C2PA", &jumbf()),
        ],
    )
}

fn avi() -> Vec<u8> {
    riff(
        b"AVI ",
        &[
            list(b"hdrl", &[riff_chunk(b"avih", &[0; 56]), riff_chunk(b"IDIT", b"2026-01-02 03:04:05")]),
            list(b"INFO", &[riff_chunk(b"AIGC", OBJECT.as_bytes()), riff_chunk(b"ISFT", b"Lavf60.1.100")]),
            riff_chunk(b"_PMX", &xmp()),
            list(b"movi", &[riff_chunk(b"00dc", &[0; 16])]),
            riff_chunk(b"C2PA", &jumbf()),
        ],
    )
}

fn gif() -> Vec<u8> {
    let blocks = |data: &[u8]| {
        let mut blocks: Vec<u8> = data.chunks(255).flat_map(|piece| [&[piece.len() as u8], piece].concat()).collect();
        blocks.push(0);
        blocks
    };
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    [
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF",
        &[b"\x21\xFE", &blocks(OBJECT.as_bytes())[..]].concat()[..],
        &[b"\x21\xFF\x0BXMP DataXMP", &xmp()[..], &trailer].concat(),
        &[b"\x21\xFF\x0BXMP DataXMP", &blocks(&xmp())[..]].concat(),
        &[b"\x21\xFF\x0BC2PA_GIF\x01\0\0", &blocks(&jumbf())[..]].concat(),
        b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B",
    ]
    .concat()
}

/// A box of ISO base media files.
pub fn boxed(kind: &[u8; 4], inner: &[u8]) -> Vec<u8> {
    [&be32(8 + inner.len())[..], kind, inner].concat()
}

const UUID_XMP: [u8; 16] = *b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
const UUID_C2PA: [u8; 16] = *b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81";

fn uuids() -> Vec<u8> {
    let store = [&UUID_C2PA[..], &[0; 4], b"manifest\0", &[0; 8], &jumbf()].concat();
    [boxed(b"uuid", &[&UUID_XMP[..], &xmp()].concat()), boxed(b"uuid", &store)].concat()
}

fn heif() -> Vec<u8> {
    let entry = |number: u8, kind: &[u8]| boxed(b"infe", &[&[2, 0, 0, 0, 0, number, 0, 0], kind, &[0]].concat());
    let entries = [entry(1, b"Exif"), entry(2, b"mime\0application/rdf+xml"), entry(3, b"hvc1")].concat();
    let names = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3][..], &entries].concat());
    let exif = [&[0, 0, 0, 0][..], &tiff(true)].concat();
    let packet = xmp();
    // Exif at its place in the file, XMP in two pieces beside the list.
    let places = |at: usize| {
        let one = [&[0, 1, 0, 0, 0, 0, 0, 1][..], &be32(at), &be32(exif.len())].concat();
        let half = packet.len() / 2;
        let two = [&[0, 2, 0, 1, 0, 0, 0, 2][..], &be32(0), &be32(half), &be32(half), &be32(packet.len() - half)];
        boxed(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 2][..], &one, &two.concat()].concat())
    };
    let whole = |at: usize| {
        let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
        let meta = [&[0; 4][..], &handler, &names, &places(at), &boxed(b"idat", &packet)].concat();
        [boxed(b"ftyp", b"heic\0\0\0\0mif1heic"), boxed(b"meta", &meta), uuids()].concat()
    };
    let at = whole(0).len() + 8;
    [whole(at), boxed(b"mdat", &exif)].concat()
}

fn mp4() -> Vec<u8> {
    let data = |value: &[u8]| boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0][..], value].concat());
    let key = |name: &str| boxed(b"mdta", name.as_bytes());
    let keys = [key("AIGC"), key("encoder"), key("com.apple.quicktime.make")].concat();
    let keys = boxed(b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 3][..], &keys].concat());
    let values = [data(OBJECT.as_bytes()), data(b"Lavf60.1.100"), data(b"Apple")];
    let values: Vec<u8> = values.iter().enumerate().flat_map(|(turn, value)| boxed(&be32(turn + 1), value)).collect();
    let handler = |kind: &[u8; 4]| boxed(b"hdlr", &[&[0; 8][..], kind, &[0; 13]].concat());
    let keyed = [&[0; 4][..], &handler(b"mdta"), &keys, &boxed(b"ilst", &values)].concat();
    let free = [boxed(b"mean", b"\0\0\0\0com.x"), boxed(b"name", b"\0\0\0\0AIGC"), data(OBJECT.as_bytes())].concat();
    let free = [boxed(b"----", &free), boxed(b"\xA9too", &data(b"Lavf"))].concat();
    let keyless = [&handler(b"mdir")[..], &boxed(b"ilst", &free)].concat();
    let user = [
        boxed(b"meta", &keyed),
        boxed(b"AIGC", OBJECT.as_bytes()),
        boxed(b"XMP_", &xmp()),
        boxed(b"\xA9swr", b"\0\x04\x15\xC7Sora"),
    ];
    let moov = [boxed(b"mvhd", &[&[0; 4][..], &[0xE0; 8], &[0; 88]].concat()), boxed(b"udta", &user.concat())];
    let track = boxed(b"trak", &boxed(b"udta", &boxed(b"\xA9xyz", b"\0\x11\x15\xC7+31.2000+121.5000/")));
    let moov = boxed(b"moov", &[moov.concat(), track, boxed(b"meta", &keyless)].concat());
    let file = [boxed(b"ftyp", b"isom\0\0\x02\0isommp41"), moov, uuids(), boxed(b"beam", &[0; 4])];
    [file.concat(), boxed(b"mdat", &[7; 16])].concat()
}

/// An element of EBML with 2 bytes of length.
pub fn ebml(id: u32, inner: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|byte| *byte != 0).unwrap_or(3)..];
    [id, &(inner.len() as u16 | 0x4000).to_be_bytes(), inner].concat()
}

fn mkv() -> Vec<u8> {
    let tag = |name: &[u8], value: &[u8]| ebml(0x67C8, &[ebml(0x45A3, name), ebml(0x4487, value)].concat());
    let tags = [tag(b"AIGC", OBJECT.as_bytes()), tag(b"ENCODER", b"Lavf60"), tag(b"COMMENT", OBJECT.as_bytes())];
    let nested = ebml(0x67C8, &[ebml(0x4485, b"x"), tag(b"AIGC", b"y"), ebml(0x45A3, b"OUTER")].concat());
    let info = [ebml(0x7BA9, OBJECT.as_bytes()), ebml(0x4D80, b"Lavf60"), ebml(0x4461, &[0, 1, 2, 3, 4, 5, 6, 7])];
    let cluster = [&[0x1F, 0x43, 0xB6, 0x75, 0xFF][..], &ebml(0xE7, &[0]), &ebml(0xA3, &[0x81, 0, 0, 0, 9])].concat();
    let tags = ebml(0x1254_C367, &ebml(0x7373, &[tags.concat(), nested].concat()));
    let segment = [ebml(0x1549_A966, &info.concat()), cluster, tags].concat();
    [ebml(0x1A45_DFA3, &ebml(0x4282, b"matroska")), ebml(0x1853_8067, &segment)].concat()
}

/// A tag of FLV with script data, and the length behind it.
pub fn script(data: &[u8]) -> Vec<u8> {
    let length = be32(data.len());
    [&[18][..], &length[1..], &[0; 7], data, &be32(11 + data.len())].concat()
}

/// A name of AMF.
pub fn amf_name(name: &str) -> Vec<u8> {
    [&(name.len() as u16).to_be_bytes()[..], name.as_bytes()].concat()
}

/// FLV of these tags.
pub fn flv_of(tags: &[Vec<u8>]) -> Vec<u8> {
    [b"FLV\x01\x05\0\0\0\x09\0\0\0\0", &tags.concat()[..]].concat()
}

fn flv() -> Vec<u8> {
    let text = |name: &str, value: &str| [amf_name(name), vec![2], amf_name(value)].concat();
    let fields = [
        text("AIGC", OBJECT),
        [amf_name("duration"), vec![0, 0x40, 0, 0, 0, 0, 0, 0, 0]].concat(),
        [amf_name("flag"), vec![1, 1]].concat(),
        [amf_name("inner"), vec![3], text("comment", OBJECT), vec![0, 0, 9]].concat(),
        [amf_name("row"), vec![10, 0, 0, 0, 2, 5, 6]].concat(),
        [amf_name("when"), vec![11], vec![0; 10]].concat(),
        [amf_name("long"), vec![12], be32(OBJECT.len()).to_vec(), OBJECT.as_bytes().to_vec()].concat(),
        text("encoder", "Lavf60.1.100"),
    ];
    let array = [&[2][..], &amf_name("onMetaData"), &[8, 0, 0, 0, 8], &fields.concat(), &[0, 0, 9]].concat();
    let object = [&[2][..], &amf_name("onXMPData"), &[3], &text("AIGC", OBJECT), &[0, 0, 9]].concat();
    let picture = [&[9, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0][..], &[0x17; 4], &be32(15)].concat();
    flv_of(&[script(&array), picture, script(&object)])
}
