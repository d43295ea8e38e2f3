//! The page's own reading of PROOF against the program's: time tokens, the ledger's trees, whole PROOFs.

mod support;

#[path = "support/authority.rs"]
mod authority;
#[path = "support/browser.rs"]
mod browser;
#[path = "support/program.rs"]
mod program;
#[path = "support/times.rs"]
mod times;

#[test]
fn stub() {}
