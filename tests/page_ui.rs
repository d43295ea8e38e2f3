//! The verification page as people use it: chosen files, verdicts in both languages, the player.

mod support;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/program.rs"]
mod program;

use browser::Browser;
use evidence::{
    finding::{Code, Weight},
    statement::{Events, Reason},
    value::Time,
};
use program::{Folder, program, run, said};
use serde_json::{Value, json};
use support::{
    check::*,
    forge::*,
    ledgers::{Ledger, only},
    proofs::*,
};

/// What goes wrong in the page is kept, and how many workers it made. Its own clicks need a person: the player is mute.
const WATCH: &str = "
    window.wrong = [];
    for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
        addEventListener(kind, (e) => wrong.push(`${kind} ${e.message || e.reason || e.effectiveDirective}`));
    }
    console.error = (...said) => wrong.push(said.join(' '));
    const Own = Worker;
    window.workers = 0;
    window.Worker = class extends Own { constructor(url) { super(url); window.workers++; } };
    arguments[0]();";

/// Waits until a condition holds, then says what an expression is.
fn when(condition: &str, expression: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1], began = Date.now();
        const look = () => {{
            if ({condition}) return done({expression});
            if (Date.now() - began > 50000) return done('WAITED IN VAIN, wrong: ' + JSON.stringify(window.wrong));
            setTimeout(look, 50);
        }};
        look();"
    )
}

struct Page {
    browser: Browser,
    folder: Folder,
    path: String,
}

impl Page {
    fn new(name: &str) -> Self {
        let (folder, browser) = (Folder::new(name), Browser::new());
        let path = folder.path("verify.html");
        let written = run(&["page", "-o", &path]);
        assert_eq!((written.status, &*written.err), (0, ""), "{written:?}");
        Self { browser, folder, path }
    }

    /// In this language, with this key and order typed in.
    fn open(&self, lang: &str, key: &str, order: &str) {
        self.browser.open("/dev/null");
        self.browser.open(&format!("{}#{lang}", self.path));
        self.browser.run(WATCH, vec![]);
        self.give("#key", key);
        self.give("#order", order);
    }

    fn give(&self, field: &str, text: &str) {
        let script = "const [id, text, done] = arguments, field = document.querySelector(id);
            field.value = text;
            field.dispatchEvent(new Event('change'));
            done();";
        self.browser.run(script, vec![json!(field), json!(text)]);
    }

    /// Chooses a clip; the words that stand there when it was checked.
    fn choose(&self, clip: &str) -> Value {
        self.browser.choose("#clips", clip);
        self.browser.run(
            &when(
                "document.querySelector('.clip .body') && document.getElementById('progress').hidden",
                "[document.querySelector('.clip').dataset.verdict, document.querySelector('.word').textContent]",
            ),
            vec![],
        )
    }

    /// Nothing went wrong, and nothing was asked of a network.
    #[track_caller]
    fn all_well(&self) {
        let script = "arguments[0]({ wrong, workers, asked: performance.getEntriesByType('resource')
            .map(({ name }) => name).filter((name) => !/^(blob|data):/.test(name)) });";
        let said = self.browser.run(script, vec![]);
        assert_eq!((&said["wrong"], &said["asked"]), (&json!([]), &json!([])));
        assert_eq!(said["workers"], 1, "verification did not run in a worker");
    }
}

fn trusted() -> String {
    key(1).verifier().to_string()
}

