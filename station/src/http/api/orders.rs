//! `GET /api/v1/orders`: finding clips. `GET /api/v1/orders/{order}`: all of one order, its holds and who was given it.
//! `POST …/hold` and `…/release`. `GET /api/v1/clips/{id}`.

use std::time::Duration;

use axum::{
    Extension, Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use evidence::{
    note::Note,
    statement::{ActKind, Export, Statement},
    value::{Id, Order, Time, Token, Value},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{App, Refusal, at_desk, day};
use crate::{
    catalogue::{self, Mark, Shown, Sought},
    clock,
    http::{Desk, scan::refusal, who::Who},
    status::Moment,
};

/// How long a search may look, with what it takes to answer within 30 ms.
const SEARCH: Duration = Duration::from_millis(20);
/// Clips of an answer, where nothing is said, and at most.
const CLIPS: (usize, usize) = (50, 100);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/orders", get(find))
        .route("/api/v1/orders/{order}", get(order))
        .route("/api/v1/orders/{order}/hold", post(hold))
        .route("/api/v1/orders/{order}/release", post(release))
        .route("/api/v1/clips/{id}", get(clip))
}

/// What is looked for: clips that are all of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Asked {
    /// How the order number begins or ends; large and small letters are the same.
    q: Option<String>,
    /// First day, `YYYY-MM-DD`, in the station's time zone.
    from: Option<String>,
    /// Last day, likewise.
    to: Option<String>,
    /// Name of the bench.
    bench: Option<String>,
    /// Who was signed on.
    operator: Option<String>,
    /// `gap`, `no-label`, `return`, `hold`, `cancelled` or `damaged`.
    event: Option<String>,
    /// Only clips with a number below this: `next` of the answer before.
    before: Option<String>,
    /// So many clips at most: 1 to 100, else 50.
    limit: Option<String>,
}

/// A clip.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Clip {
    /// Of the station's key, from 1.
    sequence: u64,
    /// Random id, hexadecimal.
    id: String,
    /// Order number; `null`: not known.
    order: Option<String>,
    /// `open`, `sealed`, `damaged`, `never-written`, `deleting` or `deleted`.
    state: &'static str,
    /// `outgoing` or `return`; `null`: its first statement cannot be read.
    direction: Option<&'static str>,
    /// Name of the bench; `null` likewise.
    bench: Option<String>,
    /// Who was signed on.
    operator: Option<String>,
    /// Why it was closed.
    reason: Option<&'static str>,
    /// Wall clock of its first frame.
    #[schema(value_type = String)]
    first_time: Moment,
    /// Wall clock of its end.
    #[schema(value_type = Option<String>)]
    last_time: Option<Moment>,
    /// Its length.
    seconds: Option<f64>,
    /// Frames in it.
    frames: Option<u64>,
    /// Frames lost.
    lost: Option<u64>,
    /// Spans in which nothing was recorded; `null`: not sealed, or not known.
    gaps: Option<u64>,
    /// Whether the order number was read in the picture; `null`: no reader said anything.
    label_read: Option<bool>,
    /// Of its file when it was sealed.
    bytes: Option<u64>,
    /// It is not deleted: it or its order is on hold.
    held: bool,
    /// Whether there is a file.
    has_file: bool,
    /// The proof that it stands in the ledger is in its file, or never will be.
    proven: bool,
}

