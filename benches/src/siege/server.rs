//! The server under siege: a process of its own, started, looked at and stopped.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::Setting;
use super::http::{Http, HttpError, Line};
use super::metrics::Metrics;
use super::verdict::{Target, Verdict};
use super::vitals::{Vitals, VitalsError};

/// A server that takes longer to listen, or to stop, has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);
/// It has settled when it was the same so many times in a row.
const SETTLED_LOOKS: usize = 5;
/// Lines of its log that are kept, to be shown when it fails.
const KEPT_LINES: usize = 20;
/// Around the address in its log.
const ADDRESS_MARKS: [&str; 2] = ["open http://", " to play"];
/// In the log of a process that panics.
const PANIC_MARK: &str = "panicked at";
/// Begins the names of environment variables that stand for its flags.
const ENVIRONMENT_PREFIX: &str = "TICKWIRE_";

/// Why there is no server, or not any more.
#[derive(Debug, Error)]
pub enum ServerError {
    /// It cannot be started.
    #[error("{program} cannot be started: {cause}")]
    Start {
        /// What.
        program: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It did not say where it listens.
    #[error("the server does not listen:\n{0}")]
    Silent(String),
    /// It cannot be looked at.
    #[error(transparent)]
    Vitals(#[from] VitalsError),
    /// Its metrics cannot be read.
    #[error("the server's metrics: {0}")]
    Metrics(#[from] HttpError),
    /// It does not come to rest.
    #[error("the server does not come to rest")]
    Restless,
}

/// When a server pings, and gives a silent client up.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Time between two pings.
    pub interval: Duration,
    /// Silence that ends a session.
    pub timeout: Duration,
}

impl Heartbeat {
    /// The server's own defaults.
    pub const DEFAULT: Self =
        Self { interval: Duration::from_secs(5), timeout: Duration::from_secs(15) };
    /// One for runs of some seconds.
    pub const SHORT: Self =
        Self { interval: Duration::from_millis(500), timeout: Duration::from_millis(1500) };

    /// As the server's flags.
    #[must_use]
    pub fn flags(&self) -> [String; 2] {
        let [interval, timeout] = [self.interval, self.timeout].map(|time| time.as_millis());
        [format!("--heartbeat-interval={interval}ms"), format!("--heartbeat-timeout={timeout}ms")]
    }
}

/// What is known of a server at one moment.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it takes of the system.
    pub vitals: Vitals,
    /// What it counts.
    pub metrics: Metrics,
}

/// What its log came to.
#[derive(Debug, Default)]
struct Log {
    panics: usize,
    newest: Vec<String>,
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
}

impl Server {
    /// Starts a server with these flags beside those that every case wants, on a free port of an address,
    /// and waits until it listens.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(
        setting: &Setting,
        bind: Ipv4Addr,
        flags: &[String],
    ) -> Result<Self, ServerError> {
        let mut command = Command::new(&setting.server);
        command.arg(format!("--bind={bind}:0")).args(["--bots=0", "--log=warn,server=info"]);
        if setting.cores.is_some() {
            command.args(["--workers=1", "--room-threads=1"]);
        }
        command.args(flags).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(ENVIRONMENT_PREFIX)) {
                command.env_remove(name);
            }
        }
        let spawned = match &setting.cores {
            Some(cores) => cores.on_the_servers(|| command.spawn()).and_then(|child| child),
            None => command.spawn(),
        };
        let mut child = spawned.map_err(|cause| {
            let program = setting.server.display().to_string();
            ServerError::Start { program, cause }
        })?;
        let log = Arc::<Mutex<Log>>::default();
        let (sender, address) = oneshot::channel();
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || read_log(stderr, &log, sender));
        }
        // From here on it is stopped when something fails.
        let mut server = Self { child, address: (bind, 0).into(), log };
        server.address = match timeout(PATIENCE, address).await {
            Ok(Ok(address)) => address,
            _ => return Err(ServerError::Silent(server.newest_lines())),
        };
        if server.address.ip().is_unspecified() {
            server.address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        server.settle().await?;
        Ok(server)
    }

    /// Waits until its threads have what they need: it listens before that, and what it takes of the
    /// system then is no measure for what it should get back to.
    async fn settle(&self) -> Result<(), ServerError> {
        let (mut last, mut looks) = (0, 0);
        while looks < SETTLED_LOOKS {
            let now = self.sample().await?.vitals.descriptors;
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Where it listens; as seen from its own machine.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it takes of the system.
    ///
    /// # Errors
    /// [`VitalsError`].
    pub fn vitals(&self) -> Result<Vitals, VitalsError> {
        Vitals::of(self.child.id())
    }

    /// Looks at it.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn sample(&self) -> Result<Sample, ServerError> {
        // First, so that the connection for the metrics is not among the descriptors.
        let vitals = self.vitals()?;
        let mut http = Http::connect(&Line::to(self.address)).await?;
        let answer = http.get("/metrics").await?;
        Ok(Sample { vitals, metrics: Metrics::parse(&String::from_utf8_lossy(&answer.body)) })
    }

    /// Looks at it again and again, until each of these has come about or patience is at its end. Says how
    /// long after `since` each of them did, and shows every sample to `see`.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn watch<const N: usize>(
        &self,
        since: Instant,
        patience: Duration,
        conditions: [&dyn Fn(&Sample) -> bool; N],
        mut see: impl FnMut(&Sample),
    ) -> Result<[Option<Duration>; N], ServerError> {
        let mut came = [None; N];
        while came.iter().any(Option::is_none) && since.elapsed() < patience {
            let sample = self.sample().await?;
            see(&sample);
            for (came, is_so) in came.iter_mut().zip(conditions) {
                if came.is_none() && is_so(&sample) {
                    *came = Some(since.elapsed());
                }
            }
            sleep(POLL).await;
        }
        Ok(came)
    }

    /// Lets some time pass, in which it is looked at as often as when it is watched: what that costs is not
    /// to make a difference. How it is then.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn rest(&self, time: Duration) -> Result<Sample, ServerError> {
        let [_] = self.watch(Instant::now(), time, [&|_| false], |_| {}).await?;
        self.sample().await
    }

    /// Waits until it is as wanted.
    ///
    /// # Errors
    /// [`ServerError::Restless`] when it does not get there.
    pub async fn until(
        &self,
        patience: Duration,
        is_so: impl Fn(&Sample) -> bool,
    ) -> Result<(), ServerError> {
        match self.watch(Instant::now(), patience, [&is_so], |_| {}).await? {
            [Some(_)] => Ok(()),
            [None] => Err(ServerError::Restless),
        }
    }

    /// Asks it to stop, and tells the verdict how it lived and ended.
    pub async fn stop(mut self, verdict: &mut Verdict) {
        let lives = matches!(self.child.try_wait(), Ok(None));
        let status = if lives { self.end().await } else { None };
        let panics = self.log.lock().unwrap_or_else(PoisonError::into_inner).panics;
        verdict.outcome("server lives to the end (1: yes)", Target::Exactly(1.0), is(lives));
        verdict.outcome("panics in its log", Target::Exactly(0.0), panics as f64);
        let is_orderly = status.is_some_and(|status| status.success());
        verdict.outcome("it stops when asked to (1: yes)", Target::Exactly(1.0), is(is_orderly));
        if !lives || panics > 0 {
            verdict.note(&self.newest_lines());
        }
    }

    async fn end(&mut self) -> Option<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)?;
        kill_process(pid, Signal::TERM).ok()?;
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().ok()? {
                    return Some(status);
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, ended).await.ok().flatten()
    }

    fn newest_lines(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).newest.join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // That it has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether something is so, as a figure.
