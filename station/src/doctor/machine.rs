//! The machine: key, disk, clock, watchdogs.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use evidence::statement::ClockState;

use super::{Doctor, Grade};
use crate::{
    clock::{self, Clock},
    data::{Data, Place},
    http,
    storage::{self, Level},
};

/// Writes that are timed, each as large as a GOP is.
const WRITES: usize = 16;
/// Bytes of one.
const WRITE: usize = 1 << 20;
/// A write that takes longer holds up a GOP; one that takes as long as a GOP loses frames.
const SLOW: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(1000));
/// Fewer days until the disk is full, and somebody should know.
const FEW_DAYS: f64 = 3.0;
/// Seconds that the clock may be off.
const OFF: f64 = 1.0;

impl Doctor {
    pub(super) fn machine(&mut self, place: &Place) {
        match place.open() {
            Ok(data) => {
                self.key(&data);
                self.folder(&data.root);
                self.room(&data);
                self.speed(&data.root);
                self.office(&data);
            }
            Err(trouble) => self.trouble("data", Grade::Fail, &trouble),
        }
        self.tpm();
        self.clock();
        self.service();
        self.hardware_watchdog();
    }

    fn key(&mut self, data: &Data) {
        // Read and forgotten: whether it is one.
        match data.key() {
            Ok(key) => {
                let name = key.verifier().signer().name.station().to_owned();
                self.ok(
                    "key",
                    format!("of station {name}, kept from others"),
                    format!("工位 {name} 的密钥，他人不可读"),
                );
            }
            Err(trouble) => self.trouble("key", Grade::Fail, &trouble),
        }
    }

    /// Whether whoever records can write here.
    fn folder(&mut self, root: &Path) {
        let owner = |path: &Path| fs::metadata(path).map(|meta| (meta.uid(), meta.mode()));
        let parts = ["", "keys", "clips", "catalogue.sqlite"].map(|part| (part, owner(&root.join(part))));
        let shown = root.display();
        let mine = match &parts[0].1 {
            Ok((uid, _)) => *uid,
            Err(e) => {
                let text = format!("{shown}: {e}");
                return self.bad(
                    "permissions",
                    Grade::Fail,
                    (text.clone(), text),
                    ("run this as root or as the station's user", "请以 root 或工位用户运行"),
                );
            }
        };
        let wrong = parts.iter().find_map(|(part, found)| match found {
            Ok((uid, mode)) if *uid == mine && mode & 0o022 == 0 => None,
            Ok(_) => Some((*part, String::new())),
            Err(e) => Some((*part, format!(" ({e})"))),
        });
        match wrong {
            None => self.ok("permissions", format!("{shown} is one user's"), format!("{shown} 只属于一个用户")),
            Some((part, why)) => {
                let path = root.join(part);
                let path = path.display();
                self.bad(
                    "permissions",
                    Grade::Fail,
                    (
                        format!("{path} is another user's, or others can write to it{why}"),
                        format!("{path} 属于其他用户，或他人可写{why}"),
                    ),
                    ("give the whole folder to the station's user, mode 0750", "请将整个文件夹归还工位用户，权限 0750"),
                );
            }
        }
    }

    /// Whether the office can reach the pages, and how it knows that it does.
    fn office(&mut self, data: &Data) {
        let Some(listen) = data.config.office.listen.0 else {
            return self.ok(
                "office",
                "its pages are switched off (office.listen)",
                "办公室页面已关闭（office.listen）",
            );
        };
        let has_admin = match data.has_admin() {
            Ok(has_admin) => has_admin,
            Err(trouble) => return self.trouble("office", Grade::Fail, &trouble),
        };
        if !has_admin {
            let advice = "packseal-station user add NAME --role admin";
            return self.ok(
                "office",
                format!("{listen} is closed until there is an administrator's account: {advice}"),
                format!("新建管理员账号之前 {listen} 不开放：{advice}"),
            );
        }
        match http::fingerprint(data) {
            Ok(Some(shown)) => self.ok(
                "office",
                format!("served on {listen}, certificate SHA-256 {shown}"),
                format!("服务于 {listen}，证书 SHA-256 {shown}"),
            ),
            Ok(None) => self.bad(
                "office",
                Grade::Warn,
                (format!("{listen} has no certificate yet"), format!("{listen} 尚无证书")),
                ("start the station, which makes it", "请启动站点以生成证书"),
            ),
            Err(trouble) => self.trouble("office", Grade::Fail, &trouble),
        }
    }

