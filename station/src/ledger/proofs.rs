//! What a ledger proves. All that is read is checked against the newest checkpoint before it is given out, so that a
//! damaged tile is found here and not by a verifier.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use evidence::{
    key::VerifierKey,
    ledger::{Hashes, Span, entries, tree},
    value::Hash,
};

use super::{
    LedgerFault, Newest,
    tiles::{Edge, Kind, TILE, Tile, above},
};

/// A ledger as of one checkpoint, to read. It stays good while others append.
#[derive(Debug, Clone)]
pub struct View {
    folder: PathBuf,
    edge: Edge,
    newest: Newest,
}

impl View {
    /// Opens a ledger only to read it; nothing on disk is changed.
    ///
    /// # Errors
    /// See [`LedgerFault`]; [`LedgerFault::Damaged`] where there is no checkpoint.
    pub fn open(folder: &Path, key: &VerifierKey) -> Result<Self, LedgerFault> {
        let path = folder.join("checkpoint");
        let newest = super::read_checkpoint(&path, key)?.flatten().ok_or(LedgerFault::Damaged(path))?;
        let edge = Edge::load(folder, &newest.said, false)?;
        Ok(Self::new(folder, edge, newest))
    }

    pub(super) fn new(folder: &Path, edge: Edge, newest: Newest) -> Self {
        Self { folder: folder.to_owned(), edge, newest }
    }

    /// Its checkpoint.
    pub fn newest(&self) -> &Newest {
        &self.newest
    }

    /// The root of the first `size` entries.
    ///
    /// # Errors
    /// See [`LedgerFault`].
    pub fn root(&self, size: u64) -> Result<Hash, LedgerFault> {
        self.proven(&mut Tiles::new(self), size)
    }

    /// The entry at this place, its exact bytes.
    ///
    /// # Errors
    /// See [`LedgerFault`].
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerFault> {
        let mut tiles = Tiles::new(self);
        let path = self.path(&mut tiles, index, self.edge.size)?;
        let entry = self.entries(index, index + 1)?.swap_remove(0);
        let root = tree::included_root(index, self.edge.size, tree::leaf(&entry), &path);
        if root == Some(self.newest.said.root) { Ok(entry) } else { Err(self.damaged()) }
    }

