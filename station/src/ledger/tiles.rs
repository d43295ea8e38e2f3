//! Tiles and bundles: their places on disk, and the right edge, to which all that is new is appended.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use evidence::{
    ledger::{Checkpoint, entries, put_entry, tree},
    value::Hash,
};

use super::LedgerFault;
use crate::durable;

/// Hashes in a tile, entries in a bundle.
pub(super) const TILE: u64 = 256;

/// Levels that a ledger of [`tree::MAX_SIZE`] entries has.
const LEVELS: u8 = 7;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Entries,
    /// Hashes of subtrees of 256 to the power of this many entries.
    Level(u8),
}

impl Kind {
    /// All that may be on disk.
    fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Entries).chain((0..=LEVELS).map(Self::Level))
    }

    /// How many there are of it in a ledger of this size.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Level(level) => size >> (8 * u32::from(level)),
        }
    }
}

/// A file of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Tile {
    pub kind: Kind,
    pub index: u64,
    /// How many it holds, 1 to [`TILE`].
    pub width: u64,
}

impl Tile {
    /// `tile/<L>/<N>`, N in groups of three digits, all but the last behind an `x`.
    fn full_path(&self, folder: &Path) -> PathBuf {
        let mut path = folder.join("tile").join(match self.kind {
            Kind::Entries => "entries".to_owned(),
            Kind::Level(level) => level.to_string(),
        });
        let digits = self.index.to_string();
        let groups = digits.len().div_ceil(3);
        let digits = format!("{digits:0>width$}", width = 3 * groups);
        for group in 0..groups {
            let x = if group + 1 < groups { "x" } else { "" };
            path.push(format!("{x}{}", &digits[3 * group..3 * group + 3]));
        }
        path
    }

    /// Folder of its narrower predecessors.
    fn narrower(&self, folder: &Path) -> PathBuf {
        let mut path = self.full_path(folder).into_os_string();
        path.push(".p");
        path.into()
    }

    pub fn path(&self, folder: &Path) -> PathBuf {
        if self.width == TILE { self.full_path(folder) } else { self.narrower(folder).join(self.width.to_string()) }
    }

    /// Removes the narrower ones, which are of no use beside the full one. What cannot be removed only takes room;
    /// opening tries again.
    pub fn remove_narrower(&self, folder: &Path) {
        let _ = fs::remove_dir_all(self.narrower(folder));
    }

    /// Reads it. Unless it has to be there `exact`ly, the full one that took its place does as well.
    pub fn read(&self, folder: &Path, exact: bool) -> Result<Vec<u8>, LedgerFault> {
        let path = self.path(folder);
        let read = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound && !exact => fs::read(self.full_path(folder)),
            read => read,
        };
        read.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                LedgerFault::Damaged(path.clone())
            }
            _ => durable::at("read", &path)(e).into(),
        })
    }

    /// Reads its hashes.
    pub fn hashes(&self, folder: &Path, exact: bool) -> Result<Vec<Hash>, LedgerFault> {
        let bytes = self.read(folder, exact)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && [self.width, TILE].contains(&(hashes.len() as u64));
        let hashes = hashes.get(..self.width as usize).filter(|_| fits);
        let hashes = hashes.ok_or_else(|| LedgerFault::Damaged(self.path(folder)))?;
        Ok(hashes.iter().copied().map(Hash).collect())
    }
}

/// The root over these subtrees, all of one size; the last may be of a smaller one.
pub(super) fn above(hashes: &[Hash]) -> Hash {
    // Without any there is none; nobody asks.
    tree::span_root(hashes.len() as u64, 0, hashes, &[], &[]).unwrap_or(Hash([0; 32]))
}

