//! packseal-station

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("capture") => station::capture::main(),
        _ => ExitCode::from(2),
    }
}
