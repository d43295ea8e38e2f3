//! Takes what the walkers meet, and reads it as the table of places says.

use serde::Deserialize;

use crate::{
    aigc::{self, Field, Site},
    bytes::{Bytes, Halt, Order, Walk},
    exif, jumbf,
    places::{Reads, Space, reads},
    report::{
        About, Container, Declares, Fact, Found, Kind, Label, MAX_LISTED, MAX_SHOWN, Note, Sign, Unread, Way, Why,
    },
    text::Text,
    traces, xmp,
};

/// What a field costs beside its bytes, in bytes of values: a file may have very many small ones.
const FIELD: u64 = 128;
/// Directories in packets in directories: nothing true goes deeper.
const MAX_DEPTH: usize = 6;

/// What was found so far.
#[derive(Default)]
pub struct Sink {
    /// All of it.
    pub found: Found,
    /// Walks that are open in each other.
    depth: usize,
    /// A signature of Grok that waits for its artist, and the artist that waits for it.
    grok: (Option<Label>, bool),
}

impl Sink {
    /// Notes what kind of file it is: the outermost one.
    pub fn container(&mut self, container: Container) {
        self.found.container.get_or_insert(container);
    }

    /// Takes the end of a walk inside of another one, which goes on.
    ///
    /// # Errors
    /// The file system's.
    pub fn inner(&mut self, walk: Walk) -> Walk {
        let (offset, why) = match walk {
            Ok(()) => return Ok(()),
            Err(Halt::Read(error)) => return Err(error.into()),
            Err(Halt::Broken(offset)) => (offset, Why::Broken),
            Err(Halt::Limit(offset)) => (offset, Why::Limit),
        };
        self.unread(offset, why);
        Ok(())
    }

    /// Notes what is not looked at.
    pub fn unread(&mut self, offset: u64, why: Why) {
        let unread = Unread { offset, why };
        if self.found.unread.len() < MAX_LISTED && !self.found.unread.contains(&unread) {
            self.found.unread.push(unread);
        }
    }

    /// A field with a name of its own. One that nothing is known of is left alone.
    ///
    /// # Errors
    /// The file system's.
    pub fn field(&mut self, space: Space, name: &str, path: &str, value: &Bytes<'_>) -> Walk {
        // A text is taken out of the file once, however many readers it has.
        let mut text = None;
        let walk = reads(space, name).iter().try_for_each(|how| {
            value.work(FIELD)?;
            if !how.is_of_text() {
                return self.read(*how, path, value);
            }
            if text.is_none() {
                text = Some(Text::new(value)?);
            }
            text.iter().for_each(|text| self.read_text(*how, path, text));
            Ok(())
        });
        self.inner(walk)
    }

    /// A field that is text already.
    pub fn text(&mut self, space: Space, name: &str, path: &str, text: &Text<'_>) {
        reads(space, name).iter().for_each(|how| self.read_text(*how, path, text));
    }

    /// Reads a value.
    ///
    /// # Errors
    /// As the reader's.
    pub fn read(&mut self, how: Reads, path: &str, value: &Bytes<'_>) -> Walk {
        if self.depth == MAX_DEPTH {
            return Err(value.broken(0));
        }
        self.depth += 1;
        let walk = self.read_bytes(how, path, value);
        self.depth -= 1;
        walk
    }

    fn read_bytes(&mut self, how: Reads, path: &str, value: &Bytes<'_>) -> Walk {
        match how {
            Reads::Xmp => return xmp::walk(self, path, value),
            Reads::Exif => return exif::walk(self, path, value),
            Reads::Jumbf => return jumbf::walk(self, path, value),
            Reads::JumbfBox => return jumbf::boxed(self, path, value),
            Reads::UserComment => return exif::user_comment(self, path, value),
            Reads::RawProfile => return traces::raw_profile(self, path, value),
            Reads::Utf16 => self.read_text(Reads::AnyText, path, &Text::utf16(value, Order::Little)?),
            Reads::Says(About::Position) => self.fact(About::Position, path, value, ""),
            Reads::Shows(Way::Facebook) if !traces::contains(value, b"FBMD")? => {}
            Reads::Shows(way) => self.sign(way, path, ""),
            _ => self.read_text(how, path, &Text::new(value)?),
        }
        Ok(())
    }

