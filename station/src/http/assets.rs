//! The pages and what they need, from the program itself.

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::App;

/// A file's name, kind and content.
struct Asset(&'static str, &'static str, &'static str);

/// One of `web/`.
macro_rules! asset {
    ($kind:literal, $name:literal) => {
        Asset($name, $kind, include_str!(concat!("../../web/", $name)))
    };
}

/// What pages load.
const ASSETS: &[Asset] = &[
    asset!("image/svg+xml", "icon.svg"),
    asset!("text/css", "base.css"),
    asset!("text/css", "accounts.css"),
    asset!("text/css", "bench.css"),
    asset!("text/css", "desk.css"),
    asset!("text/css", "docs.css"),
    asset!("text/css", "order.css"),
    asset!("text/css", "overview.css"),
    asset!("text/javascript", "accounts.js"),
    asset!("text/javascript", "bars.js"),
    asset!("text/javascript", "base.js"),
    asset!("text/javascript", "bench.js"),
    asset!("text/javascript", "clip.js"),
    asset!("text/javascript", "desk.js"),
    asset!("text/javascript", "docs.js"),
    asset!("text/javascript", "export.js"),
    asset!("text/javascript", "hold.js"),
    asset!("text/javascript", "login.js"),
    asset!("text/javascript", "marks.js"),
    asset!("text/javascript", "order.js"),
    asset!("text/javascript", "overview.js"),
    asset!("text/javascript", "password.js"),
    asset!("text/javascript", "received.js"),
    asset!("text/javascript", "timeline.js"),
    asset!("text/javascript", "verdict.js"),
    asset!("application/json", "messages/en.json"),
    asset!("application/json", "messages/zh-CN.json"),
];

/// For everybody.
pub(super) fn open() -> Router<App> {
    Router::new()
        .route("/login", page(include_str!("../../web/login.html")))
        .route("/password", page(include_str!("../../web/password.html")))
        .route("/docs", page(include_str!("../../web/docs.html")))
        .route("/web/{*name}", get(asset))
        .route("/web/verify/words.js", fixed("text/javascript", page::words(), None))
        .merge(verifier())
}

/// For packers.
pub(super) fn packer() -> Router<App> {
    let bench = || page(include_str!("../../web/bench.html"));
    Router::new().route("/bench", bench()).route("/bench/{name}", bench())
}

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new()
        .route("/", page(include_str!("../../web/overview.html")))
        .route("/desk", page(include_str!("../../web/desk.html")))
        .route("/order/{order}", page(include_str!("../../web/order.html")))
}

/// The page that checks clips by itself, as it goes into bundles. Its scripts and its style stand in it: those are
/// allowed, by their hashes, and nothing else.
fn verifier() -> Router<App> {
    let html = page::html();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; worker-src blob:; media-src blob:; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hashes(&html, "script"),
        hashes(&html, "style"),
    );
    Router::new().route("/web/verify.html", fixed("text/html; charset=utf-8", html, Some(policy)))
}

/// Sources of a policy: the SHA-256 of all that stands in elements of this name.
fn hashes(html: &str, element: &str) -> String {
    let (opens, closes) = (format!("<{element}"), format!("</{element}>"));
    let inside = html.split(&*opens).skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once('>')?;
        Some(rest.split_once(&*closes)?.0)
    });
    let sources: Vec<String> =
        inside.map(|text| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))).collect();
    sources.join(" ")
}

/// For administrators.
pub(super) fn admin() -> Router<App> {
    Router::new().route("/accounts", page(include_str!("../../web/accounts.html")))
}

fn page(html: &'static str) -> axum::routing::MethodRouter<App> {
    get(async move || Html(html))
}

/// What was put together at the start. `policy`: in place of the one of all other pages.
fn fixed(kind: &'static str, content: String, policy: Option<String>) -> axum::routing::MethodRouter<App> {
    let content = Bytes::from(content);
    let policy = policy.and_then(|policy| HeaderValue::try_from(policy).ok());
    get(async move || {
        let mut response = ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content).into_response();
        response.headers_mut().extend(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
        response
    })
}

async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.0 == name) {
        Some(Asset(_, kind, content)) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
