//! Days of the station's time zone, as people mean them who ask for one.

use evidence::value::Time;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::Refusal;

/// Reads `YYYY-MM-DD`.
pub(super) fn parse(text: &str) -> Result<Date, Refusal> {
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or(Refusal::Question("a day is written YYYY-MM-DD", "日期格式为 YYYY-MM-DD"))
}

/// The day that it is.
pub(super) fn of(time: Time, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(zone.clone()).date()
}

/// Hour of the day, as clocks there show it.
pub(super) fn hour(time: Time, zone: &TimeZone) -> usize {
    let hour = Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(zone.clone()).hour();
    usize::try_from(hour).unwrap_or(0)
}

/// When a day begins.
///
/// # Errors
/// One beyond the calendar.
pub(super) fn begin(date: Date, zone: &TimeZone) -> Result<Time, Refusal> {
    let begin = date.to_zoned(zone.clone()).map_err(|_| beyond())?;
    Ok(Time(begin.timestamp().as_microsecond()))
}

/// The day so many days later.
///
/// # Errors
/// One beyond the calendar.
pub(super) fn later(date: Date, days: i64) -> Result<Date, Refusal> {
    date.checked_add(days.days()).map_err(|_| beyond())
}

fn beyond() -> Refusal {
    Refusal::Question("this day is beyond the calendar", "日期超出范围")
}
