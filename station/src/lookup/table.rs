//! Items of many orders, as read from files: a table on disk, so that a million of them take no memory. It is a copy of
//! those files and nothing else, made anew at each start.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction, params};

use super::{ITEMS, item};
use crate::status::Item;

/// Its name in the data folder.
pub(super) const FILE: &str = "orders.sqlite";

const TABLES: &str = "
CREATE TABLE file (
    file     INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    modified INTEGER NOT NULL,                 -- us since 1970: of an order in several files, the newest holds
    rows     INTEGER NOT NULL
) STRICT;
CREATE TABLE item (
    order_number TEXT    NOT NULL,
    file         INTEGER NOT NULL,
    line         INTEGER NOT NULL,
    code         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    quantity     INTEGER NOT NULL,
    PRIMARY KEY (order_number, file, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_of_file ON item (file);
";

/// A connection to the table.
#[derive(Debug)]
pub(super) struct Table {
    db: Connection,
}

/// What is put in, in one transaction.
pub(super) struct Writing<'a> {
    transaction: Transaction<'a>,
    file: i64,
    rows: u64,
}

impl Table {
    /// Makes an empty one in place of what was there.
    pub fn create(path: &Path) -> Result<Self, rusqlite::Error> {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            match fs::remove_file(&name) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(rusqlite::Error::ToSqlConversionFailure(e.into()));
                }
                _ => {}
            }
        }
        let db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // A crash may cost all of it: nothing is lost with a copy.
        db.pragma_update(None, "synchronous", "OFF")?;
        db.pragma_update(None, "cache_size", -4096)?;
        db.execute_batch(TABLES)?;
        Ok(Self { db })
    }

    /// Another connection to it, to read: it waits for no writer.
    pub fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.busy_timeout(Duration::from_secs(1))?;
        db.pragma_update(None, "cache_size", -256)?;
        Ok(Self { db })
    }

    /// Files that are in it.
    pub fn files(&self) -> Result<Vec<String>, rusqlite::Error> {
        let mut statement = self.db.prepare_cached("SELECT name FROM file")?;
        statement.query_map([], |row| row.get(0))?.collect()
    }

    /// How many rows there are, without those of this file.
    pub fn rows_without(&self, name: &str) -> Result<u64, rusqlite::Error> {
        let sql = "SELECT coalesce(sum(rows), 0) FROM file WHERE name <> ?1";
        self.db.query_row(sql, [name], |row| row.get(0))
    }

    /// Puts a file in, in place of what it held before.
    pub fn write(&mut self, name: &str, modified_us: i64) -> Result<Writing<'_>, rusqlite::Error> {
        let transaction = self.db.transaction()?;
        remove(&transaction, name)?;
        let insert = "INSERT INTO file (name, modified, rows) VALUES (?1, ?2, 0)";
        transaction.execute(insert, params![name, modified_us])?;
        let file = transaction.last_insert_rowid();
        Ok(Writing { transaction, file, rows: 0 })
    }

    /// A file is gone.
    pub fn remove(&mut self, name: &str) -> Result<(), rusqlite::Error> {
        let transaction = self.db.transaction()?;
        remove(&transaction, name)?;
        transaction.commit()
    }

    /// What this order holds; `None`: it stands in no file, or with more items than are shown.
    pub fn items(&self, order: &str) -> Result<Option<Vec<Item>>, rusqlite::Error> {
        let mut statement = self.db.prepare_cached(
            "SELECT code, name, quantity FROM item WHERE order_number = ?1 AND file = (
                 SELECT item.file FROM item JOIN file ON file.file = item.file WHERE item.order_number = ?1
                 ORDER BY file.modified DESC, file.name DESC LIMIT 1)
             ORDER BY line LIMIT ?2",
        )?;
        let rows = statement.query_map(params![order, ITEMS as u64 + 1], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?))
        })?;
        let items: Vec<_> = rows.collect::<Result<_, _>>()?;
        let shown = (1..=ITEMS).contains(&items.len());
        Ok(if shown { items.iter().map(|(code, name, quantity)| item(code, name, *quantity)).collect() } else { None })
    }
}

fn remove(transaction: &Transaction<'_>, name: &str) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM item WHERE file = (SELECT file FROM file WHERE name = ?1)", [name])?;
    transaction.execute("DELETE FROM file WHERE name = ?1", [name])?;
    Ok(())
}

impl Writing<'_> {
    /// A row of it.
    pub fn row(&mut self, order: &str, line: u64, item: &Item) -> Result<(), rusqlite::Error> {
        let insert =
            "INSERT INTO item (order_number, file, line, code, name, quantity) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.transaction.prepare_cached(insert)?.execute(params![
            order,
            self.file,
            line,
            item.code,
            item.name,
            item.quantity
        ])?;
        self.rows += 1;
        Ok(())
    }

    /// How many rows it has so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// All of it is there now.
    pub fn commit(self) -> Result<(), rusqlite::Error> {
        self.transaction.execute("UPDATE file SET rows = ?2 WHERE file = ?1", params![self.file, self.rows])?;
        self.transaction.commit()
    }
}
