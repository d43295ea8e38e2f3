//! What the desk asks, a file for each kind of thing.

mod accounts;

use axum::Router;

use super::App;

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new()
}

/// For administrators.
pub(super) fn admin() -> Router<App> {
    Router::new().merge(accounts::routes())
}
