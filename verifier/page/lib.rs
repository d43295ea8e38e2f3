//! The verification page: one self-contained HTML file that checks sealed clips in a browser, offline. Its scripts read
//! FORMAT.md a second time, beside the `evidence` crate, and share nothing with it.

/// What verifies: it runs in the page and in its worker. A script stands behind those that it needs at once; the first
/// makes all of them strict.
pub const CORE: [&str; 17] = [
    include_str!("value.js"),
    include_str!("vendor/noble-ed25519.js"),
    include_str!("codes.js"),
    include_str!("ed25519.js"),
    include_str!("note.js"),
    include_str!("statement.js"),
    include_str!("trust.js"),
    include_str!("h264.js"),
    include_str!("bmff.js"),
    include_str!("layout.js"),
    include_str!("token.js"),
    include_str!("proof.js"),
    include_str!("rules.js"),
    include_str!("tail.js"),
    include_str!("answers.js"),
    include_str!("verify.js"),
    include_str!("derived.js"),
];

/// What the page alone needs, and what runs on both sides.
const PAGE: [&str; 5] = [
    include_str!("words.js"),
    include_str!("report.js"),
    include_str!("timeline.js"),
    include_str!("player.js"),
    include_str!("app.js"),
];

/// The whole page, to be written to a file and opened from there.
pub fn html() -> String {
    let core = [&CORE.concat(), include_str!("worker.js")].concat();
    include_str!("page.html")
        .replace("/*style*/", include_str!("page.css"))
        .replace("/*core*/", &core)
        .replace("/*page*/", &PAGE.concat())
}

/// What says a report (FORMAT.md, 6.2) in words, in English and Chinese, as a script for pages of others: a module that
/// exports `words` and `report`.
pub fn words() -> String {
    [include_str!("codes.js"), include_str!("words.js"), include_str!("report.js"), "export { words, report };\n"]
        .concat()
}
