//! `key`: prints the station's verifier key.

use super::Status;
use crate::{data::Place, say::Trouble};

/// Prints it.
///
/// # Errors
/// See [`crate::data::Data::key`].
pub fn run(place: &Place) -> Result<Status, Trouble> {
    super::print(place.open()?.key()?.verifier())?;
    Ok(Status::Done)
}
