//! `GET /api/replays` and `GET /api/replays/NAME`: recordings, where they are served. One is watched by
//! joining with its name.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use tracing::info;

use super::{Api, ApiError};
use crate::recordings::{Library, RecordingError, RecordingName};

#[get("/api/replays")]
pub(super) async fn list(api: Data<Api>) -> Result<HttpResponse, ApiError> {
    let listing = library(&api)?.list().await?;
    Ok(HttpResponse::Ok().json(&*listing))
}

#[get("/api/replays/{name:.*}")]
pub(super) async fn details(api: Data<Api>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let details = async {
        let library = library(&api)?;
        library.details(name.parse::<RecordingName>()?).await
    };
    let details = details.await.inspect_err(|cause| info!(%cause, "recording refused"))?;
    Ok(HttpResponse::Ok().json(details))
}

fn library(api: &Api) -> Result<&Arc<Library>, RecordingError> {
    api.lobby.recordings().ok_or(RecordingError::Disabled)
}
