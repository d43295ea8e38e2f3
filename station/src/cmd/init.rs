//! `init`: makes a station.

use super::Status;
use crate::{
    data::{Data, Place},
    say::{Lang, Trouble},
};

/// Makes a data folder and prints the station's verifier key.
///
/// # Errors
/// See [`Data::init`].
pub fn run(place: &Place, station: &str, lang: Lang) -> Result<Status, Trouble> {
    let key = Data::init(place, station)?;
    super::print(key.verifier())?;
    let shown = place.read()?.root.join("keys/station.key");
    let shown = shown.display();
    eprintln!(
        "{}",
        lang.pick(
            format!("This is the station's verifier key: give it to whoever shall check its clips. Keep {shown} secret, with a copy in a safe place."),
            format!("以上是本工位的验证公钥：请交给需要核验录像的人。请妥善保密并备份 {shown}。"),
        )
    );
    Ok(Status::Done)
}