    fn room(&mut self, data: &Data) {
        let room = data.free_mib().map_err(|e| e.to_string()).and_then(|free| {
            let over = free.saturating_sub(data.config.storage.floor_mib);
            let catalogue = data.catalogue().map_err(|e| e.line(self.lang))?;
            let days = storage::days_left(&catalogue, clock::wall(), over).map_err(|e| e.to_string())?;
            Ok((free, days))
        });
        let (free, days) = match room {
            Ok(room) => room,
            Err(why) => {
                return self.bad("disk-room", Grade::Fail, (why.clone(), why), ("check the disk", "请检查磁盘"));
            }
        };
        let left = days.map_or(self.lang.pick("; not in use yet".to_owned(), "；尚未使用".to_owned()), |days| {
            self.lang.pick(
                format!("; {days:.0} days at the present use, were nothing deleted"),
                format!("；按目前用量、若不删除，可用 {days:.0} 天"),
            )
        });
        let text = (format!("{free} MiB free{left}"), format!("剩余 {free} MiB{left}"));
        let advice = ("a larger disk, or a shorter storage.keep-days", "请更换更大的磁盘，或缩短 storage.keep-days");
        match Level::of(free, &data.config.storage) {
            Level::Full => self.bad("disk-room", Grade::Fail, text, advice),
            Level::Low => self.bad("disk-room", Grade::Warn, text, advice),
            Level::Ok if days.is_some_and(|days| days < FEW_DAYS) && data.config.storage.keep_free_mib == 0 => {
                self.bad("disk-room", Grade::Warn, text, advice);
            }
            Level::Ok => self.ok("disk-room", text.0, text.1),
        }
    }

    /// Writes as a recording does, beside the clips.
    fn speed(&mut self, root: &Path) {
        let path = root.join("doctor.tmp");
        let timed = (|| {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            let bytes: Vec<u8> = (0..WRITE).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
            let mut worst = Duration::ZERO;
            let begun = Instant::now();
            for _ in 0..WRITES {
                let begun = Instant::now();
                file.write_all(&bytes)?;
                file.sync_data()?;
                worst = worst.max(begun.elapsed());
            }
            std::io::Result::Ok((worst, begun.elapsed()))
        })();
        let _ = fs::remove_file(&path);
        let (worst, all) = match timed {
            Ok(timed) => timed,
            Err(e) => {
                let text = format!("{}: {e}", path.display());
                return self.bad(
                    "disk-speed",
                    Grade::Warn,
                    (text.clone(), text),
                    (
                        "not measured: run this as root or as the station's user, with room on the disk",
                        "未测量：请以 root 或工位用户运行，并保证磁盘有空间",
                    ),
                );
            }
        };
        let (rate, worst_ms) = (WRITES as f64 * WRITE as f64 / 1e6 / all.as_secs_f64(), worst.as_millis());
        let text = (
            format!("{rate:.0} MB/s to the disk itself; the slowest of {WRITES} writes took {worst_ms} ms"),
            format!("写入磁盘 {rate:.0} MB/s；{WRITES} 次写入中最慢 {worst_ms} 毫秒"),
        );
        let advice =
            ("use a solid-state disk, and no other program that writes much", "请使用固态硬盘，并避免其他程序大量写盘");
        match worst {
            worst if worst >= SLOW.1 => self.bad("disk-speed", Grade::Fail, text, advice),
            worst if worst >= SLOW.0 => self.bad("disk-speed", Grade::Warn, text, advice),
            _ => self.ok("disk-speed", text.0, text.1),
        }
    }

    fn tpm(&mut self) {
        let there = Path::new("/dev/tpmrm0").exists();
        let text = if there {
            (
                "there is one; this version keeps its key in a file and does not use it",
                "有 TPM；此版本的密钥存于文件，未使用 TPM",
            )
        } else {
            ("none: whoever copies the disk copies the key", "无 TPM：复制磁盘即复制密钥")
        };
        let advice = (
            "lock the machine away; take the key for known when the disk was in other hands",
            "请将主机上锁；磁盘一旦落入他人之手，应视密钥为已泄露",
        );
        self.bad("tpm", Grade::Warn, text, advice);
    }