/// Clips of all kinds: name, bytes, order asked for.
fn clips() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = forge().clip();
    let altered = {
        let mut parts = forge().parts();
        let last = parts[6].len() - 1;
        parts[6][last] ^= 0x40;
        parts.concat()
    };
    let busy = {
        let mut forge = forge();
        let first = "0:order-scan:SF1234567890 1000:weight:1250500:stable 2000:other-code:item:13";
        forge.spans[0].events = v::<Events>(first).0;
        forge.spans[1].events = v::<Events>("5:label-read:SF1234567890:7 9:clock-step:-1500000").0;
        forge.spans[1].lost = 2;
        forge.edit_link = Box::new(|link| {
            if link.index > 0 {
                link.time.1 = Time(link.time.1.0 - 1_500_000);
            }
            if link.index > 1 {
                link.time.0 = Time(link.time.0.0 - 1_500_000);
            }
        });
        forge.edit_end = Box::new(|end| end.time = Time(end.time.0 - 1_500_000));
        forge.clip()
    };
    let interrupted = {
        let mut forge = forge();
        forge.spans.insert(2, gap(22_500));
        forge.reason = Some(Reason::Recovered);
        forge.clip()
    };
    let simulated = {
        let mut forge = forge();
        forge.edit_start = Box::new(|start| {
            (start.source, start.clock, start.clock_state) = (v("file"), v("simulated"), v("simulated"));
        });
        forge.clip()
    };
    let open = {
        let mut forge = forge();
        forge.reason = None;
        let clip = forge.clip();
        clip[..clip.len() - 7].to_vec()
    };
    let ledger = Ledger::new();
    let stated = {
        let mut ledger = Ledger::new();
        ledger.edit_parts = only(&["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated"]);
        ledger.clip()
    };
    vec![
        ("good", good.clone(), ""),
        ("matches", good.clone(), "SF1234567890"),
        ("differs", good.clone(), "SF1234567891"),
        ("altered", altered, ""),
        ("busy", busy, "SF1234567890"),
        ("interrupted", interrupted, ""),
        ("simulated", simulated, ""),
        ("open", open, ""),
        ("audited", ledger.clip(), "SF1234567890"),
        ("stated", stated, ""),
        ("enrolled", with_enrolment(&good, &enrolled(|_| ())), ""),
        ("plain", include_bytes!("data/material.mp4").to_vec(), ""),
    ]
}

/// Lines without the spaces that make a table on a terminal, and without the marks of a list.
fn lines(text: &str) -> Vec<String> {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ").trim_start_matches("- ").to_owned();
    text.lines().map(line).filter(|line| !line.is_empty()).collect()
}

#[test]
fn says_what_the_program_says() {
    let page = Page::new("page-says");
    // All that the program prints, drawn from what stands in the page.
    let shown = when(
        "document.querySelector('.clip .body')",
        "(() => {
            const texts = (from, selector) => [...from.querySelectorAll(selector)].map((e) => e.textContent);
            const clip = document.querySelector('.clip'), found = [];
            for (const row of clip.querySelectorAll('tr')) {
                const [first, ...more] = texts(row, 'td p');
                found.push(`${row.querySelector('th').textContent}: ${first}`, ...more);
            }
            for (const list of clip.querySelectorAll('dl')) {
                found.push(list.previousSibling.textContent);
                const rows = texts(list, 'dd');
                for (const [i, label] of texts(list, 'dt').entries()) found.push(`${label}: ${rows[i]}`);
            }
            const limits = clip.querySelectorAll('.said-so section')[1];
            return [...found, ...texts(limits || clip, '.said-so li')];
        })()",
    );
    let mut compared = 0;
    for (name, clip, order) in clips() {
        let file = page.folder.file(&format!("{name}.mp4"), &clip);
        for (lang, key) in [("en", trusted()), ("zh", trusted()), ("zh", key(2).verifier().to_string())] {
            let mut args = vec!["verify", &file, "--lang", lang, "--key", &key];
            if !order.is_empty() {
                args.extend(["--order", order]);
            }
            let program = said(program(&args));
            page.open(lang, &key, order);
            let verdict = page.choose(&file);
            let text = lines(&program.out);
            // The first line is the verdict's; the heading of what is not proven is the page's own.
            assert!(text[0].starts_with(verdict[1].as_str().unwrap()), "{name}: {verdict} {text:?}");
            let program: Vec<String> = text[1..]
                .iter()
                .filter(|l| !l.starts_with("Not proven, or") && !l.starts_with("未证明或未核验"))
                .cloned()
                .collect();
            let page_said = page.browser.run(&shown, vec![]);
            let page_said: Vec<String> = page_said
                .as_array()
                .unwrap_or_else(|| panic!("{page_said}"))
                .iter()
                .flat_map(|line| lines(line.as_str().unwrap()))
                .collect();
            assert_eq!(page_said, program, "{name}, {lang}");
            page.all_well();
            compared += program.len();
        }
    }
    println!("{compared} lines: both say the same");
}

