//! Evidence bundles that the desk asks for, made one at a time by a thread that gives way to the benches.
//!
//! ```text
//! asked ─► waiting ─► running ─┬► done      exports/ID/ORDER-PRESET.zip, for a day
//!                              └► failed    one line says why
//! ```
//!
//! They are known as long as the program runs. Its next start removes what it left, archives too: another one is made as
//! soon as somebody wants it, and the ledger remembers both.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use evidence::{
    token::Root,
    value::{Hash, Id, Order, Time, Token},
    words,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    catalogue::State as ClipState,
    cmd::export::{preset, trouble},
    data::{Data, Locked},
    export::{self, Ask, Given, Step},
    received::Shelf,
    say::Trouble,
    status::Moment,
};

/// Where they are, below the data folder.
pub const FOLDER: &str = "exports";
/// How many are kept, the unfinished ones included.
pub const MOST: usize = 20;
/// How long an archive is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How often it is looked for those that are too old.
const LOOK: Duration = Duration::from_secs(60);
/// How much the thread gives way to others.
const NICE: i32 = 10;
/// Bytes of pictures and reports, beside the clips.
const PICTURES: u64 = 64 << 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The order.
    pub order: Order,
    /// Name of the preset.
    pub preset: String,
    /// Of which clip the share copy and the pictures are.
    pub clip: Option<Id>,
    /// From which second on the share copy shows.
    pub from: Option<u64>,
    /// Who asks: stands in the statement of the export.
    pub by: Token,
    /// Language of what the receiver gets.
    pub lang: words::Lang,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Others are made first.
    Waiting,
    /// It is made.
    Running,
    /// The archive is there.
    Done,
    /// There is none.
    Failed,
}

impl State {
    fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// A bundle, as it is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Export {
    /// Random id.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub id: Id,
    /// Of this order.
    pub order: String,
    /// For this receiver.
    pub preset: String,
    /// Whose account asked for it.
    pub by: String,
    /// How far it is.
    pub state: State,
    /// What goes on: `clips`, `pictures` or `report`; `null`: not begun.
    pub step: Option<&'static str>,
    /// Thousandths of all of it.
    pub permille: u32,
    /// Why there is none.
    pub message: Option<String>,
    /// Bytes of the archive.
    pub bytes: Option<u64>,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub begun: Moment,
    /// Of each clip in it, as whoever gets it will see.
    pub verdicts: Vec<Judged>,
}

/// A clip in a bundle.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Judged {
    /// Its name there.
    pub name: String,
    /// `verified`, `partial`, `rejected`, `unknown-signer` or `could-not-check`.
    pub verdict: &'static str,
}