impl From<Shown> for Clip {
    fn from(Shown { clip, held }: Shown) -> Self {
        use catalogue::State::{Damaged, Open, Sealed};
        let closing = clip.closing.as_ref();
        let seen = closing.and_then(|closing| closing.seen);
        Self {
            sequence: clip.sequence,
            id: clip.id.to_string(),
            order: clip.order.as_ref().map(ToString::to_string),
            state: clip.state.as_str(),
            direction: clip.at.direction.map(|direction| direction.as_str()),
            bench: clip.at.bench.as_ref().map(ToString::to_string),
            operator: clip.at.operator.as_ref().map(ToString::to_string),
            reason: closing.map(|closing| closing.reason.as_str()),
            first_time: Moment(Time(clip.first_time)),
            last_time: closing.map(|closing| Moment(Time(closing.last_time))),
            seconds: closing.map(catalogue::Closing::seconds),
            frames: closing.map(|closing| closing.frames),
            lost: closing.map(|closing| closing.lost),
            gaps: seen.map(|seen| seen.gaps),
            label_read: seen.and_then(|seen| seen.label_frames).map(|frames| frames > 0),
            bytes: closing.map(|closing| closing.bytes),
            held,
            has_file: matches!(clip.state, Open | Sealed | Damaged),
            proven: clip.proven,
        }
    }
}

/// What a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Page {
    /// Newest first.
    clips: Vec<Clip>,
    /// Where to go on, as `before`; `null`: there are no more.
    next: Option<u64>,
    /// `false`: the time for a search ended before so many were found; go on with `next`.
    complete: bool,
    /// All benches that there are clips of.
    benches: Vec<String>,
    /// All operators that there are clips of.
    operators: Vec<String>,
}

/// Finds clips, newest first.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders", params(Asked),
    responses((status = 200, body = Page), (status = 400), (status = 401), (status = 403)))]
pub(in crate::http) async fn find(
    State(app): State<App>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Page>, Response> {
    let unknown = Refusal::Question(
        "ask by q, from, to, bench, operator, event, before and limit, each once",
        "可用的查询参数为 q、from、to、bench、operator、event、before、limit，每个至多一次",
    );
    let sought = asked.map_err(|_| unknown).and_then(|Query(asked)| sought(asked, &TimeZone::system()));
    let sought = sought.map_err(|refusal| app.refuse(refusal))?;
    let page = at_desk(&app, move |desk| {
        let catalogue::Page { clips, next, complete } = desk.catalogue.find(&sought, SEARCH)?;
        let (benches, operators) = desk.catalogue.names()?;
        Ok(Page { clips: clips.into_iter().map(Clip::from).collect(), next, complete, benches, operators })
    });
    page.await.map(Json)
}

fn sought(asked: Asked, zone: &TimeZone) -> Result<Sought, Refusal> {
    // A form sends its empty fields too.
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let name = |text: Option<String>| {
        given(text).map(|text| {
            Token::parse(&text)
                .ok_or(Refusal::Question("no bench or operator is called so", "没有该名称的工位或操作员"))
        })
    };
    // `-` alone is no order number, but may be its end.
    let text = given(asked.q).map(|text| {
        Order::parse(&text).ok_or(Refusal::Question(
            "an order number has up to 64 letters, digits, '.', '_' and '-'",
            "单号由至多 64 个字母、数字、“.”、“_”、“-”组成",
        ))
    });
    let days = [asked.from, asked.to].map(|text| given(text).map(|text| day::parse(&text)).transpose());
    let [from, to] = days;
    let (from, to) = (from?, to?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Refusal::Question("the first day comes after the last", "起始日期晚于结束日期"));
    }
    let mark = given(asked.event).map(|word| {
        Mark::parse(&word).ok_or(Refusal::Question(
            "an event is gap, no-label, return, hold, cancelled or damaged",
            "event 须为 gap、no-label、return、hold、cancelled 或 damaged",
        ))
    });
    let number = |text: Option<String>, most: u64| {
        let number = given(text).map(|text| u64::parse(&text).filter(|number| (1..=most).contains(number)));
        number.map(|number| {
            number.ok_or(Refusal::Question(
                "before is a clip's number, limit 1 to 100",
                "before 为录像序号，limit 为 1 到 100",
            ))
        })
    };
    Ok(Sought {
        text: text.transpose()?,
        from: from.map(|from| day::begin(from, zone)).transpose()?,
        until: to.map(|to| day::begin(day::later(to, 1)?, zone)).transpose()?,
        bench: name(asked.bench).transpose()?,
        operator: name(asked.operator).transpose()?,
        mark: mark.transpose()?,
        before: number(asked.before, u64::MAX).transpose()?,
        most: number(asked.limit, CLIPS.1 as u64).transpose()?.map_or(CLIPS.0, |most| most as usize),
    })
}

