//! What the desk asks, a file for each kind of thing.

pub(super) mod webhooks;

use axum::Router;

use super::App;

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new()
}

/// For administrators.
pub(super) fn admin() -> Router<App> {
    Router::new().merge(webhooks::routes())
}
