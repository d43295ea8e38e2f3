//! The sealed clip: its statements, container, keys, verification and verdict, as `verifier/FORMAT.md` specifies.
//!
//! The station writes through this crate and the verifier reads through it, so that nothing is signed that would not
//! be accepted. It has no camera, no FFmpeg, no database, no network and no unsafe code: an auditor reads this folder
//! alone, [`verify`] first.
#![forbid(unsafe_code)]

pub mod bmff;
pub mod certificate;
pub mod finding;
pub mod h264;
pub mod key;
pub mod ledger;
pub mod note;
pub mod source;
pub mod statement;
pub mod token;
pub mod trust;
pub mod value;
pub mod verdict;
pub mod verify;
pub mod words;
