//! The live picture of a bench: the newest one, and whether somebody looks.

use std::{
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{sync::watch, time::timeout};

use crate::clock;

/// µs for which whoever asked for a picture counts as looking.
const LOOKS: i64 = 3_000_000;
/// A picture of a frame older than this is shown to nobody who has not seen it, µs: they wait for the next.
const OLD: i64 = 1_000_000;

/// One picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Other than that of every picture before it since the start.
    pub number: u64,
    /// When its frame was taken, µs of the monotonic clock.
    pub taken_us: i64,
    /// The JPEG.
    pub jpeg: Bytes,
}

impl Picture {
    /// µs since its frame was taken.
    pub fn age_us(&self) -> i64 {
        clock::monotonic().saturating_sub(self.taken_us).max(0)
    }
}

/// Where the newest picture of a bench lies. Written by the thread that listens to the capture process, read by viewers;
/// nobody waits for anybody but viewers for the next picture.
#[derive(Debug, Default)]
pub struct Live {
    newest: watch::Sender<Option<Picture>>,
    /// When somebody asked last; 0: never.
    asked_us: AtomicI64,
    passed_through: AtomicBool,
}

impl Live {
    /// A picture of a frame that was taken then.
    pub fn show(&self, taken_us: i64, jpeg: Vec<u8>) {
        self.newest.send_modify(|newest| {
            let number = newest.as_ref().map_or(1, |before| before.number + 1);
            *newest = Some(Picture { number, taken_us, jpeg: jpeg.into() });
        });
    }

    /// A stream begins, which is passed through, or not.
    pub fn stream(&self, passed_through: bool) {
        self.passed_through.store(passed_through, Ordering::Relaxed);
    }

    /// Whether there are no pictures because the source's own are sealed, which nobody decodes.
    pub fn is_passed_through(&self) -> bool {
        self.passed_through.load(Ordering::Relaxed)
    }

    /// Whether somebody asked for a picture less than 3 s before this time of the monotonic clock, µs.
    pub fn is_watched(&self, at_us: i64) -> bool {
        let asked_us = self.asked_us.load(Ordering::Relaxed);
        asked_us > 0 && at_us.saturating_sub(asked_us) < LOOKS
    }

    /// Waits for a picture other than the one of this number, and not an old one. `None`: none came in time.
    pub async fn other(&self, number: u64, within: Duration) -> Option<Picture> {
        self.asked_us.store(clock::monotonic(), Ordering::Relaxed);
        let mut newest = self.newest.subscribe();
        let is_news = |newest: &Option<Picture>| {
            newest.as_ref().is_some_and(|picture| picture.number != number && picture.age_us() < OLD)
        };
        let news = timeout(within, newest.wait_for(is_news)).await;
        news.ok()?.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    #[test]
    fn the_newest_picture_is_given_once_and_an_old_one_never() {
        let live = Live::default();
        run(async {
            assert!(live.other(0, SOON).await.is_none());
            let now = clock::monotonic();
            live.show(now, vec![1]);
            live.show(now, vec![2]);
            let picture = live.other(0, SOON).await.unwrap();
            assert_eq!((picture.number, &picture.jpeg[..]), (2, &[2][..]));
            assert!(live.other(2, SOON).await.is_none());
            // Whoever counted with another station that ran here before.
            assert_eq!(live.other(500, SOON).await.unwrap().number, 2);
            live.show(clock::monotonic() - OLD, vec![3]);
            assert!(live.other(2, SOON).await.is_none(), "an old one");
            let (waited, ()) = tokio::join!(live.other(2, Duration::from_secs(20)), async {
                tokio::time::sleep(SOON).await;
                live.show(clock::monotonic(), vec![4]);
            });
            assert_eq!(waited.unwrap().number, 4);
        });
    }

    #[test]
    fn whoever_asks_looks_for_three_seconds() {
        let live = Live::default();
        assert!(!live.is_watched(0) && !live.is_watched(clock::monotonic()));
        let before = clock::monotonic();
        run(live.other(0, Duration::ZERO));
        let after = clock::monotonic();
        assert!(live.is_watched(after) && live.is_watched(before + LOOKS - 1) && !live.is_watched(after + LOOKS));
    }
}
