//! What several tests need.
// Each test binary includes all of this and uses a part of it.
#![allow(dead_code)]

pub mod check;
pub mod forge;
pub mod random;
