//! `key`: prints the station's verifier key.

use std::path::Path;

use super::Status;
use crate::{data::Data, say::Trouble};

/// Prints it.
///
/// # Errors
/// See [`Data::key`].
pub fn run(root: &Path) -> Result<Status, Trouble> {
    println!("{}", Data::open(root)?.key()?.verifier());
    Ok(Status::Done)
}
