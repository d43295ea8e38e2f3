//! Reads the `.csv` files that another program drops into a folder.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use csv::{ByteRecord, ReaderBuilder, Terminator};
use evidence::value::{Order, Value};

use super::{item, table::Table};
use crate::{recovery::said, say::Lang, status::Item};

/// How often the folder is looked at. A file is read when it has stood as it is for so long: others may still write it.
const TICK: Duration = Duration::from_secs(1);
/// Bytes of the largest file.
const LARGEST: u64 = 128 * 1024 * 1024;
/// Rows of all files together.
const ROWS: u64 = 1_000_000;
/// Files that are looked at.
const FILES: usize = 1000;
/// The first line.
const HEADER: [&[u8]; 4] = [b"order", b"code", b"name", b"quantity"];
/// How much this thread gives way to others.
const NICE: i32 = 10;

/// When a file was changed, µs since 1970, and its bytes.
type Stamp = (i64, u64);

/// A file that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Rows that are known now.
    pub rows: u64,
    /// Rows that are no items.
    pub bad: u64,
    /// Line and reason of the first one.
    pub first: Option<(u64, Fault)>,
    /// More rows than there may be, so that the rest was left out.
    pub full: bool,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Header,
    Columns,
    Utf8,
    Order,
    Item,
    Quantity,
}

impl Fault {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Header => {
                lang.pick("the first line is not order,code,name,quantity", "第一行不是 order,code,name,quantity")
            }
            Self::Columns => lang.pick("it has not four columns", "不是四列"),
            Self::Utf8 => lang.pick("it is not UTF-8: save the file as UTF-8", "不是 UTF-8：请以 UTF-8 保存文件"),
            Self::Order => {
                lang.pick("its order is not 1 to 64 of A-Z a-z 0-9 . _ -", "单号不是 1 到 64 个 A-Z a-z 0-9 . _ - 字符")
            }
            Self::Item => lang.pick("its code is not 1 to 64 characters", "编码不是 1 到 64 个字符"),
            Self::Quantity => lang.pick("its quantity is not 1 to 1000000", "数量不是 1 到 1000000"),
        }
    }
}

/// Keeps the table as the folder is until the other end of `stopped` is dropped.
pub(super) fn keep(folder: &Path, mut table: Table, lang: Lang, stopped: &Receiver<()>) {
    // On Linux this thread's alone.
    let _ = rustix::process::nice(NICE);
    let (mut seen, mut read) = (BTreeMap::new(), BTreeMap::new());
    let mut pause = Duration::ZERO;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        pause = TICK;
        let now = match list(folder) {
            Ok(now) => now,
            Err(e) => {
                let shown = folder.display();
                let (en, zh) = (
                    format!("cannot read {shown}, from which the items of orders come: see to orders.source ({e})"),
                    format!("无法读取订单明细文件夹 {shown}：请检查 orders.source（{e}）"),
                );
                tracing::warn!(cause = "orders-folder", "{}", lang.pick(en, zh));
                continue;
            }
        };
        // What stands in no file any more is not expected any more.
        for name in table.files().unwrap_or_default().iter().filter(|name| !now.contains_key(*name)) {
            if let Err(e) = table.remove(name) {
                failing(&e);
            }
            read.remove(name);
        }
        // Newest first: where there are too many rows, the oldest are left out.
        let mut due: Vec<_> = now.iter().filter(|(name, stamp)| read.get(*name) != Some(*stamp)).collect();
        due.retain(|(name, stamp)| seen.get(*name) == Some(*stamp));
        due.sort_by_key(|(_, (modified, _))| std::cmp::Reverse(*modified));
        for (name, stamp) in due {
            tell(name, &take(folder, name, *stamp, &mut table), lang);
            // Also one that cannot be read: it is told once.
            read.insert(name.clone(), *stamp);
        }
        seen = now;
    }
}

fn failing(error: &rusqlite::Error) {
    tracing::error!(cause = "orders", "the items of orders cannot be kept: {}", said(error));
}

/// The files of the folder.
fn list(folder: &Path) -> io::Result<BTreeMap<String, Stamp>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Whoever writes a file under another name first may hide it so.
        if name.starts_with('.') || !name.to_ascii_lowercase().ends_with(".csv") {
            continue;
        }
        // Gone since, or no file: a pipe would be waited for.
        let Some(found) = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file) else { continue };
        let modified = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        files.insert(name, (i64::try_from(modified.as_micros()).unwrap_or(i64::MAX), found.len()));
        if files.len() >= FILES {
            break;
        }
    }
    Ok(files)
}

