//! Items from a shop's own program: `GET http://…/ORDER` answers `{"items": [{"code", "name", "quantity"}]}`.

use evidence::value::Order;
use serde::Deserialize;
use ureq::Agent;

use super::{ITEMS, PATIENCE, item};
use crate::{say::Trouble, status::Item};

/// Bytes of the longest answer.
const ANSWER: u64 = 256 * 1024;

#[derive(Deserialize)]
struct Answer {
    items: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// A shop's address.
#[derive(Debug)]
pub(super) struct Shop {
    address: String,
    agent: Agent,
}

impl Shop {
    /// At this address, with `{order}` in it.
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).proxy(None);
        Self { address: address.to_owned(), agent: config.http_status_as_error(false).build().new_agent() }
    }

    /// What an order holds; `None`: the shop does not know it.
    pub fn items(&self, order: &Order) -> Result<Option<Vec<Item>>, Trouble> {
        // An order number is of A-Z, a-z, 0-9, '.', '_' and '-'. Dots alone would be another folder.
        if order.as_str().bytes().all(|b| b == b'.') {
            return Ok(None);
        }
        let address = self.address.replace("{order}", order.as_str());
        let mut answer =
            self.agent.get(address).header("accept", "application/json").call().map_err(|e| trouble().because(e))?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            status => return Err(trouble().because(format!("it answered with status {status}"))),
        }
        let text = answer.body_mut().with_config().limit(ANSWER).read_to_vec().map_err(|e| trouble().because(e))?;
        read(&text).map(Some).map_err(|why| trouble().because(why))
    }
}

/// Reads an answer whole, or not: a list with something left out would be taken for the whole order.
fn read(text: &[u8]) -> Result<Vec<Item>, String> {
    let Answer { items } = serde_json::from_slice(text).map_err(|e| format!("it answered with something else: {e}"))?;
    if items.len() > ITEMS {
        return Err(format!("more than {ITEMS} items"));
    }
    let read = items.iter().map(|one| item(&one.code, &one.name, one.quantity));
    read.collect::<Option<_>>()
        .ok_or_else(|| "an item without a code of 1 to 64 characters or a quantity from 1 on".to_owned())
}

fn trouble() -> Trouble {
    Trouble::new(
        "the items of an order could not be looked up: see to orders.source",
        "无法查询订单明细：请检查 orders.source",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        let read = |text: &str| read(text.as_bytes());
        let items =
            read(r#"{"items":[{"code":"69\u0000012","name":"\u202eCup\n","quantity":2},{"code":"x"}],"more":1}"#);
        let expected = [("69012", "Cup", 2), ("x", "", 1)].map(|(code, name, quantity)| Item {
            code: code.to_owned(),
            name: name.to_owned(),
            quantity,
        });
        assert_eq!(items.unwrap(), expected);
        assert_eq!(read(r#"{"items":[]}"#).unwrap(), []);
        let long = format!(r#"{{"items":[{{"code":"{}"}}]}}"#, "1".repeat(65));
        let many = format!(r#"{{"items":[{}]}}"#, vec![r#"{"code":"1"}"#; ITEMS + 1].join(","));
        for bad in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"items":{}}"#,
            r#"{"items":[{"name":"Cup"}]}"#,
            r#"{"items":[{"code":1}]}"#,
            r#"{"items":[{"code":"\u0007"}]}"#,
            r#"{"items":[{"code":"1","quantity":0}]}"#,
            r#"{"items":[{"code":"1","quantity":-1}]}"#,
            r#"{"items":[{"code":"1","quantity":1.5}]}"#,
            &long,
            &many,
        ] {
            let why = read(bad).expect_err(bad);
            assert!(!why.contains('\n'), "{why}");
        }
    }
}
