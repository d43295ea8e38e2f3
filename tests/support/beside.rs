//! The program's word on a clip, held against the page's: in `page.rs` this stands in the place of `judge.rs`.

use std::{
    cell::Cell,
    collections::HashSet,
    sync::{LazyLock, Mutex, mpsc},
};

use evidence::{
    key::KeyError,
    trust::{Trust, TrustError},
    value::{Hash, Order},
    verdict::Report,
    verify::{Request, verify},
    words::Answers,
};
use serde_json::{Value, json};

use super::{forge::v, random::rounds};
use crate::scripts::{Page, b64};

type Job = (&'static str, Value, mpsc::Sender<Value>);

/// One window for all tests. It has a thread of its own, for its driver ends with the thread that started it.
static PAGE: LazyLock<Mutex<mpsc::Sender<Job>>> = LazyLock::new(|| {
    let (sender, jobs) = mpsc::channel::<Job>();
    std::thread::spawn(move || {
        let page = Page::new();
        for (body, args, answer) in jobs {
            let _ = answer.send(page.run(body, args));
        }
    });
    Mutex::new(sender)
});

/// What the page says.
pub fn ask(body: &'static str, args: Value) -> Value {
    let (answer, said) = mpsc::channel();
    PAGE.lock().unwrap().send((body, args, answer)).expect("the window's thread");
    said.recv().expect("the page's answer")
}

/// The texts that made each trust.
static TEXTS: Mutex<Vec<(Trust, Vec<String>)>> = Mutex::new(Vec::new());

fn texts_of(trust: &Trust) -> Vec<String> {
    if *trust == Trust::default() {
        return vec![];
    }
    let texts = TEXTS.lock().unwrap();
    texts.iter().find(|(made, _)| made == trust).expect("a trust made by add_file").1.clone()
}

/// The page's word for what is wrong with a trust file, and the line.
fn wrong(error: &TrustError) -> Value {
    let (word, line) = match error {
        TrustError::Empty => ("empty", None),
        TrustError::Role { line, .. } => ("role", Some(line)),
        TrustError::Clash { line } => ("clash", Some(line)),
        TrustError::TwoRoles { line } => ("two-roles", Some(line)),
        TrustError::Revocation { line } => ("revocation", Some(line)),
        TrustError::RevocationRoot { line } => ("revocation-root", Some(line)),
        TrustError::Authority { line } => ("authority", Some(line)),
        TrustError::AuthorityTwice { line } => ("authority-twice", Some(line)),
        TrustError::Key { line, source } => match source {
            KeyError::Form | KeyError::Station => ("key-form", Some(line)),
            KeyError::Id => ("key-id", Some(line)),
            KeyError::Name => ("key-name", Some(line)),
            KeyError::Point => ("key-point", Some(line)),
        },
    };
    json!([word, line])
}

/// What was asked of the page about clips: the same honest clip stands behind many attacks.
static ASKED: LazyLock<Mutex<HashSet<Hash>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// How many clips this test had judged.
    static JUDGED: Cell<usize> = const { Cell::new(0) };
}

/// Whether this one is left out: a clip of 100,000 LINKs, and tests that try every byte, would take minutes.
fn is_left_out(clip: &[u8]) -> bool {
    let judged = JUDGED.replace(JUDGED.get() + 1);
    clip.len() > 1 << 20 || judged > 60 && !judged.is_multiple_of((64 / rounds(1)).max(1))
}

/// Adds the keys of a trust file; the page must say the same of it.
#[track_caller]
pub fn add_file(trust: &mut Trust, text: &str) -> Result<(), TrustError> {
    let mut texts = texts_of(trust);
    texts.push(text.to_owned());
    let ours = trust.add_file(text);
    let said = ask(
        "try { await trust.parse(a); return null; } catch (e) { return e.line === undefined ? e.stack : [e.code, e.line]; }",
        json!(texts),
    );
    let expected = ours.as_ref().err().map_or(Value::Null, wrong);
    assert_eq!(said, expected, "page (left) and program on the trust file\n{text}");
    if ours.is_ok() {
        TEXTS.lock().unwrap().push((trust.clone(), texts));
    }
    ours
}

/// The report of a clip under these keys, asked for this order; the page's must be the same.
#[track_caller]
pub fn report(clip: &[u8], trust: &Trust, order: Option<&str>) -> Report {
    let asked = order.map(v::<Order>);
    let request = Request { trust, order: asked.as_ref(), threads: 2, progress: &mut |_, _| () };
    let report = verify(clip, request).expect("a report");
    let ours = crate::json::text(&crate::json::object(&report, &Answers::of(&report, asked.as_ref())));
    let ours: Value = serde_json::from_str(&ours).expect("the program's own JSON");
    // Signatures that only a careless reader takes: with the browser's own Ed25519 and without.
    let is_of_notes = std::thread::current().name().is_some_and(|name| name.starts_with("note::"));
    for slow in [Some(false), is_of_notes.then_some(true)].into_iter().flatten() {
        let args = json!({ "clip": b64(clip), "texts": texts_of(trust), "order": order, "slow": slow });
        if is_left_out(clip) || !ASKED.lock().unwrap().insert(Hash::of(args.to_string().as_bytes())) {
            continue;
        }
        let said = ask(
            "ed25519.isSlow = a.slow;
            const given = await trust.parse(a.texts);
            const { parts, error, ...said } = await verify(new Blob([bytes(a.clip)]), { trust: given, order: a.order });
            return error ? 'FAILED ' + (error.stack || error) : plain(said);",
            args,
        );
        if let Some(differs) = difference(&ours, &said) {
            panic!("page and program differ{}: {differs}", if slow { " (slow)" } else { "" });
        }
    }
    report
}

/// Where two objects differ, numbers compared as JavaScript has them.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    let (Value::Object(a), Value::Object(b)) = (ours, theirs) else {
        let same = match (ours, theirs) {
            (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| difference(a, b).is_none())
            }
            (a, b) => a == b,
        };
        return (!same).then(|| format!("program {ours}, page {theirs}"));
    };
    if !a.keys().eq(b.keys()) {
        return Some(format!("program has {:?}, page {:?}", a.keys(), b.keys()));
    }
    let found: Vec<String> =
        a.iter().filter_map(|(key, ours)| Some(format!("{key}: {}", difference(ours, b.get(key)?)?))).collect();
    (!found.is_empty()).then(|| found.join("\n"))
}