fn as_text<S: Serializer>(id: &Id, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// One of them.
#[derive(Debug)]
struct Job {
    said: Export,
    asked: Asked,
    /// Since when it is over.
    over: Option<Instant>,
}

/// All of them.
#[derive(Debug)]
pub struct Exports {
    station: Arc<Locked>,
    roots: Vec<Root>,
    program: Hash,
    jobs: Mutex<Vec<Job>>,
    asked: Condvar,
}

impl Exports {
    /// Removes what an earlier start left, and starts the thread, which nobody waits for: what it has not finished when
    /// the program ends, it has not. `program` is SHA-256 of this program's file.
    ///
    /// # Errors
    /// The folder cannot be emptied; the system's.
    pub fn start(station: Arc<Locked>, roots: Vec<Root>, program: Hash) -> Result<Arc<Self>, Trouble> {
        let folder = station.data.root.join(FOLDER);
        let cannot = |e: io::Error| {
            let shown = folder.display();
            Trouble::new(
                format!("cannot use {shown}: check the disk and who may write there"),
                format!("无法使用 {shown}：请检查磁盘及写权限"),
            )
            .because(e)
        };
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot(e)),
            _ => {}
        }
        let (jobs, asked) = (Mutex::default(), Condvar::new());
        let exports = Arc::new(Self { station, roots, program, jobs, asked });
        let worker = exports.clone();
        thread::Builder::new().name("exports".to_owned()).spawn(move || worker.work()).map_err(cannot)?;
        Ok(exports)
    }

    fn jobs(&self) -> MutexGuard<'_, Vec<Job>> {
        // Whoever panicked left plain values behind, no half of anything.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one on; `None`: [`MOST`] are not finished yet.
    pub fn ask(&self, id: Id, asked: Asked, time: Time) -> Option<Export> {
        let mut jobs = self.jobs();
        if jobs.iter().filter(|job| !job.said.state.is_over()).count() >= MOST {
            return None;
        }
        let said = Export {
            id,
            order: asked.order.to_string(),
            preset: asked.preset.clone(),
            by: asked.by.to_string(),
            state: State::Waiting,
            step: None,
            permille: 0,
            message: None,
            bytes: None,
            begun: Moment(time),
            verdicts: Vec::new(),
        };
        jobs.push(Job { said: said.clone(), asked, over: None });
        self.asked.notify_one();
        Some(said)
    }

    /// Those that this account asked for, newest first.
    pub fn by(&self, account: &str) -> Vec<Export> {
        self.jobs().iter().rev().filter(|job| job.said.by == account).map(|job| job.said.clone()).collect()
    }

    /// The one of this id.
    pub fn get(&self, id: Id) -> Option<Export> {
        self.jobs().iter().find(|job| job.said.id == id).map(|job| job.said.clone())
    }

    /// The archive of one that is done.
    pub fn archive(&self, done: &Export) -> PathBuf {
        self.folder(done.id).join(format!("{}.zip", name(&done.order, &done.preset)))
    }

    fn folder(&self, id: Id) -> PathBuf {
        self.station.data.root.join(FOLDER).join(id.to_string())
    }

    /// Changes what is said of one.
    fn tell(&self, id: Id, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs().iter_mut().find(|job| job.said.id == id) {
            change(job);
        }
    }

    fn work(&self) {
        // On Linux this thread's alone, and its children's.
        let _ = rustix::process::nice(NICE);
        loop {
            if let Some((id, asked)) = self.next() {
                // Reports and archives are of what was recorded: a fault in them ends this bundle and nothing else.
                let made = catch_unwind(AssertUnwindSafe(|| self.make(id, &asked))).unwrap_or_else(|_| Err(broken()));
                self.over(id, made);
            }
            self.tidy(Instant::now());
        }
    }

    /// The next one to be made, or none for a while.
    fn next(&self) -> Option<(Id, Asked)> {
        let none = |jobs: &mut Vec<Job>| jobs.iter().all(|job| job.said.state != State::Waiting);
        let waited = self.asked.wait_timeout_while(self.jobs(), LOOK, none);
        let mut jobs = waited.unwrap_or_else(PoisonError::into_inner).0;
        let job = jobs.iter_mut().find(|job| job.said.state == State::Waiting)?;
        job.said.state = State::Running;
        Some((job.said.id, job.asked.clone()))
    }

    fn make(&self, id: Id, asked: &Asked) -> Result<(u64, Vec<Judged>), Trouble> {
        let Locked { data, key, .. } = &*self.station;
        data.require_home()?;
        let preset = preset(&data.config, &asked.preset)?;
        let catalogue = data.catalogue()?;
        let clips = catalogue.clips(Some(&asked.order)).map_err(|e| trouble(e.into(), asked.order.as_str()))?;
        let sealed = clips.iter().filter(|clip| clip.state == ClipState::Sealed);
        let bytes: u64 = sealed.filter_map(|clip| clip.closing.as_ref()).map(|closing| closing.bytes).sum();
        let received = received(data, &asked.order)?;
        let theirs: u64 = received.iter().filter_map(|given| given.kept.as_ref()).map(|kept| kept.length).sum();
        // Each file stands there twice, by itself and in the archive.
        require_room(data, bytes.saturating_add(theirs).saturating_mul(2).saturating_add(PICTURES))?;
        let folder = self.folder(id).join(name(asked.order.as_str(), &asked.preset));
        let ask = Ask {
            order: &asked.order,
            preset,
            folder: &folder,
            clip: asked.clip,
            from: asked.from,
            by: Some(asked.by.clone()),
            received: &received,
            lang: asked.lang,
        };
        let mut progress = |step, part: u32| {
            let (word, begin, length) = match step {
                Step::Clips => ("clips", 0, 100),
                Step::Pictures => ("pictures", 100, 800),
                Step::Report => ("report", 900, 100),
            };
            self.tell(id, |job| (job.said.step, job.said.permille) = (Some(word), begin + part * length / 1000));
        };
        let made = export::export((data, key, catalogue), (&self.roots, self.program), &ask, &mut progress)
            .map_err(|e| trouble(e, asked.order.as_str()))?;
        // The archive holds the same.
        let bytes = fs::remove_dir_all(&folder).and_then(|()| fs::metadata(&made.archive)).map_err(|e| {
            Trouble::new("the bundle could not be kept: check the disk", "无法保存证据包：请检查磁盘").because(e)
        })?;
        let judged = |(name, verdict): (String, evidence::verdict::Verdict)| Judged { name, verdict: verdict.as_str() };
        Ok((bytes.len(), made.verdicts.into_iter().map(judged).collect()))
    }

    /// One is over, well or not.
    fn over(&self, id: Id, made: Result<(u64, Vec<Judged>), Trouble>) {
        if let Err(trouble) = &made {
            let _ = fs::remove_dir_all(self.folder(id));
            tracing::warn!(cause = format!("export {id}"), "a bundle was not made: {}", crate::recovery::said(trouble));
        }
        let lang = self.station.data.config.language;
        self.tell(id, |job| {
            job.over = Some(Instant::now());
            match made {
                Ok((bytes, verdicts)) => {
                    (job.said.state, job.said.permille) = (State::Done, 1000);
                    (job.said.bytes, job.said.verdicts) = (Some(bytes), verdicts);
                }
                Err(trouble) => (job.said.state, job.said.message) = (State::Failed, Some(trouble.line(lang))),
            }
        });
    }

    /// Forgets those that are over for long, and the first of too many.
    fn tidy(&self, now: Instant) {
        let mut gone = Vec::new();
        let mut jobs = self.jobs();
        let mut many = jobs.len().saturating_sub(MOST);
        jobs.retain(|job| {
            let Some(over) = job.over else { return true };
            let goes = many > 0 || now.saturating_duration_since(over) >= KEPT;
            if goes {
                many = many.saturating_sub(1);
                gone.push(job.said.id);
            }
            !goes
        });
        drop(jobs);
        for id in gone {
            let folder = self.folder(id);
            match fs::remove_dir_all(&folder) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(cause = "export", "{} cannot be removed: {e}", folder.display());
                }
                _ => {}
            }
        }
    }
}

