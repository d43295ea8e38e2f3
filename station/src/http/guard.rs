//! What holds for every request: where it comes from, how large it is, how long it may take, what browsers may do with
//! the answer.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::HttpBody,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use tokio::time::timeout;

use super::{App, BODY, Refusal, who};

/// How long a request may take from its head to its answer's. Clips are verified meanwhile.
const REQUEST: Duration = Duration::from_secs(120);

/// Nothing but what the station itself sends is shown or run, in no frame of another page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What holds for every request.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut request = request;
    let mut response = if app.local && !is_for_loopback(request.uri(), request.headers()) {
        app.refuse(Refusal::Host)
    } else if !is_from_here(&request) {
        app.refuse(Refusal::Origin)
    } else if request.body().size_hint().lower() > BODY as u64 {
        app.refuse(Refusal::TooLarge)
    } else {
        who::recognise(&app, &mut request);
        match timeout(REQUEST, next.run(request)).await {
            Ok(response) => response,
            Err(_) => app.refuse(Refusal::Slow),
        }
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The page that checks clips by itself has one of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether the request calls this machine by a loopback name: a name of the web that leads here is no such name.
fn is_for_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| is_loopback(&host)) && uri.authority().is_none_or(is_loopback)
}

/// Whether the request comes from no web page, or from one of this very address: a cookie is sent to every port of a
/// machine, so another port is somebody else. A browser that says nothing of where a change comes from is not believed.
fn is_from_here(request: &Request) -> bool {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let same = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        origin.is_some_and(|origin| {
            matches!(origin.scheme_str(), Some("http" | "https")) && origin.authority().map(Authority::as_str) == host
        })
    };
    let site = headers.get("sec-fetch-site").is_none_or(|site| {
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        // A link on another page may lead here; it changes nothing.
        site == "same-origin"
            || site == "none"
            || (reads && headers.get("sec-fetch-mode").is_some_and(|m| m == "navigate"))
    });
    site && headers.get_all(header::ORIGIN).iter().all(same)
}

/// A loopback address or `localhost`, with or without a port, and nothing else around it.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let port = |rest: &str| rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let plain = authority.as_str().strip_prefix(host).is_some_and(|rest| rest.is_empty() || port(rest));
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let loopback = address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    plain && (loopback || host.eq_ignore_ascii_case("localhost"))
}
