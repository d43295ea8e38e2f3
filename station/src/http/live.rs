//! `GET /api/v1/benches/NAME/picture`: the live picture, one at a time.

use std::time::Duration;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{App, Refusal};

/// How long the next picture is waited for.
const WAIT: Duration = Duration::from_secs(1);
/// Number of the picture; `none`: there never is one, as the camera's own pictures are sealed and nobody decodes them.
const NUMBER: HeaderName = HeaderName::from_static("x-picture");
/// Milliseconds since its frame was taken, measured when the answer was made.
const AGE: HeaderName = HeaderName::from_static("x-picture-age-ms");

/// Which picture is wanted.
#[derive(Deserialize, IntoParams)]
pub(super) struct Wanted {
    /// The number of the picture that is there already: another one is waited for.
    #[serde(default)]
    after: u64,
}

/// The newest picture of a bench, once there is another than the one of this number. 204: there is none within a second.
#[utoipa::path(
    get,
    path = "/api/v1/benches/{name}/picture",
    tag = "bench",
    params(("name" = String, Path, description = "Name of the bench"), Wanted),
    responses(
        (status = 200, content_type = "image/jpeg", headers(
            ("X-Picture" = u64, description = "Its number"),
            ("X-Picture-Age-Ms" = u64, description = "Milliseconds since its frame was taken, when it was sent"),
        )),
        (status = 204, headers(("X-Picture" = String, description = "`none`: the camera's own pictures are sealed"))),
        (status = 404),
    )
)]
pub(super) async fn picture(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(Wanted { after }): Query<Wanted>,
) -> Response {
    let Some(live) = app.status.bench(Some(&name)).and_then(|bench| app.status.live(bench)) else {
        return app.refuse(Refusal::UnknownBench);
    };
    if live.is_passed_through() {
        return (StatusCode::NO_CONTENT, [(NUMBER, "none".to_owned())]).into_response();
    }
    match live.other(after, WAIT).await {
        Some(picture) => {
            let [number, age] = [picture.number.to_string(), (picture.age_us() / 1000).to_string()];
            let kind = (header::CONTENT_TYPE, "image/jpeg".to_owned());
            ([kind, (NUMBER, number), (AGE, age)], picture.jpeg).into_response()
        }
        None => (StatusCode::NO_CONTENT, [(NUMBER, after.to_string())]).into_response(),
    }
}
