//! Asks authorities for time tokens (RFC 3161, 3.4; FORMAT.md, section 8).
//!
//! Over plain HTTP, as most authorities offer: what is asked is a digest and what is answered is signed, so that
//! somebody on the way can only keep the answer back.

use std::time::Duration;

use evidence::{
    token::{self, MAX_TOKEN, Root},
    value::Hash,
};

use crate::say::Trouble;

/// How long an authority may take, from the first packet to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// A time token over data with this SHA-256, in DER, from the authority at this `http://` address. It is verified with
/// these roots: what is returned holds.
///
/// # Errors
/// The authority cannot be reached, takes longer than 10 s, answers with something else than a token of at most 64 KiB,
/// refuses, or its token does not hold.
pub fn fetch(authority: &str, imprint: &Hash, roots: &[Root]) -> Result<Vec<u8>, Trouble> {
    let nonce =
        getrandom::u64().map_err(|e| Trouble::new("no randomness from the system", "系统无法提供随机数").because(e))?;
    let answer = ask(authority, &token::request(nonce, imprint).map_err(|e| trouble(authority).because(e))?)?;
    let (token, _) = token::response(&answer, nonce, imprint, roots).map_err(|e| {
        Trouble::new(
            format!("the time token of {authority} is of no use: check its certificate in the configuration"),
            format!("{authority} 的时间戳无法使用：请检查配置中的证书"),
        )
        .because(e)
    })?;
    Ok(token)
}

/// The same from the first of several authorities that gives one.
///
/// # Errors
/// None gave one: the trouble with each, in their order.
pub fn fetch_first(authorities: &[String], imprint: &Hash, roots: &[Root]) -> Result<Vec<u8>, Vec<Trouble>> {
    let mut troubles = vec![];
    for authority in authorities {
        match fetch(authority, imprint, roots) {
            Ok(token) => return Ok(token),
            Err(trouble) => troubles.push(trouble),
        }
    }
    Err(troubles)
}

/// The authority's answer, of the right content type.
fn ask(authority: &str, request: &[u8]) -> Result<Vec<u8>, Trouble> {
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).proxy(None).build();
    let sent = config.new_agent().post(authority).content_type(QUERY).header("accept", REPLY).send(request);
    let mut answer = sent.map_err(|e| trouble(authority).because(e))?;
    // A redirection is an answer, too, but no other address was agreed upon.
    if answer.status() != 200 {
        return Err(trouble(authority).because(format!("it answered with status {}", answer.status().as_u16())));
    }
    let kind = answer.body().mime_type().unwrap_or("nothing");
    if !kind.eq_ignore_ascii_case(REPLY) {
        return Err(trouble(authority).because(format!("it answered with {}", kind.escape_default())));
    }
    answer.body_mut().with_config().limit(MAX_TOKEN as u64).read_to_vec().map_err(|e| trouble(authority).because(e))
}

fn trouble(authority: &str) -> Trouble {
    Trouble::new(
        format!("no time token from {authority}: it is asked again later"),
        format!("未能从 {authority} 取得时间戳：稍后重试"),
    )
}
