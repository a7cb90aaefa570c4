//! How many may come in, and how fast.
//!
//! A public server meets people who open connections by the thousand. Each address has so many at once
//! and so many joins per second; all together have a bound too. The server's own machine is exempt from
//! the limits per address, so that bots and tests work, unless it is told otherwise. Behind a proxy, all
//! would come from one address: what the proxy says counts instead, if the proxy is known.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use thiserror::Error;

/// How many joins an address may have at once, as a multiple of its joins per second: a family that
/// sits down to play.
const JOIN_BURST: u32 = 4;
/// Joins after which addresses that have not been seen for long are forgotten.
const FORGET_EVERY: usize = 1024;

/// The limits.
#[derive(Clone, Debug)]
pub struct AdmissionLimits {
    /// Most connections of all. 20000 by default: what a common limit of descriptors allows for.
    pub sessions: usize,
    /// Most connections of one address. 64 by default: a school behind one address.
    pub sessions_per_address: usize,
    /// Joins per second and address, four times as many at once. 8 by default.
    pub joins_per_second: NonZeroU32,
    /// Whether the server's own machine is limited as well. Not by default.
    pub limits_loopback: bool,
    /// Proxies whose `X-Forwarded-For` is believed. None by default.
    pub trusted_proxies: Vec<IpNet>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAdmitted {
    /// The server has as many connections as it may.
    #[error("the server is full: try again later")]
    ServerFull,
    /// The address has as many connections as it may.
    #[error("too many connections from this address")]
    TooManyConnections,
    /// The address joins too often.
    #[error("too many joins from this address: try again in a moment")]
    TooManyJoins,
}

/// Counts who is in.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    sessions: AtomicUsize,
    by_address: DashMap<IpAddr, usize>,
    joins: DefaultKeyedRateLimiter<IpAddr>,
    joins_seen: AtomicUsize,
}

/// A connection that was let in. Gives its place back when dropped.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    address: Option<IpAddr>,
}

