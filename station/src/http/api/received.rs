//! What buyers sent about an order: taken in as it comes, looked at by packseal-verifier, listed, removed
//! ([`crate::received`]).

use std::{path::Path as FilePath, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use evidence::{value::Order, words::Lang as Words};
use inspect::{report::Inspected, words as inspection_words};
use serde::{Deserialize, Serialize};
use tokio::{
    io::AsyncWriteExt,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use tokio_stream::StreamExt;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Desk, Refusal, blocking,
        client::Presence,
        verifier::{self, Said},
        who::Who,
    },
    at_desk,
    clips::{failed, no_room, there},
    orders::named,
};
use crate::{
    clock, exports, inspection,
    received::{self, MOST_BYTES, OF_ALL, OF_ORDER, Received, ReceivedError},
    status::Moment,
};

/// The route of what is not read into memory before it is answered.
pub(in crate::http) const ROUTE: &str = "/api/v1/orders/{order}/received";
/// How many may arrive at a time: they write to the disk that is recorded on.
const UPLOADS: usize = 2;
/// How long the next part of one may take, and all of it.
const WAIT: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1800));
/// Bytes after which it is written out, and looked whether there is room for more: so the system never has much of it to
/// write at once while benches wait for theirs.
const STEP: u64 = 8 << 20;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/orders/{order}/received", post(add).get(list))
        .route("/api/v1/orders/{order}/received/{id}", delete(remove))
}

/// Who may send a file now.
#[derive(Debug)]
pub struct Uploads(Arc<Semaphore>);

impl Default for Uploads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(UPLOADS)))
    }
}

impl Uploads {
    fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.0.clone().try_acquire_owned().map_err(|_| busy())
    }
}

/// What is told of a file that comes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct About {
    /// The name that it came with; a text, whatever is in it.
    name: String,
    /// How it was received, such as "platform chat, 2026-11-27".
    received: Option<String>,
}

/// A text in both languages.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedHead)]
struct Head {
    en: String,
    zh: String,
}

/// A part of what is said of a file.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedSection)]
struct Section {
    /// Its head; empty: it needs none.
    head: String,
    rows: Vec<Row>,
}

/// A row of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedRow)]
struct Row {
    /// Empty where the lines stand alone.
    label: String,
    lines: Vec<String>,
}

/// What is said of a file, in both languages.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedSections)]
struct Sections {
    en: Vec<Section>,
    zh: Vec<Section>,
}

/// A file that a buyer sent, and what it says about itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Received)]
pub(in crate::http) struct Shown {
    /// SHA-256 of its bytes, hexadecimal.
    id: String,
    /// The name that it came with.
    name: String,
    /// Its bytes.
    length: u64,
    /// When it was taken in.
    #[schema(value_type = String)]
    time: Moment,
    /// Whose account took it in.
    by: Option<String>,
    /// How it was received, as told.
    received: Option<String>,
    /// It is removed then, unless its order is on hold.
    #[schema(value_type = String)]
    until: Moment,
    /// What packseal-verifier said of it.
    #[schema(value_type = Object)]
    inspected: Inspected,
    /// The words of the verdict.
    head: Head,
    /// What they rest on, labels with their places, what it says of its making and of its way, and what all of that does
    /// not say.
    sections: Sections,
}

impl From<Received> for Shown {
    fn from(one: Received) -> Self {
        let head = |lang| inspection_words::head(&one.inspected, lang);
        let sections = |lang| {
            let row = |(label, lines)| Row { label, lines };
            let section = |section: inspection_words::Section| Section {
                head: section.head,
                rows: section.rows.into_iter().map(row).collect(),
            };
            inspection_words::sections(&one.inspected, lang).into_iter().map(section).collect()
        };
        let (head, sections) = (
            Head { en: head(Words::En), zh: head(Words::Zh) },
            Sections { en: sections(Words::En), zh: sections(Words::Zh) },
        );
        let until = Moment(one.until());
        let Received { id, name, length, time, by, received, inspected } = one;
        Self { id, name, length, time, by, received, until, inspected, head, sections }
    }
}

