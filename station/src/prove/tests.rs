//! What a clip was as of a checkpoint.

use evidence::{
    statement::ClipState::{self, Cancelled, Damaged, Deleted, NeverWritten, Open, Sealed},
    value::{Hash, Id},
};

use super::*;
use crate::catalogue::{At, Closing};

/// A row whose START, END and tombstone have these places.
fn row(state: State, reason: Reason, places: Places) -> Clip {
    let sealed = matches!(state, State::Sealed | State::Deleting | State::Deleted);
    let end_hash = Hash([2; 32]);
    let closing = Closing { reason, last_time: 0, frames: 1, lost: 0, ticks: 1, bytes: 1, end_hash, seen: None };
    Clip {
        sequence: 1,
        id: Id([1; 16]),
        order: None,
        state,
        path: String::new(),
        start: Vec::new(),
        start_hash: Hash([1; 32]),
        first_time: 0,
        links: 0,
        closing: sealed.then_some(closing),
        entries: (places[0], places[1]),
        tombstone_entry: places[2],
        tombstone: None,
        at: At::default(),
        proven: false,
    }
}

/// Of START, END and tombstone.
type Places = [Option<u64>; 3];

/// What a clip was when the ledger had so many entries.
type AsOf = (u64, Option<ClipState>);

#[test]
fn a_clip_is_what_it_was_as_of_the_checkpoint() {
    let all = [Some(3), Some(5), Some(8)];
    let none = [None; 3];
    let cases: [(State, Reason, Places, &[AsOf]); 9] = [
        (
            State::Deleted,
            Reason::NextScan,
            all,
            &[(3, None), (4, Some(Open)), (5, Some(Open)), (6, Some(Sealed)), (8, Some(Sealed)), (9, Some(Deleted))],
        ),
        (State::Deleting, Reason::Cancelled, all, &[(5, Some(Open)), (6, Some(Cancelled)), (9, Some(Deleted))]),
        (State::Sealed, Reason::NextScan, [Some(3), Some(5), None], &[(3, None), (5, Some(Open)), (6, Some(Sealed))]),
        (State::Sealed, Reason::Cancelled, [Some(3), Some(5), None], &[(6, Some(Cancelled)), (99, Some(Cancelled))]),
        (State::NeverWritten, Reason::Shutdown, [Some(3), None, Some(5)], &[(4, Some(Open)), (6, Some(NeverWritten))]),
        (State::Damaged, Reason::Shutdown, [Some(3), None, None], &[(3, None), (4, Some(Damaged))]),
        (State::Open, Reason::Shutdown, [Some(3), None, None], &[(3, None), (4, Some(Open))]),
        // Of before there was a ledger.
        (State::Sealed, Reason::NextScan, none, &[(1, Some(Sealed))]),
        (State::Deleted, Reason::NextScan, [None, None, Some(5)], &[(1, Some(Sealed)), (6, Some(Deleted))]),
    ];
    for (state, reason, places, expected) in cases {
        for (size, was) in expected {
            assert_eq!(state_as_of(&row(state, reason, places), *size), *was, "{state:?} {places:?} as of {size}");
        }
    }
}
