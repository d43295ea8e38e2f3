//! The data folder: where a station keeps its key, its configuration, its catalogue and its clips.
//!
//! ```text
//! station.toml        configuration, unless it stands elsewhere and names this folder
//! keys/station.key    signing key, 0400
//! keys/home           what tells this folder from a copy of it
//! keys/cameras        logins of network cameras, one `HOST USER PASSWORD` a line, 0600 (optional);
//!                     HOST as it stands in the address, with its port
//! enrolments/         notes by which roots enrolled its key (optional)
//! proofs/             PROOFs that are being written into their clips, and the lock of whoever does
//! catalogue.sqlite    what was recorded
//! keys/office.crt     certificate of the pages for the office, with its key .key, 0600; unless one is configured
//! accounts.sqlite     who may use the pages
//! hooks.sqlite        what webhooks are still to be told, where there are any
//! orders.sqlite       items of orders as read from a folder, where there is one; made anew at each start
//! ledger/             what was recorded, append-only, for others to check
//! clips/DATE/…mp4     sealed clips
//! retired/KEY/        a key that the station had before, with its ledger, proofs and enrolments
//! damaged/            what recovery set aside
//! exports/            bundles that the desk made, for a day, and excerpts while they are made
//! received/           what buyers sent about orders, for 60 days
//! lock                held by the one process that records
//! reserve             room that is given up for END and its row, so that a full disk takes them
//! ```

mod home;
mod init;
pub mod renewal;

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use evidence::{
    key::SigningKey,
    statement::{Renewal, RenewalReason},
};

use crate::{
    accounts::Accounts,
    book::{Book, BookError},
    catalogue::Catalogue,
    claims::Claims,
    config::Config,
    durable::{self, DurableError},
    say::Trouble,
};

use home::HomeError;
pub use home::Moved;
pub(crate) use init::new_key;
pub use init::{Made, name_of_host};

/// The signing key.
const KEY: &str = "keys/station.key";
/// The catalogue.
const CATALOGUE: &str = "catalogue.sqlite";
/// Who may use the pages.
const ACCOUNTS: &str = "accounts.sqlite";

/// Bytes of the reserve: several times what END and SQLite's pages for its row take.
const RESERVE: usize = 256 * 1024;

/// Where a command finds its station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The data folder, with its configuration in it.
    Folder(PathBuf),
    /// A configuration, which names the data folder.
    Config(PathBuf),
}

impl Place {
    /// Reads the configuration, and where the data folder is; whether there is one is not asked.
    ///
    /// # Errors
    /// A configuration that is not there or does not hold.
    pub fn read(&self) -> Result<Data, Trouble> {
        let (path, folder) = match self {
            Self::Folder(root) => (root.join("station.toml"), Some(root)),
            Self::Config(path) => (path.clone(), None),
        };
        let shown = path.display();
        let text = fs::read_to_string(&path).map_err(|e| match (e.kind(), folder) {
            (io::ErrorKind::NotFound, Some(root)) => no_station(root),
            (io::ErrorKind::NotFound, None) => Trouble::new(
                format!(
                    "there is no {shown}: name the configuration with --config FILE, or the data folder with --data DIR"
                ),
                format!("没有 {shown}：请用 --config 指定配置文件，或用 --data 指定数据文件夹"),
            ),
            _ => unusable(&path, e),
        })?;
        let config = Config::parse(&text)
            .map_err(|why| Trouble::new(format!("{shown}: {why}; correct it"), format!("{shown}：{why}；请改正")))?;
        Ok(Data { root: folder.unwrap_or(&config.data).clone(), config })
    }

    /// Opens the station's folder.
    ///
    /// # Errors
    /// A folder that is none, a configuration that does not hold.
    pub fn open(&self) -> Result<Data, Trouble> {
        let data = self.read()?;
        // Made last: a folder without it is no station's.
        if data.root.join(CATALOGUE).exists() { Ok(data) } else { Err(no_station(&data.root)) }
    }
}

/// Whether this is a station's data folder, or one being made.
pub fn is_station(folder: &Path) -> bool {
    folder.join(CATALOGUE).exists() || folder.join(KEY).exists()
}

fn no_station(root: &Path) -> Trouble {
    let shown = root.display();
    Trouble::new(
        format!(
            "{shown} is not a station's data folder: make one with 'packseal-station init --data {shown} --station NAME'"
        ),
        format!("{shown} 不是工位的数据文件夹：请用 packseal-station init --data {shown} --station 名称 新建"),
    )
}

/// A station's data folder.
#[derive(Debug)]
pub struct Data {
    /// The folder.
    pub root: PathBuf,
    /// Its configuration.
    pub config: Config,
}

