//! The packing bench station.
//!
//! ```text
//! capture process ─► child ─► recorder ─► clip ─► catalogue ─► book ─► ledger
//!  (no key)                    (ring)     (key)    (commit point)
//! ```

pub mod accounts;
pub mod acts;
pub mod bench;
pub mod book;
pub mod capture;
pub mod catalogue;
pub mod check;
pub mod child;
pub mod claims;
pub mod clip;
pub mod clock;
pub mod cmd;
pub mod code;
pub mod config;
pub mod data;
pub mod derive;
pub mod disk;
pub mod doctor;
pub mod durable;
pub mod enrolment;
pub mod environment;
pub mod export;
pub mod exports;
pub mod hooks;
pub mod http;
pub mod inspection;
pub mod ledger;
pub mod log;
pub mod lookup;
mod pen;
pub mod prompt;
pub mod proof;
pub mod prove;
pub mod prover;
pub mod received;
pub mod recorder;
pub mod recovery;
pub mod report;
pub mod root;
pub mod say;
pub mod scanner;
pub mod service;
pub mod session;
pub mod sheet;
pub mod source;
pub mod stamps;
pub mod status;
pub mod storage;
pub mod tsa;
