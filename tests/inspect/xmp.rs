//! XMP packets, and every way in which a property stands in one.

use inspect::{
    places::Space,
    report::{About, Declares, Kind, Note},
};

use crate::{
    part::{Fixture, Part, Row, cat, mark},
    payload::{Payload, all, object, one},
};

pub const TC260: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
pub const NAME: &str = "TC260:AIGC";
const IPTC: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const SOURCE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// What one is stored in: the fixture's name, a file around the packet, and the path and rows up to it.
pub struct Home<'a> {
    pub name: &'a str,
    pub file: &'a dyn Fn(&str, Part) -> Fixture,
    pub path: &'a str,
    pub row: Row,
}

/// A packet with these attributes and elements in its description.
pub fn packet(attributes: impl Into<Part>, inner: impl Into<Part>) -> Part {
    cat!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">",
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\"",
        attributes,
        ">",
        inner,
        "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // A line's end in an attribute is a space unless it is written so.
    text.replace('"', "&quot;").replace('\'', "&apos;").replace('\n', "&#10;").replace('\t', "&#9;")
}

fn bound(prefix: &str, namespace: &str) -> String {
    format!(" xmlns:{prefix}=\"{namespace}\"")
}

pub fn element(prefix: &str, namespace: &str, name: &str, raw: impl Into<Part>) -> Part {
    let inner = cat!(format!("<{prefix}:{name}>"), raw, format!("</{prefix}:{name}>"));
    packet(bound(prefix, namespace), inner)
}

fn attribute(prefix: &str, namespace: &str, name: &str, raw: impl Into<Part>) -> Part {
    packet(cat!(bound(prefix, namespace), format!(" {prefix}:{name}=\""), raw, "\""), "")
}

fn label_as_element(payload: &Payload) -> Part {
    element("TC260", TC260, "AIGC", mark(0, escaped(&payload.text())))
}

fn label_as_attribute(payload: &Payload) -> Part {
    attribute("TC260", TC260, "AIGC", mark(0, escaped(&payload.text())))
}

/// The usual label as an element.
pub fn labelled() -> Part {
    label_as_element(&one())
}

/// A label as an element, under a number of one's own.
pub fn numbered(number: usize, payload: &Payload) -> Part {
    element("TC260", TC260, "AIGC", mark(number, escaped(&payload.text())))
}

/// As fields of RDF: the whole element is the label.
fn resource(attributes: bool) -> (Part, Payload) {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&object("1")).unwrap();
    let text = |value: &serde_json::Value| escaped(value.as_str().unwrap());
    let inner: String = match attributes {
        true => {
            let all: String = fields.iter().map(|(name, v)| format!(" t:{name}=\"{}\"", text(v))).collect();
            format!("<t:AIGC{all}/>")
        }
        false => {
            let all: String = fields.iter().map(|(name, v)| format!("<t:{name}>{}</t:{name}>", text(v))).collect();
            format!("<t:AIGC rdf:parseType=\"Resource\">{all}</t:AIGC>")
        }
    };
    let payload = Payload { object: serde_json::to_string(&fields).unwrap(), ..one() };
    (packet(bound("t", TC260), mark(0, inner)), payload)
}

/// Where the label stands in it and how, each by a name.
pub fn forms() -> Vec<(&'static str, Part, Payload)> {
    let (plain, json) = (|name: &str, part| (name.to_owned(), part, one()), object("1"));
    let quot = mark(0, json.replace('"', "&quot;"));
    let decimal = mark(0, json.replace('"', "&#34;").replace('{', "&#x7B;"));
    let list = |kind: &str, lang: &str| {
        let raw = cat!(format!("<rdf:{kind}><rdf:li{lang}>"), mark(0, &json), format!("</rdf:li></rdf:{kind}>"));
        element("TC260", TC260, "AIGC", raw)
    };
    let single = cat!(bound("TC260", TC260), " TC260:AIGC='", mark(0, &json), "'");
    let default = packet("", cat!(format!("<AIGC xmlns=\"{TC260}\">"), mark(0, &json), "</AIGC>"));
    let two_descriptions = packet(
        "",
        cat!(
            "</rdf:Description><rdf:Description rdf:about=\"\"",
            bound("TC260", TC260),
            "><TC260:AIGC>",
            mark(0, &json),
            "</TC260:AIGC>"
        ),
    );
    let (fields, fields_payload) = resource(false);
    let (field_attributes, field_attributes_payload) = resource(true);
    let forms = vec![
        plain("element", labelled()),
        plain("attribute", label_as_attribute(&one())),
        plain("single-quoted-attribute", packet(single, "")),
        plain("element-unescaped", element("TC260", TC260, "AIGC", mark(0, &json))),
        plain("entities", element("TC260", TC260, "AIGC", quot.clone())),
        plain("entities-attribute", attribute("TC260", TC260, "AIGC", quot)),
        plain("entities-by-number", element("TC260", TC260, "AIGC", decimal)),
        plain("other-prefix", element("aigc", TC260, "AIGC", mark(0, &json))),
        plain("other-prefix-attribute", attribute("ns1", TC260, "AIGC", mark(0, escaped(&json)))),
        plain("default-namespace", default),
        plain("https", element("TC260", &TC260.replace("http:", "https:"), "AIGC", mark(0, &json))),
        plain("no-slash", element("TC260", TC260.trim_end_matches('/'), "AIGC", mark(0, &json))),
        plain("alternatives", list("Alt", " xml:lang=\"x-default\"")),
        plain("bag", list("Bag", "")),
        plain("second-description", two_descriptions),
        ("fields".to_owned(), fields, fields_payload),
        ("field-attributes".to_owned(), field_attributes, field_attributes_payload),
    ];
    forms.into_iter().map(|(name, part, payload)| (&*name.leak(), part, payload)).collect()
}