/// A new key that somebody has to be told of.
#[derive(Debug)]
pub struct Renewed {
    /// What it says.
    pub renewal: Renewal,
    /// What showed that the folder was restored or copied; `None`: the renewal was cut off, and finished now.
    pub moved: Option<Moved>,
}

/// A data folder that no other process records into. Benches share it.
#[derive(Debug)]
pub struct Locked {
    /// The folder.
    pub data: Data,
    /// The signing key.
    pub key: SigningKey,
    /// What was recorded.
    pub catalogue: Catalogue,
    /// Its ledger.
    pub book: Book,
    /// Clips that are being written or recovered.
    pub claims: Claims,
    /// Held while the reserve is made or given up.
    reserve: Mutex<()>,
    _lock: File,
}

fn unusable(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Trouble {
    let path = path.display();
    Trouble::new(
        format!("cannot use {path}: check that it exists and who may read and write it"),
        format!("无法使用 {path}：请检查其是否存在及读写权限"),
    )
    .because(source)
}

/// Reads the signing key of the station in this folder.
fn read_key(root: &Path) -> Result<SigningKey, Trouble> {
    let path = root.join(KEY);
    let shown = path.display();
    let mode = fs::metadata(&path).map_err(|e| unusable(&path, e))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Trouble::new(
            format!("{shown} can be read by others: run 'chmod 400 {shown}', and consider the key known"),
            format!("{shown} 可被他人读取：请运行 chmod 400 {shown}，并视该密钥为已泄露"),
        ));
    }
    let text = fs::read_to_string(&path).map_err(|e| unusable(&path, e))?;
    SigningKey::parse(text.trim_end()).map_err(|e| {
        Trouble::new(
            format!("{shown} is not a station's key: restore it from its backup"),
            format!("{shown} 不是工位密钥：请从备份恢复"),
        )
        .because(e)
    })
}

impl Locked {
    /// Has the ledger say what the catalogue knows.
    ///
    /// # Errors
    /// See [`BookError`].
    pub fn publish(&self) -> Result<(), BookError> {
        self.book.publish(&self.catalogue, &self.key)
    }

    /// Keeps room back, before it is needed.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep_reserve(&self) -> Result<(), DurableError> {
        let _one = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.data.reserve();
        if fs::metadata(&path).is_ok_and(|there| there.len() == RESERVE as u64) {
            return Ok(());
        }
        durable::replace(&path, &vec![0; RESERVE])
    }

    /// Gives the room up: what must be written now is short.
    pub fn give_up_reserve(&self) {
        let _one = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
        // Where it is not there, or cannot be removed, the write that needs it tells.
        let _ = fs::remove_file(self.data.reserve());
    }
}

impl Data {
    /// Opens a station's folder that has its configuration in it.
    ///
    /// # Errors
    /// See [`Place::open`].
    pub fn open(root: &Path) -> Result<Self, Trouble> {
        Place::Folder(root.to_owned()).open()
    }

    /// Opens the catalogue, to read.
    ///
    /// # Errors
    /// SQLite's.
    pub fn catalogue(&self) -> Result<Catalogue, Trouble> {
        let path = self.root.join(CATALOGUE);
        Catalogue::open(&path).map_err(|e| unusable(&path, e))
    }