const fn is(so: bool) -> f64 {
    if so { 1.0 } else { 0.0 }
}

/// Reads the log to its end, so that the server never waits for that; finds its address and its panics.
fn read_log(stderr: impl Read, log: &Mutex<Log>, address: oneshot::Sender<SocketAddr>) {
    let mut address = Some(address);
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(found) = address_in(&line)
            && let Some(sender) = address.take()
        {
            let _ = sender.send(found);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.panics += usize::from(line.contains(PANIC_MARK));
        if log.newest.len() == KEPT_LINES {
            log.newest.remove(0);
        }
        log.newest.push(line);
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let [before, after] = ADDRESS_MARKS;
    line.split_once(before)?.1.split_once(after)?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_log() {
        let line = "2026-11-24T10:00:00Z  INFO open http://127.0.0.1:40001 to play";
        assert_eq!(address_in(line), Some("127.0.0.1:40001".parse().unwrap()));
        assert_eq!(address_in("INFO shutting down"), None);
    }

    #[test]
    fn panics_are_counted_and_the_newest_lines_kept() {
        let text = "thread 'x' panicked at src/a.rs:1:1:\n".repeat(2) + &"line\n".repeat(30);
        let (log, (sender, _receiver)) = (Mutex::<Log>::default(), oneshot::channel());
        read_log(text.as_bytes(), &log, sender);
        let log = log.into_inner().unwrap();
        assert_eq!((log.panics, log.newest.len()), (2, KEPT_LINES));
    }
}
