//! MKV and WebM: tags wherever they stand, and elements whose size is not told.

use inspect::{
    places::Space,
    report::{About, Container},
};

use crate::{
    part::{Fixture, Part, cat, mark},
    payload::{all, one, two},
};

const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
const INFO: &[u8] = &[0x15, 0x49, 0xA9, 0x66];
const TAGS: &[u8] = &[0x12, 0x54, 0xC3, 0x67];
const TAG: &[u8] = &[0x73, 0x73];
const SIMPLE: &[u8] = &[0x67, 0xC8];
const NAME: &[u8] = &[0x45, 0xA3];
const STRING: &[u8] = &[0x44, 0x87];
const BINARY: &[u8] = &[0x44, 0x85];
const CLUSTER: &[u8] = &[0x1F, 0x43, 0xB6, 0x75];
const ROW: (Space, &str) = (Space::Matroska, "AIGC");
const PATH: &str = "matroska tag AIGC";

/// An element with its size in as few bytes as it takes.
fn element(id: &[u8], inner: impl Into<Part>) -> Part {
    let inner = inner.into();
    let width = (1..=8).find(|width| inner.len() < (1 << (7 * width)) - 1).unwrap();
    sized(id, width, inner)
}

fn sized(id: &[u8], width: usize, inner: Part) -> Part {
    let size = (inner.len() as u64) | 1 << (7 * width);
    cat!(id, &size.to_be_bytes()[8 - width..], inner)
}

/// An element whose size is not told.
fn open(id: &[u8], inner: Part) -> Part {
    cat!(id, [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], inner)
}

fn simple(name: &str, value: Part) -> Part {
    element(SIMPLE, cat!(element(NAME, name), element(STRING, value)))
}

fn tags(inner: Part) -> Part {
    element(TAGS, element(TAG, cat!(element(&[0x63, 0xC0], ""), inner)))
}

fn head(kind: &str) -> Part {
    element(&[0x1A, 0x45, 0xDF, 0xA3], cat!(element(&[0x42, 0x82], kind), element(&[0x42, 0x87], [4])))
}

fn cluster_inner() -> Part {
    let block = cat!([0x81, 0, 0, 0x80], r#"AIGC{"Label":"1","ContentProducer":"a frame"}"#);
    cat!(element(&[0xE7], [0]), element(&[0xA3], block))
}

fn file(inner: Part) -> Part {
    cat!(head("matroska"), element(SEGMENT, cat!(element(INFO, ""), inner, element(CLUSTER, cluster_inner()))))
}

/// A video with a comment.
pub fn commented(text: &str) -> Part {
    tagged("COMMENT", text)
}

/// A video with a value in a tag of this name.
pub fn tagged(name: &str, value: &str) -> Part {
    file(tags(simple(name, value.into())))
}

pub fn mkv(name: &str, file: Part) -> Fixture {
    let ending = if name.starts_with("webm") { "webm" } else { "mkv" };
    Fixture::new(format!("{name}.{ending}"), Container::Matroska, file)
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for payload in all() {
        let fixture = mkv(&format!("mkv-tag-{}", payload.name), file(tags(simple("AIGC", payload.part(0)))));
        fixtures.push(fixture.aigc(&payload, PATH, &[ROW]));
    }
    let value = || one().part(0);
    let label = || tags(simple("AIGC", value()));
    let nested = element(SIMPLE, cat!(element(NAME, "GROUP"), element(STRING, "x"), simple("AIGC", value())));
    let swapped = element(SIMPLE, cat!(element(STRING, value()), element(NAME, "AIGC")));
    let binary = element(SIMPLE, cat!(element(NAME, "AIGC"), element(BINARY, value())));
    let mut inner = simple("AIGC", value());
    for turn in 0..4 {
        inner = element(SIMPLE, cat!(element(NAME, format!("LEVEL{turn}")), inner));
    }
    let checked = element(
        TAGS,
        cat!(element(&[0xBF], [1, 2, 3, 4]), element(&[0xEC], [0; 9]), element(TAG, simple("AIGC", value()))),
    );
    let cluster = || element(CLUSTER, cluster_inner());
    let all_open = open(
        SEGMENT,
        cat!(element(INFO, ""), open(CLUSTER, cluster_inner()), cat!(open(CLUSTER, cluster_inner()), label())),
    );
    let eight = sized(
        SEGMENT,
        8,
        cat!(
            sized(
                TAGS,
                8,
                sized(TAG, 8, sized(SIMPLE, 8, cat!(sized(NAME, 8, "AIGC".into()), sized(STRING, 8, value()))))
            ),
            cluster()
        ),
    );
    let both = tags(cat!(simple("AIGC", value()), simple("COMMENT", two().part(1))));
    let plain = |name: &str, file: Part| mkv(name, file).aigc(&one(), PATH, &[ROW]);
    fixtures.extend([
        plain("mkv-nested", file(tags(nested))),
        plain("mkv-nested-deep", file(tags(inner))),
        plain("mkv-text-before-name", file(tags(swapped))),
        plain("mkv-binary", file(tags(binary))),
        plain("mkv-checked", file(checked)),
        plain("mkv-behind-clusters", cat!(head("matroska"), element(SEGMENT, cat!(cluster(), cluster(), label())))),
        plain("webm-tag", cat!(head("webm"), element(SEGMENT, cat!(element(INFO, ""), label(), cluster())))),
        plain("webm-open-segment", cat!(head("webm"), open(SEGMENT, cat!(label(), cluster())))),
        plain("webm-open-cluster", cat!(head("webm"), element(SEGMENT, cat!(open(CLUSTER, cluster_inner()), label())))),
        plain("webm-open-all", cat!(head("webm"), all_open)),
        plain("mkv-sizes-of-8", cat!(head("matroska"), eight)),
        mkv("mkv-other-tag", file(tags(simple("COMMENT", value()))))
            .aigc(&one(), "matroska tag COMMENT", &{ [(Space::Matroska, "*")] }),
        mkv("mkv-two-sites-differ", file(both)).aigc(&one(), PATH, &[]).aigc(&two(), "matroska tag COMMENT", &[]),
        mkv("mkv-title", file(element(INFO, element(&[0x7B, 0xA9], value())))).aigc(&one(), "matroska Info Title", &[]),
    ]);
    fixtures.push(capture());
    fixtures
}

fn capture() -> Fixture {
    // 2026-01-02 03:04:05 UTC, in nanoseconds counted from 2001.
    let time = 789_015_845_000_000_000_i64.to_be_bytes();
    let info = element(
        INFO,
        cat!(
            element(&[0x4D, 0x80], mark(0, "Example Muxer")),
            element(&[0x57, 0x41], mark(1, "Example Writer")),
            element(&[0x44, 0x61], mark(2, time))
        ),
    );
    let tags =
        tags(cat!(simple("ENCODER", mark(3, "Example Encoder")), simple("DATE_RECORDED", mark(4, "2026-01-02"))));
    let row = |name| [(Space::Matroska, name)];
    mkv("mkv-capture", file(cat!(info, tags)))
        .fact(About::Software, "matroska Info MuxingApp", "Example Muxer", &row("MuxingApp"))
        .fact(About::Software, "matroska Info WritingApp", "Example Writer", &row("WritingApp"))
        .fact(About::Time, "matroska Info DateUTC", "2026-01-02 03:04:05 UTC", &row("DateUTC"))
        .fact(About::Software, "matroska tag ENCODER", "Example Encoder", &row("ENCODER"))
        .fact(About::Time, "matroska tag DATE_RECORDED", "2026-01-02", &row("DATE_RECORDED"))
}
