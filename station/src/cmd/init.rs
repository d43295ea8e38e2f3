//! `init`: makes a station.

use super::Status;
use crate::{
    data::{Data, Made, Place, name_of_host},
    say::{Lang, Trouble},
};

/// Makes a data folder and prints the station's verifier key. Without a name it has the machine's. `if_new`: a station
/// that is there is as good.
///
/// # Errors
/// See [`Data::init`] and [`Data::init_if_new`].
pub fn run(place: &Place, station: Option<&str>, if_new: bool, lang: Lang) -> Result<Status, Trouble> {
    let host = name_of_host(&rustix::system::uname().nodename().to_string_lossy());
    let name = station.unwrap_or(&host);
    let (key, made) = if if_new { Data::init_if_new(place, name)? } else { (Data::init(place, name)?, Made::Now) };
    super::print(key.verifier())?;
    let shown = place.read()?.root.join("keys/station.key");
    let shown = shown.display();
    if made == Made::Now {
        eprintln!(
            "{}",
            lang.pick(
                format!("This is the station's verifier key: give it to whoever shall check its clips. Keep {shown} secret, with a copy in a safe place."),
                format!("以上是本工位的验证公钥：请交给需要核验录像的人。请妥善保密并备份 {shown}。"),
            )
        );
    }
    Ok(Status::Done)
}
