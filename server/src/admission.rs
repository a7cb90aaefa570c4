//! How many may come in, and how fast.
//!
//! A public server meets people who open connections by the thousand. Each address has so many sessions and
//! connections of HTTP at once, and so many joins and beginnings of sessions per second; all together have a
//! bound too. The server's own machine is exempt from the limits per address, so that bots and tests work,
//! unless it is told otherwise. Behind a proxy, all would come from one address: what the proxy says counts
//! instead, if the proxy is known.

mod guesses;
mod places;
mod rate;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use thiserror::Error;

use guesses::Guesses;
use places::{Places, TakenPlace};
use rate::Rate;

pub use guesses::TooManyGuesses;

/// The limits.
#[derive(Clone, Debug)]
pub struct AdmissionLimits {
    /// Most sessions of all. 20000 by default: what a common limit of descriptors allows for.
    pub sessions: usize,
    /// Most sessions of one address, and a quarter of the connections of HTTP that it may have: those without
    /// a WebSocket take three. 64 by default: a school behind one address.
    pub sessions_per_address: usize,
    /// Joins and opened rooms per second and address, four times as many at once. 8 by default: faster
    /// than a class can click.
    pub joins_per_second: NonZeroU32,
    /// Sessions begun per second and address, whatever carries them, likewise. 16 by default: one for each join, and as many
    /// for those who come back.
    pub upgrades_per_second: NonZeroU32,
    /// Wrong codes, passwords and host keys of one address in a minute, the own machine's included. 10 by
    /// default: more than anybody mistypes.
    pub guesses_per_minute: NonZeroU32,
    /// Most who listen to server-sent events. 2000 by default: a page open for each of as many people, some
    /// tens of megabytes.
    pub event_listeners: usize,
    /// Whether the server's own machine is limited as well. Not by default.
    pub limits_loopback: bool,
    /// Proxies whose `X-Forwarded-For` is believed. None by default.
    pub trusted_proxies: Vec<IpNet>,
}

/// Connections of HTTP that an address may have for each of its sessions: one without a WebSocket takes up to
/// three.
const CONNECTIONS_PER_SESSION: usize = 4;
/// Stands for addresses that cannot be made out.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAdmitted {
    /// The server has as many connections as it may.
    #[error("the server is full: try again later")]
    ServerFull,
    /// The address has as many connections as it may.
    #[error("too many connections from this address")]
    TooManyConnections,
    /// As many listen to events as may.
    #[error("too many listen to events: try again later")]
    TooManyListeners,
    /// The address joins too often.
    #[error("too many joins from this address: try again in a moment")]
    TooManyJoins,
    /// The address begins sessions too often.
    #[error("too many upgrades from this address: try again in a moment")]
    TooManyUpgrades,
}

/// Counts who is in.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    sessions: AtomicUsize,
    sockets: Arc<Places>,
    requests: Arc<Places>,
    joins: Rate,
    upgrades: Rate,
    guesses: Guesses,
    listeners: AtomicUsize,
    listening: Arc<Places>,
    has_met_proxy: AtomicBool,
}

/// A session that was let in. Gives its place back when dropped.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    address: Option<IpAddr>,
    _of_address: Option<TakenPlace>,
}

/// A listener to events who was let in, likewise.
#[derive(Debug)]
pub struct ListenerPlace {
    admission: Arc<Admission>,
    _of_address: Option<TakenPlace>,
}

/// A connection of HTTP that was let in, likewise.
#[derive(Debug)]
pub struct RequestPlace {
    _of_address: Option<TakenPlace>,
}

