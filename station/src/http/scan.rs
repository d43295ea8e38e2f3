//! `POST /api/v1/scan`: a code as if a scanner of the bench had read it.

use std::time::Duration;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use tokio::{sync::oneshot, time::timeout};
use utoipa::ToSchema;

use super::{App, Refusal};
use crate::{clock, status::Bench};

/// How long a bench may take to handle a scan.
const ANSWER: Duration = Duration::from_secs(1);
/// Characters of the longest code.
const LONGEST: usize = 4096;

/// A scan on its way to its bench. Dropped without a word, it is answered with "the bench does not answer".
#[derive(Debug)]
pub struct Scan {
    /// Number of the bench.
    pub bench: usize,
    /// The code: 1 to 4096 characters, none of them a control character.
    pub text: String,
    /// When it came, µs of the monotonic clock.
    pub at_us: i64,
    reply: oneshot::Sender<()>,
}

impl Scan {
    /// Whether somebody still waits for it. Where nobody does, whoever sent it was told that the bench does not
    /// answer: it must not be handled any more.
    pub fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    /// It was handled, and the status says so.
    pub fn handled(self) {
        // Where nobody waits any more, nobody is to be told.
        let _ = self.reply.send(());
    }
}

/// A scan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Scan)]
pub(super) struct Body {
    /// The bench's name. Where there is only one, it may be left out.
    bench: Option<String>,
    /// The code, without control characters.
    #[schema(min_length = 1, max_length = 4096)]
    code: String,
}

/// A code as if a scanner of the bench had read it
///
/// Answers with the bench's state after it.
#[utoipa::path(
    post,
    path = "/api/v1/scan",
    tag = "bench",
    request_body = Body,
    responses(
        (status = 200, body = Bench),
        (status = 404, description = "There is no bench of this name"),
        (status = 503, description = "The bench does not answer"),
    )
)]
pub(super) async fn scan(
    State(app): State<App>,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Json<Bench>, Response> {
    handle(&app, body).await.map_err(|refusal| app.refuse(refusal))
}

async fn handle(app: &App, body: Result<Json<Body>, JsonRejection>) -> Result<Json<Bench>, Refusal> {
    let Json(Body { bench: name, code }) = body.map_err(refusal)?;
    let bench = app.status.bench(name.as_deref()).ok_or(match name {
        Some(_) => Refusal::UnknownBench,
        None => Refusal::NoBench,
    })?;
    if !(1..=LONGEST).contains(&code.chars().count()) || code.chars().any(char::is_control) {
        return Err(Refusal::BadCode);
    }
    let (reply, handled) = oneshot::channel();
    (app.scans)(Scan { bench, text: code, at_us: clock::monotonic(), reply });
    match timeout(ANSWER, handled).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) | Err(_) => return Err(Refusal::Silent),
    }
    let mut benches = app.status.snapshot(clock::monotonic()).benches;
    if bench < benches.len() { Ok(Json(benches.swap_remove(bench))) } else { Err(Refusal::UnknownBench) }
}

pub(super) fn refusal(rejection: JsonRejection) -> Refusal {
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Refusal::NotJson,
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::BadRequest(rejection.body_text()),
    }
}
