//! Certificates of the tests' own, and clients that trust them: HTTP and WebSockets by TLS, from any address of
//! this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use super::folder::Folder;
use super::{Client, PATIENCE, RawSocket};

/// What a server proves itself by: a certificate that it has signed itself, for `localhost`.
pub struct Identity(CertifiedKey<KeyPair>);

impl Identity {
    pub fn new() -> Self {
        Self(generate_simple_self_signed(["localhost".to_owned()]).unwrap())
    }

    /// Writes it to `cert.pem` and `key.pem`, and says by which flags a server finds it there.
    pub fn write(&self, folder: &Folder) -> [String; 2] {
        let certificate = folder.write("cert.pem", &self.certificate_pem());
        let key = folder.write("key.pem", &self.key_pem());
        [("cert", certificate), ("key", key)]
            .map(|(what, path)| format!("--tls-{what}={}", path.display()))
    }

    pub fn certificate_pem(&self) -> String {
        self.0.cert.pem()
    }

    pub fn key_pem(&self) -> String {
        self.0.signing_key.serialize_pem()
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        self.0.cert.der()
    }
}

/// How a server is reached by TLS.
#[derive(Clone)]
pub struct Https {
    address: SocketAddr,
    from: Ipv4Addr,
    trust: Arc<ClientConfig>,
}

/// An answer: its status, its head and its body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A chunked body (RFC 9112, section 7.1) that is read as it comes.
pub struct Body {
    stream: TlsStream<TcpStream>,
    pub head: String,
}

impl Body {
    /// The next chunk; nothing at the end.
    pub async fn next(&mut self) -> Vec<u8> {
        let read = async {
            let mut size = Vec::new();
            while !size.ends_with(b"\r\n") {
                size.push(self.stream.read_u8().await.expect("a chunk has a size"));
            }
            let size = std::str::from_utf8(&size).unwrap().trim_end();
            let mut chunk = vec![0; usize::from_str_radix(size, 16).unwrap() + 2];
            self.stream.read_exact(&mut chunk).await.expect("a chunk comes whole");
            chunk.truncate(chunk.len() - 2);
            chunk
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a chunk comes as it is sent")
    }
}

impl Https {
    /// A server that proves itself by one of these.
    pub fn to(address: SocketAddr, identities: &[&Identity]) -> Self {
        let mut roots = RootCertStore::empty();
        for identity in identities {
            roots.add(identity.der().clone()).unwrap();
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Who comes back by a ticket is shown no certificate.
        config.resumption = Resumption::disabled();
        Self { address, from: Ipv4Addr::LOCALHOST, trust: Arc::new(config) }
    }

    /// The same from another address of this machine.
    pub fn from(&self, from: Ipv4Addr) -> Self {
        Self { from, ..self.clone() }
    }

    /// A connection that has agreed on TLS.
    pub async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(self.from), 0))?;
        let stream = socket.connect(self.address).await?;
        let connector = TlsConnector::from(Arc::clone(&self.trust));
        let agreed = connector.connect("localhost".try_into().unwrap(), stream);
        tokio::time::timeout(PATIENCE, agreed).await.expect("TLS is agreed on, or not")
    }

    /// The certificate that is shown at a new connection.
    pub async fn certificate(&self) -> CertificateDer<'static> {
        let stream = self.connect().await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path} HTTP/1.1\r\n"), b"").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n");
        self.request(&head, body.to_string().as_bytes()).await
    }

    /// The same with a body of any bytes.
    pub async fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        self.request(&format!("POST {path} HTTP/1.1\r\n"), body).await
    }

    /// Asks for something on a connection of its own, and reads the answer to its end.
    async fn request(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.send(head, body).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.expect("an answer ends").unwrap();
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Asks for something whose answer goes on, and reads its head.
    pub async fn stream(&self, path: &str) -> Body {
        let mut stream = self.send(&format!("GET {path} HTTP/1.1\r\n"), b"").await;
        let mut head = Vec::new();
        let read = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a head has an end"));
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a head comes at once");
        Body { stream, head: String::from_utf8(head).unwrap() }
    }

    /// Asks for an upgrade; the status of the answer.
    pub async fn upgrade(&self, head: &str) -> u16 {
        let request =
            format!("{head}Host: localhost:{}\r\nConnection: Upgrade\r\n\r\n", self.port());
        let mut stream = self.connect().await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut begin = [0; 12];
        let read = stream.read_exact(&mut begin);
        tokio::time::timeout(PATIENCE, read).await.expect("an answer comes").unwrap();
        std::str::from_utf8(&begin[9..]).unwrap().parse().unwrap()
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    async fn send(&self, head: &str, body: &[u8]) -> TlsStream<TcpStream> {
        let mut stream = self.connect().await.unwrap();
        let length = body.len();
        let port = self.port();
        let request = format!(
            "{head}Host: localhost:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(&[request.as_bytes(), body].concat()).await.unwrap();
        stream
    }

    /// Joins; the seat.
    pub async fn join(&self, body: &Value) -> Value {
        let answer = self.post("/api/join", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Joins, connects and reads the welcome.
    pub async fn enter(&self, body: &Value) -> Client {
        let seat = self.join(body).await;
        Client::welcomed(self.open(seat["ws_url"].as_str().unwrap()).await.unwrap()).await
    }

    /// Opens a WebSocket, wherever the URL's host is.
    pub async fn open(&self, ws_url: &str) -> Result<RawSocket, Error> {
        self.open_claiming(ws_url, None).await
    }

    /// The same by a client that claims to be forwarded for somebody.
    pub async fn open_claiming(
        &self,
        ws_url: &str,
        forwarded_for: Option<&str>,
    ) -> Result<RawSocket, Error> {
        let mut request = ws_url.into_client_request().unwrap();
        if let Some(address) = forwarded_for {
            request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        }
        request.headers_mut().insert("sec-websocket-protocol", "tickwire.v1".parse().unwrap());
        let stream = MaybeTlsStream::Rustls(self.connect().await?);
        Ok(client_async(request, stream).await?.0)
    }

    /// Waits until a metric has this value.
    pub async fn metric_until(&self, name: &str, value: f64) {
        let wait = async {
            let mut polls = tokio::time::interval(super::POLL);
            while self.metric(name).await != value {
                polls.tick().await;
            }
        };
        let arrived = tokio::time::timeout(PATIENCE, wait).await;
        assert!(arrived.is_ok(), "{name} is {}", self.metric(name).await);
    }

    /// The value of a metric; 0 when it does not exist yet.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }
}
