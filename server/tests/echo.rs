//! The echo that suites of the WebSocket protocol are run against: there only where it was asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::{SinkExt, StreamExt};
use support::{RawSocket, TestServer, tcp};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

async fn open(server: &TestServer) -> Result<RawSocket, Error> {
    let (socket, _) = connect_async(format!("ws://{}/test/echo", server.address)).await?;
    Ok(socket)
}

#[tokio::test]
async fn it_is_there_only_where_it_was_asked_for() {
    let server = TestServer::start(&[]);
    let Err(Error::Http(response)) = open(&server).await else { panic!("nothing is there") };
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn it_gives_back_what_it_gets_and_closes_as_it_is_closed() {
    let server = TestServer::start(&["--test-echo"]);
    let mut socket = open(&server).await.unwrap();
    for message in [Message::text("grüße"), Message::binary(vec![7; 65_536])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    // Text in two fragments, cut within a character; a zero mask changes nothing.
    let fragments = [[0x01, 0x81, 0, 0, 0, 0, 0xc3], [0x80, 0x81, 0, 0, 0, 0, 0xa9]];
    tcp(&mut socket).write_all(&fragments.concat()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("é"));
    let close = CloseFrame { code: CloseCode::from(4321), reason: "enough".into() };
    socket.close(Some(close)).await.unwrap();
    let Some(Ok(Message::Close(Some(answer)))) = socket.next().await else { panic!("an answer") };
    assert_eq!(u16::from(answer.code), 4321);
}

#[tokio::test]
async fn a_close_frame_whose_reason_is_not_utf_8_is_answered_with_1007() {
    let server = TestServer::start(&["--test-echo"]);
    let mut socket = open(&server).await.unwrap();
    tcp(&mut socket).write_all(&[0x88, 0x83, 0, 0, 0, 0, 3, 0xe8, 0xff]).await.unwrap();
    assert_eq!(support::close_code(&mut socket).await, 1007);
}
