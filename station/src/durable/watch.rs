//! For tests: what step has just been done, so that they can look at the disk between any two.

use std::{cell::RefCell, path::Path};

type Watch = Box<dyn FnMut(&'static str, &Path)>;

thread_local!(static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) });

/// Runs this, and tells of each of its steps on this thread.
pub(crate) fn watched<T>(watch: impl FnMut(&'static str, &Path) + 'static, run: impl FnOnce() -> T) -> T {
    WATCH.set(Some(Box::new(watch)));
    let out = run();
    WATCH.take();
    out
}

/// This step is done.
pub(super) fn done(step: &'static str, path: &Path) {
    // Taken out meanwhile: what the watcher does itself is not told.
    if let Some(mut watch) = WATCH.take() {
        watch(step, path);
        WATCH.set(Some(watch));
    }
}
