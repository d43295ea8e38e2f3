//! The pages and the interface: HTTP on this machine, and TLS for the office.
//!
//! ```text
//! open      /login, /password, /docs, /web/…, /api/v1/login, /api/v1/me, /api/v1/openapi.json
//! packer    /bench/NAME, /api/v1/status, events, benches, scan, /metrics     without log-in on this machine
//! service   /, /desk, /order/NUMBER, /api/v1/orders, received files, clips, holds, exports, overview
//! admin     /accounts, /api/v1/accounts, /api/v1/acts, webhooks
//! ```
//!
//! A web page anywhere can make a browser on this machine ask this address. So whoever does not call it by a loopback
//! name, or comes from a page of another one, is refused (`guard`). Who may what is decided in one place: the groups of
//! `router`. For the office it is the same router behind TLS (`tls`), with nothing that goes without log-in.

mod api;
mod assets;
mod client;
mod events;
mod file;
mod guard;
mod live;
mod login;
mod metrics;
mod openapi;
mod refusal;
mod scan;
mod tls;
mod verifier;
mod who;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    middleware,
    response::Response,
    routing::{get, post},
};
use evidence::{statement::ActKind, value::Token as Name};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use self::{client::Presence, refusal::Refusal};
use crate::{
    accounts::{Accounts, Role},
    acts::{self, ActError},
    catalogue::Catalogue,
    clock,
    data::Locked,
    exports::Exports,
    received::Shelf,
    say::Trouble,
    status::{Snapshot, Status},
};

pub use api::received::Uploads;
pub use scan::Scan;
pub use tls::fingerprint;
pub use verifier::Verifier;

/// How many clients are served at a time, on this machine's address and on the office's.
const CLIENTS: usize = 1024;
/// How many of them may be of one machine of the office.
const EACH: usize = 128;
/// How long a client may take to send a request's head, and to send the next request.
const HEAD: Duration = Duration::from_secs(5);
/// Bytes of a request's body.
const BODY: usize = 16 * 1024;
/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 * 1024;
/// Pause after a connection that could not be taken, so that a lack of descriptors is no hot loop.
const PAUSE: Duration = Duration::from_millis(100);
/// Threads that answer requests, and threads that read files and databases for them.
const THREADS: (usize, usize) = (2, 8);

/// What the desk is answered from.
#[derive(Debug)]
pub struct Desk {
    /// Key, data folder, configuration.
    pub station: Arc<Locked>,
    /// A connection of its own: a search holds up no bench.
    pub catalogue: Catalogue,
    /// Who may use it.
    pub accounts: Accounts,
    /// The separate program that verifies.
    pub verifier: Verifier,
    /// Bundles that are made.
    pub exports: Arc<Exports>,
    /// What buyers sent.
    pub received: Shelf,
    /// Who may send a file now.
    pub uploads: Uploads,
}

impl Desk {
    /// Notes what an account did, to an account, order or clip; `who` is `None` where nobody knows. Blocks until it is on
    /// disk. Note it before it is done: what cannot be noted must not be done.
    ///
    /// # Errors
    /// See [`ActError`].
    pub fn audit(&self, who: Option<&Name>, kind: ActKind, about: Option<&str>) -> Result<(), ActError> {
        acts::note((&self.catalogue, &self.station.key), who, kind, about)
    }
}

/// Whose connection it is: in the extensions of every request.
#[derive(Debug, Clone, Copy)]
struct Peer(IpAddr);

/// What every request is answered from.
#[derive(Clone)]
struct App {
    status: Arc<Status>,
    scans: Arc<dyn Fn(Scan) + Send + Sync>,
    /// What bench screens are told.
    feeds: Arc<[events::Feed]>,
    /// Without one, there are only bench screens.
    desk: Option<Arc<Desk>>,
    /// Whether it is asked on this machine's own address.
    local: bool,
}

impl App {
    /// The desk, where there is one.
    fn desk(&self) -> Result<Arc<Desk>, Refusal> {
        self.desk.clone().ok_or(Refusal::NotFound)
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        refusal.response(self.status.lang())
    }
}

/// The running interface. Stopped when dropped; requests that are being answered are cut off.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it listens; where port 0 was asked for, with the one that was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it.
    pub fn stop(self) {}
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic was printed where it happened.
            let _ = thread.join();
        }
    }
}

