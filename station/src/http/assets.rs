//! The pages and what they need, from the program itself.

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

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
    asset!("text/css", "base.css"),
    asset!("text/javascript", "base.js"),
    asset!("text/css", "docs.css"),
    asset!("text/javascript", "docs.js"),
    asset!("text/javascript", "login.js"),
    asset!("application/json", "messages/en.json"),
    asset!("application/json", "messages/zh-CN.json"),
];

/// For everybody.
pub(super) fn open() -> Router<App> {
    Router::new()
        .route("/login", page(include_str!("../../web/login.html")))
        .route("/docs", page(include_str!("../../web/docs.html")))
        .route("/web/{*name}", get(asset))
}

/// For packers.
pub(super) fn packer() -> Router<App> {
    Router::new()
}

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new()
}

fn page(html: &'static str) -> axum::routing::MethodRouter<App> {
    get(async move || Html(html))
}

async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.0 == name) {
        Some(Asset(_, kind, content)) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