/// Why a file was not read at all.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("it has more than 128 MiB")]
    Large,
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Table(#[from] rusqlite::Error),
}

/// Reads a file into the table.
fn take(folder: &Path, name: &str, (modified, bytes): Stamp, table: &mut Table) -> Result<Outcome, Unread> {
    if bytes > LARGEST {
        return Err(Unread::Large);
    }
    let file = File::open(folder.join(name))?;
    read(file.take(LARGEST), name, modified, table)
}

fn read(text: impl Read, name: &str, modified: i64, table: &mut Table) -> Result<Outcome, Unread> {
    let room = ROWS.saturating_sub(table.rows_without(name)?);
    // A CR before it is trimmed with the last field; read as a line end of its own, it would put lines off by one.
    let ends = Terminator::Any(b'\n');
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).terminator(ends).from_reader(text);
    let mut outcome = Outcome { rows: 0, bad: 0, first: None, full: false };
    let mut writing = table.write(name, modified)?;
    let mut record = ByteRecord::new();
    let mut header = true;
    while reader.read_byte_record(&mut record)? {
        if record.iter().all(|field| field.trim_ascii().is_empty()) && record.len() == 1 {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if std::mem::take(&mut header) {
            if !is_header(&record) {
                // Nothing tells which column is which.
                (outcome.bad, outcome.first) = (1, Some((line, Fault::Header)));
                break;
            }
            continue;
        }
        match row(&record) {
            Ok((order, item)) if writing.rows() < room => writing.row(order.as_str(), line, &item)?,
            Ok(_) => {
                outcome.full = true;
                break;
            }
            Err(fault) => {
                outcome.bad += 1;
                outcome.first.get_or_insert((line, fault));
            }
        }
    }
    if header {
        (outcome.bad, outcome.first) = (1, Some((1, Fault::Header)));
    }
    outcome.rows = writing.rows();
    writing.commit()?;
    Ok(outcome)
}

/// Whether this is the first line, with or without a byte order mark, however it is spaced.
fn is_header(record: &ByteRecord) -> bool {
    let fields = record.iter().map(|field| field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field).trim_ascii());
    fields.eq(HEADER)
}

fn row(record: &ByteRecord) -> Result<(Order, Item), Fault> {
    let mut fields = [""; 4];
    if record.len() != fields.len() {
        return Err(Fault::Columns);
    }
    for (field, bytes) in fields.iter_mut().zip(record) {
        *field = str::from_utf8(bytes).map_err(|_| Fault::Utf8)?.trim();
    }
    let [order, code, name, quantity] = fields;
    let order = Order::parse(order).ok_or(Fault::Order)?;
    let quantity = quantity.parse().ok().filter(|n| (1..=super::QUANTITY).contains(n)).ok_or(Fault::Quantity)?;
    Ok((order, item(code, name, quantity).ok_or(Fault::Item)?))
}

/// Says what came of a file, once for each time it is changed.
fn tell(name: &str, outcome: &Result<Outcome, Unread>, lang: Lang) {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    match outcome {
        Ok(Outcome { rows, bad: 0, full: false, .. }) => {
            tracing::info!(
                cause = shown,
                "{}",
                lang.pick(format!("{shown}: {rows} items"), format!("{shown}：{rows} 项"))
            );
        }
        Ok(Outcome { rows, full: true, .. }) => {
            let (en, zh) = (
                format!(
                    "{shown}: only {rows} items of it are known: there may be 1000000 in all files; remove old ones"
                ),
                format!("{shown}：仅读取了 {rows} 项：所有文件合计最多 1000000 项；请移走旧文件"),
            );
            tracing::warn!(cause = shown, "{}", lang.pick(en, zh));
        }
        Ok(Outcome { rows, bad, first, .. }) => {
            let (line, why) = first.map_or((0, ""), |(line, fault)| (line, fault.text(lang)));
            let (en, zh) = (
                format!("{shown}: {rows} items; left out are {bad} rows, the first one in line {line}: {why}"),
                format!("{shown}：{rows} 项；有 {bad} 行未采用，第一处在第 {line} 行：{why}"),
            );
            tracing::warn!(cause = shown, "{}", lang.pick(en, zh));
        }
        Err(e) => {
            let (en, zh) = (
                format!("{shown} cannot be read: {}; correct it and put it there again", said(e)),
                format!("无法读取 {shown}：{}；请改正后重新放入", said(e)),
            );
            tracing::warn!(cause = shown, "{}", lang.pick(en, zh));
        }
    }
}

#[cfg(test)]
mod tests;