/// Takes in a file that a buyer sent about an order.
///
/// The body is the file itself, 512 MiB at most. The answer is what it says about itself. 200: this very file is there
/// already, and stays as it was taken in.
#[utoipa::path(
    post, path = "/api/v1/orders/{order}/received", tag = "orders",
    params(("order" = String, Path, description = "Order number"), About),
    request_body(content_type = "application/octet-stream", description = "The file, byte for byte"),
    responses(
        (status = 201, body = Shown), (status = 200, body = Shown), (status = 400), (status = 404),
        (status = 409, description = "There are too many files already"),
        (status = 413, description = "The file is larger than 512 MiB"),
        (status = 415, description = "It is not sent as application/octet-stream"),
        (status = 429), (status = 502), (status = 503), (status = 504),
        (status = 507, description = "There is no room beside what recording needs")
    )
)]
pub(in crate::http) async fn add(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    presence: Option<Extension<Presence>>,
    path: Result<Path<String>, PathRejection>,
    about: Result<Query<About>, QueryRejection>,
    request: Request,
) -> Response {
    let answered = async {
        let (desk, order) = (app.desk()?, named(path)?);
        let (name, received) = texts(about)?;
        let by = who.map(|account| account.name.to_string());
        let length = announced(request.headers())?;
        let _turn = desk.uploads.turn()?;
        let (begun, number) = (desk.clone(), order.clone());
        let arriving = blocking(move || {
            is_known(&begun, &number)?;
            begun.received.has_place(&number, length).map_err(|e| refused(&e))?;
            has_room(&begun, length)?;
            begun.received.begin().map_err(|e| refused(&e.into()))
        });
        let arriving = arriving.await?;
        let length = store(request.into_body(), &arriving.path(), &desk).await?;
        let path = arriving.path();
        let arguments = inspection::arguments(&path, &name, received.as_deref());
        let (said, arriving) = there(presence, desk.verifier.run(arguments, arriving)).await?;
        let inspected = inspected(&said, length).ok_or_else(|| verifier::could_not(&said, &path))?;
        let id = inspected.sha256.clone().unwrap_or_default();
        let one = Received { id, name, length, time: Moment(clock::wall()), by, received, inspected };
        let (one, is_new) = blocking(move || {
            let kept = desk.received.keep(&order, one, arriving).map_err(|e| refused(&e))?;
            tracing::info!("a buyer's file was taken in for {order}: {}, by {}", kept.0.id, by_of(&kept.0));
            Ok(kept)
        })
        .await?;
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, Json(Shown::from(one))).into_response())
    };
    answered.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

/// Files that buyers sent about an order, oldest first.
#[utoipa::path(
    get, path = "/api/v1/orders/{order}/received", tag = "orders",
    params(("order" = String, Path, description = "Order number")),
    responses((status = 200, body = [Shown]), (status = 400))
)]
pub(in crate::http) async fn list(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Vec<Shown>>, Response> {
    let order = named(path).map_err(|refusal| app.refuse(refusal))?;
    let all = at_desk(&app, move |desk| desk.received.list(&order).map_err(|e| failed(&e)));
    Ok(Json(all.await?.into_iter().map(Shown::from).collect()))
}

/// Removes a file that a buyer sent.
#[utoipa::path(
    delete, path = "/api/v1/orders/{order}/received/{id}", tag = "orders",
    params(
        ("order" = String, Path, description = "Order number"),
        ("id" = String, Path, description = "SHA-256 of the file")
    ),
    responses((status = 204), (status = 400), (status = 404))
)]
pub(in crate::http) async fn remove(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Response> {
    let (order, id) = match path {
        Ok(Path((order, id))) => (named(Ok(Path(order))), id),
        Err(rejection) => (named(Err(rejection)), String::new()),
    };
    let order = order.map_err(|refusal| app.refuse(refusal))?;
    let removed = at_desk(&app, move |desk| {
        if !desk.received.remove(&order, &id).map_err(|e| refused(&e.into()))? {
            return Err(unknown());
        }
        let by = who.map_or_else(|| "-".to_owned(), |account| account.name.to_string());
        tracing::info!("a buyer's file was removed from {order}: {id}, by {by}");
        Ok(StatusCode::NO_CONTENT)
    });
    removed.await
}

fn by_of(one: &Received) -> &str {
    one.by.as_deref().unwrap_or("-")
}

fn texts(about: Result<Query<About>, QueryRejection>) -> Result<(String, Option<String>), Refusal> {
    let bad = Refusal::Question(
        "say the file's name, and how it was received: ?name=FILE&received=TEXT",
        "请给出文件名和收到方式：?name=文件名&received=说明",
    );
    let Ok(Query(About { name, received })) = about else { return Err(bad) };
    Ok((received::line(&name).ok_or(bad)?, received.as_deref().and_then(received::line)))
}

/// How many bytes are said to come; none where nothing is said. What comes is no form of another page.
fn announced(headers: &HeaderMap) -> Result<u64, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("application/octet-stream")) {
        return Err(not_a_file());
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
    if length > MOST_BYTES { Err(too_large()) } else { Ok(length) }
}