    /// Opens the accounts; makes their file where there is none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn accounts(&self) -> Result<Accounts, Trouble> {
        let path = self.root.join(ACCOUNTS);
        let make = || {
            let made = File::options().create_new(true).write(true).mode(0o600).open(&path)?;
            // Made by root before the first start, it is the station's all the same. The service may not even ask for it.
            let (folder, file) = (fs::metadata(&self.root)?, made.metadata()?);
            let is_ours = (file.uid(), file.gid()) == (folder.uid(), folder.gid());
            if is_ours { Ok(()) } else { std::os::unix::fs::fchown(&made, Some(folder.uid()), Some(folder.gid())) }
        };
        if !path.exists() {
            make().map_err(|e| unusable(&path, e))?;
        }
        Accounts::open(&path).map_err(|e| unusable(&path, e))
    }

    /// Whether there is an administrator's account. Makes no file.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_admin(&self) -> Result<bool, Trouble> {
        let path = self.root.join(ACCOUNTS);
        if !path.exists() {
            return Ok(false);
        }
        Accounts::open(&path).and_then(|accounts| accounts.has_admin()).map_err(|e| unusable(&path, e))
    }

    /// Reads the signing key.
    ///
    /// # Errors
    /// A key file that others can read, or that is none.
    pub fn key(&self) -> Result<SigningKey, Trouble> {
        read_key(&self.root)
    }

    /// Whether a process records into it.
    pub fn is_in_use(&self) -> bool {
        let lock = File::open(self.root.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Takes the folder for this process, with its key.
    ///
    /// # Errors
    /// Another process has it, or a part cannot be read; it was restored or copied ([`Self::lock_to_record`]).
    pub fn lock(self) -> Result<Locked, Trouble> {
        let station = self.take()?;
        station.data.require_home()?;
        Ok(station)
    }

    /// Takes the folder for this process, to record into it. Where it was restored or copied, the station has a new key
    /// from then on: what that says, and what showed it; also where that was cut off before.
    ///
    /// # Errors
    /// Another process has it, or a part cannot be read.
    pub fn lock_to_record(self) -> Result<(Locked, Option<Renewed>), Trouble> {
        let (station, finished) = self.take_and_finish()?;
        match station.data.moved()? {
            moved @ None => Ok((station, finished.map(|renewal| Renewed { renewal, moved }))),
            moved => {
                let (station, renewal) = station.renew(RenewalReason::Restored)?;
                Ok((station, Some(Renewed { renewal, moved })))
            }
        }
    }

    /// Refuses a folder that was restored or copied: nothing may be signed there with the key that it has.
    ///
    /// # Errors
    /// It was; the file system's.
    pub fn require_home(&self) -> Result<(), Trouble> {
        let Some(moved) = self.moved()? else { return Ok(()) };
        let (shown, (en, zh)) = (self.root.display(), moved.words());
        Err(Trouble::new(
            format!(
                "{shown} was restored from a backup or copied ({en}): start the station, which gets a new key; then try \
                 again"
            ),
            format!("{shown} 是从备份恢复或复制而来（{zh}）：请启动工位，它将获得新密钥；然后重试"),
        ))
    }

    fn moved(&self) -> Result<Option<Moved>, Trouble> {
        home::moved(&self.root).map_err(|e| match e {
            HomeError::Disk(e) => unusable(&e.path.clone(), e),
            HomeError::Damaged(_) => {
                let shown = self.root.join("keys/home");
                let shown = shown.display();
                Trouble::new(
                    format!(
                        "{shown} is damaged: remove it if this folder is no copy; else run 'packseal-station renew-key'"
                    ),
                    format!(
                        "{shown} 已损坏：如果此文件夹不是副本，请删除该文件；否则请运行 packseal-station renew-key"
                    ),
                )
                .because(e)
            }
        })
    }

    /// Takes the folder for this process, wherever it was before.
    ///
    /// # Errors
    /// Another process has it, or a part cannot be read.
    pub fn take(self) -> Result<Locked, Trouble> {
        self.take_and_finish().map(|(station, _)| station)
    }

    /// The same, with the renewal of its key that was cut off and is finished now.
    fn take_and_finish(self) -> Result<(Locked, Option<Renewal>), Trouble> {
        let path = self.root.join("lock");
        let lock =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| unusable(&path, e))?;
        if let Err(e) = lock.try_lock() {
            let shown = self.root.display();
            return Err(match e {
                fs::TryLockError::WouldBlock => Trouble::new(
                    format!("another process records into {shown}: stop it first"),
                    format!("另一个进程正在使用 {shown} 录制：请先停止它"),
                ),
                fs::TryLockError::Error(e) => unusable(&path, e),
            });
        }
        self.key()?;
        // On a disk without a byte left, SQLite's own files need the room that is kept back.
        let catalogue = self.catalogue().or_else(|e| {
            fs::remove_file(self.reserve()).map_err(|_| e)?;
            self.catalogue()
        })?;
        let finished = renewal::finish(&self.root, &catalogue)?;
        let (key, book) = (self.key()?, Book::new(&self.root));
        let (claims, reserve) = (Claims::default(), Mutex::new(()));
        Ok((Locked { data: self, key, catalogue, book, claims, reserve, _lock: lock }, finished))
    }

    fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
    }

    /// MiB free on the folder's disk, beside the reserve.
    ///
    /// # Errors
    /// The file system's.
    pub fn free_mib(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.root)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let owed = if self.reserve().exists() { 0 } else { RESERVE as u64 };
        Ok(free.saturating_sub(owed) >> 20)
    }

    /// User and password for a network camera's host.
    ///
    /// # Errors
    /// A login file that others can read, or that cannot be read.
    pub fn camera_login(&self, host: &str) -> Result<Option<(String, String)>, Trouble> {
        let path = self.root.join("keys/cameras");
        let shown = path.display();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unusable(&path, e)),
        };
        let mode = fs::metadata(&path).map_err(|e| unusable(&path, e))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Trouble::new(
                format!("{shown} can be read by others: run 'chmod 600 {shown}'"),
                format!("{shown} 可被他人读取：请运行 chmod 600 {shown}"),
            ));
        }
        Ok(text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let (name, user, password) = (words.next()?, words.next()?, words.next()?);
            (name == host).then(|| (user.to_owned(), password.to_owned()))
        }))
    }
}