/// The files that buyers sent about an order, as the desk keeps them.
///
/// # Errors
/// The file system's.
pub fn received(data: &Data, order: &Order) -> Result<Vec<Given>, Trouble> {
    let shelf = Shelf::of(&data.root);
    let all = shelf.list(order).map_err(|e| {
        Trouble::new("cannot read the buyer's files: check the disk", "无法读取买家提供的文件：请检查磁盘").because(e)
    })?;
    let given = |kept: crate::received::Received| Given {
        path: shelf.path(order, &kept),
        name: kept.name.clone(),
        received: kept.received.clone(),
        kept: Some(kept),
    };
    Ok(all.into_iter().map(given).collect())
}

/// The bundle's name.
fn name(order: &str, preset: &str) -> String {
    format!("{order}-{preset}")
}

/// There must be room for so many bytes that no clip needs.
///
/// # Errors
/// There is not; the disk cannot be asked.
pub fn require_room(data: &Data, bytes: u64) -> Result<(), Trouble> {
    require_room_above(data, data.config.storage.floor_mib, bytes)
}

/// There must be room for so many bytes, and so many MiB must stay free.
///
/// # Errors
/// There is not; the disk cannot be asked.
pub fn require_room_above(data: &Data, free_mib: u64, bytes: u64) -> Result<(), Trouble> {
    let (needed, shown) = (free_mib.saturating_add(bytes.div_ceil(1 << 20)), data.root.display());
    match data.free_mib() {
        Ok(free) if free >= needed => Ok(()),
        Ok(free) => Err(Trouble::new(
            format!(
                "not enough room: {free} MiB are free and {needed} are needed, with those that recording keeps; make room"
            ),
            format!("空间不足：剩余 {free} MiB，连同录制保留空间共需 {needed} MiB；请腾出空间"),
        )),
        Err(e) => Err(Trouble::new(
            format!("cannot read the free space of {shown}: check the disk"),
            format!("无法读取 {shown} 的剩余空间：请检查磁盘"),
        )
        .because(e)),
    }
}

fn broken() -> Trouble {
    Trouble::new(
        "the bundle could not be made, and the log says where: report it, and hand over the clips themselves",
        "证据包制作出错，详见日志：请反馈，并直接交出录像",
    )
}
