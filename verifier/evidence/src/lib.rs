//! The sealed clip.
#![forbid(unsafe_code)]
