//! What the desk asks, a file for each kind of thing.

mod clips;
mod exports;

use axum::Router;

use super::App;

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new().merge(clips::routes()).merge(exports::routes())
}

/// For administrators.
pub(super) fn admin() -> Router<App> {
    Router::new()
}
