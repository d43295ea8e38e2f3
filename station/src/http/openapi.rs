//! The interface's description (OpenAPI 3.1), made of the handlers' own annotations: `GET /api/v1/openapi.json`.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Content, RefOr,
        path::{Operation, ParameterIn},
        response::ResponseBuilder,
        schema::Ref,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{
    App, Refusal,
    api::{accounts, clips, exports, orders, overview, received, webhooks},
    events, live, login, metrics, refusal, scan, who,
};

/// For everybody.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/openapi.json", get(document))
}

/// Operations that ask for no log-in, by their id.
const OPEN: [&str; 4] = ["accounts-login", "accounts-logout", "accounts-me", "description-document"];
/// The tag of what bench screens use, without log-in on the station itself.
const BENCH: &str = "bench";

/// What the station serves to programs.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "packseal-station",
        description = "Times are UTC, `YYYY-MM-DDTHH:MM:SS.ffffffZ`, unless said otherwise. Every refusal is \
            `{\"error\": CODE, \"message\": TEXT}`: the code is stable, the text is for a person, in the station's \
            language. Programs log in with `POST /api/v1/login` and send `Authorization: Bearer TOKEN`; bench screens on \
            the station itself need no log-in."
    ),
    paths(
        document,
        super::snapshot,
        scan::scan,
        metrics::metrics,
        login::login,
        login::logout,
        login::me,
        login::password,
        events::events,
        live::picture,
        accounts::list,
        accounts::add,
        accounts::password,
        accounts::remove,
        accounts::done,
        orders::find,
        orders::order,
        orders::hold,
        orders::release,
        orders::clip,
        received::add,
        received::list,
        received::remove,
        clips::play,
        clips::verify,
        clips::excerpt,
        exports::ask,
        exports::list,
        exports::one,
        exports::archive,
        overview::overview,
        webhooks::list,
        webhooks::dead,
        webhooks::retry,
        webhooks::discard,
    ),
    components(schemas(refusal::Body)),
    tags(
        (name = "bench", description = "What the benches do, and scans for them"),
        (name = "orders", description = "Finding orders, and keeping their clips"),
        (name = "clips", description = "Playing clips, verifying them, cutting excerpts"),
        (name = "exports", description = "Evidence bundles"),
        (name = "overview", description = "A day at the station"),
        (name = "accounts", description = "Who may use the pages and this interface, and what they did"),
        (name = "webhooks", description = "Programs that are told what happens"),
        (name = "description", description = "This description"),
    ),
    modifiers(&Common)
)]
struct Document;

/// What holds for every operation.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let schemes = document.components.get_or_insert_default();
        let cookie = ApiKeyValue::with_description(who::cookie_name(true), "The session of a browser, from log-in");
        schemes.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The session of a program"));
        schemes.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            complete(operation);
        }
    }
}

/// The operations of a path.
fn operations(item: &mut openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// Adds what no handler says by itself: a name that no other has, who may use it, and how any request may be refused.
fn complete(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    let id = format!("{tag}-{}", operation.operation_id.as_deref().unwrap_or_default());
    let (open, bench) = (OPEN.contains(&id.as_str()), tag == BENCH);
    operation.operation_id = Some(id);
    if !open {
        let scheme = |name: &str| SecurityRequirement::new(name, [] as [&str; 0]);
        let nobody = bench.then(SecurityRequirement::default);
        operation.security = Some([scheme("bearer"), scheme("cookie")].into_iter().chain(nobody).collect());
    }
    let input = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => matches!(parameter.parameter_in, ParameterIn::Path | ParameterIn::Query),
        RefOr::Ref(_) => true,
    });
    let body = operation.request_body.is_some();
    let refusals = [
        ("400", "It is not what was asked for", input || body),
        ("401", "Nobody is logged in", !open),
        ("403", "The account may not do this, or the request comes from elsewhere", true),
        ("408", "It came too slowly", true),
        ("413", "It is too large", body),
        ("415", "It is not JSON", body),
        ("500", "The station failed", true),
    ];
    let responses = &mut operation.responses.responses;
    for (status, text, _) in refusals.iter().filter(|(_, _, may)| *may) {
        let response = || RefOr::T(ResponseBuilder::new().description(*text).build());
        responses.entry((*status).to_owned()).or_insert_with(response);
    }
    for (status, response) in responses.iter_mut() {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) && response.content.is_empty() {
            let body = Content::new(Some(Ref::from_schema_name("Refusal")));
            response.content.insert("application/json".to_owned(), body.into());
        }
    }
}

/// It does not change while the program runs.
static TEXT: LazyLock<Option<String>> = LazyLock::new(|| Document::openapi().to_json().ok());

/// This description
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "description",
    responses((status = 200, description = "An OpenAPI document", body = serde_json::Value))
)]
pub(super) async fn document(State(app): State<App>) -> Response {
    match TEXT.as_deref() {
        Some(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
        None => app.refuse(Refusal::Failed),
    }
}

#[cfg(test)]
mod tests;
