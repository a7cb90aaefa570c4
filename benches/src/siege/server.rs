//! The server under siege: started as its case wants it, looked at, and judged when it stops.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::time::sleep;

use super::Setting;
use super::http::{Http, HttpError, Line};
use super::metrics::Metrics;
use super::verdict::{Target, Verdict};
use crate::process::vitals::{Vitals, VitalsError};
use crate::process::{Process, ProcessError};

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);
/// It has settled when it was the same so many times in a row.
const SETTLED_LOOKS: usize = 5;

/// Why there is no server, or not any more.
#[derive(Debug, Error)]
pub enum ServerError {
    /// It does not run.
    #[error("the server: {0}")]
    Process(#[from] ProcessError),
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

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: SocketAddr,
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
        let server = Self::launch(setting, bind, flags).await?;
        server.settle().await?;
        Ok(server)
    }

    /// Starts one that speaks TLS, as these flags say. What it counts cannot be asked of it.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start_by_tls(
        setting: &Setting,
        bind: Ipv4Addr,
        flags: &[String],
    ) -> Result<Self, ServerError> {
        Self::launch(setting, bind, flags).await
    }

    async fn launch(
        setting: &Setting,
        bind: Ipv4Addr,
        flags: &[String],
    ) -> Result<Self, ServerError> {
        let mut command = Command::new(&setting.server);
        command.arg(format!("--bind={bind}:0")).args(["--bots=0", "--log=warn,server=info"]);
        if setting.cores.is_some() {
            command.args(["--workers=1", "--room-threads=1"]);
        }
        command.args(flags);
        let process = Process::start(command, setting.cores.as_ref()).await?;
        let mut server = Self { address: process.address(), process };
        if server.address.ip().is_unspecified() {
            server.address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
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
        self.process.vitals()
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
        let lives = self.process.is_alive();
        let status = if lives { self.process.stop().await } else { None };
        let panics = self.process.panics();
        verdict.outcome("server lives to the end (1: yes)", Target::Exactly(1.0), is(lives));
        verdict.outcome("panics in its log", Target::Exactly(0.0), panics as f64);
        let is_orderly = status.is_some_and(|status| status.success());
        verdict.outcome("it stops when asked to (1: yes)", Target::Exactly(1.0), is(is_orderly));
        if !lives || panics > 0 {
            verdict.note(&self.process.last_words());
        }
    }
}

/// Whether something is so, as a figure.
const fn is(so: bool) -> f64 {
    if so { 1.0 } else { 0.0 }
}
