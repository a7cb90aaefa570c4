//! TLS by the server itself: players by wss, certificates that are exchanged, and connections that agree on none.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::{SinkExt, StreamExt};
use support::folder::Folder;
use support::https::{Https, Identity};
use support::process::{Process, refused};
use support::{Client, PATIENCE, TestServer, close_code, drift};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// A server that speaks TLS, and what it proves itself by.
struct Secured {
    server: TestServer,
    folder: Folder,
    identity: Identity,
    https: Https,
}

impl Secured {
    fn start(flags: &[&str]) -> Self {
        let (folder, identity) = (Folder::new(), Identity::new());
        let files = identity.write(&folder);
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        let server = TestServer::start(&[&files, flags].concat());
        let https = Https::to(server.address, &[&identity]);
        Self { server, folder, identity, https }
    }

    fn reload(&self) -> bool {
        self.server.certificates.as_ref().unwrap().reload().is_ok()
    }

    fn port(&self) -> u16 {
        self.server.address.port()
    }
}

/// A player goes on: state comes, and what it says is answered.
async fn assert_plays(client: &mut Client) {
    let tick = client.frame().await.tick;
    while client.frame().await.tick == tick {}
}

/// Reads until the connection ends, which it has to by itself.
async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async { while matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {} };
    tokio::time::timeout(PATIENCE, read).await.expect("the server ends the connection");
    bytes
}

