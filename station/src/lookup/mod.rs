//! Looks up what an order holds when its clip begins, and hands it to the bench's status, for the packer's eyes.
//!
//! ```text
//! bench ─ order ─► its look-up thread ─► HTTP, or orders.sqlite ◄─ folder thread ◄─ .csv files
//!                          └─ items ─► status
//! ```
//!
//! Nothing of it is signed, and no bench waits: an order that cannot be handed over at once is not looked up. What comes
//! from outside is bounded in size and time, and its texts are stripped of what would confuse whoever reads them.

mod folder;
mod http;
mod table;

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, bounded};
use evidence::value::Order;
use serde::Deserialize;

use self::{http::Shop, table::Table};
use crate::{
    config::Config,
    data::Data,
    say::{Lang, Trouble},
    status::{Item, Status},
};

/// Orders of a bench that may wait; only the newest is looked up.
const WAITING: usize = 16;
/// Items of the longest order that is shown.
const ITEMS: usize = 200;
/// Characters of the longest code; codes that are longer are no articles'.
const CODE: usize = 64;
/// Characters of a name that are shown.
const NAME: usize = 120;
/// Of one article in one order.
const QUANTITY: u32 = 1_000_000;

/// Where an order's items are looked up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Source {
    /// Nowhere.
    None,
    /// At this address, with `{order}` in it.
    Http(String),
    /// In the `.csv` files of this folder.
    Folder(PathBuf),
}

impl TryFrom<String> for Source {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong =
            "orders.source is \"\", \"http://HOST/PATH/{order}\" (without user or password) or \"folder:/PATH\"";
        if text.is_empty() {
            return Ok(Self::None);
        }
        if let Some(path) = text.strip_prefix("folder:") {
            return if path.starts_with('/') { Ok(Self::Folder(path.into())) } else { Err(wrong) };
        }
        let uri = text.replace("{order}", "1").parse::<axum::http::Uri>().map_err(|_| wrong)?;
        let host = uri.authority().filter(|_| matches!(uri.scheme_str(), Some("http" | "https"))).ok_or(wrong)?;
        // An order number chooses no host.
        let whole = !host.as_str().contains('@') && !host.host().is_empty() && text.len() <= 2000;
        let place = |at| text.splitn(4, '/').nth(at).is_some_and(|part| part.contains("{order}"));
        if whole && place(3) && !place(2) { Ok(Self::Http(text)) } else { Err(wrong) }
    }
}

/// Hands orders to the look-up.
#[derive(Debug, Clone)]
pub struct Lookup(Arc<Vec<Sender<Order>>>);

impl Lookup {
    /// Looks this order of this bench up. Returns at once; what it holds comes into the bench's status.
    pub fn ask(&self, bench: usize, order: &Order) {
        if let Some(to) = self.0.get(bench) {
            // Where so many wait, their clips are over.
            let _ = to.try_send(order.clone());
        }
    }
}

/// Where items come from.
#[derive(Debug)]
enum Items {
    Shop(Shop),
    Table(Table),
}

impl Items {
    /// What this order holds; `None`: it is not known there.
    fn of(&self, order: &Order) -> Result<Option<Vec<Item>>, Trouble> {
        match self {
            Self::Shop(shop) => shop.items(order),
            Self::Table(table) => table
                .items(order.as_str())
                .map_err(|e| Trouble::new("the items of orders cannot be read", "无法读取订单明细").because(e)),
        }
    }
}

/// Starts the look-up of a station with so many benches, until the other end of `stopped` is dropped. `None`: its
/// configuration names no source.
///
/// # Errors
/// The table of items cannot be made in the data folder.
pub fn start(
    data: &Data,
    benches: usize,
    status: &Arc<Status>,
    stopped: &Receiver<()>,
) -> Result<Option<Lookup>, Trouble> {
    let Config { orders, language, .. } = &data.config;
    let lang = *language;
    let source: Box<dyn Fn() -> Result<Items, Trouble>> = match &orders.source {
        Source::None => return Ok(None),
        Source::Http(address) => {
            let address = address.clone();
            Box::new(move || Ok(Items::Shop(Shop::new(&address))))
        }
        Source::Folder(path) => {
            let file = data.root.join(table::FILE);
            let cannot = |file: &std::path::Path, e| {
                let shown = file.display();
                Trouble::new(
                    format!("cannot make {shown}: remove it, and look whether there is room on the disk"),
                    format!("无法创建 {shown}：请删除该文件，并检查磁盘空间"),
                )
                .because(e)
            };
            let written = Table::create(&file).map_err(|e| cannot(&file, e))?;
            let (path, stopped) = (path.clone(), stopped.clone());
            thread::spawn(move || folder::keep(&path, written, lang, &stopped));
            Box::new(move || Table::open(&file).map(Items::Table).map_err(|e| cannot(&file, e)))
        }
    };
    let mut senders = Vec::new();
    for bench in 0..benches {
        let (to, orders) = bounded(WAITING);
        let (items, status) = (source()?, status.clone());
        thread::spawn(move || look_up(bench, &items, &orders, &status, lang));
        senders.push(to);
    }
    Ok(Some(Lookup(Arc::new(senders))))
}

/// Looks up one bench's orders, the newest only, until nobody asks any more.
fn look_up(bench: usize, items: &Items, orders: &Receiver<Order>, status: &Status, lang: Lang) {
    while let Ok(order) = orders.recv() {
        let order = orders.try_iter().last().unwrap_or(order);
        match items.of(&order) {
            Ok(Some(items)) => status.update(bench, |bench| bench.expected(&order, items)),
            Ok(None) => tracing::debug!("nothing is known of what the order holds"),
            // Once a minute at most, whatever orders come.
            Err(trouble) => tracing::warn!(cause = "look-up", "{}", trouble.line(lang)),
        }
    }
}

/// An item whose texts may be shown; `None`: it is none.
fn item(code: &str, name: &str, quantity: u32) -> Option<Item> {
    let code = plain(code);
    let fits = (1..=CODE).contains(&code.chars().count()) && (1..=QUANTITY).contains(&quantity);
    fits.then(|| Item { code, name: plain(name).chars().take(NAME).collect(), quantity })
}

/// A text without what changes how others are read: control characters, and those that turn the direction of writing.
fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !turns(*c)).collect::<String>().trim().to_owned()
}

/// How long anything from outside may take.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