/// All of one order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(in crate::http) struct Found {
    /// Its number.
    order: String,
    /// The oldest hold that is on.
    hold: Option<Held>,
    /// Oldest first; also those of keys that the station had before.
    clips: Vec<Clip>,
    /// Its holds and those of its clips, also released ones, oldest first.
    holds: Vec<Hold>,
    /// What was handed out, oldest first.
    custody: Vec<HandedOut>,
    /// Names of the presets that it can be exported by.
    presets: Vec<String>,
}

/// A hold that is on.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Held {
    /// Why.
    reason: String,
    /// Since when.
    #[schema(value_type = String)]
    since: Moment,
    /// Account or operator that asked for it; `null`: a command on the station did.
    by: Option<String>,
}

/// A hold, or one that was.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Hold {
    /// Order number or a clip's id.
    target: String,
    /// Why.
    reason: String,
    /// Since when.
    #[schema(value_type = String)]
    since: Moment,
    /// Account or operator that asked for it; `null`: a command on the station did.
    by: Option<String>,
    /// When it was released; `null`: it is on.
    #[schema(value_type = Option<String>)]
    released: Option<Moment>,
    /// Why it was released.
    release_reason: Option<String>,
    /// Who released it.
    released_by: Option<String>,
}

impl From<catalogue::Hold> for Hold {
    fn from(hold: catalogue::Hold) -> Self {
        let (released, release_reason) = hold.released.unzip();
        let (since, released) = (Moment(hold.since), released.map(Moment));
        let catalogue::Hold { target, reason, by, released_by, .. } = hold;
        Self { target, reason, since, by, released, release_reason, released_by }
    }
}

/// Clips that were handed out.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct HandedOut {
    /// When.
    #[schema(value_type = String)]
    time: Moment,
    /// Who did it, as told.
    who: Option<String>,
    /// By which preset.
    preset: String,
    /// Files with pictures, clips included.
    files: u64,
    /// SHA-256 of their list.
    list: String,
}

/// All of one order.
#[utoipa::path(get, path = "/api/v1/orders/{order}", tag = "orders", params(("order" = String, Path)),
    responses((status = 200, body = Found), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(in crate::http) async fn order(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Found>, Response> {
    let order = named(path).map_err(|refusal| app.refuse(refusal))?;
    at_desk(&app, move |desk| found(desk, &order)).await.map(Json)
}

fn found(desk: &Desk, order: &Order) -> Result<Found, Refusal> {
    let catalogue = &desk.catalogue;
    let clips = catalogue.of_order(order)?;
    let mut holds = catalogue.holds_of(order.as_str())?;
    let mut custody = Vec::new();
    let on = holds.iter().find(|hold| hold.is_on());
    let hold = on.map(|hold| Held { reason: hold.reason.clone(), since: Moment(hold.since), by: hold.by.clone() });
    for Shown { clip, .. } in &clips {
        holds.extend(catalogue.holds_of(&clip.id.to_string())?);
        // An export states each of its clips.
        for handed_out in catalogue.exports(clip.id)?.iter().filter_map(|note| handed_out(note)) {
            if !custody.contains(&handed_out) {
                custody.push(handed_out);
            }
        }
    }
    if clips.is_empty() && holds.is_empty() {
        return Err(Refusal::Unknown);
    }
    holds.sort_by_key(|hold| hold.since);
    custody.sort_by_key(|handed_out| handed_out.time.0);
    Ok(Found {
        order: order.to_string(),
        hold,
        clips: clips.into_iter().map(Clip::from).collect(),
        holds: holds.into_iter().map(Hold::from).collect(),
        custody,
        presets: desk.station.data.config.preset.iter().map(|preset| preset.name.clone()).collect(),
    })
}

/// Of a note that the station wrote itself.
fn handed_out(note: &[u8]) -> Option<HandedOut> {
    let Export { by, preset, time, files, list, .. } = Export::parse(&Note::parse(note).ok()?.text).ok()?;
    let who = by.map(|by| by.to_string());
    Some(HandedOut { time: Moment(time), who, preset: preset.to_string(), files, list: list.to_string() })
}

/// Why something is put on hold or released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Why {
    /// 1 to 500 characters on one line.
    reason: String,
}

/// Puts an order on hold: none of its clips is deleted, also none that comes.
#[utoipa::path(post, path = "/api/v1/orders/{order}/hold", tag = "orders", params(("order" = String, Path)),
    request_body = Why,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 413), (status = 415)))]
