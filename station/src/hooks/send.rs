//! Delivers what waits for one webhook: a thread for each, so that a slow receiver holds up no other.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use evidence::value::Time;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use ureq::{Agent, tls::TlsConfig};

use super::{
    AGAIN, Hook, NICE, TICK, shown,
    store::{Delivery, Fate, HookError, Store},
};
use crate::{clock, recovery::said, say::Lang};

/// How long a receiver may take, from its name's look-up to its answer's last byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read: nothing in it is needed, but then the connection can be used again.
const ANSWER: u64 = 4096;
/// Longest rest after a receiver that could not be reached: what waits behind would not fare better.
const REST: Duration = Duration::from_secs(60);

/// Why a receiver did not take something.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It answered with another status than 2xx.
    Status(u16),
    /// It did not answer.
    Unreachable(String),
}

impl Refused {
    fn line(&self, lang: Lang) -> String {
        match self {
            Self::Status(status) => {
                lang.pick(format!("it answered with status {status}"), format!("返回状态 {status}"))
            }
            Self::Unreachable(why) => lang.pick(format!("it does not answer ({why})"), format!("没有响应（{why}）")),
        }
    }
}

/// Delivers until the other end of `stopped` is dropped.
pub(super) fn keep(hook: &Hook, store: &Store, lang: Lang, stopped: &Receiver<()>) {
    // On Linux this thread's alone.
    let _ = rustix::process::nice(NICE);
    let agent = agent(hook);
    let (mut pause, mut unreachable) = (Duration::ZERO, 0_u32);
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let delivery = match store.due(&hook.name, clock::wall()) {
            Ok(Some(delivery)) => delivery,
            Ok(None) => {
                pause = TICK;
                continue;
            }
            Err(e) => {
                pause = failing(&e);
                continue;
            }
        };
        let outcome = send(&agent, hook, &delivery, clock::wall());
        // Noted before anything else: without it the same would be sent again.
        while let Err(e) = note(hook, store, &delivery, &outcome, lang) {
            if stopped.recv_timeout(failing(&e)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
        unreachable = if matches!(outcome, Err(Refused::Unreachable(_))) { (unreachable + 1).min(8) } else { 0 };
        pause = if unreachable > 0 { Duration::from_secs(1 << (unreachable - 1)).min(REST) } else { Duration::ZERO };
    }
}

fn failing(error: &HookError) -> Duration {
    tracing::error!(cause = "webhooks", "nothing can be told to webhooks: {}", said(error));
    AGAIN
}

fn agent(hook: &Hook) -> Agent {
    let tls = TlsConfig::builder().root_certs(hook.roots.clone()).build();
    let config = Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).proxy(None).tls_config(tls);
    // A redirection is an answer that is not 2xx: nothing goes to an address that nobody named.
    config.http_status_as_error(false).user_agent(concat!("packseal/", env!("CARGO_PKG_VERSION"))).build().new_agent()
}

fn send(agent: &Agent, hook: &Hook, delivery: &Delivery, now: Time) -> Result<(), Refused> {
    let Delivery { id, event, body, .. } = delivery;
    let request = agent
        .post(&hook.url)
        .content_type("application/json")
        .header("Packseal-Event", event)
        .header("Packseal-Delivery", id)
        .header("Packseal-Signature", signature(&hook.secret, now.0 / 1_000_000, body));
    // Whole causes: an address does not stand in them.
    let mut answer = request.send(body).map_err(|e| Refused::Unreachable(said(&e)))?;
    let _ = answer.body_mut().with_config().limit(ANSWER).read_to_vec();
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(Refused::Status(status.as_u16())) }
}

/// What shows the receiver that the station sent this body at this time, seconds since 1970.
fn signature(secret: &[u8], time: i64, body: &str) -> String {
    let mut mac: Hmac<Sha256> =
        Hmac::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(format!("{time}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1={hex}")
}

fn note(
    hook: &Hook,
    store: &Store,
    delivery: &Delivery,
    outcome: &Result<(), Refused>,
    lang: Lang,
) -> Result<(), HookError> {
    let (id, cause, now) = (&delivery.id, shown(&hook.url), clock::wall());
    let refused = match outcome {
        Ok(()) => {
            tracing::debug!(cause, "told the webhook: {id}");
            return store.delivered(&hook.name, id, now);
        }
        Err(refused) => refused.line(lang),
    };
    match store.failed(&hook.name, delivery, &refused, now)? {
        Fate::Again(wait) => {
            let seconds = wait.as_secs();
            let (en, zh) = (
                format!("a webhook was not told: {refused}; tried again in {seconds} s"),
                format!("未能通知 webhook：{refused}；{seconds} 秒后重试"),
            );
            tracing::warn!(cause, "{}", lang.pick(en, zh));
        }
        Fate::Dead => {
            let (en, zh) = (
                format!("a webhook could not be told: {refused}; see /api/v1/webhooks/dead ({id})"),
                format!("无法通知 webhook：{refused}；请查看 /api/v1/webhooks/dead（{id}）"),
            );
            tracing::error!(cause, "{}", lang.pick(en, zh));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_rfc_2104() {
        // By printf '1.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let expected = "t=1,v1=2af693cb56b22c16912222aeefdc75a01de562bf70ee2015f41ecea48382997f";
        assert_eq!(signature(b"0123456789abcdef", 1, "{}"), expected);
    }
}
