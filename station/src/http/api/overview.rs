//! `GET /api/v1/overview`: a day at the benches, and how the station stands.

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
    routing::get,
};
use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{App, Refusal, at_desk, day};
use crate::{
    catalogue::{Catalogue, Parcel},
    clock,
    status::{Snapshot, Storage, TrustedTime, Word},
};

/// Days of the plot.
const DAYS: i64 = 14;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/overview", get(overview))
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Asked {
    /// `YYYY-MM-DD` in the station's time zone; else today.
    day: Option<String>,
}

/// A day at the benches, by the clips that began in it, and how the station stands now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Overview {
    /// `YYYY-MM-DD`, in the station's time zone.
    day: String,
    /// Clips that were sealed: not those that were cancelled, nor those that went on in another one.
    parcels: u64,
    /// By the hour in which they began.
    by_hour: Vec<u64>,
    /// Of their lengths; `null`: there was none.
    median_seconds: Option<f64>,
    /// Returns among them.
    returns: u64,
    /// Share of those of which a reader said something in which the order number was read; `null`: of none.
    label_read_rate: Option<f64>,
    /// Spans in which nothing was recorded although a clip was open.
    gaps: u64,
    /// Frames lost while a clip was open.
    lost_frames: u64,
    /// Clips that the packer cancelled.
    cancelled: u64,
    /// This day and the 13 before it, oldest first.
    days: Vec<Day>,
    /// Room for clips.
    #[schema(value_type = Object)]
    storage: Storage,
    /// Trusted time.
    #[schema(value_type = Object)]
    time: TrustedTime,
    /// What is known of the wall clock.
    #[schema(value_type = String)]
    clock: Word,
    /// Its ledger.
    ledger: Ledger,
    /// Where clips are copied to; `null`: nowhere.
    #[schema(value_type = Option<Object>)]
    archive: Option<()>,
    /// Order numbers and clips on hold.
    holds: u64,
    /// In the order of the configuration.
    benches: Vec<AtBench>,
}

/// Parcels of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Day {
    /// `YYYY-MM-DD`.
    day: String,
    /// As above.
    parcels: u64,
}

/// The ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Ledger {
    /// Entries that it shall have.
    entries: u64,
    /// Entries that its newest checkpoint covers.
    published: u64,
    /// How many of them are not in it yet.
    behind: u64,
}

/// A bench.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AtBench {
    /// Its name.
    name: String,
    /// `ready`, `recording`, `attention` or `stopped`, now.
    state: &'static str,
    /// Parcels of the day.
    parcels: u64,
}

/// A day at the benches, and how the station stands.
#[utoipa::path(get, path = "/api/v1/overview", tag = "overview", params(Asked),
    responses((status = 200, body = Overview), (status = 400), (status = 401), (status = 403)))]
pub(in crate::http) async fn overview(
    State(app): State<App>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Overview>, Response> {
    let zone = TimeZone::system();
    let unknown = Refusal::Question("ask by day, once", "可用的查询参数只有 day，至多一次");
    let date = asked.map_err(|_| unknown).and_then(|Query(Asked { day })| {
        let day = day.filter(|day| !day.is_empty());
        day.map_or_else(|| Ok(day::of(clock::wall(), &zone)), |day| day::parse(&day))
    });
    let date = date.map_err(|refusal| app.refuse(refusal))?;
    let snapshot = app.status.snapshot(clock::monotonic());
    at_desk(&app, move |desk| summed(&desk.catalogue, date, &zone, snapshot)).await.map(Json)
}

fn summed(catalogue: &Catalogue, date: Date, zone: &TimeZone, now: Snapshot) -> Result<Overview, Refusal> {
    let span = |date| Ok::<_, Refusal>((day::begin(date, zone)?, day::begin(day::later(date, 1)?, zone)?));
    let (from, until) = span(date)?;
    let clips = catalogue.begun_between(from, until)?;
    let parcels: Vec<&Parcel> = clips.iter().filter(|clip| clip.counts()).collect();
    let mut by_hour = vec![0; 24];
    for parcel in &parcels {
        by_hour[day::hour(parcel.begun, zone).min(23)] += 1;
    }
    let read: Vec<u64> = parcels.iter().filter_map(|parcel| parcel.seen?.label_frames).collect();
    let label_read = read.iter().filter(|frames| **frames > 0).count();
    let mut days = Vec::new();
    for before in (0..DAYS).rev() {
        let date = day::later(date, -before)?;
        let (from, until) = span(date)?;
        days.push(Day { day: date.to_string(), parcels: catalogue.parcels_between(from, until)? });
    }
    let (entries, published) = catalogue.ledger_size()?;
    let at_bench = |name: &str| parcels.iter().filter(|parcel| parcel.bench.as_deref() == Some(name)).count() as u64;
    let benches = now.benches.iter().map(|bench| AtBench {
        name: bench.name.clone(),
        state: bench.state().as_str(),
        parcels: at_bench(&bench.name),
    });
    Ok(Overview {
        day: date.to_string(),
        parcels: parcels.len() as u64,
        median_seconds: median(parcels.iter().map(|parcel| parcel.ticks).collect()),
        returns: parcels.iter().filter(|parcel| parcel.is_return).count() as u64,
        label_read_rate: (!read.is_empty()).then(|| label_read as f64 / read.len() as f64),
        gaps: clips.iter().filter_map(|clip| clip.seen).map(|seen| seen.gaps).sum(),
        lost_frames: clips.iter().map(|clip| clip.lost).sum(),
        cancelled: clips.iter().filter(|clip| clip.reason == evidence::statement::Reason::Cancelled).count() as u64,
        by_hour,
        days,
        benches: benches.collect(),
        storage: now.storage,
        time: now.time,
        clock: now.station.clock,
        ledger: Ledger { entries, published, behind: entries.saturating_sub(published) },
        archive: None,
        holds: catalogue.on_hold()?,
    })
}

/// In seconds.
fn median(mut ticks: Vec<u64>) -> Option<f64> {
    ticks.sort_unstable();
    let middle = ticks.len() / 2;
    let above = *ticks.get(middle)?;
    let below = if ticks.len().is_multiple_of(2) { ticks[middle - 1] } else { above };
    Some((above + below) as f64 / 2.0 / evidence::bmff::TICKS as f64)
}
