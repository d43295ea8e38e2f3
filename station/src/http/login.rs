//! Log-in and log-out, and the own password.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use evidence::{statement::ActKind, value::Value as _};
use serde::{Deserialize, Serialize};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use utoipa::ToSchema;

use super::{
    App, Desk, Name, Peer, Refusal, blocking,
    scan::refusal,
    who::{self, Who},
};
use crate::{
    accounts::{AccountError, Role, Session},
    clock,
};

/// How long a password waits to be hashed.
const QUEUE: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/login", post(login))
        .route("/api/v1/logout", post(logout))
        .route("/api/v1/me", get(me))
        .route("/api/v1/me/password", put(password))
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

/// A new password for oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The password until now.
    old: String,
    /// The one from now on: 10 characters or more, 256 bytes at most.
    new: String,
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

/// Begins a session. After five passwords that did not fit, each next attempt waits: 1 s, 2 s, up to 5 min.
#[utoipa::path(
    post,
    path = "/api/v1/login",
    tag = "accounts",
    request_body = Credentials,
    responses(
        (status = 200, description = "Logged in; with a cookie", body = Begun),
        (status = 401, description = "Name or password does not fit"),
        (status = 429, description = "Wait for Retry-After seconds"),
    )
)]
pub(super) async fn login(
    State(app): State<App>,
    Extension(Peer(from)): Extension<Peer>,
    body: Result<Json<Credentials>, JsonRejection>,
) -> Result<Response, Response> {
    let begin = async {
        let Json(Credentials { name, password }) = body.map_err(refusal)?;
        let desk = app.desk()?;
        let log_in = move |desk: &Desk, name: &str| {
            let note = |who: &Name| desk.audit(Some(who), ActKind::LogIn, None);
            desk.accounts.log_in(name, &password, clock::wall().0, note)
        };
        attempt(desk, (name, from), log_in).await
    };
    begin.await.map(|session| begun(&app, &session)).map_err(|refusal| app.refuse(refusal))
}

/// Sets another password for oneself. All sessions of the account end; a new one begins.
#[utoipa::path(
    put,
    path = "/api/v1/me/password",
    operation_id = "own_password",
    tag = "accounts",
    request_body = Change,
    responses(
        (status = 200, description = "It is set; with a cookie", body = Begun),
        (status = 400, description = "The new one is too short or too long"),
        (status = 403, description = "The old one does not fit"),
        (status = 429, description = "Wait for Retry-After seconds"),
    )
)]
pub(super) async fn password(
    State(app): State<App>,
    Extension(Peer(from)): Extension<Peer>,
    Extension(Who(who)): Extension<Who>,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Response, Response> {
    let change = async {
        let name = who.ok_or(Refusal::LogIn)?.name;
        let desk = app.desk()?;
        let Json(Change { old, new }) = body.map_err(refusal)?;
        let named = name.as_str().to_owned();
        let change = move |desk: &Desk, named: &str| {
            let note = || desk.audit(Some(&name), ActKind::PasswordSet, Some(named));
            desk.accounts.change_password(named, (&old, &new), clock::wall().0, note)
        };
        let changed = attempt(desk, (named, from), change).await;
        // Whoever is logged in is not sent to log in for it.
        changed.map_err(|refusal| if refusal == Refusal::Password { Refusal::OldPassword } else { refusal })
    };
    change.await.map(|session| begun(&app, &session)).map_err(|refusal| app.refuse(refusal))
}

/// Tries a password, one of a few at a time, and notes that the first of a row did not fit.
async fn attempt(
    desk: Arc<Desk>,
    (name, from): (String, IpAddr),
    work: impl FnOnce(&Desk, &str) -> Result<Option<Session>, AccountError> + Send + 'static,
) -> Result<Session, Refusal> {
    let attempt = desk.accounts.attempts.begin(&name, from, clock::monotonic()).map_err(Refusal::Later)?;
    let permit = permit(&desk).await?;
    blocking(move || {
        let session = match work(&desk, &name) {
            // The old one fitted, or it would be another error.
            Err(AccountError::Password) => {
                desk.accounts.attempts.succeeded(&attempt);
                return Err(Refusal::BadPassword);
            }
            worked => worked?,
        };
        // With it, so that nobody who hangs up gets more than their share.
        drop(permit);
        let Some(session) = session else {
            // Not waited for: how long it takes would tell which names there are.
            tokio::task::spawn_blocking(move || {
                let known = desk.accounts.knows(&name)?;
                let is_first = if known { attempt.first_of_name } else { attempt.first_of_address };
                let who = Name::parse(&name).filter(|_| known);
                if is_first {
                    desk.audit(who.as_ref(), ActKind::LogInRefused, None)?
                }
                Ok::<(), Refusal>(())
            });
            return Err(Refusal::Password);
        };
        desk.accounts.attempts.succeeded(&attempt);
        Ok(session)
    })
    .await
}

/// A permit to hash a password.
pub(super) async fn permit(desk: &Desk) -> Result<OwnedSemaphorePermit, Refusal> {
    match timeout(QUEUE, desk.accounts.hashing.clone().acquire_owned()).await {
        Ok(permit) => permit.map_err(|_| Refusal::Failed),
        Err(_) => Err(Refusal::Later(QUEUE)),
    }
}

fn begun(app: &App, session: &Session) -> Response {
    let begun = Begun { token: session.token.as_str().to_owned(), role: session.account.role };
    match HeaderValue::from_str(&who::cookie(app.local, Some(&session.token))) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Json(begun)).into_response(),
        Err(_) => app.refuse(Refusal::Failed),
    }
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/api/v1/logout",
    tag = "accounts",
    responses((status = 204, description = "There is none any more"))
)]
pub(super) async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, Response> {
    if let Some((desk, token)) = app.desk.clone().zip(who::token(&headers, app.local)) {
        let ended = blocking(move || Ok(desk.accounts.end(&token)?)).await;
        ended.map_err(|refusal| app.refuse(refusal))?;
    }
    let gone = who::cookie(app.local, None);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Who is logged in.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "accounts",
    responses((status = 200, description = "The account, or nobody", body = Me))
)]
pub(super) async fn me(Extension(Who(who)): Extension<Who>) -> Json<Me> {
    Json(Me { name: who.as_ref().map(|who| who.name.as_str().to_owned()), role: who.map(|who| who.role) })
}
