//! `GET /metrics`: the status as figures, in Prometheus' text format. No order number and no name of a person is in it.

use std::sync::atomic::AtomicU64;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::prometheus_text::{CONTENT_TYPE, encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::App;
use crate::{
    clock,
    status::{Bench, CameraState, Level, ScannerState, Snapshot, State as BenchState, Word},
};

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

type Labels = Vec<(&'static str, String)>;

/// All figures of one reading. Made anew for each: what is not in the status is not in them either.
struct Figures {
    registry: Registry,
}

impl Figures {
    /// A figure that goes up and down, of each of these.
    fn gauge(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.registry.register(name, help, family);
    }

    /// A count since the start, of each of these. `_total` is put behind its name.
    fn counter(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.registry.register(name, help, family);
    }
}

/// The status as figures, for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "bench",
    responses((status = 200, description = "Prometheus' text format", body = String,
        content_type = "text/plain"))
)]
pub(super) async fn metrics(State(app): State<App>) -> Response {
    match text(&app.status.snapshot(clock::monotonic())) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        // Writing into a string does not fail.
        Err(std::fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The figures as text.
fn text(snapshot: &Snapshot) -> Result<String, std::fmt::Error> {
    let mut figures = Figures { registry: Registry::with_prefix("packseal") };
    station(&mut figures, snapshot);
    benches(&mut figures, &snapshot.benches);
    let mut text = String::new();
    encode(&mut text, &figures.registry)?;
    Ok(text)
}

/// One of each of these states: 1 for the one that holds, 0 for the others.
fn states<'a, S: PartialEq + Copy + 'a>(
    labels: &'a Labels,
    all: &'a [S],
    now: S,
    word: impl Fn(S) -> &'static str + 'a,
) -> impl Iterator<Item = (Labels, f64)> + 'a {
    all.iter().map(move |&state| {
        let mut labels = labels.clone();
        labels.push(("state", word(state).to_owned()));
        (labels, f64::from(u8::from(state == now)))
    })
}

fn station(figures: &mut Figures, Snapshot { station, storage, time, .. }: &Snapshot) {
    let about = vec![("station", station.name.clone()), ("version", station.version.to_string())];
    figures.gauge("station_info", "Name and version of the station, always 1", [(about, 1.0)]);
    let started = station.started.0.0 as f64 / 1e6;
    figures.gauge("start_time_seconds", "When the station was started, since 1970", [(vec![], started)]);
    let synchronised = f64::from(u8::from(station.clock == "synchronised"));
    figures.gauge(
        "clock_synchronised",
        "Whether the kernel calls the wall clock synchronised",
        [(vec![], synchronised)],
    );
    let levels = [Level::Ok, Level::Low, Level::Full];
    let word = |level| match level {
        Level::Ok => "ok",
        Level::Low => "low",
        Level::Full => "full",
    };
    figures.gauge("storage_state", "What the room left means", states(&vec![], &levels, storage.level, word));
    let free = storage.free_mib.map(|mib| (vec![], mib as f64 * MIB));
    figures.gauge("storage_free_bytes", "Room for clips", free);
    let left = storage.days_left.map(|days| (vec![], days * DAY));
    figures.gauge("storage_left_seconds", "Until the room is used up, as it goes now", left);
    let age = time.newest_token_age_seconds.map(|age| (vec![], age));
    figures.gauge("time_token_age_seconds", "Time since the newest time token came", age);
    figures.counter("clips_deleted", "Clips deleted", [(vec![], storage.clips_deleted)]);
    let held = storage.clips_on_hold as f64;
    figures.gauge("clips_on_hold", "Clips that are kept until released", [(vec![], held)]);
}

fn benches(figures: &mut Figures, benches: &[Bench]) {
    let of = |bench: &Bench| -> Labels { vec![("bench", bench.name.clone())] };
    let named: Vec<(Labels, &Bench)> = benches.iter().map(|bench| (of(bench), bench)).collect();
    let each = |value: fn(&Bench) -> Option<f64>| {
        named.iter().filter_map(move |(labels, bench)| Some((labels.clone(), value(bench)?)))
    };
    let count = |value: fn(&Bench) -> u64| named.iter().map(move |(labels, bench)| (labels.clone(), value(bench)));
    let by = |label: &'static str, counts: fn(&Bench) -> &std::collections::BTreeMap<Word, u64>| {
        named.iter().flat_map(move |(labels, bench)| {
            counts(bench).iter().map(move |(word, count)| {
                let mut labels = labels.clone();
                labels.push((label, word.to_string()));
                (labels, *count)
            })
        })
    };
    figures.gauge(
        "bench_state",
        "What the bench is doing",
        named.iter().flat_map(|(labels, bench)| states(labels, &BenchState::ALL, bench.state(), BenchState::as_str)),
    );
    figures.gauge(
        "clip_duration_seconds",
        "Length of what is sealed of the open clip, 0 without one",
        each(|bench| Some(bench.clip.as_ref().map_or(0.0, |clip| clip.seconds))),
    );
    figures.counter(
        "parcels",
        "Parcels whose clip was sealed, by the reason of its end",
        by("reason", |bench| &bench.counters.parcels),
    );
    figures.counter("scans", "Codes scanned, by what they were", by("class", |bench| &bench.counters.scans));
    figures.counter("double_reads", "Codes that came again at once", count(|bench| bench.counters.double_reads));
    figures.counter("prompts", "What the packer was told", by("key", |bench| &bench.counters.prompts));
    figures.gauge(
        "camera_state",
        "What the camera is doing",
        named
            .iter()
            .flat_map(|(labels, bench)| states(labels, &CameraState::ALL, bench.camera.state, CameraState::as_str)),
    );
    figures.gauge(
        "camera_frame_rate_hertz",
        "Frames a second, as measured",
        each(|bench| Some(bench.camera.frames_per_second)),
    );
    figures.gauge(
        "camera_last_frame_age_seconds",
        "Time since the last frame came",
        each(|bench| Some(bench.camera.last_frame_ms()? as f64 / 1e3)),
    );
    figures.counter(
        "camera_restarts",
        "Times the capture process was started again",
        count(|bench| bench.camera.restarts),
    );
    figures.counter("camera_lost_frames", "Frames lost", count(|bench| bench.camera.lost_frames));
    let scanners = named.iter().flat_map(|(labels, bench)| {
        bench.scanners.iter().map(|scanner| {
            let mut labels = labels.clone();
            labels.push(("scanner", scanner.name.clone()));
            (labels, f64::from(u8::from(scanner.state == ScannerState::Connected)))
        })
    });
    figures.gauge("scanner_connected", "Whether the scanner is there", scanners);
}
