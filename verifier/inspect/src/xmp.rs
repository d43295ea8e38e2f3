//! XMP packets: RDF in XML. Properties are read wherever they stand, as elements or attributes, by the address of their
//! namespace; prefixes mean nothing.

use std::ops::Range;

use roxmltree::{Document, Error, Node, ParsingOptions};
use serde_json::{Map, Value as Json};

use crate::{
    bytes::{Bytes, Halt, MAX_VALUE, Walk},
    places::{Space, reads},
    report::{Declares, Kind, Label, Note},
    sink::Sink,
    text::Text,
};

/// Nodes of a packet. True ones have some hundred.
const MAX_NODES: u32 = 100_000;
/// Attributes of a packet.
const MAX_ATTRIBUTES: u64 = 200_000;
/// What a tag costs in bytes of other values.
const TAG: u64 = 64;
/// RDF's own namespace.
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// The address of the AIGC label, without what differs between writers.
const AIGC: &str = "www.tc260.org.cn/ns/aigc";

/// Namespaces by the prefix that the table has.
const NAMESPACES: [(&str, &str); 7] = [
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
];

/// Name of a property as the table has it.
fn known(namespace: Option<&str>, name: &str) -> Option<String> {
    let namespace = namespace?;
    let prefix = match NAMESPACES.iter().find(|(address, _)| *address == namespace) {
        Some((_, prefix)) => prefix,
        None if namespace.to_ascii_lowercase().contains(AIGC) => "TC260",
        None => return None,
    };
    Some(format!("{prefix}:{name}")).filter(|name| !reads(Space::Xmp, name).is_empty())
}

/// Reads a packet.
///
/// # Errors
/// As [`Bytes::value`].
pub fn walk(sink: &mut Sink, path: &str, value: &Bytes<'_>) -> Walk {
    let packet = Text::new(value)?;
    let path = format!("{path} XMP");
    let limit = || Halt::Limit(packet.whole().offset);
    let Some(cost) = cost(&packet.text) else { return unparsed(sink, &path, &packet, Vec::new(), limit()) };
    value.work(cost)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(&packet.text, options) {
        Ok(document) => document,
        Err(Error::NodesLimitReached) => return unparsed(sink, &path, &packet, Vec::new(), limit()),
        Err(_) => return unparsed(sink, &path, &packet, vec![Note::BrokenXml], packet.broken()),
    };
    let packet = Packet { value, text: &packet, path: &path };
    for node in document.root().descendants().filter(Node::is_element) {
        value.step()?;
        for attribute in node.attributes() {
            value.step()?;
            if let Some(name) = known(attribute.namespace(), attribute.name()) {
                packet.property(sink, &name, attribute.range_value(), attribute.value())?;
            }
        }
        if let Some(name) = known(node.tag_name().namespace(), node.tag_name().name()) {
            packet.element(sink, &name, node)?;
        }
    }
    Ok(())
}

/// What reading a text as XML costs, in bytes of other values, as far as that can be seen before; none where it takes too
/// much time or memory. An attribute is compared with all others of its tag. A tag with a declaration of a namespace gets
/// those of all tags around it, each compared with all others.
fn cost(text: &str) -> Option<u64> {
    let (mut tags, mut attributes, mut pairs) = (0, 0, 0);
    for tag in text.as_bytes().split(|byte| *byte == b'<') {
        let here = memchr::memchr_iter(b'=', tag).count() as u64;
        tags += 1;
        attributes += here;
        pairs += here * here / 4;
    }
    let declared = memchr::memmem::find_iter(text.as_bytes(), "xmlns").count() as u64;
    let nested = declared.saturating_pow(3) / 4;
    let bounded = tags <= 2 * u64::from(MAX_NODES) && attributes <= MAX_ATTRIBUTES;
    (bounded && pairs <= MAX_VALUE && nested <= MAX_VALUE).then_some(TAG * tags + pairs + nested)
}

