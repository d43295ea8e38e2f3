//! A clip to play and to hand over, what packseal-verifier says of it, and excerpts of it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Extension, Router,
    extract::{self, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use evidence::{
    statement::ActKind,
    value::{Id, Order, Value},
};
use serde::Deserialize;

use super::super::{
    App, Desk, Refusal, blocking,
    client::Presence,
    file,
    verifier::{self, Said},
    who::Who,
};
use crate::{
    catalogue::{Clip, State as ClipState},
    exports,
    say::Lang,
};

/// How long a clip took to verify, for programs and browsers.
const TIMING: HeaderName = HeaderName::from_static("server-timing");
/// The folder of sealed clips, below the data folder: nothing outside of it is sent.
const CLIPS: &str = "clips";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/clips/{id}/file", get(play))
        .route("/api/v1/clips/{id}/verify", get(verify))
        .route("/api/v1/clips/{id}/excerpt", get(excerpt))
}

/// Notes who does what to a clip or an order, before it is done.
pub(super) async fn act(desk: &Arc<Desk>, Who(who): &Who, kind: ActKind, about: String) -> Result<(), Refusal> {
    let (desk, who) = (desk.clone(), who.clone());
    blocking(move || Ok(desk.audit(who.as_ref().map(|who| &who.name), kind, Some(&about))?)).await
}

/// A sealed clip that has a file.
struct Found {
    clip: Clip,
    path: PathBuf,
}

impl Found {
    /// The file's own name.
    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What stands for it in a file's name.
    fn order(&self) -> String {
        self.clip.order.as_ref().map_or_else(|| self.clip.id.to_string(), ToString::to_string)
    }
}

/// The sealed clip of this id.
async fn find(desk: &Arc<Desk>, id: &str) -> Result<Found, Refusal> {
    let id = Id::parse(id).ok_or_else(unknown)?;
    let desk = desk.clone();
    blocking(move || {
        let found = desk.catalogue.of_id(id).map_err(|e| failed(&e))?;
        let clip = found.ok_or_else(unknown)?.clip;
        if clip.state != ClipState::Sealed {
            return Err(unsealed(clip.state));
        }
        let path = below(&desk.station.data.root, &clip.path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => file::missing(),
            _ => failed(&e),
        })?;
        Ok(Found { clip, path })
    })
    .await
}

/// The file at this path below the data folder, which is one of the clips' folder, also where links are followed.
fn below(root: &Path, path: &str) -> io::Result<PathBuf> {
    let folder = root.join(CLIPS).canonicalize()?;
    let path = root.join(path).canonicalize()?;
    if path.starts_with(&folder) && path.is_file() {
        Ok(path)
    } else {
        Err(io::Error::other(format!("{} is no file of {}", path.display(), folder.display())))
    }
}

/// What failed is told in the log.
pub(super) fn failed(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(cause = "desk", "the desk cannot be answered: {}", crate::recovery::said(error));
    Refusal::Failed
}

/// How a clip's file is wanted.
#[derive(Deserialize)]
pub(in crate::http) struct FileQuery {
    download: Option<String>,
}

