//! What several tests need.
// Each test binary includes all of this and uses a part of it.
#![allow(dead_code, clippy::type_complexity)]

pub mod boxes;
pub mod check;
pub mod forge;
pub mod judge;
pub mod ledgers;
pub mod notes;
pub mod proofs;
pub mod random;

#[path = "../../verifier/evidence/src/h264/tests/build.rs"]
pub mod nal;