    /// Reads a text.
    pub fn read_text(&mut self, how: Reads, path: &str, text: &Text<'_>) {
        let trimmed = text.text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if trimmed.is_empty() {
            return;
        }
        let mut label = |kind, declares| self.label(whole(kind, declares, path, text));
        match how {
            Reads::Aigc => self.maybe(aigc::label(text, Site::Named, path)),
            Reads::AnyText => self.maybe(aigc::label(text, Site::Any, path)),
            Reads::SourceType => match traces::source_type(trimmed) {
                Some(declares) => label(Kind::DigitalSourceType, declares),
                None => self.say(About::SourceType, path, text),
            },
            Reads::Is(Kind::AiSystem) => label(Kind::AiSystem, Declares::Generated),
            Reads::Is(kind) => label(kind, Declares::Program),
            Reads::Parameters if traces::is_parameters(trimmed) => label(Kind::GeneratorTrace, Declares::Program),
            Reads::Graph if traces::is_graph(trimmed) => label(Kind::GeneratorTrace, Declares::Program),
            // Libraries tell a picture's former owners there.
            Reads::Remote if traces::is_address(trimmed) => {
                let mut label = whole(Kind::C2pa, Declares::Credentials, path, text);
                label.notes.push(Note::Remote(shown(&label.value)));
                self.label(label);
            }
            Reads::Program => {
                // A program's name is short: it is not looked for in megabytes of a comment.
                let trimmed = &trimmed[..trimmed.floor_char_boundary(MAX_SHOWN)];
                if traces::is_generator(trimmed) {
                    label(Kind::GeneratorTrace, Declares::Program);
                }
                self.converter(path, trimmed);
                self.say(About::Software, path, text);
            }
            Reads::Credit if traces::is_credit(trimmed) => label(Kind::GeneratorTrace, Declares::Program),
            Reads::Converter => self.converter(path, trimmed),
            Reads::Screenshot if traces::is_screenshot(trimmed) => self.sign(Way::Screenshot, path, trimmed),
            // ComfyUI puts its graphs where cameras put their names.
            Reads::Says(about) if !traces::is_graph(trimmed) => self.say(about, path, text),
            Reads::GrokSignature if traces::is_signature(trimmed) => {
                self.grok.0 = Some(whole(Kind::GeneratorTrace, Declares::Program, path, text));
                self.pair();
            }
            Reads::GrokArtist if traces::is_uuid(trimmed) => {
                self.grok.1 = true;
                self.pair();
            }
            _ => {}
        }
    }

    fn converter(&mut self, path: &str, name: &str) {
        if let Some(way) = traces::way_of_program(&name[..name.floor_char_boundary(MAX_SHOWN)]) {
            self.sign(way, path, name);
        }
    }

    /// A signature of Grok is one beside its artist.
    fn pair(&mut self) {
        if self.grok.1
            && let Some(label) = self.grok.0.take()
        {
            self.label(label);
        }
    }

    fn maybe(&mut self, label: Option<Label>) {
        if let Some(label) = label {
            self.label(label);
        }
    }

    /// Takes a label.
    pub fn label(&mut self, mut label: Label) {
        (label.value, label.path) = (shown(&label.value), shown(&label.path));
        if self.found.labels.len() == MAX_LISTED {
            return self.unread(label.place.offset, Why::Limit);
        }
        // Two rows may read one value alike.
        if !self.found.labels.contains(&label) {
            self.found.labels.push(label);
        }
    }

    fn say(&mut self, about: About, path: &str, text: &Text<'_>) {
        // That there is a position, never which.
        let told = if about == About::Position { "" } else { &text.text };
        let value = shown(told.trim_matches(|c: char| c.is_whitespace() || c == '\0'));
        let place = text.whole();
        self.push(Fact { about, path: shown(path), place, value });
    }

    /// Takes a fact.
    pub fn fact(&mut self, about: About, path: &str, at: &Bytes<'_>, value: &str) {
        self.push(Fact { about, path: shown(path), place: at.place(0, at.length()), value: shown(value) });
    }

    fn push(&mut self, fact: Fact) {
        if self.found.facts.len() < MAX_LISTED {
            self.found.facts.push(fact);
        } else {
            self.unread(fact.place.offset, Why::Limit);
        }
    }

    /// Takes a sign of the file's way.
    pub fn sign(&mut self, way: Way, path: &str, value: &str) {
        let sign = Sign { way, path: shown(path), value: shown(value) };
        if self.found.signs.len() < MAX_LISTED && !self.found.signs.contains(&sign) {
            self.found.signs.push(sign);
        }
    }

    /// Samsung's editor: JSON that has a `genAIType`.
    pub fn samsung(&mut self, path: &str, text: &Text<'_>) {
        let edited: Option<Edited> = serde_json::from_str(text.text.trim_matches('\0')).ok();
        let kind = edited.and_then(|edited| edited.kind);
        if kind.is_some_and(|kind| !matches!(kind.text(), "0" | "" | "null" | "false")) {
            self.label(whole(Kind::GeneratorTrace, Declares::Program, path, text));
        }
    }
}

/// What is read of the records of Samsung's editor: megabytes of other things may be in it.
#[derive(Deserialize)]
struct Edited {
    #[serde(rename = "genAIType")]
    kind: Option<Field>,
}

/// A label that is all of a text.
fn whole(kind: Kind, declares: Declares, path: &str, text: &Text<'_>) -> Label {
    Label { kind, path: path.to_owned(), place: text.whole(), value: text.text.clone(), declares, notes: Vec::new() }
}

/// What is shown of a value.
fn shown(value: &str) -> String {
    value[..value.floor_char_boundary(MAX_SHOWN)].to_owned()
}