/// A sealed clip's file, by ranges.
///
/// With `download`, as an attachment. A clip that is still recorded is not sent.
#[utoipa::path(
    get, path = "/api/v1/clips/{id}/file", tag = "clips",
    params(("id" = String, Path, description = "Id of the clip"), ("download" = Option<String>, Query)),
    responses((status = 200, content_type = "video/mp4"), (status = 206), (status = 404), (status = 409), (status = 410), (status = 416))
)]
pub(in crate::http) async fn play(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    extract::Path(id): extract::Path<String>,
    Query(query): Query<FileQuery>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let sent = async {
        let desk = app.desk()?;
        let found = find(&desk, &id).await?;
        let name = query.download.is_some().then(|| found.name());
        // Who only plays it takes nothing away. A download that is gone on with was noted when it began.
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        if name.is_some() && method == Method::GET && range.is_none_or(|range| range.starts_with("bytes=0-")) {
            act(&desk, &who, ActKind::Clip, found.clip.id.to_string()).await?;
        }
        let response = file::send(&app, &found.path, name.as_deref(), (method, &headers)).await?;
        Ok(response)
    };
    sent.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

/// What is asked about a clip.
#[derive(Deserialize)]
pub(in crate::http) struct VerifyQuery {
    order: Option<String>,
}

/// What packseal-verifier says of a clip, now.
///
/// The answer is that program's own JSON (FORMAT.md, section 6.2). `Server-Timing` says how long it took. It trusts this
/// station's keys and time authorities.
#[utoipa::path(
    get, path = "/api/v1/clips/{id}/verify", tag = "clips",
    params(("id" = String, Path, description = "Id of the clip"), ("order" = Option<String>, Query, description = "The order it should be of")),
    responses((status = 200, content_type = "application/json"), (status = 404), (status = 409), (status = 410), (status = 502), (status = 503), (status = 504))
)]
pub(in crate::http) async fn verify(
    State(app): State<App>,
    presence: Option<Extension<Presence>>,
    extract::Path(id): extract::Path<String>,
    Query(query): Query<VerifyQuery>,
) -> Response {
    let answered = async {
        let desk = app.desk()?;
        let order = query.order.map(|order| Order::parse(&order).ok_or_else(bad_order)).transpose()?;
        let found = find(&desk, &id).await?;
        let order = order.map(|order| format!("--order={order}").into());
        let arguments = arguments(&desk, "verify", [OsString::from("--json")].into_iter().chain(order), &found)?;
        let (said, ()) = there(presence, desk.verifier.run(arguments, ())).await?;
        let Said { status: Some(0 | 1 | 3 | 4), .. } = said else {
            return Err(verifier::could_not(&said, &found.path));
        };
        let took = format!("verify;dur={}", said.took.as_millis());
        let took = HeaderValue::from_str(&took).map_err(|_| Refusal::Failed)?;
        let kind = HeaderValue::from_static("application/json");
        Ok(([(header::CONTENT_TYPE, kind), (TIMING, took)], said.out).into_response())
    };
    answered.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

/// A run of packseal-verifier over this clip.
fn arguments(
    desk: &Desk,
    command: &str,
    more: impl IntoIterator<Item = OsString>,
    found: &Found,
) -> Result<Vec<OsString>, Refusal> {
    let lang = match desk.station.data.config.language {
        Lang::En => "--lang=en",
        Lang::Zh => "--lang=zh",
    };
    let mut all = vec![command.into(), lang.into()];
    all.extend(verifier::trust(desk).map_err(|e| failed(&e))?);
    all.extend(more);
    all.extend(["--".into(), found.path.clone().into()]);
    Ok(all)
}

/// Waits while the client does.
pub(super) async fn there<T>(
    presence: Option<Extension<Presence>>,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    match presence {
        // It hears of this only where it has closed but one side.
        Some(Extension(presence)) => presence.while_there(work).await.unwrap_or_else(|| Err(left())),
        None => work.await,
    }
}

/// Which seconds.
#[derive(Deserialize)]
pub(in crate::http) struct ExcerptQuery {
    from: Option<String>,
    to: Option<String>,
}

/// An excerpt of a clip, sealed as it is.
///
/// From second `from` to second `to` of the clip, to whole GOPs, with every statement.
#[utoipa::path(
    get, path = "/api/v1/clips/{id}/excerpt", tag = "clips",
    params(
        ("id" = String, Path, description = "Id of the clip"),
        ("from" = String, Query, description = "Second, such as 12 or 12.5"),
        ("to" = String, Query, description = "Second, likewise")
    ),
    responses((status = 200, content_type = "video/mp4"), (status = 400), (status = 404), (status = 422), (status = 507))
)]
pub(in crate::http) async fn excerpt(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    presence: Option<Extension<Presence>>,
    extract::Path(id): extract::Path<String>,
    Query(query): Query<ExcerptQuery>,
) -> Response {
    let answered = async {
        let desk = app.desk()?;
        let (Some(from), Some(to)) = (query.from.filter(|s| is_second(s)), query.to.filter(|s| is_second(s))) else {
            return Err(bad_seconds());
        };
        let found = find(&desk, &id).await?;
        let bytes = found.clip.closing.as_ref().map_or(0, |closing| closing.bytes);
        let station = desk.station.clone();
        let output = blocking(move || {
            exports::require_room(&station.data, bytes).map_err(|trouble| no_room(&trouble))?;
            Temporary::new(&station.data.root).map_err(|e| failed(&e))
        });
        let output = output.await?;
        let mut to_file = OsString::from("--output=");
        to_file.push(&output.0);
        let more = [format!("--from={from}").into(), format!("--to={to}").into(), to_file];
        let arguments = arguments(&desk, "excerpt", more, &found)?;
        let (said, output) = there(presence, desk.verifier.run(arguments, output)).await?;
        if said.status != Some(0) {
            return Err(no_excerpt(&said, &found.path));
        }
        let name = format!("{}-{from}-{to}.mp4", found.order());
        // Opened here; its name goes with `output`, while it is sent.
        let response = file::send(&app, &output.0, Some(&name), (Method::GET, &HeaderMap::new())).await?;
        act(&desk, &who, ActKind::Excerpt, found.clip.id.to_string()).await?;
        Ok(response)
    };
    answered.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

/// Decimal seconds as packseal-verifier takes them; safe in a file's name.
fn is_second(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole, 9) && digits(rest, 3)
}

