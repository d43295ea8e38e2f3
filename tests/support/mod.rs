//! What several tests need.

pub mod forge;
