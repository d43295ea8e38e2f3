//! Accounts, and what was done with them: for administrators.

use axum::{
    Extension, Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
    routing::{get, put},
};
use evidence::{
    statement::ActKind,
    value::{Token as Name, Value as _},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{App, Desk, Refusal, blocking, login::permit, scan::refusal, who::Who};
use crate::{
    accounts::{self, Role},
    acts, clock,
    status::Moment,
};

/// Acts in one answer, and at most.
const ACTS: (usize, usize) = (50, 200);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts", get(list).post(add))
        .route("/api/v1/accounts/{name}", axum::routing::delete(remove))
        .route("/api/v1/accounts/{name}/password", put(password))
        .route("/api/v1/acts", get(done))
}

/// An account.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Account {
    name: String,
    role: Role,
    /// When it was made.
    #[schema(value_type = String)]
    made: Moment,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewAccount {
    /// 1 to 64 of A-Z, a-z, 0-9, '.', '_', '+' and '-'.
    name: String,
    role: Role,
    /// 10 characters or more, 256 bytes at most.
    password: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewPassword {
    /// 10 characters or more, 256 bytes at most.
    password: String,
}

/// What somebody did.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Act {
    /// Place of its entry in the ledger.
    entry: u64,
    #[schema(value_type = String)]
    time: Moment,
    /// The account; `null`: nobody's, as of a command on the machine itself.
    who: Option<String>,
    /// `log-in`, `log-in-refused`, `account-made`, `account-removed`, `password-set`, `hold`, `release`, `export`, `clip` or
    /// `excerpt`.
    act: &'static str,
    /// The account, order or clip.
    about: Option<String>,
}

/// Some of what was done.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Acts {
    /// Newest first.
    acts: Vec<Act>,
    /// For `before`, where there are more.
    next: Option<u64>,
}

/// Which acts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Which {
    before: Option<u64>,
    limit: Option<usize>,
}

fn noted(desk: &Desk, who: Option<&accounts::Account>, kind: ActKind, account: &str) -> Result<(), acts::ActError> {
    desk.audit(who.map(|who| &who.name), kind, Some(account))
}

/// All accounts, by name.
#[utoipa::path(
    get,
    path = "/api/v1/accounts",
    tag = "accounts",
    responses((status = 200, description = "All accounts, by name", body = [Account]))
)]
pub(in crate::http) async fn list(State(app): State<App>) -> Result<Json<Vec<Account>>, Response> {
    let list = async {
        let desk = app.desk()?;
        let all = blocking(move || Ok(desk.accounts.all()?)).await?;
        let account = |listed: accounts::Listed| Account {
            name: listed.account.name.as_str().to_owned(),
            role: listed.account.role,
            made: Moment(listed.made),
        };
        Ok(Json(all.into_iter().map(account).collect()))
    };
    list.await.map_err(|refusal| app.refuse(refusal))
}

/// Makes an account.
#[utoipa::path(
    post,
    path = "/api/v1/accounts",
    tag = "accounts",
    request_body = NewAccount,
    responses(
        (status = 201, description = "It is made", body = Account),
        (status = 400, description = "No name or password that an account can have"),
        (status = 409, description = "There is one of this name"),
    )
)]
pub(in crate::http) async fn add(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    body: Result<Json<NewAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<Account>), Response> {
    let add = async {
        let Json(NewAccount { name, role, password }) = body.map_err(refusal)?;
        let account = accounts::Account { name: Name::parse(&name).ok_or(Refusal::BadName)?, role };
        let (desk, now) = (app.desk()?, clock::wall());
        let permit = permit(&desk).await?;
        blocking(move || {
            let _permit = permit;
            let note = || noted(&desk, who.as_ref(), ActKind::AccountMade, account.name.as_str());
            Ok(desk.accounts.add(&account, &password, now.0, note)?)
        })
        .await?;
        Ok((StatusCode::CREATED, Json(Account { name, role, made: Moment(now) })))
    };
    add.await.map_err(|refusal| app.refuse(refusal))
}

/// Sets an account's password; its sessions end.
#[utoipa::path(
    put,
    path = "/api/v1/accounts/{name}/password",
    tag = "accounts",
    params(("name" = String, Path, description = "Name of the account")),
    request_body = NewPassword,
    responses(
        (status = 204, description = "It is set"),
        (status = 400, description = "Too short or too long"),
        (status = 404, description = "There is no such account"),
    )
)]
pub(in crate::http) async fn password(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    Path(name): Path<String>,
    body: Result<Json<NewPassword>, JsonRejection>,
) -> Result<StatusCode, Response> {
    let set = async {
        let Json(NewPassword { password }) = body.map_err(refusal)?;
        let desk = app.desk()?;
        let permit = permit(&desk).await?;
        blocking(move || {
            let _permit = permit;
            let note = || noted(&desk, who.as_ref(), ActKind::PasswordSet, &name);
            Ok(desk.accounts.set_password(&name, &password, note)?)
        })
        .await
    };
    set.await.map(|()| StatusCode::NO_CONTENT).map_err(|refusal| app.refuse(refusal))
}

/// Removes an account; its sessions end.
#[utoipa::path(
    delete,
    path = "/api/v1/accounts/{name}",
    tag = "accounts",
    params(("name" = String, Path, description = "Name of the account")),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "There is no such account"),
        (status = 409, description = "It is the only administrator's"),
    )
)]
pub(in crate::http) async fn remove(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    Path(name): Path<String>,
) -> Result<StatusCode, Response> {
    let remove = async {
        let desk = app.desk()?;
        blocking(move || {
            let note = || noted(&desk, who.as_ref(), ActKind::AccountRemoved, &name);
            Ok(desk.accounts.remove(&name, note)?)
        })
        .await
    };
    remove.await.map(|()| StatusCode::NO_CONTENT).map_err(|refusal| app.refuse(refusal))
}

/// What was done at the station, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/acts",
    tag = "accounts",
    params(
        ("before" = Option<u64>, Query, description = "Those before this entry"),
        ("limit" = Option<usize>, Query, description = "How many at most, up to 200; else 50"),
    ),
    responses((status = 200, description = "What was done, newest first", body = Acts))
)]
pub(in crate::http) async fn done(
    State(app): State<App>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Acts>, Response> {
    let read = async {
        let Query(Which { before, limit }) = which.map_err(|e| Refusal::BadRequest(e.body_text()))?;
        let most = limit.unwrap_or(ACTS.0).clamp(1, ACTS.1);
        let desk = app.desk()?;
        let read = blocking(move || Ok(acts::read(&desk.catalogue, before, most)?)).await?;
        let next = read.last().map(|(entry, _)| *entry).filter(|_| read.len() == most);
        let act = |(entry, act): (u64, evidence::statement::Act)| Act {
            entry,
            time: Moment(act.time),
            who: act.who.map(|who| who.as_str().to_owned()),
            act: act.kind.as_str(),
            about: act.about.map(|about| about.as_str().to_owned()),
        };
        Ok(Json(Acts { acts: read.into_iter().map(act).collect(), next }))
    };
    read.await.map_err(|refusal| app.refuse(refusal))
}
