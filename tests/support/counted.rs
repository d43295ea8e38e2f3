//! Memory counted as it is taken: for each thread what it holds, and the most it held.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn took(bytes: usize) {
    // Another thread may give back what this one took: what is held is never less than nothing.
    HELD.with(|held| {
        held.set(held.get().saturating_add(bytes));
        PEAK.with(|peak| peak.set(peak.get().max(held.get())));
    });
}

fn gave(bytes: usize) {
    HELD.with(|held| held.set(held.get().saturating_sub(bytes)));
}

// SAFETY: every call is the system allocator's own, with what it was given; counting takes no memory, for the counters
// are of a constant beginning and have nothing to drop.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new stand beside each other for a while.
        took(size);
        // SAFETY: the caller's promise is handed on.
        let moved = unsafe { System.realloc(memory, layout, size) };
        gave(layout.size());
        moved
    }
}

/// Begins to count this thread's most: what it holds now.
pub fn begin() -> usize {
    let held = HELD.get();
    PEAK.set(held);
    held
}

/// The most that this thread held since then.
pub fn peak() -> usize {
    PEAK.get()
}