/// What is not full yet: all that is needed to append, and to sign.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    /// Entries of the ledger.
    pub size: u64,
    /// The last bundle; empty where it would be full.
    pub bundle: Vec<u8>,
    /// The last tile of each level; empty where it would be full.
    pub levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Reads it, as of this checkpoint, whose root must come out.
    pub fn load(folder: &Path, checkpoint: &Checkpoint, exact: bool) -> Result<Self, LedgerFault> {
        let size = checkpoint.size;
        let last = |kind: Kind| {
            let count = kind.count(size);
            Tile { kind, index: count / TILE, width: count % TILE }
        };
        let mut edge = Self { size, ..Self::default() };
        for level in (0..=LEVELS).map(Kind::Level).take_while(|level| level.count(size) > 0) {
            let tile = last(level);
            edge.levels.push(if tile.width == 0 { Vec::new() } else { tile.hashes(folder, exact)? });
        }
        if edge.root() != checkpoint.root {
            return Err(LedgerFault::Damaged(folder.join("tile")));
        }
        let bundle = last(Kind::Entries);
        if bundle.width > 0 {
            let bytes = bundle.read(folder, exact)?;
            let all = entries(&bytes).ok_or_else(|| LedgerFault::Damaged(bundle.path(folder)))?;
            let width = bundle.width as usize;
            let fits = all.len() == width || all.len() as u64 == TILE && !exact;
            let leaves = all.iter().take(width).map(|entry| tree::leaf(entry));
            if !fits || !leaves.eq(edge.levels[0].iter().copied()) {
                return Err(LedgerFault::Damaged(bundle.path(folder)));
            }
            all[..width].iter().for_each(|entry| put_entry(entry, &mut edge.bundle));
        }
        Ok(edge)
    }

    /// Appends entries that the last bundle has room for: the files that hold them.
    pub fn extend(&mut self, entries: impl Iterator<Item = String>) -> Vec<(Tile, Vec<u8>)> {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        for entry in entries {
            put_entry(entry.as_bytes(), &mut self.bundle);
            self.levels[0].push(tree::leaf(entry.as_bytes()));
            self.size += 1;
        }
        let (index, width) = ((self.size - 1) / TILE, (self.size - 1) % TILE + 1);
        let mut files = vec![(Tile { kind: Kind::Entries, index, width }, self.bundle.clone())];
        for level in 0..=LEVELS {
            let kind = Kind::Level(level);
            let hashes = &mut self.levels[usize::from(level)];
            let tile = Tile { kind, index: (kind.count(self.size) - 1) / TILE, width: hashes.len() as u64 };
            files.push((tile, hashes.iter().flat_map(|hash| hash.0).collect()));
            if tile.width < TILE {
                break;
            }
            let parent = above(hashes);
            hashes.clear();
            if self.levels.len() == usize::from(level) + 1 {
                self.levels.push(Vec::new());
            }
            self.levels[usize::from(level) + 1].push(parent);
        }
        if width == TILE {
            self.bundle.clear();
        }
        files
    }

    /// The root. What hangs at the right of a level's subtrees is the root of the levels below.
    pub fn root(&self) -> Hash {
        let mut below = None;
        for hashes in &self.levels {
            let all: Vec<Hash> = hashes.iter().copied().chain(below).collect();
            below = (!all.is_empty()).then(|| above(&all));
        }
        below.unwrap_or(Hash([0; 32]))
    }
}

/// Removes what a step left that was cut off before its checkpoint was signed. More than one step leaves is a ledger
/// whose checkpoint was set back.
pub(super) fn cut_back(folder: &Path, size: u64) -> Result<(), LedgerFault> {
    let mut beyond = Vec::new();
    for kind in Kind::all() {
        let count = kind.count(size);
        let last = Tile { kind, index: count / TILE, width: TILE };
        let next = Tile { index: last.index + 1, ..last };
        let mut wider = widths(&last.narrower(folder))?;
        wider.retain(|&width| width > count % TILE);
        if last.full_path(folder).exists() {
            wider.push(TILE);
        }
        if wider.len() > 1 || next.full_path(folder).exists() || next.narrower(folder).exists() {
            return Err(LedgerFault::RolledBack { here: size, known: size + 1 });
        }
        beyond.extend(wider.into_iter().map(|width| Tile { width, ..last }));
        if let Some(index) = last.index.checked_sub(1) {
            Tile { index, ..last }.remove_narrower(folder);
        }
    }
    for tile in beyond {
        durable::remove(&tile.path(folder))?;
    }
    Ok(())
}

/// The widths of the tiles in a folder.
fn widths(folder: &Path) -> Result<Vec<u64>, LedgerFault> {
    let list = match fs::read_dir(folder) {
        Ok(list) => list,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(durable::at("list", folder)(e).into()),
    };
    let names = list.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
    let names = names.map_err(durable::at("list", folder))?;
    Ok(names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect())
}
