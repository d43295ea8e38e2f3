//! END: why the clip was closed, and its totals.

use super::statement;
use crate::value::{Hash, Id, Order, Time, choice};

choice!(
    /// Why a clip was closed.
    Reason {
        /// The next order was scanned.
        NextScan = "next-scan",
        /// The END code was scanned.
        EndCode = "end-code",
        /// The same code was scanned again.
        SameCode = "same-code",
        /// The CANCEL code was scanned.
        Cancelled = "cancelled",
        /// The set duration was reached, or nothing moved any more.
        Timeout = "timeout",
        /// A person or program stopped it through the station's interface.
        Stopped = "stopped",
        /// The file ended.
        SourceEnd = "source-end",
        /// The camera's picture format changed.
        FormatChanged = "format-changed",
        /// The camera was lost.
        CameraLost = "camera-lost",
        /// The disk was full.
        DiskFull = "disk-full",
        /// The disk failed.
        Damaged = "damaged",
        /// The station was shut down.
        Shutdown = "shutdown",
        /// The station found the clip open when it started.
        Recovered = "recovered",
    }
);

impl Reason {
    /// Whether the clip ran to its close.
    pub fn is_complete(self) -> bool {
        use Reason::{Cancelled, EndCode, NextScan, SameCode, SourceEnd, Stopped, Timeout};
        matches!(self, NextScan | EndCode | SameCode | Cancelled | Timeout | Stopped | SourceEnd)
    }
}

statement!(
    /// The last statement of a clip.
    End = "packseal/end/v1",
    rule: |e| {
        let recovered = e.reason == Reason::Recovered;
        e.links >= 1
            && e.frames >= 1
            && recovered == e.last_frame_time.is_some()
            && recovered == e.recovered_time.is_some()
            && (recovered || e.discarded == 0)
    },
    {
        /// That of START.
        "clip" clip: Id,
        /// Number of LINKs.
        "links" links: u64,
        /// Statement hash of the last one.
        "previous" previous: Hash,
        /// Order number, if it was ever known.
        "order" order: Option<Order>,
        /// Why.
        "reason" reason: Reason,
        /// Of all LINKs.
        "frames" frames: u64,
        /// Of all LINKs.
        "lost" lost: u64,
        /// Last LINK's end.
        "ticks" ticks: u64,
        /// When it was closed.
        "time" time: Time,
        /// For `recovered`: end of the last frame proven.
        "last-frame-time" last_frame_time: Option<Time>,
        /// For `recovered`: when that was done.
        "recovered-time" recovered_time: Option<Time>,
        /// For `recovered`: bytes of torn tail cut off.
        "discarded" discarded: u64,
    }
);
