//! The program's word on a clip. `page.rs` puts `beside.rs` in the place of this.

use evidence::{
    trust::{Trust, TrustError},
    value::Order,
    verdict::Report,
    verify::{Request, verify},
};

use super::forge::v;

/// The report of a clip under these keys, asked for this order.
pub fn report(clip: &[u8], trust: &Trust, order: Option<&str>) -> Report {
    let order = order.map(v::<Order>);
    verify(clip, Request { trust, order: order.as_ref(), threads: 2, progress: &mut |_, _| () }).expect("a report")
}

/// Adds the keys of a trust file.
pub fn add_file(trust: &mut Trust, text: &str) -> Result<(), TrustError> {
    trust.add_file(text)
}
