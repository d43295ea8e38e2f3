//! Webhooks: how each stands, and what could not be delivered.

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{App, Refusal, blocking};
use crate::{
    clock,
    config::Webhook as Configured,
    data::Data,
    hooks::{self, Event, HookError, Store},
    recovery::said,
    status::Moment,
};

/// Dead letters in one answer.
const LETTERS: usize = 100;

pub(in crate::http) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/webhooks", get(list))
        .route("/api/v1/webhooks/dead", get(dead))
        .route("/api/v1/webhooks/dead/{id}/retry", post(retry))
        .route("/api/v1/webhooks/dead/{id}", delete(discard))
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Webhook {
    /// Its address, without a query, which may hold a secret.
    url: String,
    /// What it is told of.
    events: Vec<Event>,
    /// Messages that wait to be delivered.
    waiting: u64,
    /// Messages that were given up.
    dead: u64,
    /// When it took one last; `null`: never.
    last_success: Option<Moment>,
    /// When it did not take one last, and why; `null`: never.
    last_error: Option<Failure>,
}

/// A delivery that failed.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookFailure)]
pub(in crate::http) struct Failure {
    /// When.
    time: Moment,
    /// Why, in the station's language.
    text: String,
}

/// A message that could not be delivered in a day, or twenty tries.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Letter {
    /// Its `Packseal-Delivery`.
    id: String,
    /// The webhook's address, without a query.
    url: String,
    /// What it is about.
    event: String,
    /// When it was given up.
    time: Moment,
    /// Why the last try failed.
    error: String,
    /// What was to be delivered.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

/// Does this with the webhooks of the configuration and their database.
async fn with<T: Send + 'static>(
    app: &App,
    action: impl FnOnce(&[Configured], &Store) -> Result<T, HookError> + Send + 'static,
) -> Result<T, Refusal> {
    let desk = app.desk()?;
    blocking(move || {
        let Data { root, config } = &desk.station.data;
        let done = Store::open(&root.join(hooks::FILE)).and_then(|store| action(&config.webhook, &store));
        done.map_err(|e| {
            tracing::error!(cause = "webhooks", "webhooks cannot be read: {}", said(&e));
            Refusal::Failed
        })
    })
    .await
}

/// All webhooks
///
/// What each is told, and how it took it.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses((status = 200, body = [Webhook])))]
pub(in crate::http) async fn list(State(app): State<App>) -> Response {
    let all = with(&app, |configured, store| {
        let each = configured.iter().map(|hook| {
            let told = store.told(&hooks::name_of(&hook.url))?;
            Ok(Webhook {
                url: hooks::shown(&hook.url),
                events: hook.events.clone(),
                waiting: told.waiting,
                dead: told.dead,
                last_success: told.success.map(Moment),
                last_error: told.error.map(|(time, text)| Failure { time: Moment(time), text }),
            })
        });
        each.collect::<Result<Vec<_>, HookError>>()
    });
    all.await.map_or_else(|refusal| app.refuse(refusal), |all| Json(all).into_response())
}

/// What could not be delivered
///
/// The newest hundred.
#[utoipa::path(get, path = "/api/v1/webhooks/dead", tag = "webhooks",
    responses((status = 200, body = [Letter])))]
pub(in crate::http) async fn dead(State(app): State<App>) -> Response {
    let letters = with(&app, |configured, store| {
        let url = |name: &str| configured.iter().find(|hook| hooks::name_of(&hook.url) == name);
        let letters = store.dead(LETTERS)?.into_iter().map(|dead| Letter {
            url: url(&dead.hook).map(|hook| hooks::shown(&hook.url)).unwrap_or_default(),
            id: dead.id,
            event: dead.event,
            time: Moment(dead.time),
            error: dead.error,
            body: serde_json::from_str(&dead.body).unwrap_or_default(),
        });
        Ok(letters.collect::<Vec<_>>())
    });
    letters.await.map_or_else(|refusal| app.refuse(refusal), |letters| Json(letters).into_response())
}

/// Tries a dead letter again
///
/// From the beginning: at once, and then as often as any message.
#[utoipa::path(post, path = "/api/v1/webhooks/dead/{id}/retry", tag = "webhooks",
    params(("id" = String, Path, description = "Of the dead letter")),
    responses((status = 204, description = "It waits again"), (status = 404, description = "There is none of this id")))]
pub(in crate::http) async fn retry(State(app): State<App>, id: Result<Path<String>, PathRejection>) -> Response {
    one(&app, id, |store, id| store.retry(id, clock::wall())).await
}

/// Throws a dead letter away
#[utoipa::path(delete, path = "/api/v1/webhooks/dead/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "Of the dead letter")),
    responses((status = 204, description = "It is gone"), (status = 404, description = "There is none of this id")))]
pub(in crate::http) async fn discard(State(app): State<App>, id: Result<Path<String>, PathRejection>) -> Response {
    one(&app, id, |store, id| store.drop_dead(id)).await
}

/// Does this with one dead letter: whether there is one.
async fn one(
    app: &App,
    id: Result<Path<String>, PathRejection>,
    action: impl FnOnce(&Store, &str) -> Result<bool, HookError> + Send + 'static,
) -> Response {
    let Ok(Path(id)) = id else { return app.refuse(Refusal::NoLetter) };
    match with(app, move |_, store| action(store, &id)).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => app.refuse(Refusal::NoLetter),
        Err(refusal) => app.refuse(refusal),
    }
}