#[test]
fn has_the_programs_messages() {
    let page = Page::new("page-messages");
    page.open("en", "", "");
    let script = "const found = {};
        for (const code of codes.all) {
            const both = ['en', 'zh'].map((lang) => { words.use(lang); return words.message(code); });
            found[code] = [codes.of(code).weight, ...both];
        }
        arguments[0](found);";
    let said = page.browser.run(script, vec![]);
    assert_eq!(said.as_object().map(|all| all.len()), Some(Code::ALL.len()));
    for code in Code::ALL {
        let weight = match code.weight() {
            Weight::CannotCheck => "cannot-check",
            Weight::Rejected => "rejected",
            Weight::UnknownSigner => "unknown-signer",
            Weight::Partial => "partial",
            Weight::Note => "note",
        };
        assert_eq!(said[code.as_str()], json!([weight, code.en(), code.zh()]), "{code:?}");
    }
}

#[test]
fn no_text_promises_what_no_seal_can() {
    let texts = include_str!("../verifier/page/words.js").to_lowercase();
    let banned = ["fake", "fraud", "100 %", "100%", "guarantee", "真图", "假图", "伪造", "诈骗"];
    assert!(!banned.iter().any(|word| texts.contains(word)));
    assert!(!texts.split(|c: char| !c.is_alphabetic()).any(|word| word == "real"));
}

#[test]
fn says_every_event() {
    let page = Page::new("page-events");
    page.open("en", "", "");
    // One of each kind, in the order of FORMAT.md.
    let events = [
        "order-scan:A",
        "order-api:A",
        "next-scan",
        "other-code:item:13",
        "control:end",
        "operator:li",
        "operator-off",
        "label-read:A:7",
        "label-conflict:9:3",
        "weight:-1250:moving",
        "frozen",
        "unfrozen",
        "dark",
        "lit",
        "still",
        "moving",
        "camera-lost",
        "camera-stalled",
        "camera-back",
        "capture-restarted",
        "clock-step:-5",
    ];
    let all: Vec<String> = events.iter().map(|event| format!("0:{event}")).collect();
    assert_eq!(v::<Events>(&all.join(" ")).0.len(), events.len());
    let script = "arguments[1](arguments[0].map((text) => {
            const [kind, ...args] = text.split(':');
            return ['en', 'zh'].map((lang) => { words.use(lang); return report.event({ kind, args }); });
        }));";
    let said = page.browser.run(script, vec![json!(events)]);
    let said: Vec<[String; 2]> = serde_json::from_value(said).unwrap();
    assert!(said.iter().flatten().all(|text| !text.is_empty() && !text.contains("undefined") && !text.contains("NaN")));
    assert_eq!(said[9], ["weight -1.25 g (moving)", "重量 -1.25 克（变动中）"]);
    assert_eq!(said[7][0], "order A read from the picture in 7 frames");
}