/// Every form of the label, and every payload as element and attribute.
pub fn labels(home: &Home<'_>) -> Vec<Fixture> {
    let path = format!("{} XMP {NAME}", home.path);
    let rows = [home.row, (Space::Xmp, NAME)];
    let mut fixtures = Vec::new();
    for (form, part, payload) in forms() {
        fixtures.push((home.file)(&format!("{}-{form}", home.name), part).aigc(&payload, &path, &rows));
    }
    let cdata = element("TC260", TC260, "AIGC", cat!("<![CDATA[", mark(0, object("1")), "]]>"));
    fixtures.push((home.file)(&format!("{}-cdata", home.name), cdata).aigc(&one(), &path, &rows));
    for payload in all() {
        for (form, part) in [("element", label_as_element(&payload)), ("attribute", label_as_attribute(&payload))] {
            let name = format!("{}-{form}-{}", home.name, payload.name);
            fixtures.push((home.file)(&name, part).aigc(&payload, &path, &rows));
        }
    }
    let broken =
        cat!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF TC260=\"http://", mark(0, &TC260[7..31]), "/1.0/\">");
    let broken = (home.file)(&format!("{}-broken-xml", home.name), broken).broken();
    let path = format!("{} XMP TC260", home.path);
    let broken = broken.label(Kind::Aigc, Declares::Unclear, &path, "", &[home.row]);
    fixtures.push(broken.noted(&[Note::BrokenXml]));
    fixtures
}

/// A few forms of the label, for one more container.
pub fn some_labels(home: &Home<'_>) -> Vec<Fixture> {
    let some = ["element", "entities-attribute", "alternatives", "fields"];
    let path = format!("{} XMP {NAME}", home.path);
    let rows = [home.row, (Space::Xmp, NAME)];
    let forms = forms().into_iter().filter(|(name, ..)| some.contains(name));
    let made = |(form, part, payload): (&str, Part, Payload)| {
        (home.file)(&format!("{}-{form}", home.name), part).aigc(&payload, &path, &rows)
    };
    forms.map(made).collect()
}

