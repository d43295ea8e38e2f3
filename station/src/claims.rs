//! Which clips someone in this process is writing or recovering: never two at once.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Numbers = Arc<Mutex<HashSet<u64>>>;

/// The clips that are claimed, by sequence number.
#[derive(Debug, Default)]
pub struct Claims(Numbers);

/// One claimed clip, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    sequence: u64,
    claims: Numbers,
}

impl Claims {
    /// Claims a clip, unless it is claimed. Where its row is `open` after that, nobody writes it.
    pub fn take(&self, sequence: u64) -> Option<Claim> {
        lock(&self.0).insert(sequence).then(|| Claim { sequence, claims: Arc::clone(&self.0) })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.claims).remove(&self.sequence);
    }
}

/// A set of numbers is whole whoever panicked.
fn lock(numbers: &Numbers) -> MutexGuard<'_, HashSet<u64>> {
    numbers.lock().unwrap_or_else(PoisonError::into_inner)
}