impl Admission {
    /// Nobody is in yet.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        Self {
            sessions: AtomicUsize::new(0),
            sockets: Places::new(limits.sessions_per_address),
            requests: Places::new(CONNECTIONS_PER_SESSION * limits.sessions_per_address),
            joins: Rate::new(limits.joins_per_second),
            upgrades: Rate::new(limits.upgrades_per_second),
            guesses: Guesses::new(limits.guesses_per_minute),
            listeners: AtomicUsize::new(0),
            listening: Places::new(limits.sessions_per_address),
            has_met_proxy: AtomicBool::new(false),
            limits,
        }
    }

    /// How many sessions are in.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.load(Ordering::Relaxed)
    }

    /// Whose request it is: the peer, or, if that is a trusted proxy, the last of `forwarded_for` that
    /// is none. `None` when the peer is not known.
    #[must_use]
    pub fn address_of(&self, peer: Option<IpAddr>, forwarded_for: Option<&str>) -> Option<IpAddr> {
        let mut address = canonical(peer?);
        for text in forwarded_for.unwrap_or_default().rsplit(',') {
            if !self.is_trusted(address) {
                break;
            }
            if forwarded_for.is_none() {
                break;
            }
            // Who makes a proxy say nonsense is nobody in particular: all of these are counted together.
            address = canonical(text.trim().parse().unwrap_or(UNKNOWN));
        }
        Some(address)
    }

    /// Whether an address is that of a proxy whose headers are believed.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        self.limits.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// A request that says that it was forwarded: the address of the proxy, if it runs on this machine and the
    /// server was not told of it. Everybody behind it counts as the own machine then, which the operator
    /// should know. Told once.
    #[must_use]
    pub fn meets_unknown_proxy(&self, peer: Option<IpAddr>) -> Option<IpAddr> {
        let proxy = peer.map(canonical)?;
        let is_unknown = proxy.is_loopback() && !self.is_trusted(proxy);
        (is_unknown && !self.has_met_proxy.swap(true, Ordering::Relaxed)).then_some(proxy)
    }

    /// An address as it is counted; `None` when it is not.
    #[must_use]
    pub fn counted(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        let is_limited = |address: &IpAddr| self.limits.limits_loopback || !address.is_loopback();
        address.filter(is_limited).map(subscriber)
    }

    /// Looks at what may be a guess of a code, password or key, unless the address has guessed wrong too
    /// often; `is_wrong` says whether a failure is a wrong guess. Here the own machine counts like any other.
    ///
    /// # Errors
    /// [`TooManyGuesses`].
    pub fn guess<T, E>(
        &self,
        address: Option<IpAddr>,
        look: impl FnOnce() -> Result<T, E>,
        is_wrong: impl FnOnce(&E) -> bool,
    ) -> Result<Result<T, E>, TooManyGuesses> {
        let address = subscriber(address.unwrap_or(UNKNOWN));
        self.guesses.guess(address, Instant::now(), look, is_wrong)
    }

    /// Takes note of a join, or of a room that is to be opened.
    ///
    /// # Errors
    /// [`NotAdmitted::TooManyJoins`], with the time after which one is due again.
    pub fn admit_join(&self, address: Option<IpAddr>) -> Result<(), (NotAdmitted, Duration)> {
        let Some(address) = self.counted(address) else { return Ok(()) };
        self.joins.admit(address).map_err(|wait| (NotAdmitted::TooManyJoins, wait))
    }

    /// Takes note of a session that is to begin.
    ///
    /// # Errors
    /// [`NotAdmitted::TooManyUpgrades`], with the time after which one is due again.
    pub fn admit_upgrade(&self, address: Option<IpAddr>) -> Result<(), (NotAdmitted, Duration)> {
        let Some(address) = self.counted(address) else { return Ok(()) };
        self.upgrades.admit(address).map_err(|wait| (NotAdmitted::TooManyUpgrades, wait))
    }

    /// Lets a session in.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn admit_session(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Place, NotAdmitted> {
        // From here on the place is given back when this is dropped.
        let mut place = Place { admission: Arc::clone(self), address, _of_address: None };
        if self.sessions.fetch_add(1, Ordering::Relaxed) >= self.limits.sessions {
            return Err(NotAdmitted::ServerFull);
        }
        if let Some(address) = self.counted(address) {
            let taken = self.sockets.take(address).ok_or(NotAdmitted::TooManyConnections)?;
            place._of_address = Some(taken);
        }
        Ok(place)
    }

    /// Lets somebody listen to events.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn admit_listener(
        self: &Arc<Self>,
        address: Option<IpAddr>,
    ) -> Result<ListenerPlace, NotAdmitted> {
        let mut place = ListenerPlace { admission: Arc::clone(self), _of_address: None };
        if self.listeners.fetch_add(1, Ordering::Relaxed) >= self.limits.event_listeners {
            return Err(NotAdmitted::TooManyListeners);
        }
        if let Some(address) = self.counted(address) {
            let taken = self.listening.take(address).ok_or(NotAdmitted::TooManyConnections)?;
            place._of_address = Some(taken);
        }
        Ok(place)
    }

    /// How many listen to events.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.listeners.load(Ordering::Relaxed)
    }

    /// Lets a connection of HTTP in, by its peer: nothing has been read of it. Those of known proxies are
    /// not counted.
    ///
    /// # Errors
    /// [`NotAdmitted::TooManyConnections`].
    pub fn admit_request(&self, peer: Option<IpAddr>) -> Result<RequestPlace, NotAdmitted> {
        let peer = peer.filter(|&peer| !self.is_trusted(peer)).map(canonical);
        let taken = match self.counted(peer) {
            Some(peer) => Some(self.requests.take(peer).ok_or(NotAdmitted::TooManyConnections)?),
            None => None,
        };
        Ok(RequestPlace { _of_address: taken })
    }
}

impl Place {
    /// Where its session comes from, as far as that is known.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for ListenerPlace {
    fn drop(&mut self) {
        self.admission.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whom an address belongs to: one subscriber has a whole /64 of version six (RFC 6177).
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// IPv4 as it is, however the socket tells it.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
