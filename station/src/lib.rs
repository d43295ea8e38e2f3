//! The packing bench station.

pub mod capture;
