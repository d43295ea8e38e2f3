//! A file as an answer: whole or by ranges, as players and downloads ask for it.

use std::{io, path::Path};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_http::services::ServeFile;

use super::{App, Refusal};

/// Sends a file: `name` as an attachment of this name, else to be shown. Several ranges at once are answered with all of
/// it.
///
/// # Errors
/// It is not there, or cannot be read.
pub(super) async fn send(
    app: &App,
    path: &Path,
    name: Option<&str>,
    (method, headers): (Method, &HeaderMap),
) -> Result<Response, Refusal> {
    let mut headers = headers.clone();
    if let Some(condition) = headers.remove(header::IF_RANGE)
        && headers.contains_key(header::RANGE)
        && ask(path, Method::HEAD, HeaderMap::new()).await?.headers().get(header::ETAG) != Some(&condition)
    {
        // A part of the file as it was would be put together with parts of the file as it is.
        headers.remove(header::RANGE);
    }
    if method == Method::HEAD {
        headers.remove(header::RANGE);
    }
    let mut response = ask(path, method, headers).await?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        let mut refusal = app.refuse(beyond());
        if let Some(length) = response.headers_mut().remove(header::CONTENT_RANGE) {
            refusal.headers_mut().insert(header::CONTENT_RANGE, length);
        }
        return Ok(refusal);
    }
    if let Some(name) = name {
        let shown = format!("attachment; filename=\"{name}\"");
        let shown = HeaderValue::from_str(&shown).map_err(|_| Refusal::Failed)?;
        response.headers_mut().insert(header::CONTENT_DISPOSITION, shown);
    }
    Ok(response.into_response())
}

async fn ask(path: &Path, method: Method, headers: HeaderMap) -> Result<Response<Body>, Refusal> {
    let mut request = Request::new(Body::empty());
    (*request.method_mut(), *request.headers_mut()) = (method, headers);
    let mut file = ServeFile::new(path).ignore_multi_range_requests(true);
    match file.try_call(request).await {
        Ok(response) => Ok(response.map(Body::new)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(missing()),
        Err(e) => {
            tracing::error!(cause = "file", "{} cannot be sent: {e}", path.display());
            Err(Refusal::Failed)
        }
    }
}

/// The file is not on the disk.
pub(super) fn missing() -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "file-missing",
        "its file is not on the disk: run 'packseal-station check'",
        "磁盘上没有该文件：请运行 packseal-station check",
    )
}

fn beyond() -> Refusal {
    Refusal::own(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "no-such-range",
        "the file has no such bytes: ask within its length",
        "文件没有这些字节：请在其长度之内请求",
    )
}