    fn clock(&mut self) {
        let quality = clock::quality(Clock::System);
        // chrony knows more than the kernel: which server, and how far off.
        let tracking = said("chronyc", &["-c", "tracking"]);
        let fields: Vec<&str> = tracking.as_deref().unwrap_or_default().trim().split(',').collect();
        let chrony = fields.get(1).zip(fields.get(4).and_then(|text| text.parse::<f64>().ok()));
        let (source, off) = match chrony {
            Some((server, off)) if !server.is_empty() => (format!("chrony, {server}"), Some(off.abs())),
            _ => ("-".to_owned(), quality.offset.map(|us| us.abs() as f64 / 1e6)),
        };
        let off_ms = off.map_or_else(|| "?".to_owned(), |off| format!("{:.0}", off * 1000.0));
        let advice = (
            "install chrony and let it reach a time server: clips say that their clock was not synchronised",
            "请安装 chrony 并保证可访问时间服务器：否则录像会注明时钟未同步",
        );
        match quality.state {
            ClockState::Synchronised if off.is_none_or(|off| off < OFF) => self.ok(
                "clock",
                format!("synchronised; source {source}, off by {off_ms} ms"),
                format!("已同步；来源 {source}，偏差 {off_ms} 毫秒"),
            ),
            ClockState::Synchronised => self.bad(
                "clock",
                Grade::Warn,
                (format!("off by {off_ms} ms; source {source}"), format!("偏差 {off_ms} 毫秒；来源 {source}")),
                ("wait until it has caught up, or restart chrony", "请等待校准完成，或重启 chrony"),
            ),
            _ => self.bad(
                "clock",
                Grade::Warn,
                (format!("not synchronised; source {source}"), format!("未同步；来源 {source}")),
                advice,
            ),
        }
    }

    /// The service manager's watchdog over the station.
    fn service(&mut self) {
        let asked = ["show", "packseal-station.service", "--property=LoadState,WatchdogUSec,NRestarts,ActiveState"];
        let text = said("systemctl", &asked).unwrap_or_default();
        let value =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        if value("LoadState") != "loaded" {
            return self.bad(
                "watchdog",
                Grade::Warn,
                (
                    "the station is no service of this machine: nobody starts it again",
                    "本机未安装录制服务：出错后不会自动重启",
                ),
                ("install the package", "请安装软件包"),
            );
        }
        let (watchdog, restarts) = (value("WatchdogUSec"), value("NRestarts"));
        let text = (
            format!("the service is watched ({watchdog}), restarted {restarts} times since the machine's start"),
            format!("服务受监视（{watchdog}），开机以来重启 {restarts} 次"),
        );
        match restarts {
            "0" => self.ok("watchdog", text.0, text.1),
            _ => self.bad(
                "watchdog",
                Grade::Warn,
                text,
                ("see why: journalctl -u packseal-station", "请查看原因：journalctl -u packseal-station"),
            ),
        }
    }

    /// The one that starts the machine again.
    fn hardware_watchdog(&mut self) {
        let text = said("systemctl", &["show", "--property=RuntimeWatchdogUSec"]).unwrap_or_default();
        let armed = text
            .trim()
            .strip_prefix("RuntimeWatchdogUSec=")
            .filter(|value| !["", "0", "infinity", "off"].contains(value));
        match (Path::new("/dev/watchdog0").exists(), armed) {
            (true, Some(after)) => {
                self.ok(
                    "hardware-watchdog",
                    format!("starts the machine again after {after}"),
                    format!("{after} 无响应后重启本机"),
                );
            }
            (true, None) => self.bad(
                "hardware-watchdog",
                Grade::Warn,
                ("there is one, and nobody uses it", "有硬件看门狗，但未启用"),
                (
                    "set RuntimeWatchdogSec=60 in /etc/systemd/system.conf",
                    "请在 /etc/systemd/system.conf 中设置 RuntimeWatchdogSec=60",
                ),
            ),
            (false, _) => self.bad(
                "hardware-watchdog",
                Grade::Warn,
                (
                    "none: a machine that hangs stays so until somebody switches it off",
                    "没有：主机死机后需人工断电重启",
                ),
                ("load its driver, or enable it in the firmware", "请加载其驱动，或在 BIOS 中启用"),
            ),
        }
    }
}

/// What a program of the system says; `None`: it is not there, or has nothing to say.
fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
