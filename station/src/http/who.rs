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

/// The session's cookie. `__Host-` would ask for TLS, which bench screens do without.
pub(super) const COOKIE: &str = "packseal";

/// Who asks: in the extensions of every request.
#[derive(Debug, Clone)]
pub(super) struct Who(pub Option<Account>);

/// The session that this request has, if any.
pub(super) fn token(headers: &HeaderMap) -> Option<Token> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookie =
        cookies.flat_map(|line| line.split("; ")).find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='));
    bearer.or(cookie).map(Token::of)
}

/// Notes in the request who asks. Where the accounts cannot be read, it is nobody.
pub(super) fn recognise(app: &App, request: &mut Request) {
    let found = app.desk.as_ref().zip(token(request.headers())).and_then(|(desk, token)| {
        let account = desk.accounts.session(&token, clock::wall().0);
        account.inspect_err(|e| tracing::error!(cause = "accounts", "accounts cannot be read: {e}")).ok().flatten()
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
