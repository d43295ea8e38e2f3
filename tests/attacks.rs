//! Every known attack on a sealed clip, by name, with the code it must be refused for.

mod support;

#[path = "support/authority.rs"]
mod authority;
#[path = "support/times.rs"]
mod times;

#[path = "attacks/count.rs"]
mod count;
#[path = "attacks/coverage.rs"]
mod coverage;
#[path = "attacks/enrolment.rs"]
mod enrolment;
#[path = "attacks/fragment.rs"]
mod fragment;
#[path = "attacks/header.rs"]
mod header;
#[path = "attacks/ledger.rs"]
mod ledger;
#[path = "attacks/note.rs"]
mod note;
#[path = "attacks/order.rs"]
mod order;
#[path = "attacks/picture.rs"]
mod picture;
#[path = "attacks/proof.rs"]
mod proof;
#[path = "attacks/sequence.rs"]
mod sequence;
#[path = "attacks/statement.rs"]
mod statement;
#[path = "attacks/time.rs"]
mod time;
#[path = "attacks/trust.rs"]
mod trust;
#[path = "attacks/trusted_time.rs"]
mod trusted_time;
