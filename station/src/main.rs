//! packseal-station
fn main() {}
