//! What the desk asks, a file for each kind of thing.

pub(super) mod accounts;
pub(super) mod clips;
mod day;
pub(super) mod exports;
pub(super) mod orders;
pub(super) mod overview;
pub(super) mod received;
pub(super) mod webhooks;

use std::sync::Arc;

use axum::{Router, response::Response};

use super::{App, Desk, Refusal, blocking};
use crate::catalogue::CatalogueError;

/// For customer service.
pub(super) fn service() -> Router<App> {
    Router::new()
        .merge(orders::routes())
        .merge(received::routes())
        .merge(overview::routes())
        .merge(clips::routes())
        .merge(exports::routes())
}

/// For administrators.
pub(super) fn admin() -> Router<App> {
    Router::new().merge(accounts::routes()).merge(webhooks::routes())
}

/// Does what may wait for a file or a database.
async fn at_desk<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Arc<Desk>) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Response> {
    let done = async {
        let desk = app.desk()?;
        blocking(move || work(&desk)).await
    };
    done.await.map_err(|refusal| app.refuse(refusal))
}

impl From<CatalogueError> for Refusal {
    fn from(error: CatalogueError) -> Self {
        if let CatalogueError::Reason = error {
            return Self::Reason;
        }
        tracing::error!(cause = "catalogue", "the catalogue cannot be used: {}", crate::recovery::said(&error));
        Self::Failed
    }
}
