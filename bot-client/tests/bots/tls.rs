//! Bots and a server that speaks TLS.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::fake_server::{FakeServer, Script};
use crate::swarm::{Run, read, spawn_at};

/// A certificate in a file, which is deleted when this is dropped.
struct CertificateFile(PathBuf);

impl Drop for CertificateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Speaks TLS before a server, as a task, by a certificate for `localhost`. Where it is, and the certificate.
async fn speak_tls_before(server: SocketAddr, name: &str) -> (u16, CertificateFile) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let file = std::env::temp_dir().join(format!("tickwire-bots-{}-{name}", std::process::id()));
    std::fs::write(&file, own.cert.pem()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            // Either end may go away at any time, and a client may turn away.
            spawn_local(async move {
                let mut near = acceptor.accept(stream).await.ok()?;
                let mut far = TcpStream::connect(server).await.ok()?;
                copy_bidirectional(&mut near, &mut far).await.ok()
            });
        }
    });
    (port, CertificateFile(file))
}

/// Bots with these flags; those of them that are for a file of certificates have the server's, if it is theirs.
async fn run(name: &str, flags: &str, trusts: bool) -> Run {
    let bots = async {
        let server = FakeServer::start(Script::default()).await;
        let (port, certificate) = speak_tls_before(server.address(), name).await;
        server.say_it_is_at(format!("wss://localhost:{port}"));
        let ca = format!(" --ca {}", certificate.0.display());
        let flags = format!("{flags}{}", if trusts { &ca } else { "" });
        let bots = spawn_at(&format!("https://localhost:{port}"), &flags);
        read(&bots.wait_with_output().await.unwrap(), &server)
    };
    LocalSet::new().run_until(bots).await
}

#[tokio::test]
async fn bots_play_by_tls() {
    let run = run("play", "--bots 5 --rooms 2 --duration 400ms", true).await;
    run.assert(0, 5, 0);
    assert_eq!(run.errors, "");
    assert_eq!(run.number("/desyncs"), 0.0);
    assert!(run.number("/updates_per_second_per_bot") > 0.0);
    assert_eq!(run.log.goodbyes, 5);
    assert!(run.log.wrong.is_empty(), "{:?}", run.log.wrong);
}

#[tokio::test]
async fn tls_goes_through_a_network_as_anything_else() {
    let flags = "--bots 2 --duration 600ms --net latency=80ms,jitter=20ms --cut-at 300ms";
    let run = run("net", flags, true).await;
    run.assert(0, 2, 0);
    assert_eq!(run.number("/reconnects"), 2.0);
}

#[tokio::test]
async fn a_certificate_of_nobody_is_turned_away_from() {
    let run = run("distrust", "--bots 1 --duration 400ms", false).await;
    run.assert(1, 0, 1);
    assert!(run.errors.contains("certificate"), "{}", run.errors);
    assert!(run.log.joins.is_empty());
}
