//! `GET /stream`, `POST /poll` and `POST /send`: sessions of clients that cannot have a WebSocket
//! (PROTOCOL.md, section 20).

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix::Addr;
use actix_web::body::{BodySize, MessageBody};
use actix_web::guard::{Get, Post};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, PayloadConfig, Query};
use actix_web::{HttpRequest, HttpResponse, web};
use tickwire_protocol::record::{HEAD_BYTES, Head, MAX_BODY_BYTES};
use tokio::sync::oneshot;

use super::credentials::{self, Credentials};
use super::handshake::{Busy, Handshake};
use super::{Api, ApiError, NO_BUFFERING};
use crate::identity::TokenError;
use crate::lobby::RedeemError;
use crate::session::client::Client;
use crate::session::entry::{Entry, Newcomer};
use crate::session::over_http::carrier::{
    self, Batch, CarryError, Fetch, Opened, OverHttp, StreamEnded,
};
use crate::session::over_http::mailbag::Mailbag;

/// The three routes.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    let body = || PayloadConfig::new(MAX_BODY_BYTES);
    service
        .service(web::resource("/stream").guard(Get()).to(stream))
        .service(web::resource("/poll").guard(Post()).app_data(body()).to(poll))
        .service(web::resource("/send").guard(Post()).app_data(body()).to(send));
}

/// Opens a session whose messages come as the body of the answer.
async fn stream(
    request: HttpRequest,
    api: Data<Api>,
    Query(credentials): Query<Credentials>,
) -> Result<HttpResponse, ApiError> {
    let Opened { client, mailbag } = open(&request, &api, &credentials)?;
    let body = StreamBody { client, mailbag, _busy: busy(&request) };
    Ok(records(body))
}

/// Opens a session, or waits for what there is for one.
async fn poll(
    request: HttpRequest,
    api: Data<Api>,
    query: Query<Credentials>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|cause| refused_body(&cause))?;
    let (client, after) = if body.is_empty() {
        (open(&request, &api, &query)?.client, 0)
    } else {
        let (Head { key, number }, rest) = Head::split(&body).ok_or_else(too_short)?;
        if !rest.is_empty() {
            return Err(ApiError::bad_request(
                "nothing may follow the number of the newest answer",
            ));
        }
        (api.sockets.keys.find(key).ok_or(CarryError::NoSuchSession)?, number)
    };
    let _busy = busy(&request);
    let (answer, answered) = oneshot::channel();
    client.do_send(Fetch { after, answer });
    let answer = answered.await.map_err(|_| CarryError::NoSuchSession)??;
    Ok(records(answer))
}

/// Takes what a client says.
async fn send(
    api: Data<Api>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|cause| refused_body(&cause))?;
    let (Head { key, number }, _) = Head::split(&body).ok_or_else(too_short)?;
    let client = api.sockets.keys.find(key).ok_or(CarryError::NoSuchSession)?;
    let batch = Batch { number, records: body.slice(HEAD_BYTES..) };
    client.send(batch).await.map_err(|_| CarryError::NoSuchSession)??;
    Ok(HttpResponse::NoContent().finish())
}

fn open(request: &HttpRequest, api: &Api, credentials: &Credentials) -> Result<Opened, ApiError> {
    let opened = || {
        credentials::check_origin(api, request.peer_addr(), request.headers())?;
        let speaks = credentials.speaks()?;
        let place = credentials::admit(api, request.peer_addr(), request.headers())?;
        let entry = match credentials.entry(&api.lobby) {
            // There is no first message to wait for.
            Entry::Awaited => Entry::Decided(Err(RedeemError::Token(TokenError::Missing))),
            decided => decided,
        };
        let newcomer = Newcomer { entry, speaks, address: place.address() };
        Ok(carrier::open(newcomer, api.sockets.clone(), place))
    };
    opened().inspect_err(|cause: &ApiError| api.metrics.note_refused_upgrade(cause.code()))
}

fn records(body: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::build(StatusCode::OK)
        .insert_header((CONTENT_TYPE, "application/octet-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(NO_BUFFERING)
        .body(body)
}

fn busy(request: &HttpRequest) -> Option<Busy> {
    request.conn_data::<Rc<Handshake>>().map(Handshake::busy)
}

fn too_short() -> ApiError {
    ApiError::bad_request(&format!("a body begins with {HEAD_BYTES} bytes: key and number"))
}

fn refused_body(cause: &actix_web::Error) -> ApiError {
    match cause.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(MAX_BODY_BYTES),
        _ => ApiError::bad_request(&cause.to_string()),
    }
}

/// The body of a stream: what there is for a client, until its session ends. When the connection goes, so
/// does the session.
struct StreamBody {
    client: Addr<Client<OverHttp>>,
    mailbag: Rc<Mailbag>,
    _busy: Option<Busy>,
}

impl MessageBody for StreamBody {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        ready!(self.mailbag.poll_ready(task));
        Poll::Ready(self.mailbag.take().map(Ok))
    }
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        self.client.do_send(StreamEnded);
    }
}