/// Serves this status and this desk, and hands scans to their bench: `scans` must not block, and drops a scan that
/// cannot be handed over.
///
/// # Errors
/// An address that others can reach, or that cannot be listened on.
pub fn start(
    listen: SocketAddr,
    status: Arc<Status>,
    scans: impl Fn(Scan) + Send + Sync + 'static,
    desk: Option<Arc<Desk>>,
) -> Result<Server, Trouble> {
    if !listen.ip().is_loopback() {
        return Err(Trouble::new(
            format!(
                "{listen} can be reached by others: set http.listen to an address of this machine alone, such as 127.0.0.1:8960"
            ),
            format!("{listen} 可被其他机器访问：请将 http.listen 设为仅限本机的地址，例如 127.0.0.1:8960"),
        ));
    }
    let cannot = |e: io::Error| {
        Trouble::new(
            format!("cannot serve the status on {listen}: is another station running, or is the port taken? See http.listen in station.toml"),
            format!("无法在 {listen} 提供状态服务：是否已有程序在运行或端口被占用？请检查 station.toml 的 http.listen"),
        )
        .because(e)
    };
    let listener = TcpListener::bind(listen).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let (threads, blocking) = THREADS;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(blocking)
        .thread_name("http")
        .enable_io()
        .enable_time()
        .build()
        .map_err(cannot)?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) }).map_err(cannot)?;
    let feeds = runtime.block_on(async { events::start(&status) });
    let app = App { status, scans: Arc::new(scans), feeds, desk, local: true };
    let office = app.desk.clone().map(|desk| (desk, router(App { local: false, ..app.clone() })));
    let router = router(app);
    let (stop, stopped) = oneshot::channel();
    let serving = move || {
        runtime.block_on(async {
            let mut listeners = JoinSet::new();
            listeners.spawn(serve(listener, router, None));
            if let Some((desk, router)) = office {
                listeners.spawn(tls::office(desk, router));
            }
            // Ends when the sender is dropped. Then both addresses are free for who starts next.
            let _ = stopped.await;
            listeners.shutdown().await;
        });
        // What still reads a file is not waited for.
        runtime.shutdown_background();
    };
    let thread = thread::Builder::new().name("http".to_owned()).spawn(serving).map_err(cannot)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

/// Every route, in the group of those who may use it.
fn router(app: App) -> Router {
    let only =
        |role, group: Router<App>| group.route_layer(middleware::from_fn_with_state((app.clone(), role), who::require));
    let open = Router::new().merge(assets::open()).merge(login::routes()).merge(openapi::routes());
    let packer = Router::new()
        .route("/api/v1/status", get(snapshot))
        .route("/api/v1/events", get(events::events))
        .route("/api/v1/benches/{name}/picture", get(live::picture))
        .route("/api/v1/scan", post(scan::scan))
        .route("/metrics", get(metrics::metrics))
        .merge(assets::packer());
    let service = Router::new().merge(assets::service()).merge(api::service());
    let admin = Router::new().merge(assets::admin()).merge(api::admin());
    Router::new()
        .merge(open)
        .merge(only(Role::Packer, packer))
        .merge(only(Role::Service, service))
        .merge(only(Role::Admin, admin))
        .fallback(async |State(app): State<App>| app.refuse(Refusal::NotFound))
        .method_not_allowed_fallback(async |State(app): State<App>| app.refuse(Refusal::Method))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}

/// Serves clients until it is dropped. Where there are too many, the oldest has to go: a client that holds on and says
/// nothing keeps nobody out.
async fn serve(listener: tokio::net::TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    let most = clients();
    let mut clients: VecDeque<(IpAddr, AbortHandle)> = VecDeque::new();
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(error) => {
                tracing::warn!(cause = "http-accept", %error, "a client could not be served");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Answers are short: nothing is gained by waiting for more of them.
        let _ = stream.set_nodelay(true);
        clients.retain(|(_, client)| !client.is_finished());
        let of_peer = clients.iter().filter(|(address, _)| *address == peer).count();
        let oldest = if tls.is_some() && of_peer >= EACH {
            let at = clients.iter().position(|(address, _)| *address == peer);
            at.and_then(|at| clients.remove(at))
        } else if clients.len() >= most {
            clients.pop_front()
        } else {
            None
        };
        if let Some((_, oldest)) = oldest {
            oldest.abort();
        }
        let (router, tls) = (router.clone(), tls.clone());
        let (client, presence) = client::of(stream);
        let about = (Peer(peer), presence);
        let client = async move {
            match tls {
                None => converse(client, about, router).await,
                Some(tls) => {
                    if let Ok(Ok(client)) = timeout(HEAD, tls.accept(client)).await {
                        converse(client, about, router).await;
                    }
                }
            }
        };
        clients.push_back((peer, tokio::spawn(client).abort_handle()));
    }
}

/// How many clients are served at a time: each is a descriptor, and benches must never lack one.
fn clients() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(descriptors / 4).map_or(CLIENTS, |share| share.clamp(1, CLIENTS))
}

/// Answers one client until it goes.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, about: (Peer, Presence), router: Router) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (peer, presence) = about.clone();
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(presence);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        // Who has said all that it has to say still waits for the answer.
        .half_close(true)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    // A client that sends nonsense or goes away is its own affair.
    drop(connection.await);
}

/// Does what waits for the disk where it holds up nobody else.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    // Its panic was printed where it happened.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Refusal::Failed))
}

/// What the station is doing
#[utoipa::path(get, path = "/api/v1/status", tag = "bench", responses((status = 200, body = Snapshot)))]
async fn snapshot(State(app): State<App>) -> Json<Snapshot> {
    Json(app.status.snapshot(clock::monotonic()))
}
