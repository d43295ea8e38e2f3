//! `hold` and `release`: no rule deletes an order's clips while it is on hold. The daemon may run meanwhile.

use evidence::value::Order;

use super::Status;
use crate::{
    catalogue::{Catalogue, CatalogueError, Found},
    clock,
    data::Place,
    say::{Lang, Trouble},
};

/// Holds an order, or a clip by its id.
///
/// # Errors
/// A folder that is no station's; an order or reason outside its alphabet; the catalogue's.
pub fn hold(place: &Place, order: &str, reason: &str, lang: Lang) -> Result<Status, Trouble> {
    let (catalogue, order) = open(place, order)?;
    let Found { kept, deleted } = catalogue.hold(&order, reason.trim(), None, clock::wall()).map_err(trouble)?;
    let line = match (kept, deleted) {
        (0, 0) => lang.pick(
            format!("{order} is on hold: nothing of it is recorded yet, what comes will be kept"),
            format!("{order} 已保留：目前尚无录像，之后录制的将予以保留"),
        ),
        (kept, 0) => lang.pick(
            format!("{order} is on hold: clips kept until it is released: {kept}"),
            format!("{order} 已保留：解除之前保留的录像：{kept} 段"),
        ),
        (kept, deleted) => lang.pick(
            format!("{order} is on hold: clips kept until it is released: {kept}; deleted before: {deleted}"),
            format!("{order} 已保留：解除之前保留的录像：{kept} 段；此前已删除：{deleted} 段"),
        ),
    };
    super::print(line)?;
    Ok(Status::Done)
}

/// Releases every hold of an order, or of a clip by its id.
///
/// # Errors
/// As [`hold`]; an order that is not on hold.
pub fn release(place: &Place, order: &str, reason: &str, lang: Lang) -> Result<Status, Trouble> {
    let (catalogue, order) = open(place, order)?;
    let released = catalogue.release(&order, reason.trim(), None, clock::wall()).map_err(trouble)?;
    if released.is_empty() {
        return Err(Trouble::new(
            format!("{order} is not on hold: see 'packseal-station list --order {order}'"),
            format!("{order} 未处于保留状态：请查看 packseal-station list --order {order}"),
        ));
    }
    for hold in released {
        let (since, reason) = (hold.since, hold.reason);
        super::print(lang.pick(
            format!("{order} is released; it was on hold since {since}: {reason}"),
            format!("{order} 已解除保留；此前自 {since} 起保留：{reason}"),
        ))?;
    }
    Ok(Status::Done)
}

fn open(place: &Place, order: &str) -> Result<(Catalogue, Order), Trouble> {
    Ok((place.open()?.catalogue()?, super::order(order)?))
}

fn trouble(error: CatalogueError) -> Trouble {
    match error {
        CatalogueError::Reason => Trouble::new(
            "a reason is 1 to 500 characters on one line: shorten it, or leave out what does not show",
            "理由须为一行 1 到 500 个字符：请缩短，或去掉不可见字符",
        ),
        error => {
            Trouble::new("cannot write the catalogue: check the disk, then try again", "无法写入目录：请检查磁盘后重试")
                .because(error)
        }
    }
}
