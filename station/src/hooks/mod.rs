//! Tells other programs what happens: webhooks.
//!
//! ```text
//! catalogue ─ cursor ─┐                       ┌─► sender ─► POST   (a thread for each webhook)
//!                     ├─► hooks.sqlite: outbox ┼─► sender ─► POST
//! status ─ attention ─┘                       └─► dead letters ─► GET /api/v1/webhooks/dead
//! ```
//!
//! Sealed clips are found by the place of their END in the ledger, which only grows: a cursor for each webhook stands
//! behind the last one that is in its outbox, and moves in the transaction that puts it there. So a crash loses none. A
//! message leaves the outbox when its receiver has it; a crash between these two sends it again, with the same id.
//! No bench waits for any of this.

mod attention;
mod message;
mod send;
mod store;

pub use store::{Dead, FILE, HookError, Store, Told};

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::http::Uri;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use evidence::value::{Hash, Value};
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use self::{attention::Watch, message::Message};
use crate::{
    catalogue::Catalogue,
    clock,
    config::Webhook,
    data::{Data, Locked},
    recovery::said,
    say::Trouble,
    status::Status,
};

/// How often it looks for what happened.
const TICK: Duration = Duration::from_millis(500);
/// When it tries again what concerns all of it: a full disk, a database that cannot be read.
const AGAIN: Duration = Duration::from_secs(60);
/// Clips that go into the outbox together.
const TOGETHER: usize = 32;
/// How much these threads give way to others.
const NICE: i32 = 10;
/// Bytes of the shortest secret.
const SHORTEST: usize = 16;

/// What a webhook is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = WebhookEvent)]
pub enum Event {
    /// A clip is whole.
    Sealed,
    /// A bench may not be recording, or is again.
    Attention,
}

impl Event {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Attention => "attention",
        }
    }
}

/// The name under which the outbox knows the webhook of this address, which may hold a secret.
pub fn name_of(url: &str) -> String {
    Hash::of(url.as_bytes()).to_string()
}

/// An address as it may be shown: without what may be a secret in it.
pub fn shown(url: &str) -> String {
    let uri = url.parse::<Uri>().unwrap_or_default();
    let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |a| a.as_str()));
    format!("{scheme}://{host}{}", uri.path())
}

/// A webhook with what it takes to tell it.
pub struct Hook {
    url: String,
    name: String,
    events: Vec<Event>,
    secret: Vec<u8>,
    roots: RootCerts,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("url", &shown(&self.url)).field("events", &self.events).finish_non_exhaustive()
    }
}

impl Hook {
    /// Reads its secret and its certificates.
    ///
    /// # Errors
    /// A file that cannot be read, or does not hold what it shall; a secret that others can read.
    pub fn read(hook: &Webhook) -> Result<Self, Trouble> {
        let Webhook { url, secret, events, certificate } = hook;
        let (name, secret) = (name_of(url), read_secret(secret)?);
        let roots = if certificate.as_os_str().is_empty() { RootCerts::WebPki } else { read_roots(certificate)? };
        Ok(Self { url: url.clone(), name, events: events.clone(), secret, roots })
    }

    /// All of a configuration.
    ///
    /// # Errors
    /// See [`Self::read`].
    pub fn all(hooks: &[Webhook]) -> Result<Vec<Self>, Trouble> {
        hooks.iter().map(Self::read).collect()
    }

    fn wants(&self, event: Event) -> bool {
        self.events.contains(&event)
    }
}

fn read_secret(path: &Path) -> Result<Vec<u8>, Trouble> {
    let shown = path.display();
    let unusable = |e: std::io::Error| {
        Trouble::new(
            format!("webhook.secret: cannot read {shown}: make it with 'openssl rand -hex 32', mode 0600"),
            format!("webhook.secret：无法读取 {shown}：请用 openssl rand -hex 32 生成，权限 0600"),
        )
        .because(e)
    };
    let mode = fs::metadata(path).map_err(unusable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Trouble::new(
            format!("{shown} can be read by others: run 'chmod 600 {shown}'"),
            format!("{shown} 可被他人读取：请运行 chmod 600 {shown}"),
        ));
    }
    let secret = fs::read(path).map_err(unusable)?;
    // An editor puts a line end behind it, which the receiver's side does not have.
    let secret = secret.trim_ascii_end();
    if secret.len() < SHORTEST {
        return Err(Trouble::new(
            format!("{shown} is too short for a secret: 16 bytes or more, such as 'openssl rand -hex 32' makes"),
            format!("{shown} 中的密钥过短：至少 16 字节，可用 openssl rand -hex 32 生成"),
        ));
    }
    Ok(secret.to_vec())
}

fn read_roots(path: &Path) -> Result<RootCerts, Trouble> {
    let shown = path.display();
    let trouble = || {
        Trouble::new(
            format!(
                "webhook.certificate: {shown} holds no certificate in PEM: give the one that signed the receiver's"
            ),
            format!("webhook.certificate：{shown} 中没有 PEM 证书：请提供签发接收方证书的证书"),
        )
    };
    let bytes = fs::read(path).map_err(|e| trouble().because(e))?;
    let mut roots: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| trouble().because(e))? {
            roots.push(certificate);
        }
    }
    if roots.is_empty() { Err(trouble()) } else { Ok(RootCerts::new_with_certs(&roots)) }
}

