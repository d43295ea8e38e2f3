//! HEIC and AVIF: items of a picture, wherever and in how many pieces they stand.

use inspect::{places::Space, report::Container};

use crate::{
    exif, jumbf,
    mp4::{boxed, full, uuid},
    part::{Fixture, Part, be16, be32, be64, cat},
    payload::one,
    xmp,
};

const MIME: &str = "application/rdf+xml";
const XMP_ID: &str = "BE7ACFCB97A942E89C71999491E3AFAC";
const C2PA_ID: &str = "D8FEC3D61B0E483C92975828877EC481";

/// How items are stored.
#[derive(Clone, Copy)]
struct Store {
    /// Version of `iloc`.
    version: u8,
    /// Bytes of offsets, lengths, the base and the index.
    widths: [u8; 4],
    /// In `idat` instead of behind `meta`.
    inside: bool,
    /// Pieces of each item.
    pieces: usize,
    /// Number of the first item.
    first: usize,
}

const PLAIN: Store = Store { version: 0, widths: [4, 4, 0, 0], inside: false, pieces: 1, first: 1 };

fn number(width: u8, n: usize) -> Part {
    match width {
        0 => Part::default(),
        4 => be32(n).into(),
        _ => be64(n).into(),
    }
}

/// A file with these items: four letters, MIME type, data.
fn file(brand: &str, store: Store, items: &[(&str, &str, Part)], more: Part) -> Part {
    let Store { version, widths: [offset, length, base, index], inside, pieces, first } = store;
    let head = boxed("ftyp", cat!(brand, [0; 4], "mif1", brand));
    // Each piece stands behind four bytes of something else.
    let mut data = Part::default();
    let mut places = Vec::new();
    for (_, _, item) in items {
        let mut extents = Vec::new();
        for piece in item.clone().pieces(item.len().div_ceil(pieces)) {
            data = data.and("....");
            extents.push((data.len(), piece.len()));
            data = data.and(piece);
        }
        places.push(extents);
    }
    let wide = version == 2;
    let id = |n: usize| if wide { Part::from(be32(first + n)) } else { be16(first + n).into() };
    let infos: Part = items
        .iter()
        .enumerate()
        .map(|(n, (kind, mime, _))| {
            let mime = if mime.is_empty() { Part::default() } else { cat!(*mime, [0]) };
            full("infe", if wide { 3 } else { 2 }, cat!(id(n), be16(0), *kind, [0], mime))
        })
        .collect();
    let meta = |start: usize| {
        // With a base, offsets count from there.
        let (of_base, from) = if base == 0 { (0, start) } else { (start, 0) };
        let rows: Part = places
            .iter()
            .enumerate()
            .map(|(n, extents)| {
                let method = if version == 0 { Part::default() } else { be16(inside.into()).into() };
                let extents: Part = [Part::from(be16(extents.len()))]
                    .into_iter()
                    .chain(extents.iter().map(|(at, size)| {
                        cat!(
                            number(if version == 0 { 0 } else { index }, 1),
                            number(offset, from + at),
                            number(length, *size)
                        )
                    }))
                    .collect();
                cat!(id(n), method, be16(0), number(base, of_base), extents)
            })
            .collect();
        let count = |n: usize| if wide { Part::from(be32(n)) } else { be16(n).into() };
        let places = full("iloc", version, cat!([offset << 4 | length, base << 4 | index], count(items.len()), rows));
        let held = if inside { boxed("idat", data.clone()) } else { Part::default() };
        full(
            "meta",
            0,
            cat!(
                full("hdlr", 0, cat!([0; 4], "pict", [0; 13])),
                full("pitm", 0, be16(1)),
                full("iinf", 0, cat!(be16(items.len()), infos.clone())),
                places,
                held
            ),
        )
    };
    if inside {
        return cat!(head, meta(0), more, boxed("mdat", "AIGC"));
    }
    let start = head.len() + meta(0).len() + more.len() + 8;
    cat!(head, meta(start), more, boxed("mdat", data))
}

fn heif(name: &str, file: Part) -> Fixture {
    let ending = if name.starts_with("avif") { "avif" } else { "heic" };
    Fixture::new(format!("{name}.{ending}"), Container::Heif, file)
}

fn brand(name: &str) -> &str {
    if name.starts_with("avif") { "avif" } else { "heic" }
}

/// An `Exif` item: how far behind this number the block begins.
fn exif_item(led: bool) -> Part {
    let block = exif::Block::of(vec![exif::ascii(0x010E, one().part(0))]);
    if led { cat!(be32(6), "Exif\0\0", block) } else { cat!(be32(0), block) }
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let stores = [
        ("plain", PLAIN),
        ("based", Store { widths: [4, 4, 4, 0], ..PLAIN }),
        ("wide", Store { widths: [8, 8, 8, 0], ..PLAIN }),
        ("version-1", Store { version: 1, ..PLAIN }),
        ("version-1-index", Store { version: 1, widths: [4, 4, 0, 4], ..PLAIN }),
        ("version-1-idat", Store { version: 1, inside: true, ..PLAIN }),
        ("version-1-idat-pieces", Store { version: 1, inside: true, pieces: 3, ..PLAIN }),
        ("version-2", Store { version: 2, first: 70_000, ..PLAIN }),
        ("version-2-idat", Store { version: 2, first: 70_000, inside: true, ..PLAIN }),
        ("pieces", Store { pieces: 3, ..PLAIN }),
        ("pieces-based", Store { widths: [4, 4, 8, 0], pieces: 5, ..PLAIN }),
    ];
    for kind in ["heic", "avif"] {
        for (name, store) in stores {
            let items = |what: &'static str, mime: &'static str, data: Part| {
                [("hvc1", "", Part::from("AIGC data c2pa")), (what, mime, data)]
            };
            let item = store.first + 1;
            let packet = file(kind, store, &items("mime", MIME, xmp::labelled()), Part::default());
            let path = format!("heif item {item} {MIME} XMP {}", xmp::NAME);
            let rows = [(Space::Item, MIME), (Space::Xmp, xmp::NAME)];
            fixtures.push(heif(&format!("{kind}-xmp-{name}"), packet).aigc(&one(), &path, &rows));
            let block = file(kind, store, &items("Exif", "", exif_item(name.len() % 2 == 0)), Part::default());
            let path = format!("heif item {item} Exif IFD0 010E");
            let rows = [(Space::Item, "Exif"), (Space::Exif, "010E")];
            fixtures.push(heif(&format!("{kind}-exif-{name}"), block).aigc(&one(), &path, &rows));
        }
        let picture = [("hvc1", "", Part::from("....")); 1];
        let extra = |more: Part| file(kind, PLAIN, &picture, more);
        let row = (Space::Uuid, XMP_ID);
        let with_xmp = |name: &str, packet: Part| heif(name, extra(uuid(XMP_ID, packet)));
        let name = format!("{}-uuid-xmp", brand(kind));
        fixtures.extend(xmp::some_labels(&xmp::Home { name: &name, file: &with_xmp, path: "heif uuid", row }));
        let store = heif(&format!("{kind}-uuid-C2PA"), extra(uuid(C2PA_ID, jumbf::purpose("manifest"))));
        fixtures.push(store.store("heif uuid", &[(Space::Uuid, C2PA_ID)]));
    }
    fixtures
}
