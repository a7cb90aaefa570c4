//! `storm`: everybody comes by TLS at once, and nobody has been here before: each handshake is a whole one, with a
//! signature of the server's. How long until the last is answered; and who plays meanwhile must not wait for it.

use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_bot_client::behavior::Behavior;
use tickwire_bot_client::join::Lobby;
use tickwire_bot_client::stats::Durations;
use tickwire_bot_client::trust::{Authority, AuthorityError, Trust};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::server::Server;
use super::verdict::{Target, Verdict};
use super::witness::{self, Witnesses};
use super::{GAME, Setting, SiegeError};

/// The longest that anybody may wait for an answer.
const MAX_SECONDS: Target = Target::AtMost(2.0);
/// What is not answered by then never is.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often the server is looked at.
const LOOK_PERIOD: Duration = Duration::from_millis(50);
/// Whom the certificate is for.
const HOST: &str = "localhost";
/// What each asks for.
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// How an answer begins.
const ANSWER: &[u8] = b"HTTP/1.1 200 ";

/// Why there is nothing that the server could prove itself by.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// No certificate.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// No file for it.
    #[error("writing a certificate down: {0}")]
    File(#[from] io::Error),
    /// It is not read back.
    #[error("reading a certificate: {0}")]
    Authority(#[from] AuthorityError),
    /// TLS does not take it.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// What the server proves itself by, in files that are deleted when this is dropped.
struct Identity {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
}

/// How a storm went.
#[derive(Debug, Default)]
struct Outcome {
    agreed: Durations,
    answered: Durations,
    /// Not answered, or not by TLS.
    left: usize,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let (count, players, calm) = if setting.short {
        (50, 5, Duration::from_millis(500))
    } else {
        (200, 50, Duration::from_secs(5))
    };
    let identity = Identity::make()?;
    let flags = [identity.flags().to_vec(), vec!["--room-capacity=500".to_owned()]].concat();
    let server = Server::start_by_tls(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let url = format!("https://{HOST}:{}", server.address().port());
    let lobby = Lobby::trusting(url.parse()?, identity.trust()?);
    let room = lobby.create_room(Some(GAME)).await?.room;
    let (stages, scene) = load::stages();
    let (behavior, seed) = (Behavior::Wander, setting.seed);
    let players = witness::Plan { lobby, room, count: players, behavior, seed };
    let witnesses = Witnesses::gather(players, scene.clone()).await?;
    stages.send_replace(Stage::Before);
    sleep(calm).await;
    let connector = identity.connector()?;
    let before = server.vitals()?;
    let address = server.address();
    let storm = load::spawn(Part::Good, move || break_loose(address, connector, count, scene))?;
    stages.send_replace(Stage::During);
    let outcome = storm.done().await?;
    sleep(calm).await;
    stages.send_replace(Stage::After);

    verdict.outcome(
        "connections that were not answered",
        Target::Exactly(0.0),
        outcome.left as f64,
    );
    let seconds = |times: &Durations| times.max_ms().map(|ms| ms / 1000.0);
    verdict.magnitude(
        "the last has agreed on TLS after",
        "s",
        Target::None,
        seconds(&outcome.agreed),
    );
    verdict.magnitude("the last is answered after", "s", MAX_SECONDS, seconds(&outcome.answered));
    let left = until_given_back(&server, before.descriptors).await?;
    verdict.outcome("descriptors not back", Target::Exactly(0.0), left as f64);
    stages.send_replace(Stage::Over);
    witnesses.testimony().await?.tell(verdict, Target::None);
    server.stop(verdict).await;
    Ok(())
}

/// Waits until the server has so many descriptors again; how many more it has in the end.
async fn until_given_back(server: &Server, due: usize) -> Result<usize, SiegeError> {
    let begun = Instant::now();
    loop {
        let left = server.vitals()?.descriptors.saturating_sub(due);
        if left == 0 || begun.elapsed() > PATIENCE {
            return Ok(left);
        }
        sleep(LOOK_PERIOD).await;
    }
}

/// All connections at once, until each is answered.
async fn break_loose(
    server: SocketAddr,
    connector: TlsConnector,
    count: usize,
    mut scene: Scene,
) -> Outcome {
    scene.reached(Stage::During).await;
    let begun = Instant::now();
    let outcome = Rc::<RefCell<Outcome>>::default();
    let mut connections = JoinSet::new();
    for _ in 0..count {
        let (outcome, connector) = (Rc::clone(&outcome), connector.clone());
        connections.spawn_local(async move {
            let times = timeout(PATIENCE, ask(server, connector, begun)).await;
            let mut outcome = outcome.borrow_mut();
            match times {
                Ok(Ok(Some([agreed, answered]))) => {
                    outcome.agreed.record(agreed);
                    outcome.answered.record(answered);
                }
                _ => outcome.left += 1,
            }
        });
    }
    while connections.join_next().await.is_some() {}
    outcome.take()
}

/// One connection: how long after the beginning TLS was agreed on, and the answer was there; `None` when it was
/// another one.
async fn ask(
    server: SocketAddr,
    connector: TlsConnector,
    begun: Instant,
) -> io::Result<Option<[Duration; 2]>> {
    let stream = Line::to(server).connect().await?;
    let mut stream =
        connector.connect(ServerName::try_from(HOST).map_err(io::Error::other)?, stream).await?;
    let agreed = begun.elapsed();
    stream.write_all(REQUEST).await?;
    let mut answer = [0; ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    Ok((answer == ANSWER).then(|| [agreed, begun.elapsed()]))
}

impl Identity {
    fn make() -> Result<Self, IdentityError> {
        let own = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
        let folder = std::env::temp_dir().join(format!("tickwire-siege-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let identity = Self { folder, certificate: own.cert.der().clone() };
        let [certificate, key] = identity.files();
        std::fs::write(certificate, own.cert.pem())?;
        std::fs::write(key, own.signing_key.serialize_pem())?;
        Ok(identity)
    }

    fn files(&self) -> [PathBuf; 2] {
        ["cert.pem", "key.pem"].map(|name| self.folder.join(name))
    }

    /// The server's flags.
    fn flags(&self) -> [String; 2] {
        let [certificate, key] = self.files();
        let flag = |name, path: &Path| format!("--tls-{name}={}", path.display());
        [flag("cert", &certificate), flag("key", &key)]
    }

    /// Players who believe it.
    fn trust(&self) -> Result<Trust, IdentityError> {
        let [certificate, _] = self.files();
        Ok(Trust::with(&certificate.display().to_string().parse::<Authority>()?))
    }

    /// Strangers who believe it: they come back to nothing.
    fn connector(&self) -> Result<TlsConnector, IdentityError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        // What cannot be deleted stays.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
