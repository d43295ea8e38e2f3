//! What buyers sent about an order: their files as they were received, each with what `packseal-verifier inspect` said of
//! it. They are the buyers', never evidence of the station.
//!
//! ```text
//! received/new-RANDOM/     one that arrives, or goes; removed at the next start
//! received/of-ORDER/SHA256/file           byte for byte
//!                          record.json    its name, who took it in, the inspection
//! ```
//!
//! A file is there with its record or not at all: a rename of its folder is what makes it so, and what ends it. The name
//! that it came with is a text in the record and never a part of a path.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use evidence::value::{Hash, Id, Order, Time, Value};
use inspect::report::Inspected;
use serde::{Deserialize, Serialize};

use crate::{
    durable::{self, DurableError, at},
    say::Trouble,
    status::Moment,
};

/// Where they are, below the data folder.
pub const FOLDER: &str = "received";
/// Bytes of a file at most.
pub const MOST_BYTES: u64 = 512 << 20;
/// Files of an order at most.
pub const OF_ORDER: usize = 20;
/// Files of all orders at most.
pub const OF_ALL: usize = 500;
/// Their bytes at most.
pub const BYTES_OF_ALL: u64 = 8 << 30;
/// How long a file is kept, µs: 60 days, and as long as its order is on hold.
const KEPT: i64 = 60 * 86_400_000_000;
/// Characters of a name, or of how a file was received, at most.
pub const TEXT: usize = 255;

const NEW: &str = "new-";
const OF: &str = "of-";
const CONTENT: &str = "file";
const RECORD: &str = "record.json";

/// A file that was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// SHA-256 of its bytes.
    pub id: String,
    /// The name that it came with.
    pub name: String,
    /// Its bytes.
    pub length: u64,
    /// When it was taken in.
    pub time: Moment,
    /// Whose account took it in.
    pub by: Option<String>,
    /// How it came, as that one says.
    pub received: Option<String>,
    /// What it says about itself.
    pub inspected: Inspected,
}

impl Received {
    /// Until when it is kept, unless its order is on hold then.
    pub fn until(&self) -> Time {
        Time(self.time.0.0.saturating_add(KEPT))
    }
}

/// Why a file is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReceivedError {
    /// There are [`OF_ORDER`] of its order.
    #[error("there are too many files of this order")]
    ManyOfOrder,
    /// There are [`OF_ALL`] files, or [`BYTES_OF_ALL`].
    #[error("there are too many files")]
    Many,
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
}

/// A file that arrives; gone when this is dropped before it is kept.
#[derive(Debug)]
pub struct Arriving {
    folder: PathBuf,
}

impl Arriving {
    /// Where its bytes go: a new file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(CONTENT)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// All of them.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    /// Held while one is counted and put there.
    turn: Mutex<()>,
}

impl Shelf {
    /// Those of this data folder.
    pub fn of(data: &Path) -> Self {
        Self { root: data.join(FOLDER), turn: Mutex::new(()) }
    }

