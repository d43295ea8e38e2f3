//! `GET /api/v1/events`: what a bench is doing, told whenever that changes.
//!
//! A task for each bench writes the event once for all who look; without anybody it sleeps.
//!
//! ```text
//! Status ─► change ─┐
//! 500 ms ───────────┴─► snapshot, if it is another ─► JSON ─► every viewer
//! ```

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout_at},
};
use tokio_stream::{StreamExt, once, wrappers::WatchStream};
use utoipa::IntoParams;

use super::{App, Refusal};
use crate::{
    clock,
    status::{Bench, Moment, Status},
};

/// Shortest and longest time from one event to the next.
const EVERY: (Duration, Duration) = (Duration::from_millis(30), Duration::from_millis(500));

/// The events of one bench.
#[derive(Debug, Default)]
pub(super) struct Feed {
    newest: watch::Sender<Bytes>,
    joined: Notify,
}

/// What an event says.
#[derive(Serialize)]
struct Told<'a> {
    /// When, by the station's clock: whoever reads it may have another.
    time: Moment,
    #[serde(flatten)]
    bench: &'a Bench,
}

/// The event as it is sent.
fn event(bench: &Bench) -> Option<Bytes> {
    let json = serde_json::to_string(&Told { time: Moment(clock::wall()), bench }).ok()?;
    Some(format!("event: bench\ndata: {json}\n\n").into())
}

/// Feeds of all benches, each with its task. Within a runtime.
pub(super) fn start(status: &Arc<Status>) -> Arc<[Feed]> {
    let count = status.snapshot(0).benches.len();
    let feeds: Arc<[Feed]> = (0..count).map(|_| Feed::default()).collect();
    for bench in 0..count {
        tokio::spawn(feed(bench, status.clone(), feeds.clone()));
    }
    feeds
}

/// Tells what this bench is doing, for as long as the station runs.
async fn feed(bench: usize, status: Arc<Status>, feeds: Arc<[Feed]>) {
    let (Some(feed), Some(mut changes)) = (feeds.get(bench), status.changes(bench)) else { return };
    let mut told: Option<Bench> = None;
    let mut due = Instant::now();
    loop {
        if feed.newest.receiver_count() == 0 {
            feed.joined.notified().await;
        }
        let Some(now) = status.of_bench(bench, clock::monotonic()) else { return };
        if due <= Instant::now() || !told.as_ref().is_some_and(|told| now.is_as(told)) {
            // Nobody left is nobody to tell.
            let _ = event(&now).map(|event| feed.newest.send(event));
            told = Some(now);
            due = Instant::now() + EVERY.1;
        }
        sleep(EVERY.0).await;
        let _ = timeout_at(due, changes.changed()).await;
    }
}

/// Whose events.
#[derive(Deserialize, IntoParams)]
pub(super) struct Wanted {
    /// Name of the bench; where there is only one, it needs none.
    bench: Option<String>,
}

/// Server-sent events of a bench: `bench`, with its part of the status and the station's `time`, at once, whenever
/// something changes (at most every 30 ms) and at least every 500 ms.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "bench",
    params(Wanted),
    responses((status = 200, content_type = "text/event-stream"), (status = 400), (status = 404))
)]
pub(super) async fn events(State(app): State<App>, Query(Wanted { bench: name }): Query<Wanted>) -> Response {
    let Some(bench) = app.status.bench(name.as_deref()) else {
        return app.refuse(if name.is_some() { Refusal::UnknownBench } else { Refusal::NoBench });
    };
    let (Some(feed), Some(now)) = (app.feeds.get(bench), app.status.of_bench(bench, clock::monotonic())) else {
        return app.refuse(Refusal::UnknownBench);
    };
    let later = WatchStream::from_changes(feed.newest.subscribe());
    feed.joined.notify_one();
    let all = once(event(&now).unwrap_or_default()).chain(later).map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(all)).into_response()
}
