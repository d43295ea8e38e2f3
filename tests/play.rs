//! Sealed clips and their excerpts in Chromium: what is shown, and when.

mod support;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/program.rs"]
mod program;

use browser::Browser;
use program::{Folder, run};
use serde_json::{Value, json};
use support::{check::*, forge::*, proofs::*};

const PAGE: &str = "<!doctype html><meta charset=utf-8><input type=file>";

/// Opens the chosen file, and looks at its picture at some seconds: length, and each picture's bytes as one number.
const LOOK: &str = "
    const [seconds, done] = arguments, found = { pictures: [] };
    const video = document.createElement('video'), canvas = document.createElement('canvas');
    video.muted = true;
    video.onerror = () => done({ error: video.error.message });
    video.onloadedmetadata = () => {
        Object.assign(found, { duration: video.duration, width: video.videoWidth, height: video.videoHeight });
        Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
        video.currentTime = seconds[0];
    };
    video.onseeked = () => {
        const context = canvas.getContext('2d');
        context.drawImage(video, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
        let sum = 0;
        for (const byte of pixels) sum = (sum * 31 + byte) % 4294967291;
        found.pictures.push([video.currentTime, sum]);
        if (found.pictures.length === seconds.length) return done(found);
        video.currentTime = seconds[found.pictures.length];
    };
    video.src = URL.createObjectURL(document.querySelector('input').files[0]);";

/// Plays on from the beginning to the end: where it began, and where it ended.
const PLAY: &str = "
    const [done] = arguments, video = document.createElement('video');
    let first;
    video.muted = true;
    video.playbackRate = 4;
    video.onerror = () => done({ error: video.error.message });
    const seen = (_, frame) => { first ??= frame.mediaTime; video.requestVideoFrameCallback(seen); };
    video.requestVideoFrameCallback(seen);
    video.onended = () => done({ first, last: video.currentTime });
    video.src = URL.createObjectURL(document.querySelector('input').files[0]);
    video.play();";

#[test]
fn an_excerpt_plays_on_the_clips_own_time_line() {
    let (folder, browser) = (Folder::new("play"), Browser::new());
    let page = folder.file("page.html", PAGE.as_bytes());
    let clip = folder.file("clip.mp4", &with_enrolment(&forge().clip(), &enrolled(|_| ())));
    let excerpt = folder.path("excerpt.mp4");
    let key = key(1).verifier().to_string();
    let said = run(&["excerpt", &clip, "--from", "1", "--to", "3", "-o", &excerpt, "--key", &key]);
    assert_eq!((said.status, said.out.lines().count()), (0, 1), "{said:?}");
    // Chromium's time line ends with the last picture that there is.
    let look = |file: &str, end: f64| {
        browser.open(&page);
        browser.choose("input", file);
        let found = browser.run(LOOK, vec![json!([1.15, 1.55, 2.05, 2.95])]);
        let (error, duration) = (&found["error"], found["duration"].as_f64());
        assert_eq!((error, duration), (&Value::Null, Some(end)), "{file}: {found}");
        found["pictures"].clone()
    };
    let (whole, part) = (look(&clip, 4.0), look(&excerpt, 3.0));
    assert_eq!(whole, part);
    // No two of them are the same picture.
    let pictures: std::collections::BTreeSet<String> =
        whole.as_array().unwrap().iter().map(|p| p[1].to_string()).collect();
    assert_eq!(pictures.len(), 4, "{whole}");

    browser.open(&page);
    browser.choose("input", &excerpt);
    let played = browser.run(PLAY, vec![]);
    let near = |name: &str, second: f64| played[name].as_f64().is_some_and(|at| (at - second).abs() < 0.11);
    assert!(near("first", 1.0), "it does not begin with the first picture that it shows: {played}");
    println!("an excerpt of second 1 to 3 of 4, played: {played}");
}