impl Admission {
    /// Nobody is in yet.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        let burst =
            limits.joins_per_second.saturating_mul(NonZeroU32::MIN.saturating_add(JOIN_BURST - 1));
        let quota = Quota::per_second(limits.joins_per_second).allow_burst(burst);
        Self {
            limits,
            sessions: AtomicUsize::new(0),
            by_address: DashMap::new(),
            joins: RateLimiter::keyed(quota),
            joins_seen: AtomicUsize::new(0),
        }
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
            // What a proxy garbles is the proxy's own request.
            let Ok(before) = text.trim().parse() else { break };
            address = canonical(before);
        }
        Some(address)
    }

    /// Whether an address is that of a proxy whose headers are believed.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        self.limits.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// An address as it is counted; `None` when it is not.
    fn counted(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        let address =
            address.filter(|address| self.limits.limits_loopback || !address.is_loopback())?;
        Some(match address {
            IpAddr::V4(_) => address,
            // One subscriber has a whole /64 of them (RFC 6177).
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }

    /// Takes note of a join.
    ///
    /// # Errors
    /// [`NotAdmitted::TooManyJoins`], with the time after which one is due again.
    pub fn admit_join(&self, address: Option<IpAddr>) -> Result<(), (NotAdmitted, Duration)> {
        let Some(address) = self.counted(address) else { return Ok(()) };
        if self.joins_seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.joins.retain_recent();
        }
        let wait = Duration::from_secs(1) / self.limits.joins_per_second.get();
        self.joins.check_key(&address).map_err(|_| (NotAdmitted::TooManyJoins, wait))
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn admit_session(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Place, NotAdmitted> {
        let address = self.counted(address);
        if self.sessions.fetch_add(1, Ordering::Relaxed) >= self.limits.sessions {
            self.sessions.fetch_sub(1, Ordering::Relaxed);
            return Err(NotAdmitted::ServerFull);
        }
        // From here on the place is given back when this is dropped.
        let mut place = Place { admission: Arc::clone(self), address: None };
        if let Some(address) = address {
            let mut count = self.by_address.entry(address).or_default();
            if *count >= self.limits.sessions_per_address {
                return Err(NotAdmitted::TooManyConnections);
            }
            *count += 1;
            place.address = Some(address);
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.sessions.fetch_sub(1, Ordering::Relaxed);
        if let Some(address) = self.address {
            self.admission.by_address.remove_if_mut(&address, |_, count| {
                *count -= 1;
                *count == 0
            });
        }
    }
}

/// IPv4 as it is, however the socket tells it.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(limits_loopback: bool) -> Arc<Admission> {
        Arc::new(Admission::new(AdmissionLimits {
            sessions: 4,
            sessions_per_address: 2,
            joins_per_second: NonZeroU32::new(2).unwrap(),
            limits_loopback,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        }))
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_address_and_all_of_them_have_so_many_places() {
        let admission = admission(false);
        let enter = |from: &str| admission.admit_session(address(from));
        let one = [enter("192.0.2.1").unwrap(), enter("192.0.2.1").unwrap()];
        assert_eq!(enter("192.0.2.1").unwrap_err(), NotAdmitted::TooManyConnections);
        let others = [enter("192.0.2.2").unwrap(), enter("127.0.0.1").unwrap()];
        assert_eq!(enter("127.0.0.1").unwrap_err(), NotAdmitted::ServerFull);
        drop(one);
        let again = [enter("192.0.2.1").unwrap(), enter("127.0.0.1").unwrap()];
        drop((others, again));
        assert_eq!(admission.sessions.load(Ordering::Relaxed), 0);
        assert!(admission.by_address.is_empty());
    }

    #[test]
    fn neighbours_in_a_network_of_version_six_share_their_places() {
        let admission = admission(false);
        let enter = |from: &str| admission.admit_session(address(from));
        let _one = [enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap()];
        assert_eq!(enter("2001:db8::3").unwrap_err(), NotAdmitted::TooManyConnections);
        assert!(enter("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn joins_have_a_rate_and_a_burst() {
        let admission = admission(false);
        for _ in 0..8 {
            assert_eq!(admission.admit_join(address("192.0.2.1")), Ok(()));
        }
        let (cause, wait) = admission.admit_join(address("192.0.2.1")).unwrap_err();
        assert_eq!((cause, wait), (NotAdmitted::TooManyJoins, Duration::from_millis(500)));
        assert_eq!(admission.admit_join(address("192.0.2.2")), Ok(()));
    }

    #[test]
    fn the_own_machine_is_exempt_unless_it_is_not() {
        let [exempt, limited] = [false, true].map(admission);
        for _ in 0..8 {
            assert_eq!(limited.admit_join(address("127.0.0.1")), Ok(()));
            assert_eq!(exempt.admit_join(address("127.0.0.1")), Ok(()));
        }
        assert!(limited.admit_join(address("127.0.0.1")).is_err());
        assert_eq!(exempt.admit_join(address("::1")), Ok(()));
    }

    #[test]
    fn only_known_proxies_are_believed() {
        let admission = admission(false);
        let of = |peer, forwarded| admission.address_of(address(peer), forwarded);
        assert_eq!(of("192.0.2.1", Some("198.51.100.7")), address("192.0.2.1"));
        assert_eq!(of("10.0.0.1", Some("198.51.100.7")), address("198.51.100.7"));
        let chain = "6.6.6.6, 198.51.100.7, 10.1.1.1";
        assert_eq!(
            of("10.0.0.1", Some(chain)),
            address("198.51.100.7"),
            "what it claims before is a claim"
        );
        assert_eq!(of("10.0.0.1", Some("garbage")), address("10.0.0.1"));
        assert_eq!(of("10.0.0.1", None), address("10.0.0.1"));
        assert_eq!(of("::ffff:10.0.0.1", Some("198.51.100.7")), address("198.51.100.7"));
    }
}
