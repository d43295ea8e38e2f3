//! `verify.html` in Chromium, from the choice of a clip to its verdict, beside `packseal-verifier` on the same clip in a
//! warm cache; and the memory of its renderer on a clip of 500 MB.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;

use crate::{
    Outcome,
    browser::Browser,
    export::resident,
    material,
    measure::{median, ms, run, shown},
    table::Row,
};

const RUNS: usize = 7;
/// Of the program's wall time.
const TIMES: f64 = 12.0;

/// Keeps the moment in which a file was chosen, and tells how long it took to its verdict, in ms.
const WATCH: &str = "addEventListener('change', ({ target }) => { if (target.id === 'clips') window.chosen = performance.now(); }, true);
    arguments[0]();";
const WAIT: &str = "const [done] = arguments, look = () => {
        const box = document.querySelector('.clip');
        if (!box) return requestAnimationFrame(look);
        const took = performance.now() - window.chosen;
        document.getElementById('clear').click();
        done([box.dataset.verdict, took]);
    };
    look();";

/// Measures.
///
/// # Errors
/// A program that fails, a clip that is not VERIFIED.
pub fn rows() -> Outcome<Vec<Row>> {
    let (clip, key) = material::sealed("sixty-megabytes", 8, 60)?;
    let (large, large_key) = material::sealed("half-a-gigabyte", 40, 100)?;
    let page = clip.with_file_name("verify.html");
    fs::write(&page, page::html())?;
    let mut verify = Command::new(material::verifier()?);
    verify.arg("verify").arg(&clip).args(["--key", &key]);
    println!("{} MB, {} MB\nA verify.html\nB {}", length(&clip)?, length(&large)?, shown(&verify));
    let browser = Browser::new();
    let (mut walls, mut others) = (Vec::new(), Vec::new());
    open(&browser, &page, &key);
    for run_of in 0..=RUNS {
        let wall = judged(&browser, &clip)?;
        let other = ms(run(&mut verify)?.wall);
        // The first one warms the cache.
        if run_of > 0 {
            walls.push(wall);
            others.push(other);
        }
    }
    println!("A {:.0} ms; B {:.0} ms", median(&walls), median(&others));
    let times = walls.iter().zip(&others).map(|(a, b)| a / b).collect();

    open(&browser, &page, &large_key);
    let (renderers, over) = (browser.renderers(), AtomicBool::new(false));
    if renderers.is_empty() {
        return Err("no renderer was found".into());
    }
    let before: f64 = renderers.iter().copied().map(resident).sum();
    let (most, took) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !over.load(Ordering::Relaxed) {
                most = most.max(renderers.iter().copied().map(resident).sum());
                thread::sleep(Duration::from_millis(20));
            }
            most
        });
        let took = judged(&browser, &large);
        over.store(true, Ordering::Relaxed);
        (watch.join().unwrap_or(f64::MAX), took)
    });
    println!("A, the large one: {:.1} s, {before:.0} MiB before", took? / 1000.0);
    Ok(vec![
        Row::median("page: 60 MB, of packseal-verifier", times, TIMES, "x"),
        Row::median("page: memory of the renderer more, 500 MB", vec![most - before], 200.0, "MiB"),
    ])
}

fn length(path: &Path) -> Outcome<u64> {
    Ok(fs::metadata(path)?.len() / 1_000_000)
}

fn open(browser: &Browser, page: &Path, key: &str) {
    browser.open("/dev/null");
    browser.open(&page.display().to_string());
    browser.run(WATCH, vec![]);
    let give = "const [text, done] = arguments, field = document.querySelector('#key');
        field.value = text; field.dispatchEvent(new Event('change')); done();";
    browser.run(give, vec![json!(key)]);
}

/// How long it took to VERIFIED, in ms.
fn judged(browser: &Browser, clip: &Path) -> Outcome<f64> {
    browser.choose("#clips", &clip.display().to_string());
    let said = browser.run(WAIT, vec![]);
    match (said[0].as_str(), said[1].as_f64()) {
        (Some("verified"), Some(took)) => Ok(took),
        _ => Err(format!("{said}").into()),
    }
}
