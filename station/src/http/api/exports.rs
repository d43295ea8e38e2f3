//! Evidence bundles: asked for, followed, downloaded ([`crate::exports`]).

use axum::{
    Extension, Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use evidence::{
    statement::ActKind,
    value::{Id, Order, Value},
    words,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::{App, Refusal, blocking, file, scan, who::Who},
    clips::{act, bad_order, failed},
};
use crate::{
    clock,
    cmd::export::preset,
    exports::{Asked, Export, MOST, State as ExportState},
    say::Lang,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/orders/{order}/exports", post(ask))
        .route("/api/v1/exports", get(list))
        .route("/api/v1/exports/{id}", get(one))
        .route("/api/v1/exports/{id}/archive", get(archive))
}

/// What a bundle is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Wanted {
    /// For which receiver: the name of a preset of the configuration.
    preset: String,
    /// Id of the clip of which pictures and share copy are; else the newest that verifies.
    clip: Option<String>,
    /// From which second on the share copy shows; else its last ones.
    from: Option<u64>,
    /// Language of what the receiver gets: `en` or `zh`; else the station's.
    lang: Option<WantedLang>,
}

/// A language of reports.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum WantedLang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// Asks for the evidence bundle of an order.
///
/// One is made at a time; follow it by its id.
#[utoipa::path(
    post, path = "/api/v1/orders/{order}/exports", tag = "exports", request_body = Wanted,
    params(("order" = String, Path, description = "Order number")),
    responses((status = 202, body = Export), (status = 400), (status = 404), (status = 429))
)]
pub(in crate::http) async fn ask(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Path(order): Path<String>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Response {
    let answered = async {
        let Json(wanted) = body.map_err(bad_request)?;
        let desk = app.desk()?;
        let order = Order::parse(&order).ok_or_else(bad_order)?;
        let account = who.0.clone().ok_or(Refusal::LogIn)?;
        let config = &desk.station.data.config;
        let preset = preset(config, &wanted.preset).map_err(|trouble| {
            let [en, zh] = [Lang::En, Lang::Zh].map(|lang| trouble.line(lang));
            Refusal::own(StatusCode::BAD_REQUEST, "unknown-preset", en, zh)
        })?;
        if wanted.from.is_some() && preset.video_seconds == 0 {
            return Err(no_copy());
        }
        let clip = wanted.clip.map(|id| Id::parse(&id).ok_or_else(no_such_clip)).transpose()?;
        let (searched, number) = (desk.clone(), order.clone());
        let clips = blocking(move || searched.catalogue.clips(Some(&number)).map_err(|e| failed(&e))).await?;
        if clips.is_empty() {
            return Err(unknown_order(&order));
        }
        if clip.is_some_and(|id| clips.iter().all(|clip| clip.id != id)) {
            return Err(no_such_clip());
        }
        let lang = match wanted.lang {
            Some(WantedLang::En) => words::Lang::En,
            Some(WantedLang::Zh) => words::Lang::Zh,
            None => config.language.pick(words::Lang::En, words::Lang::Zh),
        };
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| Refusal::Failed)?;
        act(&desk, &who, ActKind::Export, order.to_string()).await?;
        let asked = Asked { order, preset: preset.name.clone(), clip, from: wanted.from, by: account.name, lang };
        let export = desk.exports.ask(Id(id), asked, clock::wall()).ok_or_else(too_many)?;
        let place = HeaderValue::from_str(&format!("/api/v1/exports/{}", export.id)).map_err(|_| Refusal::Failed)?;
        Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(export)).into_response())
    };
    answered.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

/// Bundles that this account asked for, newest first.
#[utoipa::path(get, path = "/api/v1/exports", tag = "exports", responses((status = 200, body = [Export])))]
pub(in crate::http) async fn list(State(app): State<App>, Extension(Who(who)): Extension<Who>) -> Response {
    match (app.desk(), who) {
        (Ok(desk), Some(who)) => Json(desk.exports.by(who.name.as_str())).into_response(),
        (Err(refusal), _) => app.refuse(refusal),
        (_, None) => app.refuse(Refusal::LogIn),
    }
}

/// The bundle of this id.
fn find(app: &App, id: &str) -> Result<Export, Refusal> {
    Id::parse(id).and_then(|id| app.desk.as_ref()?.exports.get(id)).ok_or_else(unknown)
}

/// How far a bundle is.
#[utoipa::path(
    get, path = "/api/v1/exports/{id}", tag = "exports", params(("id" = String, Path, description = "Id of the bundle")),
    responses((status = 200, body = Export), (status = 404))
)]
pub(in crate::http) async fn one(State(app): State<App>, Path(id): Path<String>) -> Response {
    find(&app, &id).map_or_else(|refusal| app.refuse(refusal), |export| Json(export).into_response())
}

/// The archive of a bundle that is done, by ranges.
#[utoipa::path(
    get, path = "/api/v1/exports/{id}/archive", tag = "exports",
    params(("id" = String, Path, description = "Id of the bundle")),
    responses((status = 200, content_type = "application/zip"), (status = 206), (status = 404), (status = 409), (status = 416))
)]
pub(in crate::http) async fn archive(
    State(app): State<App>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let sent = async {
        let (desk, export) = (app.desk()?, find(&app, &id)?);
        if export.state != ExportState::Done {
            return Err(not_done(export.message));
        }
        let path = desk.exports.archive(&export);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file::send(&app, &path, Some(&name), (method, &headers)).await
    };
    sent.await.unwrap_or_else(|refusal| app.refuse(refusal))
}

fn bad_request(rejection: JsonRejection) -> Refusal {
    match scan::refusal(rejection) {
        Refusal::BadRequest(why) => Refusal::own(
            StatusCode::BAD_REQUEST,
            "bad-request",
            format!("send {{\"preset\": NAME}}, with \"clip\", \"from\" and \"lang\" where they are wanted ({why})"),
            format!("请发送 {{\"preset\": 名称}}，可另加 \"clip\"、\"from\" 和 \"lang\"（{why}）"),
        ),
        other => other,
    }
}

fn unknown() -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "unknown-export",
        "this bundle is not there any more: make it again",
        "该证据包已不存在：请重新导出",
    )
}

fn unknown_order(order: &Order) -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "unknown-order",
        format!("this station has no clip of {order}: compare the number with the label"),
        format!("本工位没有 {order} 的录像：请与面单核对单号"),
    )
}

fn no_such_clip() -> Refusal {
    Refusal::own(
        StatusCode::NOT_FOUND,
        "unknown-clip",
        "this order has no such clip: choose one of its clips",
        "该单号没有这段录像：请从其录像中选择",
    )
}

fn no_copy() -> Refusal {
    Refusal::own(
        StatusCode::BAD_REQUEST,
        "no-copy",
        "this preset takes no share copy, which could begin at a second: leave the second away",
        "该预设不含分享副本，无法指定起始秒：请不要填写",
    )
}

fn too_many() -> Refusal {
    Refusal::own(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-exports",
        format!("{MOST} bundles are being made: wait until one is done"),
        format!("已有 {MOST} 个证据包在制作：请等待其完成"),
    )
}

fn not_done(failed: Option<String>) -> Refusal {
    let (status, error) = (StatusCode::CONFLICT, "not-done");
    match failed {
        Some(line) => Refusal::own(status, error, line.clone(), line),
        None => Refusal::own(status, error, "this bundle is still being made: wait", "证据包仍在制作：请稍候"),
    }
}
