//! Takes what the walkers meet, and reads it as the table of places says.

use serde_json::Value as Json;

use crate::{
    aigc::{self, Site},
    bytes::{Bytes, Halt, Order, Walk},
    exif, jumbf,
    places::{Reads, Space, reads},
    report::{
        About, Container, Declares, Fact, Found, Kind, Label, MAX_LISTED, MAX_SHOWN, Note, Sign, Unread, Way, Why,
    },
    text::Text,
    traces, xmp,
};

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
        let walk = reads(space, name).iter().try_for_each(|how| self.read(*how, path, value));
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
            Reads::GenAiType if !matches!(trimmed, "0" | "false") => label(Kind::GeneratorTrace, Declares::Program),
            Reads::Remote => {
                let mut label = whole(Kind::C2pa, Declares::Credentials, path, text);
                label.notes.push(Note::Remote(label.value.clone()));
                self.label(label);
            }
            Reads::Program | Reads::Names => {
                if traces::is_generator(trimmed) {
                    label(Kind::GeneratorTrace, Declares::Program);
                }
                if let Some(way) = traces::way_of_program(trimmed) {
                    self.sign(way, path, trimmed);
                }
                if how == Reads::Program {
                    self.say(About::Software, path, text);
                }
            }
            Reads::Screenshot if traces::is_screenshot(trimmed) => self.sign(Way::Screenshot, path, trimmed),
            Reads::Says(about) => self.say(about, path, text),
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
        label.value = shown(&label.value);
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
        self.push(Fact { about, path: path.to_owned(), place, value });
    }

    /// Takes a fact.
    pub fn fact(&mut self, about: About, path: &str, at: &Bytes<'_>, value: &str) {
        self.push(Fact { about, path: path.to_owned(), place: at.place(0, at.length()), value: shown(value) });
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
        let sign = Sign { way, path: path.to_owned(), value: shown(value) };
        if self.found.signs.len() < MAX_LISTED && !self.found.signs.contains(&sign) {
            self.found.signs.push(sign);
        }
    }

    /// Samsung's editor: JSON that has a `genAIType`.
    pub fn samsung(&mut self, path: &str, text: &Text<'_>) {
        let edited: Option<Json> = serde_json::from_str(text.text.trim_matches('\0')).ok();
        let kind = edited.as_ref().and_then(|json| json.get("genAIType"));
        if kind.is_some_and(|kind| !matches!(kind.to_string().trim_matches('"'), "0" | "" | "null" | "false")) {
            self.label(whole(Kind::GeneratorTrace, Declares::Program, path, text));
        }
    }
}

/// A label that is all of a text.
fn whole(kind: Kind, declares: Declares, path: &str, text: &Text<'_>) -> Label {
    Label { kind, path: path.to_owned(), place: text.whole(), value: text.text.clone(), declares, notes: Vec::new() }
}

/// What is shown of a value.
fn shown(value: &str) -> String {
    value[..value.floor_char_boundary(MAX_SHOWN)].to_owned()
}
