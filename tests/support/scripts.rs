//! The page's scripts in a browser.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::browser::Browser;

const HELP: &str = "const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)));";

/// A window with them.
pub struct Page(Browser);

impl Page {
    pub fn new() -> Self {
        let name = format!("page-{}-{:?}.html", std::process::id(), std::thread::current().id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, format!("<!doctype html><meta charset=utf-8><script>{}{HELP}</script>", page::CORE.concat()))
            .unwrap();
        let browser = Browser::new();
        browser.open(path.to_str().unwrap());
        let _ = fs::remove_file(path);
        Self(browser)
    }

    /// Runs the body of an asynchronous function of `a`.
    pub fn run(&self, body: &str, args: Value) -> Value {
        let script = format!(
            "const [a, done] = arguments; (async () => {{ {body} }})().then(done, (e) => done('FAILED ' + (e.stack || e)));"
        );
        self.0.run(&script, vec![args])
    }
}

pub fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