/// A packet that is read.
struct Packet<'a, 'b> {
    value: &'b Bytes<'a>,
    text: &'b Text<'a>,
    path: &'b str,
}

impl Packet<'_, '_> {
    /// A property as an element: text, RDF's containers of text, an address, or fields of its own.
    fn element(&self, sink: &mut Sink, name: &str, node: Node<'_, '_>) -> Walk {
        if let Some(address) = node.attribute_node((RDF, "resource")) {
            return self.property(sink, name, address.range_value(), address.value());
        }
        if name == "TC260:AIGC"
            && let Some(object) = self.object(node)?
        {
            return self.property(sink, name, node.range(), &object);
        }
        let mut first: Option<Node<'_, '_>> = None;
        let (mut last, mut whole) = (node, String::new());
        for text in node.descendants() {
            // Properties in properties: each goes through all that are in it.
            self.value.step()?;
            if !text.is_text() || blank(text.text()) {
                continue;
            }
            // Neighbours of one element, divided by comments or sections, are one text; items of a list are texts of
            // their own.
            if first.is_some_and(|first| first.parent() != text.parent()) {
                break;
            }
            first.get_or_insert(text);
            whole.push_str(text.text().unwrap_or_default());
            last = text;
        }
        let Some(first) = first else { return Ok(()) };
        let range = first.range().start..last.range().end;
        // The range of a CDATA section has its marks in it.
        let raw = self.text.text.get(range.clone()).unwrap_or_default();
        let inner = raw.strip_prefix("<![CDATA[").and_then(|raw| raw.strip_suffix("]]>"));
        let range = inner.map_or(range.clone(), |inner| range.start + 9..range.start + 9 + inner.len());
        self.property(sink, name, range, &whole)
    }

    /// Gives a property to the table's readers. It stands where its raw text does, entities and all.
    fn property(&self, sink: &mut Sink, name: &str, range: Range<usize>, value: &str) -> Walk {
        self.value.work(value.len() as u64)?;
        // To find a place in a text that is not UTF-8, all before it is counted.
        self.value.work(self.text.way(range.end))?;
        let text = Text::at(value.to_owned(), self.text.place(range));
        sink.text(Space::Xmp, name, &format!("{} {name}", self.path), &text);
        Ok(())
    }

    /// The AIGC object as RDF fields instead of JSON.
    fn object(&self, node: Node<'_, '_>) -> Walk<Option<String>> {
        let is_field = |namespace: Option<&str>| namespace.is_some_and(|n| n.to_ascii_lowercase().contains(AIGC));
        let mut fields = Map::new();
        let mut put = |name: &str, text: &str| {
            self.value.work(text.len() as u64)?;
            fields.insert(name.to_owned(), Json::String(text.to_owned()));
            Ok::<_, Halt>(())
        };
        for inner in node.descendants().skip(1).filter(Node::is_element) {
            self.value.step()?;
            if is_field(inner.tag_name().namespace()) {
                put(inner.tag_name().name(), inner.text().unwrap_or_default().trim())?;
            }
        }
        for inner in node.descendants().filter(Node::is_element) {
            for attribute in inner.attributes().filter(|attribute| is_field(attribute.namespace())) {
                self.value.step()?;
                put(attribute.name(), attribute.value())?;
            }
        }
        Ok((!fields.is_empty()).then(|| Json::Object(fields).to_string()))
    }
}

fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// A packet that no reader of XML takes, or that is too much: whether the label's namespace is in it is said all the same.
fn unparsed(sink: &mut Sink, path: &str, packet: &Text<'_>, notes: Vec<Note>, why: Halt) -> Walk {
    let lower = packet.text.to_ascii_lowercase();
    if let Some(at) = lower.find(AIGC) {
        sink.label(Label {
            kind: Kind::Aigc,
            path: format!("{path} TC260"),
            place: packet.place(at..at + AIGC.len()),
            value: String::new(),
            declares: Declares::Unclear,
            notes,
        });
    }
    Err(why)
}
