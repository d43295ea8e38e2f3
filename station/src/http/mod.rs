//! The pages and the interface: HTTP on this machine, and TLS for the office.
//!
//! ```text
//! open      /login, /docs, /web/…, /api/v1/login, /api/v1/openapi.json
//! packer    /bench/NAME, /api/v1/status, /api/v1/events, /api/v1/scan, /metrics     without log-in on this machine
//! service   /, /desk, /order/NUMBER, /api/v1/orders, clips, holds, exports, overview
//! admin     /api/v1/accounts, webhooks
//! ```
//!
//! A web page anywhere can make a browser on this machine ask this address. So whoever does not call it by a loopback
//! name, or comes from a page of another one, is refused ([`guard`]). Who may what is decided in one place: the groups of
//! [`router`].

mod api;
mod assets;
mod guard;
mod login;
mod metrics;
mod openapi;
mod refusal;
mod scan;
mod who;

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    response::Response,
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{sync::oneshot, task::AbortHandle};

use self::refusal::Refusal;
use crate::{
    accounts::{Accounts, Role},
    catalogue::Catalogue,
    clock,
    data::Locked,
    say::Trouble,
    status::{Snapshot, Status},
};

pub use scan::Scan;

/// How many clients are served at a time.
const CLIENTS: usize = 1024;
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
}

/// What every request is answered from.
#[derive(Clone)]
struct App {
    status: Arc<Status>,
    scans: Arc<dyn Fn(Scan) + Send + Sync>,
    /// Without one, there are only bench screens.
    desk: Option<Arc<Desk>>,
    /// Whether it is asked on this machine's own address.
    local: bool,
}

impl App {
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
    let router = router(App { status, scans: Arc::new(scans), desk, local: true });
    let (stop, stopped) = oneshot::channel();
    let serving = move || {
        runtime.block_on(async {
            tokio::spawn(serve(listener, router));
            // Ends, and all that was spawned with it, when the sender is dropped.
            let _ = stopped.await;
        });
        // What still reads a file is not waited for.
        runtime.shutdown_background();
    };
    let thread = thread::Builder::new().name("http".to_owned()).spawn(serving).map_err(cannot)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

/// Every route, in the group of those who may use it.
fn router(app: App) -> Router {
    let may = |role| middleware::from_fn_with_state((app.clone(), role), who::require);
    let open = Router::new().merge(assets::open()).merge(login::routes()).merge(openapi::routes());
    let packer = Router::new()
        .route("/api/v1/status", get(snapshot))
        .route("/api/v1/scan", post(scan::scan))
        .route("/metrics", get(metrics::metrics))
        .merge(assets::packer())
        .route_layer(may(Role::Packer));
    let service = Router::new().merge(assets::service()).merge(api::service());
    // A layer on no route at all is refused.
    let service = if service.has_routes() { service.route_layer(may(Role::Service)) } else { service };
    let admin = Router::new().merge(api::admin()).route_layer(may(Role::Admin));
    Router::new()
        .merge(open)
        .merge(packer)
        .merge(service)
        .merge(admin)
        .fallback(async |State(app): State<App>| app.refuse(Refusal::NotFound))
        .method_not_allowed_fallback(async |State(app): State<App>| app.refuse(Refusal::Method))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}

async fn serve(listener: tokio::net::TcpListener, router: Router) {
    let mut clients: VecDeque<AbortHandle> = VecDeque::with_capacity(CLIENTS);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(cause = "http-accept", %error, "a client could not be served");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Answers are short: nothing is gained by waiting for more of them.
        let _ = stream.set_nodelay(true);
        clients.retain(|client| !client.is_finished());
        if clients.len() >= CLIENTS
            && let Some(oldest) = clients.pop_front()
        {
            oldest.abort();
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            // Who has said all that it has to say still waits for the answer.
            .half_close(true)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        // A client that sends nonsense or goes away is its own affair.
        clients.push_back(tokio::spawn(async move { drop(connection.await) }).abort_handle());
    }
}

/// What the station is doing
#[utoipa::path(get, path = "/api/v1/status", tag = "bench", responses((status = 200, body = Snapshot)))]
async fn snapshot(State(app): State<App>) -> Json<Snapshot> {
    Json(app.status.snapshot(clock::monotonic()))
}
