//! `GET /ws?token=…`, `GET /ws?resume=…&event=…`, or `GET /ws` with the token in the first message: from
//! HTTP to a WebSocket.
//!
//! actix-http hands upgrade requests over with their TCP stream, past the routes of the other requests:
//! from here on the connection is the session's own ([`pump`](crate::session::pump)).
//!
//! `GET /test/echo`, where the server was told to serve it, is an echo over the same transport.

use std::convert::Infallible;
use std::rc::Rc;

use actix_codec::{Framed, FramedParts};
use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::h1::{Codec, Message};
use actix_http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_http::{Request, Response, ws};
use actix_web::web::Query;
use actix_web::{HttpResponse, ResponseError, get};
use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use tickwire_protocol::version::Subprotocol;
use tracing::debug;

use super::credentials::{self, Credentials};
use super::handshake::Handshake;
use super::{Api, ApiError};
use crate::admission::Place;
use crate::connection::Connection;
use crate::session::transport::Upgraded;
use crate::session::{echo, socket};

/// A connection whose request has been read.
type Requested = Framed<Connection, Codec>;

/// Answers an upgrade request. What HTTP needed for it, some 28 KiB, is gone when the connection begins
/// its life as a WebSocket, in a task of its own.
pub(crate) async fn serve(
    request: Request,
    connection: Requested,
    api: Api,
) -> Result<(), Infallible> {
    if let Some(handshake) = request.conn_data::<Rc<Handshake>>() {
        handshake.note_request();
    }
    if let Err(error) = upgrade(request, connection, api).await {
        debug!(%error, "connection lost before it was a WebSocket");
    }
    Ok(())
}

async fn upgrade(
    request: Request,
    mut connection: Requested,
    api: Api,
) -> Result<(), std::io::Error> {
    let Accepted { response, purpose, place } = match accept(&request, &api) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            api.metrics.note_refused_upgrade(refusal.code());
            return refuse(connection, &refusal).await;
        }
    };
    connection.send(Message::Item((response, BodySize::None))).await?;
    let entry = match purpose {
        Purpose::Play(credentials, speaks) => Some((credentials.entry(&api.lobby), speaks)),
        Purpose::Echo => None,
    };
    let FramedParts { io, read_buf, .. } = connection.into_parts();
    // A copy, which is nearly always empty: the buffer itself is large.
    let begun = BytesMut::from(&read_buf[..]);
    let (stream, cipher) = io.into_parts();
    let upgraded = Upgraded::new(stream, cipher, begun);
    let Some((entry, speaks)) = entry else {
        let stopping = api.sockets.stopping.clone();
        let echo = echo::serve(upgraded, api.sockets.limits.timeout);
        actix::spawn(async move {
            // Suites of tests need no goodbye.
            tokio::select! {
                () = echo => {}
                () = stopping.begun() => {}
            }
            drop(place);
        });
        return Ok(());
    };
    let pump = socket::serve(entry, speaks, api.sockets, upgraded);
    actix::spawn(async move {
        pump.await;
        drop(place);
    });
    Ok(())
}

/// What a sound request leads to.
struct Accepted {
    response: Response<()>,
    purpose: Purpose,
    /// Its place among the connections.
    place: Place,
}

/// What a connection is for.
enum Purpose {
    Play(Credentials, Subprotocol),
    Echo,
}

fn accept(request: &Request, api: &Api) -> Result<Accepted, ApiError> {
    let is_echo = match request.path() {
        "/ws" => false,
        "/test/echo" if api.lobby.config().test_echo => true,
        path => return Err(ApiError::not_found(request.method(), path)),
    };
    let headers = request.head().headers();
    credentials::check_origin(api, request.peer_addr(), headers)?;
    let lists = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let speaks = credentials::choose(lists.filter_map(|list| list.to_str().ok()))?;
    let bad_request = |cause: &dyn std::fmt::Display| ApiError::bad_request(&cause.to_string());
    let Query(credentials) =
        Query::<Credentials>::from_query(request.uri().query().unwrap_or_default())
            .map_err(|cause| bad_request(&cause))?;
    let mut response = ws::handshake(request.head()).map_err(|cause| bad_request(&cause))?;
    if headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, speaks.name()));
    }
    let place = credentials::admit(api, request.peer_addr(), headers)?;
    let purpose = if is_echo { Purpose::Echo } else { Purpose::Play(credentials, speaks) };
    Ok(Accepted { response: response.finish().drop_body(), purpose, place })
}

/// What is asked for without an upgrade.
#[get("/ws")]
pub(super) async fn no_upgrade() -> Result<HttpResponse, ApiError> {
    Err(ApiError::bad_request("open a WebSocket here"))
}

/// Answers with an error, after which the connection is closed.
async fn refuse(mut connection: Requested, error: &ApiError) -> Result<(), std::io::Error> {
    let response: Response<BoxBody> = error.error_response().into();
    let (mut head, body) = response.into_parts();
    head.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    let body = body.try_into_bytes().unwrap_or_else(|_| Bytes::new());
    let size = BodySize::Sized(body.len() as u64);
    connection.feed(Message::Item((head, size))).await?;
    connection.feed(Message::Chunk(Some(body))).await?;
    connection.feed(Message::Chunk(None)).await?;
    connection.flush().await?;
    connection.close().await
}
