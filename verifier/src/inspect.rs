//! `inspect`: what files that were received say about themselves.

use std::{
    fs::File,
    num::NonZero,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ::inspect::{
    report::{Credentials, Found, Inspected},
    words::{head, sections},
};
use evidence::words::Lang;

use crate::{
    args,
    derived::digest,
    input, json,
    output::{COULD_NOT_CHECK, print, refuse, say},
    report::columns,
};

pub fn run(args: &args::Inspect) -> u8 {
    let lang = args.lang.unwrap_or_else(Lang::of_environment);
    let check = match check(args, lang) {
        Ok(check) => check,
        Err(why) => return refuse(lang, &why),
    };
    let all = all(args, &check, lang);
    let failed = all.iter().any(|one| one.error.is_some());
    for one in all.iter().filter(|one| one.error.is_some()) {
        say(&format!("{}: {}", one.file, head(one, lang)));
    }
    let pages = || all.iter().filter(|one| one.error.is_none()).map(|one| page(one, lang)).collect::<Vec<_>>();
    let text = if args.json { json::text(&all) } else { pages().join("\n") };
    print(lang, &text, if failed { COULD_NOT_CHECK } else { 0 })
}

/// What checks the content credentials that were found in a file; a program without that check says nothing of them.
#[cfg(feature = "c2pa")]
fn check(args: &args::Inspect, lang: Lang) -> Result<impl Fn(&File, &Found) -> Option<Credentials> + Sync, String> {
    let anchors = crate::credentials::Anchors::load(&args.c2pa_anchors, lang)?;
    Ok(move |file: &File, found: &Found| crate::credentials::check(file, found, &anchors))
}

#[cfg(not(feature = "c2pa"))]
#[allow(clippy::unnecessary_wraps, reason = "as the other one")]
fn check(_: &args::Inspect, _: Lang) -> Result<impl Fn(&File, &Found) -> Option<Credentials> + Sync, String> {
    Ok(|_: &File, _: &Found| None)
}

type Check<'a> = &'a (dyn Fn(&File, &Found) -> Option<Credentials> + Sync);

/// Every file, in the order they were given, by as many threads as there are processors.
fn all(args: &args::Inspect, check: Check<'_>, lang: Lang) -> Vec<Inspected> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(args.files.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(args.files.len()));
    let work = || {
        while let Some((turn, file)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, args.files.get(n)?)))
        {
            let one = one(file, args.name.get(turn), args.received.as_deref(), check, lang);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((turn, one));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(turn, _)| *turn);
    done.into_iter().map(|(_, one)| one).collect()
}

fn one(path: &Path, name: Option<&String>, received: Option<&str>, check: Check<'_>, lang: Lang) -> Inspected {
    let mut inspected = Inspected {
        file: name.map_or_else(|| path.display().to_string(), Clone::clone),
        error: None,
        length: None,
        sha256: None,
        received: received.map(str::to_owned),
        verdicts: Vec::new(),
        found: Found::default(),
        credentials: None,
    };
    let read = |file: File| {
        let failed = |error| input::reason(lang, &error);
        let (length, hash) = digest(&file).map_err(failed)?;
        let name = name.map_or(path, Path::new).file_name().unwrap_or_default().to_string_lossy();
        let found = ::inspect::inspect(&file, &name).map_err(failed)?;
        let credentials = check(&file, &found);
        Ok((length, hash, found, credentials))
    };
    match input::plain(path, lang).and_then(read) {
        Ok((length, hash, found, credentials)) => {
            inspected.length = Some(length);
            inspected.sha256 = Some(hash.to_string());
            inspected.verdicts = found.verdicts(credentials.as_ref());
            inspected.found = found;
            inspected.credentials = credentials;
        }
        Err(why) => inspected.error = Some(why),
    }
    inspected
}

/// Half a page about a file.
fn page(inspected: &Inspected, lang: Lang) -> String {
    let mut text = format!("{}\n", head(inspected, lang));
    for section in sections(inspected, lang) {
        text.push_str(&if section.head.is_empty() { String::new() } else { format!("\n{}\n", section.head) });
        let width = section.rows.iter().map(|(label, _)| columns(label)).max().unwrap_or(0);
        for (label, lines) in &section.rows {
            for (turn, line) in lines.iter().enumerate() {
                let row = match (label.is_empty(), turn) {
                    (true, _) => format!("  {line}"),
                    (_, 0) => format!("  {label}:{:space$} {line}", "", space = width - columns(label)),
                    _ => format!("  {:width$}  {line}", ""),
                };
                text.push_str(&row);
                text.push('\n');
            }
        }
    }
    text
}
