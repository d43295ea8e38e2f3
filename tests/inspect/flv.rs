//! FLV: values of script data, short and long, in objects and lists.

use inspect::{
    places::Space,
    report::{About, Container},
};

use crate::{
    part::{Fixture, Part, be16, be32, cat, mark},
    payload::{all, one, two},
};

const ROW: (Space, &str) = (Space::Script, "AIGC");
const PATH: &str = "flv onMetaData AIGC";
const END: [u8; 3] = [0, 0, 9];

fn tag(kind: u8, data: Part) -> Part {
    let length = be32(data.len());
    let total = be32(11 + data.len());
    cat!([kind], &length[1..], [0; 7], data, total)
}

fn text(value: Part) -> Part {
    cat!([2], be16(value.len()), value)
}

fn long(value: Part) -> Part {
    cat!([12], be32(value.len()), value)
}

fn number(value: f64) -> Part {
    cat!([0], value.to_be_bytes())
}

fn field(name: &str, value: Part) -> Part {
    cat!(be16(name.len()), name, value)
}

fn object(fields: Part) -> Part {
    cat!([3], fields, END)
}

fn list(fields: Part) -> Part {
    cat!([8], be32(3), fields, END)
}

/// A file with these values in its script data.
fn file(value: Part) -> Part {
    let media = tag(9, r#"AIGC{"Label":"1","ContentProducer":"a frame"}"#.into());
    cat!("FLV\x01\x05", be32(9), be32(0), tag(18, cat!(text("onMetaData".into()), value)), media)
}

/// A video with a comment.
pub fn commented(comment: &str) -> Part {
    named("comment", comment)
}

/// A video with a value in a field of this name.
pub fn named(name: &str, value: &str) -> Part {
    file(list(field(name, text(value.into()))))
}

pub fn flv(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.flv"), Container::Flv, file)
}

pub fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for payload in all() {
        let fields = cat!(field("duration", number(1.0)), field("AIGC", text(payload.part(0))));
        let fixture = flv(&format!("flv-text-{}", payload.name), file(list(fields)));
        fixtures.push(fixture.aigc(&payload, PATH, &[ROW]));
    }
    let value = || one().part(0);
    let plain = |name: &str, value: Part| flv(name, file(value)).aigc(&one(), PATH, &[ROW]);
    let before = || {
        let date = cat!([11], 1_767_323_045_000.0_f64.to_be_bytes(), [0, 0]);
        let (flag, nothing) = (cat!([1], [1]), Part::from([5]));
        cat!(
            field("stereo", flag),
            field("when", date),
            field("none", nothing),
            field("times", cat!([10], be32(2), cat!(number(0.0), number(1.0))))
        )
    };
    let nested = field("more", object(field("AIGC", text(value()))));
    let in_a_list = field("AIGC", cat!([10], be32(1), text(value())));
    let unended = cat!([8], be32(1), field("AIGC", text(value())));
    let both = cat!(field("AIGC", text(value())), field("comment", long(two().part(1))));
    fixtures.extend([
        plain("flv-long", list(field("AIGC", long(value())))),
        plain("flv-xml-text", list(field("AIGC", cat!([15], be32(one().object.len()), value())))),
        plain("flv-object", object(field("AIGC", text(value())))),
        plain("flv-behind-others", list(cat!(before(), field("AIGC", text(value()))))),
        plain("flv-in-a-list", list(in_a_list)),
        plain("flv-unended", unended),
        flv("flv-nested", file(list(nested))).aigc(&one(), "flv onMetaData more AIGC", &[ROW]),
        flv("flv-other", file(list(field("comment", text(value())))))
            .aigc(&one(), "flv onMetaData comment", &{ [(Space::Script, "*")] }),
        flv("flv-two-sites-differ", file(list(both))).aigc(&one(), PATH, &[]).aigc(
            &two(),
            "flv onMetaData comment",
            &[],
        ),
    ]);
    let texts = [
        ("encoder", About::Software, "Example Encoder"),
        ("metadatacreator", About::Software, "Example Writer"),
        ("creationdate", About::Time, "2026-01-02"),
    ];
    let fields = texts.iter().enumerate().map(|(n, (name, _, value))| field(name, text(mark(n, value)))).collect();
    let mut capture = flv("flv-capture", file(list(fields)));
    for (name, about, value) in texts {
        capture = capture.fact(about, &format!("flv onMetaData {name}"), value, &[(Space::Script, name)]);
    }
    fixtures.push(capture);
    fixtures
}
