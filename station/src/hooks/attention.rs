//! Which benches need attention, and since when. What lasts a moment is nobody's trouble: a camera that is slow to begin,
//! a clip whose first second is not sealed yet. So a change counts when it has lasted a while, both ways.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use evidence::value::Time;

use crate::status::{Attention, Bench};

/// How long a change must last.
pub(super) const LASTS: Duration = Duration::from_secs(10);

/// A bench needs attention, or does not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub bench: String,
    /// Why.
    pub reason: Attention,
    /// `false`: it is over.
    pub begun: bool,
    /// Since when it is so.
    pub since: Time,
}

/// What was told of each bench and reason, and what is different now since when.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<(String, &'static str), One>);

#[derive(Debug, Default)]
struct One {
    told: bool,
    different: Option<(Instant, Time)>,
}

impl Watch {
    /// These were told and are not over yet, as far as anybody knew.
    pub fn new(told: Vec<(String, Attention)>) -> Self {
        let told =
            told.into_iter().map(|(bench, reason)| ((bench, reason.as_str()), One { told: true, different: None }));
        Self(told.collect())
    }

    /// What is to be told now.
    pub fn look(&mut self, benches: &[Bench], now: Instant, wall: Time) -> Vec<Change> {
        let mut changes = Vec::new();
        for bench in benches {
            for reason in Attention::ALL {
                let holds = bench.attention().contains(&reason);
                let one = self.0.entry((bench.name.clone(), reason.as_str())).or_default();
                if one.told == holds {
                    one.different = None;
                    continue;
                }
                let (since, at) = *one.different.get_or_insert((now, wall));
                if now.saturating_duration_since(since) >= LASTS {
                    changes.push(Change { bench: bench.name.clone(), reason, begun: holds, since: at });
                }
            }
        }
        changes
    }

    /// This was noted.
    pub fn told(&mut self, change: &Change) {
        let one = self.0.entry((change.bench.clone(), change.reason.as_str())).or_default();
        *one = One { told: change.begun, different: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        say::Lang,
        status::{CameraState, Status},
    };

    #[test]
    fn what_lasts_is_told_once_and_so_is_its_end() {
        let status = Status::new("shop-7", Lang::En, Clock::System, ["left", "right"]);
        let set = |state: CameraState| {
            for bench in 0..2 {
                status.update(bench, |bench| {
                    bench.started();
                    bench.camera.frame(0);
                    bench.camera.state = if bench.name == "left" { state } else { CameraState::Live };
                });
            }
        };
        let begin = Instant::now();
        let mut watch = Watch::default();
        let mut look = |seconds: u64| {
            let benches = status.snapshot(0).benches;
            let changes = watch.look(&benches, begin + Duration::from_secs(seconds), Time(seconds as i64));
            changes.iter().for_each(|change| watch.told(change));
            changes
        };
        let change = |begun, since| {
            vec![Change { bench: "left".to_owned(), reason: Attention::Camera, begun, since: Time(since) }]
        };
        set(CameraState::Live);
        assert_eq!(look(0), vec![]);
        set(CameraState::Lost);
        assert_eq!(look(1), vec![]);
        // Back for a moment: it begins anew.
        set(CameraState::Live);
        assert_eq!(look(9), vec![]);
        set(CameraState::Frozen);
        assert_eq!(look(10), vec![]);
        assert_eq!(look(19), vec![]);
        assert_eq!(look(20), change(true, 10));
        assert_eq!(look(60), vec![]);
        set(CameraState::Live);
        assert_eq!(look(61), vec![]);
        assert_eq!(look(70), vec![]);
        assert_eq!(look(71), change(false, 61));
        assert_eq!(look(100), vec![]);
        // What was told before the station was started again, and holds no more, is told to be over.
        let mut watch = Watch::new(vec![("left".to_owned(), Attention::Camera)]);
        let benches = status.snapshot(0).benches;
        assert_eq!(watch.look(&benches, begin, Time(5)), vec![]);
        assert_eq!(watch.look(&benches, begin + LASTS, Time(9)), change(false, 5));
    }
}
