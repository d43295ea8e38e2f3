//! `POST /api/v1/login`, `POST /api/v1/logout`, `GET /api/v1/me`.

use axum::{
    Extension, Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    App, Refusal,
    scan::refusal,
    who::{self, COOKIE, Who},
};
use crate::{accounts::Role, clock};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/login", post(login)).route("/api/v1/logout", post(logout)).route("/api/v1/me", get(me))
}

/// A log-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// Name of the account.
    name: String,
    /// Its password.
    password: String,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Name of the account; `null`: nobody.
    name: Option<String>,
    /// What it may do; `null`: what a bench screen may.
    role: Option<Role>,
}

/// A session that began.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    /// For programs: `Authorization: Bearer TOKEN`. Browsers have it as a cookie.
    token: String,
    /// What the account may do.
    role: Role,
}

/// Begins a session
#[utoipa::path(post, path = "/api/v1/login", tag = "accounts", request_body = Credentials,
    responses((status = 200, body = Begun), (status = 401, description = "Name or password does not fit"),
        (status = 404, description = "There is nothing to log in to")))]
pub(super) async fn login(State(app): State<App>, body: Result<Json<Credentials>, JsonRejection>) -> Response {
    let Json(Credentials { name, password }) = match body.map_err(refusal) {
        Ok(body) => body,
        Err(refusal) => return app.refuse(refusal),
    };
    let Some(desk) = app.desk.clone() else { return app.refuse(Refusal::NotFound) };
    let begun = tokio::task::spawn_blocking(move || {
        let account = desk.accounts.check(&name, &password)?;
        account.map(|account| desk.accounts.begin(account, clock::wall().0)).transpose()
    });
    match begun.await {
        Ok(Ok(Some(session))) => {
            let secure = if app.local { "" } else { "; Secure" };
            let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{secure}", session.token.as_str());
            let begun = Begun { token: session.token.as_str().to_owned(), role: session.account.role };
            match HeaderValue::from_str(&cookie) {
                Ok(cookie) => (StatusCode::OK, [(header::SET_COOKIE, cookie)], Json(begun)).into_response(),
                Err(_) => app.refuse(Refusal::Failed),
            }
        }
        Ok(Ok(None)) => app.refuse(Refusal::Password),
        Ok(Err(_)) | Err(_) => app.refuse(Refusal::Failed),
    }
}

/// Ends the session
#[utoipa::path(post, path = "/api/v1/logout", tag = "accounts", responses((status = 204, description = "It has ended")))]
pub(super) async fn logout(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some((desk, token)) = app.desk.as_ref().zip(who::token(&headers)) {
        if desk.accounts.end(&token).is_err() {
            return app.refuse(Refusal::Failed);
        }
    }
    let gone = HeaderValue::from_static("packseal=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response()
}

/// Who is logged in
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts", responses((status = 200, body = Me)))]
pub(super) async fn me(Extension(Who(who)): Extension<Who>) -> Json<Me> {
    Json(Me { name: who.as_ref().map(|who| who.name.as_str().to_owned()), role: who.map(|who| who.role) })
}