    /// The same for the one process that takes files in: removes what an earlier one left half-done.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(data: &Path) -> Result<Self, Trouble> {
        let shelf = Self::of(data);
        shelf.clear().map_err(|e| {
            let shown = shelf.root.display();
            Trouble::new(
                format!("cannot use {shown}: check the disk and who may write there"),
                format!("无法使用 {shown}：请检查磁盘及写权限"),
            )
            .because(e)
        })?;
        Ok(shelf)
    }

    fn clear(&self) -> io::Result<()> {
        for (name, path) in folders(&self.root)? {
            if name.starts_with(NEW) {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }

    fn new_folder(&self) -> Result<PathBuf, DurableError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| at("name", &self.root)(io::Error::other("no random numbers")))?;
        Ok(self.root.join(format!("{NEW}{}", Id(id))))
    }

    fn of_order(&self, order: &Order) -> PathBuf {
        self.root.join(format!("{OF}{order}"))
    }

    /// Where one is; `None`: no such id.
    fn folder(&self, order: &Order, id: &str) -> Option<PathBuf> {
        Hash::parse(id).map(|id| self.of_order(order).join(id.to_string()))
    }

    /// Where the bytes of one are.
    pub fn path(&self, order: &Order, received: &Received) -> PathBuf {
        self.of_order(order).join(&received.id).join(CONTENT)
    }

    /// Those of an order, oldest first. One whose record cannot be read is told in the log, and left out.
    ///
    /// # Errors
    /// The file system's.
    pub fn list(&self, order: &Order) -> io::Result<Vec<Received>> {
        let mut all: Vec<_> = folders(&self.of_order(order))?.iter().filter_map(|(_, path)| record(path)).collect();
        all.sort_by(|a, b| (a.time.0, &a.id).cmp(&(b.time.0, &b.id)));
        Ok(all)
    }

    /// Whether one more of this order, of so many bytes, has a place here.
    ///
    /// # Errors
    /// It has none; the file system's.
    pub fn has_place(&self, order: &Order, bytes: u64) -> Result<(), ReceivedError> {
        let failed = |e| DurableError { step: "list", path: self.root.clone(), source: e };
        if folders(&self.of_order(order)).map_err(failed)?.len() >= OF_ORDER {
            return Err(ReceivedError::ManyOfOrder);
        }
        let (mut files, mut sum) = (1, bytes);
        for (_, of_order) in folders(&self.root).map_err(failed)?.iter().filter(|(name, _)| name.starts_with(OF)) {
            for (_, folder) in folders(of_order).map_err(failed)? {
                files += 1;
                sum += fs::metadata(folder.join(CONTENT)).map_or(0, |file| file.len());
            }
        }
        if files > OF_ALL || sum > BYTES_OF_ALL { Err(ReceivedError::Many) } else { Ok(()) }
    }

    /// Begins to take one in.
    ///
    /// # Errors
    /// The file system's.
    pub fn begin(&self) -> Result<Arriving, DurableError> {
        durable::create_folder(&self.root)?;
        let folder = self.new_folder()?;
        fs::create_dir(&folder).map_err(at("create folder", &folder))?;
        Ok(Arriving { folder })
    }

    /// Keeps one whose bytes are on disk. Where the very file is there already, that one stays as it is and is answered,
    /// with `false`.
    ///
    /// # Errors
    /// See [`ReceivedError`].
    pub fn keep(&self, order: &Order, one: Received, arriving: Arriving) -> Result<(Received, bool), ReceivedError> {
        let _one = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let to = self.of_order(order).join(&one.id);
        if let Some(there) = record(&to) {
            return Ok((there, false));
        }
        self.has_place(order, one.length)?;
        let text = serde_json::to_vec(&one).map_err(|e| at("write", &to)(e.into()))?;
        durable::create(&arriving.folder.join(RECORD), &text, false)?;
        durable::create_folder(&self.of_order(order))?;
        fs::rename(&arriving.folder, &to).map_err(at("rename", &to))?;
        durable::sync_folder(&self.of_order(order))?;
        Ok((one, true))
    }

    /// Removes one; `false`: there is none of this id.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove(&self, order: &Order, id: &str) -> Result<bool, DurableError> {
        let Some(folder) = self.folder(order, id) else { return Ok(false) };
        let _one = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.drop_folder(&folder)
    }

    fn drop_folder(&self, folder: &Path) -> Result<bool, DurableError> {
        let gone = self.new_folder()?;
        match fs::rename(folder, &gone) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            renamed => renamed.map_err(at("rename", folder))?,
        }
        durable::sync_folder(durable::parent(folder))?;
        fs::remove_dir_all(&gone).map_err(at("remove", &gone))?;
        // Unless there are others of its order.
        let _ = fs::remove_dir(durable::parent(folder));
        Ok(true)
    }

    /// Removes those whose time is over, but for those of orders on hold: how many. Those that cannot be removed are told
    /// in the log.
    ///
    /// # Errors
    /// The file system's.
    pub fn tidy(&self, now: Time, is_held: impl Fn(&str) -> bool) -> io::Result<usize> {
        let mut removed = 0;
        for (name, of_order) in folders(&self.root)? {
            let Some(order) = name.strip_prefix(OF) else { continue };
            for (_, folder) in folders(&of_order)? {
                if record(&folder).is_none_or(|one| one.until() > now) || is_held(order) {
                    continue;
                }
                let _one = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
                match self.drop_folder(&folder) {
                    Ok(is_gone) => removed += usize::from(is_gone),
                    Err(e) => tracing::warn!(cause = "received", "a buyer's file cannot be removed: {e}"),
                }
            }
        }
        Ok(removed)
    }
}

/// The folders in a folder, with their names; none where it is not there.
fn folders(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let list = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        list => list?,
    };
    let mut all = Vec::new();
    for entry in list {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            all.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    Ok(all)
}

fn record(folder: &Path) -> Option<Received> {
    let path = folder.join(RECORD);
    let file = match File::open(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        file => file.map_err(|e| e.to_string()),
    };
    let read = file.and_then(|file| serde_json::from_reader(io::BufReader::new(file)).map_err(|e| e.to_string()));
    read.inspect_err(|e| tracing::warn!(cause = "received", "{} cannot be read: {e}", path.display())).ok()
}

