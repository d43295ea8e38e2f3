//! `list`: which clips there are.

use evidence::value::Time;
use serde::Serialize;

use super::Status;
use crate::{
    catalogue::{Catalogue, CatalogueError, Clip, Closing, Hold},
    data::{Data, Place},
    say::Trouble,
};

/// A clip of `list --json`.
#[derive(Debug, Serialize)]
struct Row<'a> {
    sequence: u64,
    clip: String,
    order: Option<&'a str>,
    state: &'static str,
    reason: Option<&'static str>,
    /// Wall clock, UTC.
    from: String,
    to: Option<String>,
    seconds: Option<f64>,
    frames: Option<u64>,
    lost: Option<u64>,
    bytes: Option<u64>,
    path: String,
    /// The key that it is of, where the station has another by now.
    retired_key: Option<&'a str>,
    /// While there is one, the clip is not deleted.
    hold: Vec<RowHold<'a>>,
}

/// A hold on a clip or its order.
#[derive(Debug, Serialize)]
struct RowHold<'a> {
    target: &'a str,
    reason: &'a str,
    since: String,
}

fn row<'a>(data: &Data, clip: &'a Clip, holds: &'a [Hold], retired_key: Option<&'a str>) -> Row<'a> {
    let closing = clip.closing.as_ref();
    let id = clip.id.to_string();
    let on = holds.iter().filter(|hold| hold.is_on());
    let on = on.filter(|hold| hold.target == id || clip.order.as_ref().is_some_and(|o| o.as_str() == hold.target));
    let hold = on.map(|h| RowHold { target: &h.target, reason: &h.reason, since: h.since.to_string() }).collect();
    Row {
        sequence: clip.sequence,
        clip: id,
        order: clip.order.as_ref().map(|o| o.as_str()),
        state: clip.state.as_str(),
        reason: closing.map(|c| c.reason.as_str()),
        from: Time(clip.first_time).to_string(),
        to: closing.map(|c| Time(c.last_time).to_string()),
        seconds: closing.map(Closing::seconds),
        frames: closing.map(|c| c.frames),
        lost: closing.map(|c| c.lost),
        bytes: closing.map(|c| c.bytes),
        path: data.root.join(&clip.path).display().to_string(),
        retired_key,
        hold,
    }
}

/// Prints all clips, or those of one order; those of retired keys first.
///
/// # Errors
/// A folder that is no station's; the catalogue's.
pub fn run(place: &Place, order: Option<&str>, json: bool) -> Result<Status, Trouble> {
    let order = order.map(super::order).transpose()?;
    let data = place.open()?;
    let read = |catalogue: Catalogue| {
        Ok((catalogue.retired(order.as_ref())?, catalogue.clips(order.as_ref())?, catalogue.holds()?))
    };
    let (retired, clips, holds) = read(data.catalogue()?).map_err(|e: CatalogueError| {
        Trouble::new(
            "cannot read the catalogue: run 'packseal-station check'",
            "无法读取目录：请运行 packseal-station check",
        )
        .because(e)
    })?;
    let of_retired = retired
        .iter()
        .flat_map(|retired| retired.clips.iter().map(|clip| (clip, Some(retired.key.signer().name.as_str()))));
    let all = of_retired.chain(clips.iter().map(|clip| (clip, None)));
    let rows: Vec<Row<'_>> = all.map(|(clip, key)| row(&data, clip, &holds, key)).collect();
    if json {
        let text = serde_json::to_string_pretty(&rows)
            .map_err(|e| Trouble::new("cannot write JSON", "无法写出 JSON").because(e))?;
        super::print(text)?;
        return Ok(Status::Done);
    }
    for r in rows {
        let seconds = r.seconds.map_or_else(|| "-".to_owned(), |s| format!("{s:.1} s"));
        let reason = r.reason.unwrap_or("-");
        let key = r.retired_key.map_or_else(String::new, |key| format!("  ({key})"));
        super::print(format_args!(
            "{:>6}  {}  {:<20} {:<13} {:<14} {seconds:>9}  {:<4}  {}{key}",
            r.sequence,
            r.from.get(..19).unwrap_or(&r.from),
            r.order.unwrap_or("-"),
            r.state,
            reason,
            if r.hold.is_empty() { "-" } else { "hold" },
            r.path
        ))?;
    }
    Ok(Status::Done)
}