pub(in crate::http) async fn hold(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Json<Why>, JsonRejection>,
) -> Result<StatusCode, Response> {
    let asked = named(path).and_then(|order| Ok((order, why(body)?)));
    let (order, reason) = asked.map_err(|refusal| app.refuse(refusal))?;
    let done = at_desk(&app, move |desk| {
        let by = who.as_ref().map(|account| &account.name);
        desk.audit(by, ActKind::Hold, Some(order.as_str()))?;
        desk.catalogue.hold(&order, &reason, by, clock::wall())?;
        Ok(StatusCode::NO_CONTENT)
    });
    done.await
}

/// Releases every hold of an order.
#[utoipa::path(post, path = "/api/v1/orders/{order}/release", tag = "orders", params(("order" = String, Path)),
    request_body = Why,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 409), (status = 413),
        (status = 415)))]
pub(in crate::http) async fn release(
    State(app): State<App>,
    Extension(Who(who)): Extension<Who>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Json<Why>, JsonRejection>,
) -> Result<StatusCode, Response> {
    let asked = named(path).and_then(|order| Ok((order, why(body)?)));
    let (order, reason) = asked.map_err(|refusal| app.refuse(refusal))?;
    let done = at_desk(&app, move |desk| {
        let by = who.as_ref().map(|account| &account.name);
        if !desk.catalogue.holds_of(order.as_str())?.iter().any(catalogue::Hold::is_on) {
            return Err(Refusal::NotOnHold);
        }
        desk.audit(by, ActKind::Release, Some(order.as_str()))?;
        desk.catalogue.release(&order, &reason, by, clock::wall())?;
        Ok(StatusCode::NO_CONTENT)
    });
    done.await
}

/// One clip.
#[utoipa::path(get, path = "/api/v1/clips/{id}", tag = "clips", params(("id" = String, Path)),
    responses((status = 200, body = Clip), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(in crate::http) async fn clip(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Clip>, Response> {
    let id = path.ok().and_then(|Path(text)| Id::parse(&text));
    let bad = Refusal::Question("a clip's id has 32 hexadecimal digits", "录像编号为 32 位十六进制数字");
    let id = id.ok_or_else(|| app.refuse(bad))?;
    let found = at_desk(&app, move |desk| desk.catalogue.of_id(id)?.ok_or(Refusal::Unknown));
    Ok(Json(found.await?.into()))
}

/// The order number of a path.
pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<Order, Refusal> {
    let order = path.ok().and_then(|Path(text)| Order::parse(&text));
    order.ok_or(Refusal::Question(
        "an order number has up to 64 letters, digits, '.', '_' and '-', and is not '-'",
        "单号由至多 64 个字母、数字、“.”、“_”、“-”组成，且不能只是“-”",
    ))
}

fn why(body: Result<Json<Why>, JsonRejection>) -> Result<String, Refusal> {
    let Json(Why { reason }) = body.map_err(|rejection| match refusal(rejection) {
        Refusal::BadRequest(_) => Refusal::Reason,
        other => other,
    })?;
    let reason = reason.trim();
    if catalogue::is_reason(reason) { Ok(reason.to_owned()) } else { Err(Refusal::Reason) }
}