/// IPTC's and others' declarations, and where a packet says something of the file's making.
pub fn others(home: &Home<'_>) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let path = |name: &str| format!("{} XMP {name}", home.path);
    let name = |what: &str| format!("{}-{what}", home.name);
    let types = [
        ("trainedAlgorithmicMedia", Declares::Generated),
        ("compositeWithTrainedAlgorithmicMedia", Declares::Composite),
        ("compositeSynthetic", Declares::Composite),
        ("algorithmicMedia", Declares::Algorithmic),
    ];
    let row = "Iptc4xmpExt:DigitalSourceType";
    let forms = |value: &str| {
        let resource = cat!("<i:DigitalSourceType rdf:resource=\"", mark(0, value), "\"/>");
        [
            ("element", element("Iptc4xmpExt", IPTC, "DigitalSourceType", mark(0, value))),
            ("attribute", attribute("Iptc4xmpExt", IPTC, "DigitalSourceType", mark(0, value))),
            ("resource", packet(bound("i", IPTC), resource)),
        ]
    };
    for (word, declares) in types {
        let value = format!("{SOURCE}{word}");
        for (form, part) in forms(&value) {
            let fixture = (home.file)(&name(&format!("source-{word}-{form}")), part);
            let rows = [home.row, (Space::Xmp, row)];
            fixtures.push(fixture.label(Kind::DigitalSourceType, declares, &path(row), &value, &rows));
        }
    }
    let value = format!("{SOURCE}digitalCapture");
    for (form, part) in forms(&value) {
        let fixture = (home.file)(&name(&format!("source-digitalCapture-{form}")), part);
        fixtures.push(fixture.fact(About::SourceType, &path(row), &value, &[(Space::Xmp, row)]));
    }
    for row in ["AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName"] {
        let fixture = (home.file)(&name(row), element("Iptc4xmpExt", IPTC, row, mark(0, "Example Model 3")));
        let row: &'static str = format!("Iptc4xmpExt:{row}").leak();
        let (kind, declares) = (Kind::AiSystem, Declares::Generated);
        fixtures.push(fixture.label(kind, declares, &path(row), "Example Model 3", &[(Space::Xmp, row)]));
    }
    let credit = "Made with Google AI";
    let part = attribute("photoshop", "http://ns.adobe.com/photoshop/1.0/", "Credit", mark(0, credit));
    let rows = [(Space::Xmp, "photoshop:Credit")];
    fixtures.push((home.file)(&name("credit"), part).trace(&path("photoshop:Credit"), credit, &rows));
    let address = "https://credentials.example/manifest.c2pa";
    let terms = attribute("dcterms", "http://purl.org/dc/terms/", "provenance", mark(0, address));
    let remote = (home.file)(&name("provenance"), terms);
    let rows = [(Space::Xmp, "dcterms:provenance")];
    let remote = remote.label(Kind::C2pa, Declares::Credentials, &path("dcterms:provenance"), address, &rows);
    fixtures.push(remote.noted(&[Note::Remote(address.to_owned())]));
    fixtures.extend(texts(home));
    fixtures.extend(facts(home));
    fixtures
}

/// Properties of any text.
fn texts(home: &Home<'_>) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let places = [
        ("exif", "http://ns.adobe.com/exif/1.0/", "UserComment", "exif:UserComment"),
        ("dc", "http://purl.org/dc/elements/1.1/", "description", "dc:description"),
    ];
    for (prefix, namespace, name, row) in places {
        let path = format!("{} XMP {row}", home.path);
        let rows = [home.row, (Space::Xmp, row)];
        let of = |what: &str, text: &str| {
            let raw = cat!("<rdf:Alt><rdf:li xml:lang=\"x-default\">", mark(0, escaped(text)), "</rdf:li></rdf:Alt>");
            (home.file)(&format!("{}-{name}-{what}", home.name), element(prefix, namespace, name, raw))
        };
        fixtures.push(of("aigc", &one().object).aigc(&one(), &path, &rows));
        let settings = crate::traces::SETTINGS;
        fixtures.push(of("settings", settings).trace(&path, settings, &rows));
        if name == "UserComment" {
            let way = inspect::report::Way::Screenshot;
            fixtures.push(of("screenshot", "Screenshot").sign(way, &path, "Screenshot", &rows));
        }
    }
    fixtures
}

fn facts(home: &Home<'_>) -> Vec<Fixture> {
    let (xmp, tiff) = ("http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/tiff/1.0/");
    let (exif, photoshop) = ("http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/photoshop/1.0/");
    let all = [
        ("xmp:CreatorTool", xmp, About::Software, "Example Editor 1.0"),
        ("xmp:CreateDate", xmp, About::Time, "2026-01-02T03:04:05"),
        ("tiff:Software", tiff, About::Software, "Example Editor 2.0"),
        ("tiff:Make", tiff, About::Make, "ExampleMake"),
        ("tiff:Model", tiff, About::Model, "ExampleModel"),
        ("exif:DateTimeOriginal", exif, About::Time, "2026-01-02T03:04:06"),
        ("photoshop:DateCreated", photoshop, About::Time, "2026-01-02"),
        ("exif:GPSLatitude", exif, About::Position, "31,14.5N"),
    ];
    let made = |(row, namespace, about, value): (&'static str, &str, About, &str)| {
        let (prefix, name) = row.split_once(':').unwrap();
        let part = attribute(prefix, namespace, name, mark(0, value));
        let fixture = (home.file)(&format!("{}-{prefix}-{name}", home.name), part);
        // Of a position nothing is shown.
        let value = if about == About::Position { "" } else { value };
        fixture.fact(about, &format!("{} XMP {row}", home.path), value, &[(Space::Xmp, row)])
    };
    all.into_iter().map(made).collect()
}