/// A text that somebody typed or a file was named, as it is kept: one line of at most [`TEXT`] characters, in which what
/// controls a terminal or turns the direction of writing is seen. `None`: nothing is left of it.
pub fn line(text: &str) -> Option<String> {
    let line: String = crate::report::visible(text.trim()).chars().take(TEXT).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use inspect::report::{Found, Verdict};

    use super::*;

    fn one(content: &[u8], day: i64) -> Received {
        let found = Found::default();
        let id = Hash::of(content).to_string();
        let inspected = Inspected {
            file: "../a.jpg".to_owned(),
            error: None,
            length: Some(content.len() as u64),
            sha256: Some(id.clone()),
            received: None,
            verdicts: vec![Verdict::NotFound],
            found,
            credentials: None,
        };
        let (name, length, time) = ("../a.jpg".to_owned(), content.len() as u64, Moment(Time(day * 86_400_000_000)));
        Received { id, name, length, time, by: None, received: None, inspected }
    }

    fn put(shelf: &Shelf, order: &Order, content: &[u8], day: i64) -> Result<(Received, bool), ReceivedError> {
        let arriving = shelf.begin()?;
        fs::write(arriving.path(), content).unwrap();
        shelf.keep(order, one(content, day), arriving)
    }

    #[test]
    fn files_come_stay_their_time_and_go_whole() {
        let data = std::env::temp_dir().join(format!("packseal-received-{}", std::process::id()));
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).unwrap();
        let shelf = Shelf::open(&data).unwrap();
        // An order number that would be a way out, were it a folder's name.
        let [a, b] = ["SF1", ".."].map(|text| Order::parse(text).unwrap());
        let names = |folder: &Path| folders(folder).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(shelf.list(&a).unwrap(), []);
        let (first, is_new) = put(&shelf, &a, b"one", 10).unwrap();
        assert!(is_new);
        put(&shelf, &a, b"two", 5).unwrap();
        put(&shelf, &b, b"one", 10).unwrap();
        assert_eq!(put(&shelf, &a, b"one", 12).unwrap(), (first.clone(), false), "it stays as it was received first");
        assert_eq!(shelf.list(&a).unwrap(), [one(b"two", 5), first.clone()]);
        assert_eq!(fs::read(shelf.path(&a, &first)).unwrap(), b"one");
        assert_eq!((names(&data), names(&data.join(FOLDER)).len()), (vec![FOLDER.to_owned()], 2));

        // What is cut off on its way leaves nothing behind the next start, and nothing else goes with it.
        let arriving = shelf.begin().unwrap();
        fs::write(arriving.path(), b"half").unwrap();
        std::mem::forget(arriving);
        assert_eq!(names(&data.join(FOLDER)).len(), 3);
        let shelf = Shelf::open(&data).unwrap();
        assert_eq!(names(&data.join(FOLDER)).len(), 2);
        assert_eq!(shelf.list(&a).unwrap().len(), 2);

        // Its time, and a hold.
        let day = |day: i64| Time(day * 86_400_000_000);
        assert_eq!(shelf.tidy(day(64), |_| false).unwrap(), 0);
        assert_eq!(shelf.tidy(day(65), |order| order == "SF1").unwrap(), 0);
        assert_eq!(shelf.tidy(day(65), |order| order == "..").unwrap(), 1);
        assert_eq!(shelf.list(&a).unwrap(), std::slice::from_ref(&first));
        for id in ["..", "", "x", &first.id[1..], &Hash::of(b"none").to_string()] {
            assert!(!shelf.remove(&a, id).unwrap(), "{id}");
        }
        assert!(shelf.remove(&a, &first.id).unwrap() && !shelf.remove(&a, &first.id).unwrap());
        assert_eq!(names(&data.join(FOLDER)), ["of-.."]);

        // So many, and no more.
        for n in 1..OF_ORDER {
            put(&shelf, &b, &n.to_le_bytes(), 1).unwrap();
        }
        assert!(matches!(put(&shelf, &b, b"more", 1), Err(ReceivedError::ManyOfOrder)));
        assert!(matches!(shelf.has_place(&a, BYTES_OF_ALL), Err(ReceivedError::Many)));
        shelf.has_place(&a, MOST_BYTES).unwrap();
        assert_eq!(names(&data.join(FOLDER)), ["of-.."]);
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(line(" a\n\u{202e}gpj.b\0 "), Some("a\u{fffd}\u{fffd}gpj.b\u{fffd}".to_owned()));
        assert_eq!((line(" \t"), line(&"x".repeat(300)).map(|text| text.len())), (None, Some(TEXT)));
    }
}
