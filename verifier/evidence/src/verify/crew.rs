//! The threads that check LINKs: one queue, from which each takes the oldest job as soon as it is free.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{
    fragment::{Checker, Job},
    layout::Stop,
    rules::SoFar,
};
use crate::source::ReadAt;

/// Jobs waiting for each thread: GOPs differ much in size, and whoever walks must not run out of work to give.
const WAITING: usize = 4;

pub(super) struct Crew {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

pub(super) struct Open<'a>(&'a Crew);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.changed.notify_all();
    }
}

#[derive(Default)]
struct State {
    /// What there was before each LINK, and the LINK.
    jobs: VecDeque<(SoFar, Job)>,
    closed: bool,
    /// Of all failures so far the first in the clip's own order.
    failed: Option<(Stop, SoFar)>,
}

impl Crew {
    pub(super) fn new(threads: usize) -> Self {
        Self { most: WAITING * threads.max(1), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Puts a job at the end of the queue. Where the queue is full, does its oldest job first.
    pub(super) fn give<S: ReadAt + ?Sized>(
        &self,
        before: SoFar,
        job: Job,
        own: &mut Checker<'_, S>,
    ) -> Result<(), Stop> {
        let mut state = self.state();
        if state.jobs.len() >= self.most {
            state = self.take_one(state, own);
        }
        // Nothing behind a failure is of interest; what was given before it is still checked.
        if state.failed.is_some() {
            return Err(Stop::Elsewhere);
        }
        state.jobs.push_back((before, job));
        self.changed.notify_one();
        Ok(())
    }

    /// Held while jobs may still be given; without it the other threads come back, even where this one panicked.
    pub(super) fn open(&self) -> Open<'_> {
        Open(self)
    }

    /// Does jobs until there are none and none will come.
    pub(super) fn work<S: ReadAt + ?Sized>(&self, checker: &mut Checker<'_, S>) {
        let mut state = self.state();
        while !state.jobs.is_empty() || !state.closed {
            state = if state.jobs.is_empty() {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.take_one(state, checker)
            };
        }
    }

    fn take_one<'a, S: ReadAt + ?Sized>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        checker: &mut Checker<'_, S>,
    ) -> MutexGuard<'a, State> {
        let Some((before, job)) = state.jobs.pop_front() else { return state };
        drop(state);
        let result = checker.check(&job);
        let mut state = self.state();
        if let Err(stop) = result
            && state.failed.as_ref().is_none_or(|(_, other)| before.links < other.links)
        {
            state.failed = Some((stop, before));
        }
        state
    }

    /// The first failure in the clip's order and what there was before it, once every thread has come back.
    pub(super) fn first_failure(self) -> Option<(Stop, SoFar)> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).failed
    }

    /// A thread that panics leaves nothing half done behind: the lock is not held while a job is.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
