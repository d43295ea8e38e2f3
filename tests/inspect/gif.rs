//! GIF: extensions before and behind the picture.

use inspect::{places::Space, report::Container};

use crate::{
    jumbf,
    part::{Fixture, Part, cat, mark},
    payload::one,
    traces, xmp,
};

const ROW_XMP: (Space, &str) = (Space::Extension, "XMP DataXMP");

/// Data in blocks of at most so many bytes.
fn blocks(data: Part, size: usize) -> Part {
    let blocks: Part = data.pieces(size).into_iter().map(|piece| cat!([piece.len() as u8], piece)).collect();
    blocks.and([0])
}

pub fn comment(text: impl Into<Part>, size: usize) -> Part {
    cat!([0x21, 0xFE], blocks(text.into(), size))
}

fn application(name: &[u8; 11], data: Part) -> Part {
    cat!([0x21, 0xFF, 11], name, data)
}

/// What stands behind a packet that is stored as it is.
fn trailer() -> Part {
    let down: Vec<u8> = (0..=255).rev().collect();
    cat!([1], down, [0])
}

/// Two colours and one dot, with these extensions before and behind it.
pub fn picture(before: impl Into<Part>, behind: impl Into<Part>) -> Part {
    let dot = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
    cat!(b"GIF89a\x01\0\x01\0\x80\0\0", [0, 0, 0, 255, 255, 255], before, dot, behind, ";")
}

pub fn gif(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.gif"), Container::Gif, file)
}

pub fn fixtures() -> Vec<Fixture> {
    let as_it_is = |packet: Part| application(b"XMP DataXMP", cat!(packet, trailer()));
    let plain = |name: &str, packet: Part| gif(name, picture(as_it_is(packet), ""));
    let behind = |name: &str, packet: Part| gif(name, picture("", as_it_is(packet)));
    let divided = |name: &str, packet: Part| gif(name, picture(application(b"XMP DataXMP", blocks(packet, 255)), ""));
    let home = |name, file| xmp::Home { name, file, path: "gif XMP DataXMP", row: ROW_XMP };
    let mut fixtures = xmp::some_labels(&home("gif-xmp", &plain));
    fixtures.extend(xmp::some_labels(&home("gif-xmp-behind", &behind)));
    fixtures.extend(xmp::some_labels(&home("gif-xmp-blocks", &divided)));
    let row = [(Space::Comment, "*")];
    for (name, size) in [("one-block", 255), ("blocks", 40)] {
        let fixture = gif(&format!("gif-comment-{name}"), picture(comment(one().part(0), size), ""));
        fixtures.push(fixture.aigc(&one(), "gif comment", &row));
    }
    let settings = gif("gif-comment-settings", picture(comment(mark(0, traces::SETTINGS), 255), ""));
    fixtures.push(settings.trace("gif comment", traces::SETTINGS, &row));
    let row = [(Space::Extension, "C2PA_GIF")];
    let store = gif("gif-C2PA", picture(application(b"C2PA_GIF\x01\0\0", blocks(jumbf::store(), 255)), ""));
    fixtures.push(store.store("gif C2PA_GIF", &row));
    fixtures
}
