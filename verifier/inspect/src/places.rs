//! One table: what is read at which place of which container. A new place is one row.

use crate::report::{About, Kind, Way};

/// Where names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// What an APP segment of JPEG begins with.
    App,
    /// Comments: JPEG COM, GIF.
    Comment,
    /// Chunks of PNG and RIFF by their four letters.
    Chunk,
    /// Keywords of PNG's text chunks.
    PngText,
    /// Application extensions of GIF.
    Extension,
    /// Tags of TIFF and EXIF, in hexadecimal; of the GPS directory behind `GPS:`.
    Exif,
    /// Items of HEIF: their MIME type, or four letters.
    Item,
    /// `uuid` boxes, in hexadecimal.
    Uuid,
    /// Keys of `meta` with the handler `mdta`.
    Mdta,
    /// Entries of `ilst` without keys: four letters, or the name of a free one.
    Ilst,
    /// Boxes of `udta`.
    Udta,
    /// `SimpleTag` and `Info` of Matroska.
    Matroska,
    /// `LIST/INFO` of RIFF.
    Info,
    /// Script data of FLV.
    Script,
    /// XMP, with the usual prefix of each namespace.
    Xmp,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The AIGC object and nothing else stands here.
    Aigc,
    /// Any text, which may be an AIGC object.
    AnyText,
    /// An XMP packet.
    Xmp,
    /// TIFF directories.
    Exif,
    /// C2PA: JUMBF boxes.
    Jumbf,
    /// The `uuid` box around them.
    JumbfBox,
    /// EXIF UserComment: eight bytes say how it is encoded.
    UserComment,
    /// UTF-16 in little endian, as Windows writes it.
    Utf16,
    /// A TIFF or XMP block in hexadecimal, as ImageMagick writes it.
    RawProfile,
    /// IPTC digital source type.
    SourceType,
    /// A label as it stands.
    Is(Kind),
    /// Settings of Stable Diffusion web UI.
    Parameters,
    /// A graph of ComfyUI, in JSON.
    Graph,
    /// A signature of Grok, with a UUID as artist.
    GrokSignature,
    /// The artist beside it.
    GrokArtist,
    /// Name of a program.
    Program,
    /// A name or a credit, which may be that of a generating program.
    Credit,
    /// Free text in which programs that convert files leave their name.
    Converter,
    /// A fact.
    Says(About),
    /// Address of a manifest elsewhere.
    Remote,
    /// Words of a screenshot.
    Screenshot,
    /// A sign, whatever it says.
    Shows(Way),
}

impl Reads {
    /// Whether it reads text, whatever that is encoded in.
    pub fn is_of_text(self) -> bool {
        let bytes = matches!(self, Xmp | Exif | Jumbf | JumbfBox | UserComment | Utf16 | RawProfile | Shows(_));
        !bytes && self != Says(About::Position)
    }
}

/// A row: in this space, this name (`*`: any without a row of its own) is read so.
#[derive(Debug, Clone, Copy)]
pub struct Row(pub Space, pub &'static str, pub &'static [Reads]);

/// The address of XMP in JPEG, with the zero behind it.
pub const XMP_SEGMENT: &str = "http://ns.adobe.com/xap/1.0/\0";
/// That of what did not fit into the first segment.
pub const XMP_EXTENSION: &str = "http://ns.adobe.com/xmp/extension/\0";

use Reads::*;

