//! Log lines on standard error, and that none of them floods whoever reads them.
//!
//! Lines of one cause come at most once a minute for each bench; the next one says how many were left out. The cause
//! is the event's field `cause`, else the place in the program that it comes from: a line that is about one thing of
//! many, such as a clip, names that as its cause. Debugging lines, which somebody asked for, all come.
//!
//! ```text
//! on a terminal         14:02:11.250 WARN the camera is gone bench=bench-1 cause=camera-lost left-out=12
//! to systemd's journal  <4>the camera is gone bench=bench-1 cause=camera-lost left-out=12
//! into a file           2026-11-24T14:02:11.250+08:00 WARN the camera is gone bench=bench-1 …
//! ```
//!
//! Nothing secret belongs into a log: no key, no login, and of codes that are no order only their length.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    io::{self, IsTerminal},
    os::unix::fs::MetadataExt,
    sync::{Mutex, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    callsite::Identifier,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{clock, say::Trouble};

/// µs between two lines of one cause.
const MINUTE: i64 = 60_000_000;
/// How many causes are remembered.
const CAUSES: usize = 1024;

/// Writes log lines to standard error from now on. `filter` is the least level, `info`, or levels by module,
/// `info,station::http=debug`.
///
/// # Errors
/// A filter that is none.
pub fn start(filter: &str) -> Result<(), Trouble> {
    // Targets takes a word that is no level for a module, all of whose lines it would then print, and nothing else.
    let known = |part: &str| part.contains('=') || !part.is_empty() && part.parse::<LevelFilter>().is_ok();
    let targets = filter.split(',').all(known).then(|| filter.parse::<Targets>().ok()).flatten();
    let targets = targets.ok_or_else(|| {
        let shown: String = filter.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!("'{shown}' is no log level: use error, warn, info, debug or trace"),
            format!("“{shown}”不是日志级别：请使用 error、warn、info、debug 或 trace"),
        )
    })?;
    let layer = layer(Lines::new(Style::of_stderr(), clock::monotonic), io::stderr);
    // Whoever set another one up before wants that one.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}

fn layer<S, W>(lines: Lines, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer().event_format(lines).with_writer(writer)
}

/// What a line has before its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// The time of day.
    Terminal,
    /// The journal's priority; it has a time of its own.
    Journal,
    /// Day and time with zone.
    File,
}

impl Style {
    fn of_stderr() -> Self {
        let journal = std::env::var("JOURNAL_STREAM").ok();
        let stderr = io::stderr();
        // The variable is inherited by processes whose standard error is another one.
        let device = || {
            let there = std::fs::metadata("/proc/self/fd/2").ok()?;
            Some(format!("{}:{}", there.dev(), there.ino()))
        };
        if journal.is_some() && journal == device() {
            Self::Journal
        } else if stderr.is_terminal() {
            Self::Terminal
        } else {
            Self::File
        }
    }

    fn write(self, level: Level, to: &mut String) -> fmt::Result {
        let now = jiff::Zoned::now();
        match self {
            Self::Journal => write!(to, "<{}>", priority(level)),
            Self::Terminal => write!(to, "{} {level} ", now.strftime("%H:%M:%S%.3f")),
            Self::File => write!(to, "{} {level} ", now.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")),
        }
    }
}

/// As syslog numbers them.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// What a line is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cause {
    Named(String),
    Place(Identifier),
}

/// Cause and bench.
type Key = (Cause, Option<String>);

/// When a cause was printed last, and how often it was left out since.
#[derive(Debug)]
struct Printed {
    at_us: i64,
    left_out: u64,
}

/// Remembers what was printed in the last minute.
#[derive(Debug, Default)]
struct Limiter {
    printed: HashMap<Key, Printed>,
}

impl Limiter {
    /// Whether a line of this cause is to be printed at this time: then how many were left out before it.
    fn admit(&mut self, key: Key, at_us: i64) -> Option<u64> {
        if let Some(printed) = self.printed.get_mut(&key) {
            if at_us.saturating_sub(printed.at_us) < MINUTE {
                printed.left_out += 1;
                return None;
            }
            let left_out = std::mem::take(&mut printed.left_out);
            printed.at_us = at_us;
            return Some(left_out);
        }
        if self.printed.len() >= CAUSES {
            self.printed.retain(|_, printed| at_us.saturating_sub(printed.at_us) < MINUTE);
        }
        // So many in one minute: causes that do not come back are not worth remembering, and those that do are few.
        if self.printed.len() >= CAUSES {
            let oldest = self.printed.iter().min_by_key(|(_, printed)| printed.at_us).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.printed.remove(&oldest));
        }
        self.printed.insert(key, Printed { at_us, left_out: 0 });
        Some(0)
    }
}

/// An event's message and fields.
#[derive(Default)]
struct Parts {
    message: String,
    fields: String,
    cause: Option<String>,
    bench: Option<String>,
}

impl Parts {
    fn take(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => {
                escape(&value, &mut self.message);
                return;
            }
            "cause" => self.cause = Some(value.clone()),
            "bench" => self.bench = Some(value.clone()),
            _ => {}
        }
        self.fields.push(' ');
        self.fields.push_str(field.name());
        self.fields.push('=');
        let quoted = value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '"' || c == '=');
        let quoted = if quoted && !value.starts_with('"') { format!("{value:?}") } else { value };
        escape(&quoted, &mut self.fields);
    }
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}

/// What comes from outside must not end a line, move a cursor or colour a screen.
fn escape(text: &str, to: &mut String) {
    for c in text.chars() {
        if c.is_control() { to.extend(c.escape_default()) } else { to.push(c) }
    }
}

/// Formats lines and leaves out those that come too often.
struct Lines {
    style: Style,
    limiter: Mutex<Limiter>,
    /// µs of a clock that does not step.
    now: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl Lines {
    fn new(style: Style, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { style, limiter: Mutex::default(), now: Box::new(now) }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut parts = Parts::default();
        event.record(&mut parts);
        let level = *event.metadata().level();
        let mut left_out = 0;
        if level <= Level::INFO {
            let place = || Cause::Place(event.metadata().callsite());
            let key = (parts.cause.map_or_else(place, Cause::Named), parts.bench);
            let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
            match limiter.admit(key, (self.now)()) {
                Some(before) => left_out = before,
                None => return Ok(()),
            }
        }
        let mut line = String::new();
        self.style.write(level, &mut line)?;
        line.push_str(&parts.message);
        line.push_str(&parts.fields);
        if left_out > 0 {
            write!(line, " left-out={left_out}")?;
        }
        writeln!(to, "{line}")
    }
}

#[cfg(test)]
mod tests;
