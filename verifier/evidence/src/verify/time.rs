//! Trusted time: what PROOF's time tokens say of when the clip was sealed (FORMAT.md, section 4, rule B).

use super::{EDGE, Taken};
use crate::{
    finding::Code,
    ledger::SignedCheckpoint,
    statement::{ClockKind, ClockState, End, PartKind, Start},
    token::{Root, Token, TokenError, judge},
    value::Hash,
    verdict::{Bracket, TrustedTime},
};

/// How long after its opening and its first frame a clip's START may be signed, µs: a scan is handled late, the first
/// GOP must be whole, the disk is slow.
pub const LATE_START: i64 = 10_000_000;

/// What the time tokens of a PROOF amount to.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// By trusted authorities.
    pub(super) bracket: Bracket,
    /// There is one by another authority.
    pub(super) unknown_authority: bool,
    /// There is one by SM2 or SM3.
    pub(super) cannot_check: bool,
}

impl Times {
    /// Holds PROOF's time tokens against the clip and the checkpoint that they must be over, which was found to be good.
    ///
    /// # Errors
    /// [`Code::TimeStartToken`], [`Code::TimeToken`]: what is wrong with them, whoever signed them.
    pub(super) fn of(
        taken: &Taken<'_>,
        start: &Start,
        authorities: &[Root],
        checkpoint: Option<&SignedCheckpoint>,
    ) -> Result<Self, Code> {
        let mut times = Self::default();
        for (part, bytes) in taken.parts() {
            match part.kind {
                PartKind::StartToken => {
                    let (Some(hash), time) = (start.time_token, start.time_token_time) else {
                        return Err(Code::TimeStartToken);
                    };
                    if part.hash != hash {
                        return Err(Code::TimeStartToken);
                    }
                    let said = times.read(bytes, None, authorities).map_err(|_| Code::TimeStartToken)?;
                    // What START says of it, whoever's it is.
                    if said.as_ref().is_some_and(|(token, _)| Some(token.time) != time) {
                        return Err(Code::TimeStartToken);
                    }
                    times.bracket.after = trusted(said).map(|token| TrustedTime::earliest(&token));
                }
                PartKind::TimeToken => {
                    let checkpoint = checkpoint.ok_or(Code::TimeToken)?;
                    let said = times.read(bytes, Some(&checkpoint.hash), authorities).map_err(|_| Code::TimeToken)?;
                    let latest = trusted(said).map(|token| TrustedTime::latest(&token));
                    let before = [times.bracket.before.take(), latest].into_iter().flatten();
                    times.bracket.before = before.min_by_key(|moment| moment.time);
                    times.bracket.size = times.bracket.before.as_ref().map(|_| checkpoint.checkpoint.size);
                }
                _ => {}
            }
        }
        Ok(times)
    }

    /// What a token says and whether its authority is trusted; `None`: it cannot be checked here.
    fn read(
        &mut self,
        bytes: &[u8],
        imprint: Option<&Hash>,
        authorities: &[Root],
    ) -> Result<Option<(Token, bool)>, TokenError> {
        match judge(bytes, imprint, authorities) {
            Ok((token, is_trusted)) => {
                self.unknown_authority |= !is_trusted;
                Ok(Some((token, is_trusted)))
            }
            Err(TokenError::CannotCheck) => {
                self.cannot_check = true;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn trusted(said: Option<(Token, bool)>) -> Option<Token> {
    said.filter(|(_, is_trusted)| *is_trusted).map(|(token, _)| token)
}

impl TrustedTime {
    fn earliest(Token { time, accuracy, authority, .. }: &Token) -> Self {
        Self { time: time.back(accuracy.unwrap_or(0)), authority: authority.clone() }
    }

    fn latest(Token { time, accuracy, authority, .. }: &Token) -> Self {
        Self { time: time.on(accuracy.unwrap_or(0)), authority: authority.clone() }
    }
}

/// How a clip stands to the trusted times around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Nothing is wrong.
    Within,
    /// It cannot have been sealed between them.
    NoRoom,
    /// The station's clock lies outside them.
    Outside {
        /// And START says that it was right.
        is_contradicted: bool,
    },
}

/// Holds a clip's own times against trusted ones. `ticks`: its length; `stepped`: it signs a clock step.
pub(super) fn fit(bracket: &Bracket, (start, end): (&Start, &End), ticks: u64, stepped: bool) -> Fit {
    // A simulated clock counts frames: it has nothing to do with any other, and runs as fast as it can.
    let has_clock = start.clock == ClockKind::Real;
    if let Some(width) = bracket.width() {
        // What was seen before the scan was sealed after it; by a clock that was stepped nobody knows how much that was.
        let before_scan = if stepped { EDGE } else { start.opened_time.0 - start.first_frame_time.0 }.clamp(0, EDGE);
        let length = i64::try_from(ticks * 100 / 9).unwrap_or(i64::MAX);
        if width < 0 || has_clock && width < length - before_scan - LATE_START {
            return Fit::NoRoom;
        }
    }
    let early = |time: i64| bracket.after.as_ref().is_some_and(|after| time < after.time.0 - EDGE);
    let late = |time: i64| bracket.before.as_ref().is_some_and(|before| time > before.time.0 + EDGE);
    let outside = [start.first_frame_time.0, end.time.0].into_iter().any(|time| early(time) || late(time));
    if outside && has_clock {
        return Fit::Outside { is_contradicted: start.clock_state == ClockState::Synchronised && !stepped };
    }
    Fit::Within
}