#[test]
fn verdicts_languages_and_player() {
    let page = Page::new("page-verdicts");
    let good = forge().clip();
    let file = page.folder.file("good.mp4", &good);
    let excerpt = page.folder.path("excerpt.mp4");
    let cut = run(&["excerpt", &file, "--from", "1", "--to", "3", "-o", &excerpt, "--key", &trusted()]);
    assert_eq!(cut.status, 0, "{cut:?}");

    // A clip is asked for, then its key is given, then the language changes: what was said is said anew.
    page.open("en", "", "");
    assert_eq!(page.choose(&file), json!(["unknown-signer", "UNKNOWN SIGNER"]));
    let word = |verdict: &str| {
        let condition = format!("document.querySelector('.clip')?.dataset.verdict === '{verdict}'");
        page.browser.run(&when(&condition, "document.querySelector('.word').textContent"), vec![])
    };
    page.give("#key", &trusted());
    assert_eq!(word("verified"), "VERIFIED");
    page.give("#order", "SF1");
    assert_eq!(word("rejected"), "REJECTED");
    page.give("#order", "");
    assert_eq!(word("verified"), "VERIFIED");
    let words = when(
        "document.documentElement.lang === 'zh-CN' && document.querySelector('.word').textContent.startsWith('已验证')",
        "document.querySelector('h1').textContent",
    );
    assert_eq!(page.browser.run(&format!("location.hash = '#zh'; {words}"), vec![]), "核验封存录像");
    // A typing error is no unknown signer: nothing is checked under it.
    page.give("#key", "nobody");
    let wrong = when("document.querySelector('#key-said.wrong')", "document.querySelectorAll('.clip').length");
    assert_eq!(page.browser.run(&wrong, vec![]), 0);
    page.all_well();

    // What a revoked key signed is not played.
    page.open("en", &format!("revoked {}", trusted()), "");
    assert_eq!(page.choose(&file)[0], "rejected");
    let played =
        "arguments[0]([document.querySelectorAll('video').length, document.querySelector('.proofs').textContent]);";
    assert_eq!(page.browser.run(played, vec![]), json!([0, "Nothing."]));

    // The player has the proven part alone: the excerpt's second, and what stands before an altered byte.
    let play = when(
        "document.querySelector('video')?.readyState >= 2",
        "(() => {
            const video = document.querySelector('video'), from = video.currentTime;
            video.muted = true;
            video.onended = () => done([from, video.currentTime]);
            video.play();
        })()",
    );
    let near = |said: &Value, wanted: [f64; 2]| {
        let close = |i: usize| said[i].as_f64().is_some_and(|at| (at - wanted[i]).abs() < 0.11);
        assert!(close(0) && close(1), "{said}, not {wanted:?}");
    };
    // `done` is called by the player, so that what the expression is does not count.
    let play = play.replace("return done((() =>", "return ((() =>");
    page.open("en", &trusted(), "");
    assert_eq!(page.choose(&excerpt)[0], "partial");
    near(&page.browser.run(&play, vec![]), [1.0, 3.0]);
    let mut altered = good.clone();
    let place = forge().parts()[..7].concat().len() - 1;
    altered[place] ^= 0x40;
    let altered = page.folder.file("altered.mp4", &altered);
    page.open("en", &trusted(), "");
    assert_eq!(page.choose(&altered)[0], "rejected");
    near(&page.browser.run(&play, vec![]), [0.0, 2.0]);
    page.all_well();

    // Several at once; a file that is no clip among them.
    let text = page.folder.file("text.mp4", b"no clip");
    page.open("en", &trusted(), "");
    page.browser.choose("#clips", &[&*file, &altered, &excerpt, &text].join("\n"));
    let verdicts = when(
        "document.querySelectorAll('.clip').length === 4",
        "[...document.querySelectorAll('.clip')].map((clip) => clip.dataset.verdict)",
    );
    assert_eq!(page.browser.run(&verdicts, vec![]), json!(["rejected", "partial", "verified", "could-not-check"]));
    page.all_well();

    // A browser that gives no worker to a file: the page does it.
    page.open("en", &trusted(), "");
    let refuse = "window.Worker = class {
            postMessage() { setTimeout(() => this.onerror(new Event('error'))); }
            terminate() {}
        };
        arguments[0]();";
    page.browser.run(refuse, vec![]);
    page.browser.choose("#clips", &[&*file, &excerpt].join("\n"));
    let both = when(
        "document.querySelectorAll('.clip').length === 2",
        "[...document.querySelectorAll('.clip')].map((clip) => clip.dataset.verdict)",
    );
    assert_eq!(page.browser.run(&both, vec![]), json!(["partial", "verified"]));

    // Dropped on the page, and a folder chosen.
    page.open("en", &trusted(), "");
    let drop = "const name = new DataTransfer(), file = new File([new Uint8Array(8)], 'dropped.mp4');
        name.items.add(file);
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: name, bubbles: true, cancelable: true }));";
    let dropped = when("document.querySelector('.clip .body')", "document.querySelector('.file').textContent");
    assert_eq!(page.browser.run(&format!("{drop} {dropped}"), vec![]), "dropped.mp4 · 1 kB");
    let parcels = Folder::new("page-parcels");
    for name in ["b.mp4", "a.mp4"] {
        parcels.file(name, &good);
    }
    parcels.file("notes.txt", b"no clip");
    page.open("en", &trusted(), "");
    page.browser.choose("#folder", parcels.path("").trim_end_matches('/'));
    let names = when(
        "document.querySelectorAll('.clip').length === 2",
        "[...document.querySelectorAll('.file')].map((name) => name.textContent.split(' ')[0].split('/').pop())",
    );
    assert_eq!(page.browser.run(&names, vec![]), json!(["a.mp4", "b.mp4"]));
    page.all_well();

    // A trust file; what is wrong with one is said with its line.
    page.open("en", "", "");
    let keys = page.folder.file("shop.keys", format!("# our bench\nstation {}\n", trusted()).as_bytes());
    page.browser.choose("#key-file", &keys);
    let known =
        when("document.querySelector('#key-said').textContent", "document.querySelector('#key-said').textContent");
    let name = trusted().split('+').next().unwrap().to_owned();
    assert_eq!(page.browser.run(&known, vec![]), format!("Known now: {name} (station)"));
    let bad = page.folder.file("bad.keys", format!("station {}\nstaton x\n", trusted()).as_bytes());
    page.browser.choose("#key-file", &bad);
    let wrong = when("document.querySelector('#key-said.wrong')", "document.querySelector('#key-said').textContent");
    let role = "line 2: unknown role; use station, root, witness, revoked, revocation or tsa";
    assert_eq!(page.browser.run(&wrong, vec![]), role);

    // The statements stand there as they are in the file.
    page.open("en", &trusted(), "");
    page.choose(&file);
    let texts = when(
        "document.querySelectorAll('.more pre').length > 3",
        "[...document.querySelectorAll('.more pre')].map((text) => text.textContent)",
    );
    let open = "document.querySelectorAll('.more').forEach((one) => { one.open = true; });";
    let said = page.browser.run(&format!("{open} {texts}"), vec![]);
    let statements: Vec<&str> = said.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(statements.iter().filter(|text| text.starts_with("packseal/")).count(), 6, "{said}");
    let good_text = String::from_utf8_lossy(&good);
    assert!(statements.iter().filter(|text| text.starts_with("packseal/")).all(|text| good_text.contains(*text)));
}

