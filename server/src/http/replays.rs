//! `GET /api/replays` and `GET /api/replays/NAME`: recordings, where they are served. One is watched by
//! joining with its name.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use tracing::info;

use super::{Api, ApiError, client_address};
use crate::recordings::{Library, RecordingError, RecordingName};

#[get("/api/replays")]
pub(super) async fn list(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    admit(&request, &api)?;
    let listing = library(&api)?.list().await?;
    Ok(HttpResponse::Ok().json(&*listing))
}

#[get("/api/replays/{name:.*}")]
pub(super) async fn details(
    request: HttpRequest,
    api: Data<Api>,
    name: Path<String>,
) -> Result<HttpResponse, ApiError> {
    admit(&request, &api)?;
    let details = async {
        let library = library(&api)?;
        library.details(name.parse::<RecordingName>()?).await
    };
    let details = details.await.inspect_err(|cause| info!(%cause, "recording refused"))?;
    Ok(HttpResponse::Ok().json(details))
}

/// Files are read for it, as for a room that is opened: one address may not ask for too many.
fn admit(request: &HttpRequest, api: &Api) -> Result<(), ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    Ok(api.admission.admit_join(address)?)
}

fn library(api: &Api) -> Result<&Arc<Library>, RecordingError> {
    api.lobby.recordings().ok_or(RecordingError::Disabled)
}
