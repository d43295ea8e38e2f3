//! What holds for every request: where it comes from, how large it is, how long it may take, what browsers may do with
//! the answer.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use tokio::time::timeout;

use super::{App, BODY, HEAD, Refusal, api::received, who};
use crate::say::Lang;

/// How long an answer may take to begin. Clips are verified meanwhile.
const REQUEST: Duration = Duration::from_secs(120);

/// Nothing but what the station itself sends is shown or run, in no frame of another page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What holds for every request.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let lang = lang(request.headers());
    let mut response = answer(&app, request, next).await.unwrap_or_else(|refusal| app.refuse(refusal));
    if let Some((lang, refusal)) = lang.zip(response.extensions_mut().remove::<Refusal>()) {
        response = refusal.response(lang);
    }
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

/// The language that a page asks for, where it names one that there is; else the station's is spoken.
fn lang(headers: &HeaderMap) -> Option<Lang> {
    let first = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?.get(..2)?;
    [("zh", Lang::Zh), ("en", Lang::En)].into_iter().find_map(|(name, lang)| (name == first).then_some(lang))
}

async fn answer(app: &App, request: Request, next: Next) -> Result<Response, Refusal> {
    let host = host(request.headers()).ok_or(Refusal::Host)?;
    if app.local && !(is_loopback(&host) && request.uri().authority().is_none_or(is_loopback)) {
        return Err(Refusal::Host);
    }
    let scheme = if app.local { "http" } else { "https" };
    if !is_from_here(&request, scheme, &host) {
        return Err(Refusal::Origin);
    }
    if is_upload(&request) {
        // Its handler bounds its size and its time, and reads nothing before it knows who asks.
        let mut request = request;
        who::recognise(app, &mut request);
        return Ok(next.run(request).await);
    }
    let mut request = whole(request).await?;
    who::recognise(app, &mut request);
    timeout(REQUEST, next.run(request)).await.map_err(|_| Refusal::Slow)
}

/// Whether its body is a file.
fn is_upload(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    request.method() == Method::POST && route == Some(received::ROUTE)
}

/// The request with all of its body, which is short and has no time.
async fn whole(request: Request) -> Result<Request, Refusal> {
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > BODY as u64 {
        return Err(Refusal::TooLarge);
    }
    match timeout(HEAD, to_bytes(body, BODY)).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, Body::from(body))),
        // Or cut off, and then nobody reads the answer.
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Slow),
    }
}

/// By which name the request calls this machine, if it is one.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else { return None };
    host.to_str().ok()?.parse().ok()
}

/// Whether the request comes from no web page, or from one of this very address: a cookie is sent to every port of a
/// machine, so another port is somebody else. What a browser says of where it comes from must all be so.
fn is_from_here(request: &Request, scheme: &str, host: &Authority) -> bool {
    let headers = request.headers();
    let same = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        origin.is_some_and(|origin| origin.scheme_str() == Some(scheme) && origin.authority() == Some(host))
    };
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    // A link on another page may lead here; it changes nothing.
    let is_link = reads && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.all(|site| site == "same-origin" || site == "none" || is_link)
        && headers.get_all(header::ORIGIN).iter().all(same)
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