/// An honest clip whose first pictures have so many bytes more, 60 fragments of it.
fn large(more: usize) -> Vec<u8> {
    let mut forge = forge();
    for span in &mut forge.spans {
        let gop = span.gop.as_mut().unwrap();
        let (size, length) = (gop.samples[0].size as usize, |media: &[u8], at: usize| {
            u32::from_be_bytes(media[at..at + 4].try_into().unwrap()) as usize
        });
        let mut at = 0;
        while at + 4 + length(&gop.media, at) < size {
            at += 4 + length(&gop.media, at);
        }
        let longer = (length(&gop.media, at) + more) as u32;
        gop.media[at..at + 4].copy_from_slice(&longer.to_be_bytes());
        gop.media.splice(size..size, vec![0x77; more]);
        gop.samples[0].size += more as u32;
    }
    forge.spans = forge.spans.iter().cycle().take(60).cloned().collect();
    forge.clip()
}

#[test]
fn a_large_clip_leaves_the_page_at_hand() {
    let page = Page::new("page-large");
    let clip = large(2 << 20);
    let file = page.folder.file("large.mp4", &clip);
    page.open("en", &trusted(), "");
    // How long anything else had to wait at most.
    let watch = "window.began = performance.now();
        window.longest = 0;
        window.shares = new Set();
        let last = began;
        setInterval(() => {
            const now = performance.now();
            [longest, last] = [Math.max(longest, now - last), now];
            if (!document.querySelector('.clip')) shares.add(document.getElementById('progress').value);
        }, 5);
        new MutationObserver(() => { window.took ??= performance.now() - began; })
            .observe(document.getElementById('found'), { childList: true });
        arguments[0]();";
    page.browser.run(watch, vec![]);
    assert_eq!(page.choose(&file)[0], "verified");
    let said = page.browser.run("arguments[0]([took, longest, shares.size]);", vec![]);
    println!(
        "{} MB: {} ms in all, the page busy for {} ms at most, {} steps of progress",
        clip.len() / 1_000_000,
        said[0],
        said[1],
        said[2]
    );
    assert!(said[1].as_f64().unwrap() < 1000.0 && said[2].as_u64().unwrap() > 2, "{said}");
    page.all_well();
}

#[test]
fn the_page_asks_nothing_of_a_network() {
    let page = Page::new("page-network");
    page.open("en", "", "");
    let script = "const done = arguments[0], image = new Image();
        image.onerror = async () => {
            await fetch('http://127.0.0.1:9/').catch(() => {});
            setTimeout(() => done(wrong), 200);
        };
        image.src = 'http://127.0.0.1:9/';";
    let refused = json!(["securitypolicyviolation img-src", "securitypolicyviolation connect-src"]);
    assert_eq!(page.browser.run(script, vec![]), refused);
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::new("page-overwrite");
    let path = folder.file("verify.html", b"mine");
    let said = run(&["page", "-o", &path]);
    assert_eq!(said.status, 2, "{said:?}");
    assert!(said.err.contains("there is such a file already"), "{said:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    let nowhere = run(&["page", "-o", &folder.path("none/verify.html"), "--lang", "zh"]);
    assert_eq!(nowhere.status, 2, "{nowhere:?}");
}
