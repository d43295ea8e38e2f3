//! `run`: the benches at work, until the process is told to stop.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use evidence::{
    statement::{Environment, Outcome},
    value::Time,
};

use super::{Status as Exit, open, program};
use crate::{
    bench::{Bench, Plan, Shared},
    capture,
    catalogue::Hold,
    clock::{self, Clock},
    data::{Locked, Place, renewal},
    environment::{self, Daily, EnvironmentError},
    exports::Exports,
    hooks::Hooks,
    http, log, lookup, prover, received, recovery,
    say::{Lang, Trouble},
    scanner,
    service::Service,
    stamps::{self, Authorities},
    status::Status,
    storage,
};

/// Codes that may wait for a bench.
const WAITING: usize = 64;
/// How long the catalogue may be read before benches start. Once a day all of it is, however large it has become.
const READ: Duration = Duration::from_secs(2);
/// How often room on the disk is looked after.
const LOOK: Duration = Duration::from_secs(10);
/// How often it is looked for files of buyers whose time is over.
const TIDY: Duration = Duration::from_secs(3600);
/// How often the main thread looks whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// Runs every bench. `fast`: files and the pattern only, on a simulated clock, as fast as they can be sealed. `filter`:
/// which log lines are written, see [`log::start`]. `ready` is called once the pages are served, with their address.
///
/// # Errors
/// What keeps it from starting.
pub fn run(
    place: &Place,
    fast: bool,
    filter: &str,
    lang: Lang,
    ready: &dyn Fn(SocketAddr) -> Result<(), Trouble>,
) -> Result<Exit, Trouble> {
    log::start(filter)?;
    let data = place.open()?;
    let ((plans, rules), authorities) = (Plan::all(&data)?, Authorities::read(&data.config.time)?);
    if let Some(live) = plans.iter().find(|plan| fast && evidence::verdict::is_live(plan.kind)) {
        let name = live.name.as_str();
        return Err(Trouble::new(
            format!("--fast is for files and the pattern: the camera of bench {name} runs in its own time"),
            format!("--fast 仅用于文件和测试图：工位 {name} 的摄像头按自身时间运行"),
        ));
    }
    let cannot = |e| Trouble::new("cannot start", "无法启动").because(e);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // Asked a second time, it ends where it stands: the next start recovers.
        signal_hook::flag::register_conditional_shutdown(signal, 1, stop.clone()).map_err(cannot)?;
        signal_hook::flag::register(signal, stop.clone()).map_err(cannot)?;
    }
    let station = Arc::new(open(place, lang)?);
    let config = &station.data.config;
    let clock = if fast { Clock::Simulated { zero: simulated_zero(&station) } } else { Clock::System };
    let names = plans.iter().map(|plan| plan.name.as_str());
    let name = station.key.verifier().signer().name.station().to_owned();
    let program = program().map_err(cannot)?;
    // Before the first clip, whose START names it.
    let named = |bench: usize| plans.get(bench).and_then(|plan| capture::named(&plan.source));
    let stated = environment::state(&station, clock, program, environment::cameras(config, named), Some(READ));
    let daily = match stated {
        Ok(stated) => told(stated),
        // Without room nothing is recorded, which is said where it is tried.
        Err(e) if e.is_full() => Daily::made(Time(0)),
        Err(e) => return Err(unfit(e)),
    };
    let hooks = Hooks::open(&station)?;
    let (stop_outside, outside_stopped) = bounded(0);
    let status = Arc::new(Status::new(name, config.language, clock, names));
    let shared = Shared {
        lookup: lookup::start(&station.data, plans.len(), &status, &outside_stopped)?,
        status,
        rules: Arc::new(rules),
        clock,
        program,
        station: station.clone(),
        stop: stop.clone(),
    };
    if let Ok(Some(renewal)) = renewal::of(&station.catalogue) {
        shared.status.renewed(&renewal);
    }
    let mut senders = Vec::new();
    let mut benches = Vec::new();
    let mut scanners = Vec::new();
    for (index, plan) in plans.into_iter().enumerate() {
        let (heard_to, heard) = bounded(WAITING);
        let (scan_to, scans) = bounded(WAITING);
        for spec in &plan.scanners {
            scanners.push(scanner::start(spec.clone(), &config.scanner, heard_to.clone())?);
        }
        senders.push(scan_to);
        let bench = Bench::new(index, plan, shared.clone());
        benches.push(thread::spawn(move || {
            // Without a scanner it still has someone to listen to.
            let _open = heard_to;
            bench.run(&heard, &scans);
        }));
    }
    let hand_over = move |scan: http::Scan| {
        // A bench that is behind drops it, which is told to whoever sent it.
        let _ = senders.get(scan.bench).map(|bench: &Sender<http::Scan>| bench.try_send(scan));
    };
    let (catalogue, accounts) = (station.data.catalogue()?, station.data.accounts()?);
    let exports = Exports::start(station.clone(), authorities.roots().to_vec(), program)?;
    let desk = http::Desk {
        station: station.clone(),
        catalogue,
        accounts,
        verifier: http::Verifier::default(),
        exports,
        received: received::Shelf::open(&station.data.root)?,
        uploads: http::Uploads::default(),
    };
    let server = http::start(config.http.listen, shared.status.clone(), hand_over, Some(Arc::new(desk)))?;
    let (keeper_stop, stopped) = bounded(0);
    let keeper = {
        let shared = shared.clone();
        thread::spawn(move || keep(&shared, daily, &stopped))
    };
    let (prover_stop, prover_stopped) = bounded(0);
    let prover = {
        let station = station.clone();
        thread::spawn(move || prover::keep(&station, &prover_stopped))
    };
    shared.status.authorities(config.time.authorities.len());
    let (stamper_stop, stamper_stopped) = bounded(0);
    let stamper = (!authorities.is_empty()).then(|| {
        let shared = shared.clone();
        thread::spawn(move || stamps::keep(&shared.station, &shared.status, &authorities, &stamper_stopped))
    });
    let hooks = match hooks {
        Some(hooks) => hooks.start(&station, &shared.status, &outside_stopped)?,
        None => Vec::new(),
    };
    tracing::info!("ready: {} benches, http://{}", benches.len(), server.address());
    ready(server.address())?;
    let mut service = Service::new(config.language);
    // A bench that ends by itself has failed: the whole station starts anew rather than go on blind.
    while !stop.load(Ordering::Relaxed) && !benches.iter().any(thread::JoinHandle::is_finished) {
        service.tick(&shared.status);
        thread::sleep(TICK);
    }
    service.stopping();
    let asked = stop.swap(true, Ordering::Relaxed);
    let whole = benches.into_iter().filter_map(|bench| bench.join().err()).count() == 0;
    drop((keeper_stop, prover_stop));
    let kept = keeper.join().is_ok() & prover.join().is_ok();
    // They are not waited for, as an authority or a webhook may take its time: what is not kept by now, is not.
    let stamped = stamper.is_none_or(|stamper| !stamper.is_finished());
    let told = !hooks.iter().any(thread::JoinHandle::is_finished);
    drop((stamper_stop, stop_outside));
    drop(scanners);
    if asked && whole && kept && stamped && told {
        Ok(Exit::Done)
    } else {
        Err(Trouble::new(
            "a part of the station failed: start it again, and report this with the log",
            "工位程序的一部分出错：请重新启动，并附日志反馈",
        ))
    }
}

