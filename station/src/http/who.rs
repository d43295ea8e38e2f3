//! Who asks, and whether they may.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{App, Refusal};
use crate::{
    accounts::{Account, Role, Token},
    clock,
};

/// The session's cookie: on this machine, where it goes without TLS, and in the office, where no page of another port or
/// without TLS can put one of this name.
pub(super) fn cookie_name(local: bool) -> &'static str {
    if local { "packseal" } else { "__Host-packseal" }
}

/// What sets the session's cookie; `None`: what removes it.
pub(super) fn cookie(local: bool, token: Option<&Token>) -> String {
    let (name, value) = (cookie_name(local), token.map_or("", Token::as_str));
    let secure = if local { "" } else { "; Secure" };
    let gone = if token.is_some() { "" } else { "; Max-Age=0" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{gone}")
}

/// Who asks: in the extensions of every request.
#[derive(Debug, Clone)]
pub(super) struct Who(pub Option<Account>);

/// The session that this request has, if any.
pub(super) fn token(headers: &HeaderMap, local: bool) -> Option<Token> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let name = cookie_name(local);
    let cookie = cookies.flat_map(|line| line.split("; ")).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    bearer.or(cookie).map(Token::of)
}

/// Notes in the request who asks. Where the accounts cannot be read, it is nobody.
pub(super) fn recognise(app: &App, request: &mut Request) {
    let found = app.desk.as_ref().zip(token(request.headers(), app.local)).and_then(|(desk, token)| {
        let now = clock::wall().0;
        let (account, is_due) = desk.accounts.session(&token, now).map_err(Refusal::from).ok()??;
        if is_due {
            let desk = desk.clone();
            // Nobody waits for it, and a session whose use is not noted ends the sooner.
            drop(tokio::task::spawn_blocking(move || desk.accounts.used(&token, now).map_err(Refusal::from)));
        }
        Some(account)
    });
    request.extensions_mut().insert(Who(found));
}

/// Lets through who has this role, or a bench screen on this machine. Others are sent to log in.
pub(super) async fn require(State((app, least)): State<(App, Role)>, request: Request, next: Next) -> Response {
    let who = request.extensions().get::<Who>().and_then(|Who(who)| who.as_ref());
    let screen = app.local && least == Role::Packer;
    match who {
        _ if screen => next.run(request).await,
        Some(account) if account.role >= least => next.run(request).await,
        Some(_) => app.refuse(Refusal::Forbidden),
        None if is_page(&request) => to_login(request.uri()),
        None => app.refuse(Refusal::LogIn),
    }
}

/// Whether a browser wants to show what comes.
fn is_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    !request.uri().path().starts_with("/api/") && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn to_login(uri: &Uri) -> Response {
    let wanted = uri.path_and_query().map_or("/", |path| path.as_str());
    Redirect::to(&format!("/login?to={}", escaped(wanted))).into_response()
}

/// As a value of a query.
fn escaped(text: &str) -> String {
    let escape = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escape).collect()
}