/// The webhooks of a station, ready to be told.
#[derive(Debug)]
pub struct Hooks {
    hooks: Vec<Arc<Hook>>,
    store: Arc<Store>,
}

impl Hooks {
    /// Those of its configuration; `None`: there are none. What a webhook that is not there any more was still to be told
    /// is forgotten; one that is new is told of clips that are sealed from now on.
    ///
    /// # Errors
    /// See [`Hook::read`]; the database's.
    pub fn open(station: &Locked) -> Result<Option<Self>, Trouble> {
        let Data { root, config } = &station.data;
        let hooks: Vec<_> = Hook::all(&config.webhook)?.into_iter().map(Arc::new).collect();
        let path = root.join(store::FILE);
        if hooks.is_empty() && !path.exists() {
            return Ok(None);
        }
        let open = || -> Result<Store, HookError> {
            let store = Store::open(&path)?;
            let next = station.catalogue.newest_end_entry()?.map_or(0, |end| end + 1);
            let names: Vec<_> = hooks.iter().map(|hook| (hook.name.as_str(), hook.wants(Event::Sealed))).collect();
            store.settle(&names, &station.key.verifier().to_string(), next)?;
            Ok(store)
        };
        let store = open().map_err(|e| {
            let shown = path.display();
            Trouble::new(
                format!(
                    "cannot use {shown}: move it away to go on; what was still to be told is then in that file alone"
                ),
                format!("无法使用 {shown}：将其移走即可继续，其中未送达的通知也随之留在该文件中"),
            )
            .because(e)
        })?;
        Ok(if hooks.is_empty() { None } else { Some(Self { hooks, store: Arc::new(store) }) })
    }

    /// Tells them what happens until the other end of `stopped` is dropped. The first thread ends within a moment; the
    /// others may wait for a receiver, 10 s.
    ///
    /// # Errors
    /// The catalogue cannot be opened.
    pub fn start(
        self,
        station: &Arc<Locked>,
        status: &Arc<Status>,
        stopped: &Receiver<()>,
    ) -> Result<Vec<JoinHandle<()>>, Trouble> {
        let Self { hooks, store } = self;
        // A connection of its own: no bench waits for it.
        let catalogue = station.data.catalogue()?;
        let mut threads = Vec::new();
        for hook in &hooks {
            let (hook, store, stopped, lang) = (hook.clone(), store.clone(), stopped.clone(), status.lang());
            threads.push(thread::spawn(move || send::keep(&hook, &store, lang, &stopped)));
        }
        let (station, status, stopped) = (station.clone(), status.clone(), stopped.clone());
        threads.insert(0, thread::spawn(move || collect(&hooks, &store, &station, &catalogue, &status, &stopped)));
        Ok(threads)
    }
}

/// Puts what happens into the outboxes.
fn collect(
    hooks: &[Arc<Hook>],
    store: &Store,
    station: &Locked,
    catalogue: &Catalogue,
    status: &Status,
    stopped: &Receiver<()>,
) {
    // On Linux this thread's alone.
    let _ = rustix::process::nice(NICE);
    let mut watch = None;
    let mut pause = TICK;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let mut round = || -> Result<(), HookError> {
            for hook in hooks.iter().filter(|hook| hook.wants(Event::Sealed)) {
                sealed(hook, store, station, catalogue)?;
            }
            let watch = match &mut watch {
                Some(watch) => watch,
                None => watch.insert(Watch::new(store.attention()?)),
            };
            let told: Vec<_> = hooks.iter().filter(|hook| hook.wants(Event::Attention)).collect();
            attend(watch, &told, store, status)
        };
        pause = match round() {
            Ok(()) => TICK,
            Err(e) => {
                tracing::error!(cause = "webhooks", "what happens cannot be noted for webhooks: {}", said(&e));
                AGAIN
            }
        };
    }
}

/// Puts clips that were sealed since into this webhook's outbox.
fn sealed(hook: &Hook, store: &Store, station: &Locked, catalogue: &Catalogue) -> Result<(), HookError> {
    let own = station.key.verifier();
    while let Some((key, next)) = store.cursor(&hook.name)? {
        let key = Value::parse(&key).ok_or(HookError::Damaged)?;
        let clips = catalogue.ended_from(&key, next, TOGETHER)?;
        let Some(last) = clips.last().and_then(|clip| clip.entries.1) else {
            if key == *own {
                return Ok(());
            }
            // All that was sealed under a key which the station does not have any more is told.
            store.enqueue(&hook.name, &[], Some((&own.to_string(), 0)), clock::wall())?;
            continue;
        };
        let name = own.signer().name.station();
        let messages: Vec<Message> = clips.iter().filter_map(|clip| Message::sealed(&hook.name, name, clip)).collect();
        store.enqueue(&hook.name, &messages, Some((&key.to_string(), last + 1)), clock::wall())?;
    }
    Ok(())
}

/// Puts benches that need attention, or do not any more, into the outboxes.
fn attend(watch: &mut Watch, hooks: &[&Arc<Hook>], store: &Store, status: &Status) -> Result<(), HookError> {
    let snapshot = status.snapshot(clock::monotonic());
    for change in watch.look(&snapshot.benches, Instant::now(), clock::wall()) {
        store.attend(&change)?;
        for hook in hooks {
            let message = Message::attention(&hook.name, &snapshot.station.name, &change, status.lang());
            store.enqueue(&hook.name, &[message], None, clock::wall())?;
        }
        watch.told(&change);
    }
    Ok(())
}