/// A simulated clock goes on behind what was recorded on it before.
fn simulated_zero(station: &Locked) -> Time {
    let newest = station.catalogue.newest_end().ok().flatten();
    newest.map_or_else(clock::wall, |newest| newest.max(clock::wall()))
}

/// The station cannot say that it is fit to record.
fn unfit(error: EnvironmentError) -> Trouble {
    Trouble::new(
        "the station cannot state what it runs on, and records nothing without that: run 'packseal-station check'",
        "工位无法声明其运行环境，因此不能录制：请运行 packseal-station check",
    )
    .because(error)
}

/// Says what failed of the station's tests, and when the next statement is due.
fn told(stated: Environment) -> Daily {
    for (test, _) in stated.self_test.0.iter().filter(|(_, outcome)| *outcome == Outcome::Failed) {
        tracing::error!(cause = "self-test", "the station's test of itself failed: {test}; run packseal-station check");
    }
    Daily::made(stated.time)
}

/// Removes the buyers' files whose time is over.
fn tidy(station: &Locked) {
    // One that nobody can ask about is kept.
    let is_held = |order: &str| station.catalogue.holds_of(order).map_or(true, |all| all.iter().any(Hold::is_on));
    match received::Shelf::of(&station.data.root).tidy(clock::wall(), is_held) {
        Ok(0) => {}
        Ok(files) => tracing::info!("{files} files of buyers were removed: their time is over"),
        Err(e) => tracing::error!(cause = "received", "the buyers' files cannot be looked after: {e}"),
    }
}

/// The environment of another day, with the cameras as they name themselves now.
fn state_again(shared: &Shared) -> Result<Environment, EnvironmentError> {
    let benches = shared.status.snapshot(clock::monotonic()).benches;
    let named = |bench: usize| benches.get(bench).and_then(|bench| bench.camera.identity.clone());
    let cameras = environment::cameras(&shared.station.data.config, named);
    environment::state(&shared.station, shared.clock, shared.program, cameras, None)
}

/// Looks after room on the disk, after clips that could not be closed, and that the environment is stated each day,
/// until it is told to stop.
fn keep(shared: &Shared, mut daily: Daily, stopped: &Receiver<()>) {
    let rules = &shared.station.data.config.storage;
    let (mut next, mut tidied) = (Instant::now(), None);
    loop {
        if tidied.is_none_or(|tidied: Instant| tidied.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            tidy(&shared.station);
        }
        let now = Time(clock::wall().0);
        match storage::keep(&shared.station, now, rules) {
            Ok(kept) => {
                if let Some(e) = &kept.failed {
                    tracing::error!(cause = "deletion", "a clip cannot be deleted: {e}");
                }
                shared.status.storage(|room| {
                    room.level = kept.level;
                    room.free_mib = Some(kept.free_mib);
                    room.days_left = kept.days_left;
                    room.clips_deleted += kept.deleted.len() as u64;
                    room.clips_on_hold = kept.held;
                });
            }
            Err(e) => tracing::error!(cause = "storage", "the disk cannot be looked after: {e}"),
        }
        match recovery::recover(&shared.station) {
            Ok(clips) => clips.iter().for_each(|(clip, outcome)| {
                tracing::warn!(cause = clip.sequence, "{}: {outcome:?}", clip.path);
            }),
            Err(e) => tracing::error!(cause = "recovery", "a clip cannot be recovered: {e}"),
        }
        if let Err(e) = shared.station.publish() {
            tracing::error!(cause = "ledger", "the ledger cannot be extended: {e}");
        }
        if daily.is_due(clock::wall()) {
            match state_again(shared) {
                Ok(stated) => daily = told(stated),
                Err(e) => tracing::error!(cause = "environment", "the environment cannot be stated: {e}"),
            }
        }
        next += LOOK;
        if stopped.recv_deadline(next).is_err_and(|e| e.is_disconnected()) {
            return;
        }
    }
}