/// All places.
pub const TABLE: &[Row] = &[
    Row(Space::App, "Exif\0\0", &[Exif]),
    Row(Space::App, XMP_SEGMENT, &[Xmp]),
    Row(Space::App, "AIGC", &[Aigc]),
    // Facebook's servers write their mark into IPTC special instructions.
    Row(Space::App, "Photoshop 3.0\0", &[Shows(Way::Facebook)]),
    Row(Space::Comment, "*", &[AnyText, Parameters, Converter]),
    Row(Space::Chunk, "eXIf", &[Exif]),
    Row(Space::Chunk, "EXIF", &[Exif]),
    Row(Space::Chunk, "XMP ", &[Xmp]),
    Row(Space::Chunk, "_PMX", &[Xmp]),
    Row(Space::Chunk, "caBX", &[Jumbf]),
    Row(Space::Chunk, "C2PA", &[Jumbf]),
    Row(Space::PngText, "AIGC", &[Aigc]),
    Row(Space::PngText, "XML:com.adobe.xmp", &[Xmp]),
    Row(Space::PngText, "Raw profile type exif", &[RawProfile]),
    Row(Space::PngText, "Raw profile type xmp", &[RawProfile]),
    Row(Space::PngText, "Raw profile type APP1", &[RawProfile]),
    Row(Space::PngText, "parameters", &[AnyText, Parameters]),
    Row(Space::PngText, "prompt", &[AnyText, Graph]),
    Row(Space::PngText, "workflow", &[AnyText, Graph]),
    Row(Space::PngText, "sd-metadata", &[Is(Kind::GeneratorTrace)]),
    Row(Space::PngText, "invokeai_metadata", &[Is(Kind::GeneratorTrace)]),
    Row(Space::PngText, "Dream", &[Is(Kind::GeneratorTrace)]),
    Row(Space::PngText, "Software", &[AnyText, Program]),
    Row(Space::PngText, "Creation Time", &[Says(About::Time)]),
    Row(Space::PngText, "*", &[AnyText, Parameters]),
    Row(Space::Extension, "XMP DataXMP", &[Xmp]),
    Row(Space::Extension, "C2PA_GIF", &[Jumbf]),
    Row(Space::Exif, "010E", &[AnyText, Parameters, GrokSignature]),
    Row(Space::Exif, "010F", &[Graph, Says(About::Make)]),
    Row(Space::Exif, "0110", &[Graph, Says(About::Model)]),
    Row(Space::Exif, "0131", &[Program]),
    Row(Space::Exif, "0132", &[Says(About::Time)]),
    Row(Space::Exif, "013B", &[Credit, GrokArtist]),
    Row(Space::Exif, "02BC", &[Xmp]),
    Row(Space::Exif, "9003", &[Says(About::Time)]),
    Row(Space::Exif, "9286", &[UserComment]),
    Row(Space::Exif, "9C9C", &[Utf16]),
    Row(Space::Exif, "CD41", &[Jumbf]),
    Row(Space::Exif, "GPS:0002", &[Says(About::Position)]),
    Row(Space::Item, "application/rdf+xml", &[Xmp]),
    Row(Space::Item, "Exif", &[Exif]),
    Row(Space::Uuid, "BE7ACFCB97A942E89C71999491E3AFAC", &[Xmp]),
    Row(Space::Uuid, "D8FEC3D61B0E483C92975828877EC481", &[JumbfBox]),
    Row(Space::Mdta, "AIGC", &[Aigc]),
    Row(Space::Mdta, "com.apple.quicktime.make", &[Says(About::Make)]),
    Row(Space::Mdta, "com.apple.quicktime.model", &[Says(About::Model)]),
    Row(Space::Mdta, "com.apple.quicktime.software", &[Program]),
    Row(Space::Mdta, "com.apple.quicktime.creationdate", &[Says(About::Time)]),
    Row(Space::Mdta, "com.apple.quicktime.location.ISO6709", &[Says(About::Position)]),
    Row(Space::Mdta, "location", &[Says(About::Position)]),
    Row(Space::Mdta, "encoder", &[Program]),
    Row(Space::Mdta, "*", &[AnyText]),
    Row(Space::Ilst, "AIGC", &[Aigc]),
    Row(Space::Ilst, "©too", &[Program]),
    Row(Space::Ilst, "©day", &[Says(About::Time)]),
    Row(Space::Ilst, "*", &[AnyText]),
    Row(Space::Udta, "AIGC", &[Aigc]),
    Row(Space::Udta, "XMP_", &[Xmp]),
    Row(Space::Udta, "©xyz", &[Says(About::Position)]),
    Row(Space::Udta, "loci", &[Says(About::Position)]),
    Row(Space::Udta, "©mak", &[Says(About::Make)]),
    Row(Space::Udta, "©mod", &[Says(About::Model)]),
    Row(Space::Udta, "©swr", &[Program]),
    Row(Space::Udta, "©too", &[Program]),
    Row(Space::Udta, "©day", &[Says(About::Time)]),
    Row(Space::Udta, "mvhd", &[Says(About::Time)]),
    Row(Space::Udta, "*", &[AnyText]),
    Row(Space::Matroska, "AIGC", &[Aigc]),
    Row(Space::Matroska, "MuxingApp", &[Program]),
    Row(Space::Matroska, "WritingApp", &[Program]),
    Row(Space::Matroska, "ENCODER", &[Program]),
    Row(Space::Matroska, "DateUTC", &[Says(About::Time)]),
    Row(Space::Matroska, "DATE_RECORDED", &[Says(About::Time)]),
    Row(Space::Matroska, "*", &[AnyText]),
    Row(Space::Info, "AIGC", &[Aigc]),
    Row(Space::Info, "ISFT", &[Program]),
    Row(Space::Info, "ICRD", &[Says(About::Time)]),
    Row(Space::Info, "IDIT", &[Says(About::Time)]),
    Row(Space::Info, "*", &[AnyText]),
    Row(Space::Script, "AIGC", &[Aigc]),
    Row(Space::Script, "encoder", &[Program]),
    Row(Space::Script, "metadatacreator", &[Program]),
    Row(Space::Script, "creationdate", &[Says(About::Time)]),
    Row(Space::Script, "*", &[AnyText]),
    Row(Space::Xmp, "TC260:AIGC", &[Aigc]),
    Row(Space::Xmp, "Iptc4xmpExt:DigitalSourceType", &[SourceType]),
    Row(Space::Xmp, "Iptc4xmpExt:AISystemUsed", &[Is(Kind::AiSystem)]),
    Row(Space::Xmp, "Iptc4xmpExt:AISystemVersionUsed", &[Is(Kind::AiSystem)]),
    Row(Space::Xmp, "Iptc4xmpExt:AIPromptInformation", &[Is(Kind::AiSystem)]),
    Row(Space::Xmp, "Iptc4xmpExt:AIPromptWriterName", &[Is(Kind::AiSystem)]),
    Row(Space::Xmp, "dcterms:provenance", &[Remote]),
    Row(Space::Xmp, "xmp:CreatorTool", &[Program]),
    Row(Space::Xmp, "xmp:CreateDate", &[Says(About::Time)]),
    Row(Space::Xmp, "tiff:Software", &[Program]),
    Row(Space::Xmp, "tiff:Make", &[Says(About::Make)]),
    Row(Space::Xmp, "tiff:Model", &[Says(About::Model)]),
    Row(Space::Xmp, "exif:DateTimeOriginal", &[Says(About::Time)]),
    Row(Space::Xmp, "photoshop:DateCreated", &[Says(About::Time)]),
    Row(Space::Xmp, "exif:GPSLatitude", &[Says(About::Position)]),
    Row(Space::Xmp, "exif:UserComment", &[AnyText, Parameters, Screenshot]),
    Row(Space::Xmp, "dc:description", &[AnyText, Parameters]),
    Row(Space::Xmp, "photoshop:Credit", &[Credit]),
];

/// How a name is read.
pub fn reads(space: Space, name: &str) -> &'static [Reads] {
    let row = |name: &str| TABLE.iter().find(|row| row.0 == space && row.1 == name);
    row(name).or_else(|| row("*")).map_or(&[], |row| row.2)
}

/// How bytes are read that begin with a name, and the name.
pub fn begins(space: Space, bytes: &[u8]) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.0 == space && bytes.starts_with(row.1.as_bytes()))
}