/// A file that packseal-verifier makes, gone when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(root: &Path) -> io::Result<Self> {
        let folder = root.join(exports::FOLDER);
        fs::create_dir_all(&folder)?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| io::Error::other("no random numbers"))?;
        Ok(Self(folder.join(format!("{}.mp4", Id(id)))))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        // Where it was killed over it.
        let _ = fs::remove_file(self.0.with_extension("mp4.part"));
    }
}

fn unknown() -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "unknown-clip",
        "there is no clip of this id: search for its order",
        "没有该编号的录像：请按单号查找",
    )
}

fn unsealed(state: ClipState) -> Refusal {
    let (status, error, en, zh) = match state {
        ClipState::Open | ClipState::Sealed => (
            StatusCode::CONFLICT,
            "clip-open",
            "this clip is still being recorded: wait until it is sealed",
            "该录像仍在录制：请等待封存",
        ),
        ClipState::Damaged => (
            StatusCode::CONFLICT,
            "clip-damaged",
            "this clip is damaged and was set aside, unsigned: ask whoever looks after the station",
            "该录像已损坏并隔离，未签名：请联系工位管理员",
        ),
        ClipState::NeverWritten => (
            StatusCode::GONE,
            "clip-never-written",
            "nothing was recorded of this clip: look at others of its order",
            "该录像未录下任何画面：请查看该单号的其他录像",
        ),
        ClipState::Deleting | ClipState::Deleted => (
            StatusCode::GONE,
            "clip-deleted",
            "this clip was deleted when its time was over: its tombstone is in the ledger",
            "该录像已到期删除：账本中存有删除声明",
        ),
    };
    Refusal::own(status, error, en, zh)
}

pub(super) fn bad_order() -> Refusal {
    Refusal::own(
        StatusCode::BAD_REQUEST,
        "bad-order",
        "an order number is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'",
        "单号为 1 到 64 个字母、数字、“.”、“_”或“-”",
    )
}

fn bad_seconds() -> Refusal {
    Refusal::own(
        StatusCode::BAD_REQUEST,
        "bad-seconds",
        "say which seconds: from=12&to=20.5",
        "请指明秒数：from=12&to=20.5",
    )
}

fn no_excerpt(said: &Said, file: &Path) -> Refusal {
    let line = verifier::of_client(said, file);
    if line.is_empty() {
        return verifier::could_not(said, file);
    }
    Refusal::own(StatusCode::UNPROCESSABLE_ENTITY, "no-excerpt", line.clone(), line)
}

pub(super) fn no_room(trouble: &crate::say::Trouble) -> Refusal {
    Refusal::own(StatusCode::INSUFFICIENT_STORAGE, "no-room", trouble.line(Lang::En), trouble.line(Lang::Zh))
}

fn left() -> Refusal {
    Refusal::own(
        StatusCode::REQUEST_TIMEOUT,
        "left",
        "the connection was closed before the answer: ask again",
        "连接在应答之前已关闭：请重新请求",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_fit_a_files_name() {
        for text in ["0", "12", "12.5", "0.001", "999999999"] {
            assert!(is_second(text), "{text}");
        }
        for text in ["", ".", ".5", "1.", "-1", "+1", "1e3", "1.0005", "1/2", "1\"", "../1", "１", "9999999999"] {
            assert!(!is_second(text), "{text}");
        }
    }

    #[test]
    fn nothing_outside_the_clips_folder_is_sent() {
        let root = std::env::temp_dir().join(format!("packseal-below-{}", std::process::id()));
        fs::create_dir_all(root.join("clips/day")).unwrap();
        fs::create_dir_all(root.join("keys")).unwrap();
        fs::write(root.join("keys/station.key"), "secret").unwrap();
        fs::write(root.join("clips/day/a.mp4"), "clip").unwrap();
        std::os::unix::fs::symlink(root.join("keys/station.key"), root.join("clips/day/link.mp4")).unwrap();
        assert!(below(&root, "clips/day/a.mp4").is_ok());
        for path in ["clips/../keys/station.key", "keys/station.key", "clips/day/link.mp4", "clips/day", "/etc/passwd"]
        {
            assert!(below(&root, path).is_err(), "{path}");
        }
        assert!(matches!(below(&root, "clips/day/b.mp4"), Err(e) if e.kind() == io::ErrorKind::NotFound));
        fs::remove_dir_all(&root).unwrap();
    }
}
