//! C2PA manifest stores: JUMBF boxes with a manifest, and in it an assertion about how the picture was made.

use inspect::report::{Declares, Kind};

use crate::part::{Fixture, Part, Row, be32, cat, mark};

pub const MANIFEST: &str = "urn:uuid:01234567-89ab-cdef-0123-456789abcdef";
pub const SOURCE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
/// Bytes before a box's contents.
pub const HEAD: usize = 8;

fn boxed(kind: &str, inner: Part) -> Part {
    cat!(be32(HEAD + inner.len()), kind, inner)
}

fn superbox(kind: &[u8], label: &str, inner: Part) -> Part {
    let id = cat!(kind, b"\x00\x11\x00\x10\x80\x00\x00\xAA\x00\x38\x9B\x71");
    boxed("jumb", cat!(boxed("jumd", cat!(id, [3], label, [0])), inner))
}

fn store_of(kind: &[u8], first: usize, thumbnail: usize) -> Part {
    let long = cat!([0x78, SOURCE.len() as u8], mark(first + 1, SOURCE));
    let action = cat!(b"\xA2\x66action\x6Cc2pa.created\x71digitalSourceType", long);
    let actions = boxed("cbor", cat!(b"\xA1\x67actions\x81", action));
    let thumbnail = if thumbnail == 0 { Part::default() } else { boxed("bidb", cat!(vec![0x55; thumbnail])) };
    let assertions = superbox(b"c2as", "c2pa.assertions", superbox(b"cbor", "c2pa.actions", actions));
    let store = superbox(kind, "c2pa", superbox(b"c2ma", MANIFEST, cat!(thumbnail, assertions)));
    mark(first, store)
}

/// A store: all of it is marked with the first number, the source type in it with the next.
pub fn store() -> Part {
    store_of(b"c2pa", 0, 0)
}

/// A store with a picture in it that is larger than any value, and ends in the middle of a source type's megabyte.
pub fn large() -> Part {
    store_of(b"c2pa", 0, (5 << 20) - 300)
}

/// The same boxes of another kind, which makes them none.
pub fn other() -> Part {
    store_of(b"c2px", 0, 0)
}

/// The contents of a `uuid` box of ISO base media files.
pub fn purpose(purpose: &str) -> Part {
    cat!([0; 4], purpose, [0], [0; 8], store())
}

impl Fixture {
    /// What a store is to be found as.
    pub fn store(self, path: &str, rows: &[Row]) -> Self {
        let path = format!("{path} C2PA");
        self.label(Kind::C2pa, Declares::Credentials, &path, MANIFEST, rows).label(
            Kind::DigitalSourceType,
            Declares::Generated,
            &path,
            SOURCE,
            rows,
        )
    }
}
