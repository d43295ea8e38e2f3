//! `list`: which clips there are.

use evidence::{bmff::TICKS, value::Time};
use serde::Serialize;

use super::Status;
use crate::{
    catalogue::Clip,
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
}

fn row<'a>(data: &Data, clip: &'a Clip) -> Row<'a> {
    let closing = clip.closing.as_ref();
    Row {
        sequence: clip.sequence,
        clip: clip.id.to_string(),
        order: clip.order.as_ref().map(|o| o.as_str()),
        state: clip.state.as_str(),
        reason: closing.map(|c| c.reason.as_str()),
        from: Time(clip.first_time).to_string(),
        to: closing.map(|c| Time(c.last_time).to_string()),
        seconds: closing.map(|c| c.ticks as f64 / TICKS as f64),
        frames: closing.map(|c| c.frames),
        lost: closing.map(|c| c.lost),
        bytes: closing.map(|c| c.bytes),
        path: data.root.join(&clip.path).display().to_string(),
    }
}

/// Prints all clips, or those of one order.
///
/// # Errors
/// A folder that is no station's; the catalogue's.
pub fn run(place: &Place, order: Option<&str>, json: bool) -> Result<Status, Trouble> {
    let order = order.map(super::order).transpose()?;
    let data = place.open()?;
    let clips = data.catalogue()?.clips(order.as_ref()).map_err(|e| {
        Trouble::new(
            "cannot read the catalogue: run 'packseal-station check'",
            "无法读取目录：请运行 packseal-station check",
        )
        .because(e)
    })?;
    let rows: Vec<Row<'_>> = clips.iter().map(|clip| row(&data, clip)).collect();
    if json {
        let text = serde_json::to_string_pretty(&rows)
            .map_err(|e| Trouble::new("cannot write JSON", "无法写出 JSON").because(e))?;
        println!("{text}");
        return Ok(Status::Done);
    }
    for r in rows {
        let seconds = r.seconds.map_or_else(|| "-".to_owned(), |s| format!("{s:.1} s"));
        let reason = r.reason.unwrap_or("-");
        println!(
            "{:>6}  {}  {:<20} {:<13} {:<14} {seconds:>9}  {}",
            r.sequence,
            &r.from[..19],
            r.order.unwrap_or("-"),
            r.state,
            reason,
            r.path
        );
    }
    Ok(Status::Done)
}