    /// The path of a proof of inclusion of the entry at `index` in the tree of the first `size` entries
    /// ([`evidence::ledger::Inclusion`]).
    ///
    /// # Errors
    /// See [`LedgerFault`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerFault> {
        let mut tiles = Tiles::new(self);
        let root = self.proven(&mut tiles, size)?;
        let path = self.path(&mut tiles, index, size)?;
        let leaf = tiles.subtree(index, index + 1)?;
        let found = tree::included_root(index, size, leaf, &path);
        if found == Some(root) { Ok(path) } else { Err(self.damaged()) }
    }

    /// The path that proves that the tree of the first `new` entries begins with that of the first `old`
    /// ([`tree::is_consistent`]).
    ///
    /// # Errors
    /// See [`LedgerFault`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerFault> {
        if old == 0 || old > new {
            return Err(LedgerFault::Beyond);
        }
        let mut tiles = Tiles::new(self);
        let roots = ((old, self.proven(&mut tiles, old)?), (new, self.proven(&mut tiles, new)?));
        let path = self.between(&mut tiles, old, new)?;
        if tree::is_consistent(roots.0, roots.1, &path) { Ok(path) } else { Err(self.damaged()) }
    }

    /// All entries from `first` to before `end`, with what binds them to the root of the first `size` entries
    /// ([`Span`]), as written.
    ///
    /// # Errors
    /// See [`LedgerFault`].
    pub fn span(&self, first: u64, end: u64, size: u64) -> Result<Vec<u8>, LedgerFault> {
        if first >= end || end > size {
            return Err(LedgerFault::Beyond);
        }
        let mut tiles = Tiles::new(self);
        let root = self.proven(&mut tiles, size)?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut open = vec![(0, size)];
        // From the left to the right, as the verifier walks.
        while let Some((from, to)) = open.pop() {
            if to <= first {
                left.push(tiles.subtree(from, to)?);
            } else if from >= end {
                right.push(tiles.subtree(from, to)?);
            } else if to - from > 1 {
                let middle = from + tree::split(to - from);
                open.extend([(middle, to), (from, middle)]);
            }
        }
        let entries = self.entries(first, end)?;
        let leaves: Vec<Hash> = entries.iter().map(|entry| tree::leaf(entry)).collect();
        if tree::span_root(size, first, &leaves, &left, &right) != Some(root) {
            return Err(self.damaged());
        }
        let span = Span { size, span: (first, end), left: Hashes(left), right: Hashes(right) };
        Ok(span.write(entries.iter().map(|entry| &entry[..])))
    }

    fn damaged(&self) -> LedgerFault {
        LedgerFault::Damaged(self.folder.join("tile"))
    }

    /// The root of the first `size` entries, checked to be the newest tree's beginning.
    fn proven(&self, tiles: &mut Tiles, size: u64) -> Result<Hash, LedgerFault> {
        if size == 0 || size > self.edge.size {
            return Err(LedgerFault::Beyond);
        }
        let root = tiles.subtree(0, size)?;
        let path = self.between(tiles, size, self.edge.size)?;
        let newest = (self.edge.size, self.newest.said.root);
        if tree::is_consistent((size, root), newest, &path) { Ok(root) } else { Err(self.damaged()) }
    }

    /// PATH of RFC 6962, section 2.1.1.
    fn path(&self, tiles: &mut Tiles, index: u64, size: u64) -> Result<Vec<Hash>, LedgerFault> {
        if index >= size || size > self.edge.size {
            return Err(LedgerFault::Beyond);
        }
        let (mut from, mut to, mut path) = (0, size, Vec::new());
        while to - from > 1 {
            let middle = from + tree::split(to - from);
            if index < middle {
                path.push(tiles.subtree(middle, to)?);
                to = middle;
            } else {
                path.push(tiles.subtree(from, middle)?);
                from = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// PROOF of RFC 6962, section 2.1.2; 0 < `old` ≤ `new`.
    fn between(&self, tiles: &mut Tiles, old: u64, new: u64) -> Result<Vec<Hash>, LedgerFault> {
        let (mut from, mut to, mut path) = (0, new, Vec::new());
        while old < to {
            let middle = from + tree::split(to - from);
            if old <= middle {
                path.push(tiles.subtree(middle, to)?);
                to = middle;
            } else {
                path.push(tiles.subtree(from, middle)?);
                from = middle;
            }
        }
        if from > 0 {
            path.push(tiles.subtree(from, to)?);
        }
        path.reverse();
        Ok(path)
    }

    /// These entries, not checked.
    fn entries(&self, first: u64, end: u64) -> Result<Vec<Vec<u8>>, LedgerFault> {
        let mut all = Vec::new();
        for index in first / TILE..=(end - 1) / TILE {
            let tile = Tile { kind: Kind::Entries, index, width: TILE };
            let read;
            let bundle = if index == self.edge.size / TILE {
                &self.edge.bundle
            } else {
                read = tile.read(&self.folder, true)?;
                &read
            };
            let found = entries(bundle).ok_or_else(|| LedgerFault::Damaged(tile.path(&self.folder)))?;
            let places = (index * TILE..).zip(found);
            all.extend(places.filter(|(at, _)| (first..end).contains(at)).map(|(_, entry)| entry.to_vec()));
        }
        if all.len() as u64 == end - first { Ok(all) } else { Err(self.damaged()) }
    }
}

/// Tiles read for one answer.
struct Tiles<'a> {
    view: &'a View,
    read: HashMap<(u8, u64), Vec<Hash>>,
}

impl<'a> Tiles<'a> {
    fn new(view: &'a View) -> Self {
        Self { view, read: HashMap::new() }
    }

    /// The root over these entries, a subtree that splitting leads to.
    fn subtree(&mut self, from: u64, to: u64) -> Result<Hash, LedgerFault> {
        let size = to - from;
        if size.is_power_of_two() {
            return self.node(size.ilog2(), from);
        }
        let middle = from + tree::split(size);
        Ok(tree::node(&self.subtree(from, middle)?, &self.subtree(middle, to)?))
    }

    /// The root over 2 to the power of `height` entries.
    fn node(&mut self, height: u32, from: u64) -> Result<Hash, LedgerFault> {
        let level = (height / 8) as u8;
        let kind = Kind::Level(level);
        let place = kind.count(from);
        let (index, at) = (place / TILE, (place % TILE) as usize);
        let edge = &self.view.edge;
        let hashes = if index == kind.count(edge.size) / TILE {
            edge.levels.get(usize::from(level)).map_or(&[][..], |hashes| hashes)
        } else {
            if !self.read.contains_key(&(level, index)) {
                let tile = Tile { kind, index, width: TILE };
                self.read.insert((level, index), tile.hashes(&self.view.folder, true)?);
            }
            &self.read[&(level, index)]
        };
        let hashes = hashes.get(at..at + (1 << (height % 8)));
        hashes.map(above).ok_or_else(|| self.view.damaged())
    }
}
