//! XMP packets: RDF in XML. Properties are read wherever they stand, as elements or attributes, by the address of their
//! namespace; prefixes mean nothing.

use std::ops::Range;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value as Json};

use crate::{
    bytes::{Bytes, Walk},
    places::{Space, reads},
    report::{Declares, Kind, Label, Note},
    sink::Sink,
    text::Text,
};

/// Nodes of a packet. True ones have some hundred.
const MAX_NODES: u32 = 100_000;
/// RDF's own namespace.
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// The address of the AIGC label, without what differs between writers.
const AIGC: &str = "www.tc260.org.cn/ns/aigc";

/// Namespaces by the prefix that the table has.
const NAMESPACES: [(&str, &str); 8] = [
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
    ("http://ns.samsung.com/gallery/1.0/", "samsung"),
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
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let Ok(document) = Document::parse_with_options(&packet.text, options) else {
        return unparsed(sink, &path, &packet);
    };
    for node in document.root().descendants().filter(Node::is_element) {
        value.step()?;
        for attribute in node.attributes() {
            value.step()?;
            if let Some(name) = known(attribute.namespace(), attribute.name()) {
                property(sink, &packet, &name, &path, attribute.range_value(), attribute.value());
            }
        }
        if let Some(name) = known(node.tag_name().namespace(), node.tag_name().name()) {
            element(sink, &packet, &name, &path, node);
        }
    }
    Ok(())
}

/// A property as an element: text, RDF's containers of text, an address, or fields of its own.
fn element(sink: &mut Sink, packet: &Text<'_>, name: &str, path: &str, node: Node<'_, '_>) {
    if let Some(address) = node.attribute_node((RDF, "resource")) {
        return property(sink, packet, name, path, address.range_value(), address.value());
    }
    if name == "TC260:AIGC"
        && let Some(object) = object(node)
    {
        return property(sink, packet, name, path, node.range(), &object);
    }
    let mut texts = node.descendants().filter(Node::is_text).filter(|text| !blank(text.text()));
    let Some(first) = texts.next() else { return };
    // Neighbours of one element, divided by comments or sections, are one text; items of a list are texts of their own.
    let parent = first.parent();
    let mut last = first;
    let mut whole = first.text().unwrap_or_default().to_owned();
    for text in texts.take_while(|text| text.parent() == parent) {
        whole.push_str(text.text().unwrap_or_default());
        last = text;
    }
    let range = first.range().start..last.range().end;
    // The range of a CDATA section has its marks in it.
    let raw = packet.text.get(range.clone()).unwrap_or_default();
    let inner = raw.strip_prefix("<![CDATA[").and_then(|raw| raw.strip_suffix("]]>"));
    let range = inner.map_or(range.clone(), |inner| range.start + 9..range.start + 9 + inner.len());
    property(sink, packet, name, path, range, &whole)
}

/// Gives a property to the table's readers. It stands where its raw text does, entities and all.
fn property(sink: &mut Sink, packet: &Text<'_>, name: &str, path: &str, range: Range<usize>, value: &str) {
    let text = Text::at(value.to_owned(), packet.place(range));
    sink.text(Space::Xmp, name, &format!("{path} {name}"), &text);
}

fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// The AIGC object as RDF fields instead of JSON.
fn object(node: Node<'_, '_>) -> Option<String> {
    let is_field = |namespace: Option<&str>| namespace.is_some_and(|n| n.to_ascii_lowercase().contains(AIGC));
    let mut fields = Map::new();
    for node in node.descendants().skip(1).filter(Node::is_element) {
        if is_field(node.tag_name().namespace()) {
            let text = node.text().unwrap_or_default().trim();
            fields.insert(node.tag_name().name().to_owned(), Json::String(text.to_owned()));
        }
    }
    for node in node.descendants().filter(Node::is_element) {
        for attribute in node.attributes().filter(|attribute| is_field(attribute.namespace())) {
            fields.insert(attribute.name().to_owned(), Json::String(attribute.value().to_owned()));
        }
    }
    (!fields.is_empty()).then(|| Json::Object(fields).to_string())
}

/// A packet that no reader of XML takes: whether the label's namespace and object are in it is said all the same.
fn unparsed(sink: &mut Sink, path: &str, packet: &Text<'_>) -> Walk {
    let lower = packet.text.to_ascii_lowercase();
    let Some(at) = lower.find(AIGC) else { return Err(packet.broken()) };
    let label = Label {
        kind: Kind::Aigc,
        path: format!("{path} TC260"),
        place: packet.place(at..at + AIGC.len()),
        value: String::new(),
        declares: Declares::Unclear,
        notes: vec![Note::BrokenXml],
    };
    sink.label(label);
    Err(packet.broken())
}
