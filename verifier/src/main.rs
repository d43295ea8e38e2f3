//! packseal-verifier
fn main() {}
