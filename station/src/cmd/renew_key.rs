//! `renew-key`: a new key and ledger in place of the ones that are there.

use evidence::statement::{Renewal, RenewalReason};

use super::{Status, recover};
use crate::{
    data::{Moved, Place, renewal},
    say::{Lang, Trouble},
};

/// Gives the station a new key, says what to do with it and prints it.
///
/// # Errors
/// A folder that is no station's or in use; see [`crate::data::Locked::renew`].
pub fn run(place: &Place, lang: Lang) -> Result<Status, Trouble> {
    let station = place.open()?.take()?;
    // What is open is closed with the key that it was begun with, unless something was set back or another may have it.
    if station.data.require_home().is_ok() && station.publish().is_ok() {
        recover(&station, lang)?;
        if let Err(e) = station.publish() {
            return Err(crate::recorder::trouble(e.into()));
        }
    }
    let (station, renewal) = station.renew(RenewalReason::Requested)?;
    eprintln!("{}", told(&renewal, None, lang));
    super::print(station.key.verifier())?;
    Ok(Status::Done)
}

/// What a person is told of a new key, and what to do.
pub(super) fn told(renewal: &Renewal, moved: Option<Moved>, lang: Lang) -> String {
    let Renewal { station, previous, .. } = renewal;
    let folder = renewal::folder(previous);
    let shown = folder.display();
    let why = moved.map_or(String::new(), |moved| {
        let (en, zh) = moved.words();
        lang.pick(
            format!("This data folder was restored from a backup or copied: {en}. "),
            format!("此数据文件夹是从备份恢复或复制而来：{zh}。"),
        )
    });
    lang.pick(
        format!(
            "{why}The station has a new key, {station}. The old one, {previous}, signs nothing here any more; its clips \
             stay, and verify under it ({shown}). Give the new key, which 'packseal-station key' prints, to whoever shall \
             check clips and to customer service, and have it enrolled anew. If somebody else may have the old key, have \
             it revoked."
        ),
        format!(
            "{why}工位已启用新密钥 {station}。原密钥 {previous} 在此不再签名；其录像保留，仍可用原公钥核验（{shown}）。\
             请将 packseal-station key 输出的新公钥交给需要核验录像的人和客服，并重新登记。如果原密钥可能已泄露，请吊销它。"
        ),
    )
}