/// Something is recorded of the order, or it is kept.
fn is_known(desk: &Desk, order: &Order) -> Result<(), Refusal> {
    let is_known = !desk.catalogue.of_order(order)?.is_empty() || !desk.catalogue.holds_of(order.as_str())?.is_empty();
    if is_known { Ok(()) } else { Err(Refusal::Unknown) }
}

/// Benches are warned below this: a file is never what brings them there.
fn has_room(desk: &Desk, bytes: u64) -> Result<(), Refusal> {
    let data = &desk.station.data;
    exports::require_room_above(data, data.config.storage.warn_mib, bytes).map_err(|trouble| no_room(&trouble))
}

/// Writes the body to a new file as it comes: how many bytes it has. They are on disk then.
async fn store(body: Body, path: &FilePath, desk: &Desk) -> Result<u64, Refusal> {
    let disk = |error| refused(&crate::durable::at("write", path)(error).into());
    let mut file = tokio::fs::File::create_new(path).await.map_err(disk)?;
    let (mut stream, mut length, mut written) = (body.into_data_stream(), 0, 0);
    let end = Instant::now() + WAIT.1;
    while let Some(part) =
        timeout_at(end.min(Instant::now() + WAIT.0), stream.next()).await.map_err(|_| Refusal::Slow)?
    {
        // Or the client went away, and then nobody reads the answer.
        let part = part.map_err(|_| cut())?;
        length += part.len() as u64;
        if length > MOST_BYTES {
            return Err(too_large());
        }
        file.write_all(&part).await.map_err(disk)?;
        if length - written >= STEP {
            file.sync_data().await.map_err(disk)?;
            has_room(desk, 0)?;
            written = length;
        }
    }
    if length == 0 {
        return Err(empty());
    }
    file.sync_all().await.map_err(disk)?;
    has_room(desk, 0)?;
    Ok(length)
}

/// What packseal-verifier said of all that came.
fn inspected(said: &Said, length: u64) -> Option<Inspected> {
    let one = inspection::read(&said.out).filter(|_| said.status == Some(0))?;
    (one.length == Some(length)).then_some(one)
}

fn refused(error: &ReceivedError) -> Refusal {
    let (status, code) = (StatusCode::CONFLICT, "too-many-files");
    match error {
        ReceivedError::ManyOfOrder => Refusal::own(
            status,
            code,
            format!("this order has {OF_ORDER} files of its buyer: remove one first"),
            format!("该单号已有 {OF_ORDER} 个买家文件：请先移除一个"),
        ),
        ReceivedError::Many => Refusal::own(
            status,
            code,
            format!("the station keeps {OF_ALL} files of buyers, and 8 GiB: remove those that are not needed"),
            format!("录制端最多保存 {OF_ALL} 个买家文件、共 8 GiB：请移除不需要的文件"),
        ),
        ReceivedError::Disk(error) if error.is_full() => Refusal::own(
            StatusCode::INSUFFICIENT_STORAGE,
            "no-room",
            "the disk is full: make room",
            "磁盘已满：请腾出空间",
        ),
        ReceivedError::Disk(error) => failed(error),
    }
}

fn too_large() -> Refusal {
    Refusal::own(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "a file has at most 512 MiB: run 'packseal-verifier inspect' over it, and keep it yourself",
        "文件不得超过 512 MiB：请自行运行 packseal-verifier inspect 并保存该文件",
    )
}

fn not_a_file() -> Refusal {
    Refusal::own(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not-a-file",
        "send the file itself, with Content-Type: application/octet-stream",
        "请发送文件本身，并带上 Content-Type: application/octet-stream",
    )
}

fn empty() -> Refusal {
    Refusal::own(
        StatusCode::BAD_REQUEST,
        "empty-file",
        "the file is empty: get it again from where it was received",
        "文件为空：请从收到处重新取得",
    )
}

fn cut() -> Refusal {
    Refusal::own(
        StatusCode::BAD_REQUEST,
        "cut-off",
        "the file did not come whole: send it again",
        "文件未完整传来：请重新发送",
    )
}

fn busy() -> Refusal {
    Refusal::own(
        StatusCode::TOO_MANY_REQUESTS,
        "busy",
        "other files are being sent: try again in a moment",
        "正在接收其他文件：请稍后重试",
    )
}

fn unknown() -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "unknown-file",
        "this file is not there any more: reload the page",
        "该文件已不存在：请刷新页面",
    )
}
