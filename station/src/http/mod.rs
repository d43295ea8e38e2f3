//! The status interface: HTTP on this machine alone.
//!
//! ```text
//! GET  /api/v1/status   what the station is doing (JSON, see `status`)
//! GET  /metrics         the same as figures for Prometheus
//! POST /api/v1/scan     {"bench": "bench-1", "code": "…"}: answers with that bench's status once the bench took it
//! ```
//!
//! A web page anywhere can make a browser on this machine ask this address. So whoever does not call it by a loopback
//! name, or comes from a page of another one, is refused. One thread serves all; a client that hangs holds one
//! of 64 places, and the one that held its place longest gives way to the next.

mod metrics;
mod refusal;
mod scan;

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
    body::HttpBody,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, Uri, header, uri::Authority},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{sync::oneshot, task::AbortHandle, time::timeout};

use self::refusal::Refusal;
use crate::{
    clock,
    say::Trouble,
    status::{Snapshot, Status},
};

pub use scan::Scan;

/// How many clients are served at a time.
const CLIENTS: usize = 64;
/// How long a client may take to send a request's head, and to send the next request.
const HEAD: Duration = Duration::from_secs(5);
/// How long a request may take from its head to its answer.
const REQUEST: Duration = Duration::from_secs(4);
/// Bytes of a request's body.
const BODY: usize = 16 * 1024;
/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 * 1024;
/// Pause after a connection that could not be taken, so that a lack of descriptors is no hot loop.
const PAUSE: Duration = Duration::from_millis(100);

/// What every request is answered from.
#[derive(Clone)]
struct App {
    status: Arc<Status>,
    scans: Arc<dyn Fn(Scan) + Send + Sync>,
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

/// Serves this status, and hands scans to their bench: `scans` must not block, and drops a scan that cannot be handed
/// over.
///
/// # Errors
/// An address that others can reach, or that cannot be listened on.
pub fn start(
    listen: SocketAddr,
    status: Arc<Status>,
    scans: impl Fn(Scan) + Send + Sync + 'static,
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(cannot)?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) }).map_err(cannot)?;
    let router = router(App { status, scans: Arc::new(scans) });
    let (stop, stopped) = oneshot::channel();
    let serving = move || {
        runtime.block_on(async {
            tokio::spawn(serve(listener, router));
            // Ends, and all that was spawned with it, when the sender is dropped.
            let _ = stopped.await;
        });
    };
    let thread = thread::Builder::new().name("http".to_owned()).spawn(serving).map_err(cannot)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

fn router(app: App) -> Router {
    Router::new()
        .route("/api/v1/status", get(snapshot))
        .route("/api/v1/scan", post(scan::scan))
        .route("/metrics", get(metrics::metrics))
        .fallback(async |State(app): State<App>| app.refuse(Refusal::NotFound))
        .method_not_allowed_fallback(async |State(app): State<App>| app.refuse(Refusal::Method))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
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

/// What holds for every request.
async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = if !is_for_loopback(request.uri(), request.headers()) {
        app.refuse(Refusal::Host)
    } else if !is_from_loopback(request.headers()) {
        app.refuse(Refusal::Origin)
    } else if request.body().size_hint().lower() > BODY as u64 {
        app.refuse(Refusal::TooLarge)
    } else {
        match timeout(REQUEST, next.run(request)).await {
            Ok(response) => response,
            Err(_) => app.refuse(Refusal::Slow),
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Whether the request calls this machine by a loopback name: a name of the web that leads here is no such name.
fn is_for_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| is_loopback(&host)) && uri.authority().is_none_or(is_loopback)
}

/// Whether the request comes from no web page, or from one of this machine.
fn is_from_loopback(headers: &HeaderMap) -> bool {
    headers.get_all(header::ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        let http = |origin: &Uri| matches!(origin.scheme_str(), Some("http" | "https"));
        origin.is_some_and(|origin| http(&origin) && origin.authority().is_some_and(is_loopback))
    })
}

/// A loopback address or `localhost`, with or without a port, and nothing else around it.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let port = |rest: &str| rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let plain = authority.as_str().strip_prefix(host).is_some_and(|rest| rest.is_empty() || port(rest));
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let loopback = address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    plain && (loopback || host.eq_ignore_ascii_case("localhost"))
}

async fn snapshot(State(app): State<App>) -> Json<Snapshot> {
    Json(app.status.snapshot(clock::monotonic()))
}