#[tokio::test]
async fn a_player_joins_and_plays_by_wss() {
    let secured = Secured::start(&[]);
    let seat = secured.https.join(&drift()).await;
    let ws_url = seat["ws_url"].as_str().unwrap();
    let begin = format!("wss://localhost:{}/ws?token=", secured.port());
    assert!(ws_url.starts_with(&begin), "{ws_url}");
    let mut client = Client::welcomed(secured.https.open(ws_url).await.unwrap()).await;
    assert_plays(&mut client).await;
    client.socket.close(None).await.unwrap();
    assert_eq!(close_code(&mut client.socket).await, 1000);
    // Nothing was cut off: TLS says goodbye as well, or this is an error.
    assert_eq!(client.socket.get_mut().read(&mut [0; 16]).await.unwrap(), 0);
    secured.https.metric_until("tickwire_sessions", 0.0).await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_who_comes_and_nobody_else_notices() {
    let secured = Secured::start(&[]);
    let mut player = secured.https.enter(&drift()).await;
    assert_plays(&mut player).await;
    let new = Identity::new();
    new.write(&secured.folder);
    assert!(secured.reload());
    let https = Https::to(secured.server.address, &[&secured.identity, &new]);
    assert!(https.certificate().await == *new.der());
    let distrustful = secured.https.connect().await.unwrap_err().to_string();
    assert!(distrustful.contains("certificate"), "{distrustful}");
    assert_plays(&mut player).await;
    assert_plays(&mut https.enter(&drift()).await).await;
    assert_eq!(https.metric("tickwire_tls_reloads_total{outcome=\"exchanged\"}").await, 1.0);
    player.leave().await;
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_not_taken() {
    let secured = Secured::start(&[]);
    let mut player = secured.https.enter(&drift()).await;
    let other = Identity::new();
    for (certificate, key) in [
        (secured.identity.certificate_pem(), other.key_pem()),
        (other.certificate_pem(), "not a key".to_owned()),
        ("not a certificate".to_owned(), other.key_pem()),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
            other.key_pem(),
        ),
    ] {
        secured.folder.write("cert.pem", &certificate);
        secured.folder.write("key.pem", &key);
        assert!(!secured.reload());
        assert!(secured.https.certificate().await == *secured.identity.der());
    }
    std::fs::remove_file(secured.folder.path().join("cert.pem")).unwrap();
    assert!(!secured.reload());
    assert_plays(&mut player).await;
    let kept = "tickwire_tls_reloads_total{outcome=\"kept\"}";
    assert_eq!(secured.https.metric(kept).await, 5.0);
    // Put right, it is taken.
    other.write(&secured.folder);
    assert!(secured.reload());
    player.leave().await;
}

#[tokio::test]
async fn what_is_no_tls_is_turned_away_and_disturbs_nobody() {
    let secured = Secured::start(&[]);
    let mut player = secured.https.enter(&drift()).await;
    let garbage: Vec<u8> = (0..2000_u32).map(|number| (number * 151) as u8).collect();
    // A record that claims to be a handshake, and is none.
    let no_hello = [&[22, 3, 1, 0, 200][..], &[255; 200]].concat();
    for bytes in [&b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"[..], &garbage, &no_hello] {
        let mut stream = TcpStream::connect(secured.server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let answer = read_all(&mut stream).await;
        // An alert (RFC 8446, section 6), or nothing.
        assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
    }
    secured.https.metric_until("tickwire_handshakes_failed_total", 3.0).await;
    assert_plays(&mut player).await;
    player.leave().await;
}

#[tokio::test]
async fn who_never_finishes_the_handshake_is_closed_and_gives_its_place_back() {
    // Which is four connections of HTTP.
    let flags = ["--handshake-timeout=1s", "--limit-loopback", "--max-sessions-per-address=1"];
    let secured = Secured::start(&flags);
    let mut slow = Vec::new();
    for begun in [&b""[..], &[22, 3, 1, 0, 200, 1]].repeat(2) {
        let mut stream = TcpStream::connect(secured.server.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        slow.push(stream);
    }
    // Its address has no place left, and others have.
    let refused = async { while secured.https.connect().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("the places are taken");
    let other = secured.https.from([127, 0, 0, 2].into());
    assert_eq!(other.get("/healthz").await.status, 200);
    for stream in &mut slow {
        assert_eq!(read_all(stream).await, b"");
    }
    let taken = async { while secured.https.connect().await.is_err() {} };
    tokio::time::timeout(PATIENCE, taken).await.expect("the places are given back");
}

#[tokio::test]
async fn much_that_waits_comes_whole_and_in_order() {
    const MESSAGES: u8 = 60;
    let secured = Secured::start(&["--test-echo"]);
    let url = format!("wss://localhost:{}/test/echo", secured.port());
    let (mut sending, mut receiving) = secured.https.open(&url).await.unwrap().split();
    let said = |number: u8| vec![number; 1000 * usize::from(number)];
    let say = async {
        for number in 0..MESSAGES {
            sending.send(Message::Binary(said(number).into())).await.unwrap();
        }
    };
    let hear = async {
        for number in 0..MESSAGES {
            let heard = receiving.next().await.unwrap().unwrap().into_data();
            assert!(heard == said(number), "{number}");
        }
    };
    let both = async { tokio::join!(say, hear) };
    tokio::time::timeout(PATIENCE, both).await.expect("all comes back");
}

#[test]
fn a_server_does_not_start_with_what_it_cannot_prove_itself_by() {
    let (folder, one, other) = (Folder::new(), Identity::new(), Identity::new());
    let flags = one.write(&folder);
    let flags = [flags[0].as_str(), flags[1].as_str()];
    for (name, text, due) in [
        ("key.pem", other.key_pem(), "KeyMismatch"),
        ("key.pem", "nonsense".to_owned(), "the key in"),
        ("cert.pem", "nonsense".to_owned(), "there is no certificate in"),
    ] {
        one.write(&folder);
        folder.write(name, &text);
        let told = refused(&flags);
        assert!(told.contains(due) && told.contains(name), "{told}");
    }
    std::fs::remove_file(folder.path().join("cert.pem")).unwrap();
    let told = refused(&flags);
    assert!(told.contains("cert.pem") && told.contains("No such file"), "{told}");
    let told = refused(&flags[..1]);
    assert!(told.contains("--tls-cert: only together with --tls-key"), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn sighup_has_the_certificate_read_again() {
    let (folder, old, new) = (Folder::new(), Identity::new(), Identity::new());
    let flags = old.write(&folder);
    let mut process = Process::start(&[&flags[0], &flags[1]]);
    let address = process.url.strip_prefix("https://").expect("it says where").parse().unwrap();
    let https = Https::to(address, &[&old, &new]);
    assert!(https.certificate().await == *old.der());
    let mut player = https.enter(&drift()).await;
    new.write(&folder);
    process.signal("-HUP");
    process.line_with("the certificate was read again");
    assert!(https.certificate().await == *new.der());
    folder.write("key.pem", &old.key_pem());
    process.signal("-HUP");
    let line = process.line_with("the old one stays");
    assert!(line.contains("ERROR") && line.contains("KeyMismatch"), "{line}");
    assert!(https.certificate().await == *new.der());
    assert_plays(&mut player).await;
    process.signal("-TERM");
    assert_eq!(close_code(&mut player.socket).await, 1012);
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_told_and_served() {
    let folder = Folder::new();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = folder.write("cert.pem", &params.self_signed(&key).unwrap().pem());
    let key = folder.write("key.pem", &key.serialize_pem());
    let [certificate, key] = [("cert", certificate), ("key", key)]
        .map(|(what, path)| format!("--tls-{what}={}", path.display()));
    let process = Process::start(&[&certificate, &key]);
    let told = process.log.iter().any(|line| line.contains("WARN") && line.contains("expired"));
    assert!(told, "{:?}", process.log);
}
