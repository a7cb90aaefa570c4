//! A node's standing: until when it may run its rooms. Pure; times are the node's own, and only go up.
//!
//! ```text
//!   renewed, sent at t        → leased until t + lease           (Redis keeps the lease for at least as long)
//!   no answer, peers asked at t:
//!     more than half promise  → borne until t + lease            (nobody can take anything over meanwhile)
//!     one reaches Redis       → the rooms stand still when the lease ends
//!   warrant = the later of both
//! ```
//!
//! Why two nodes never run one room: a takeover needs that the owner's lease has ended in Redis, and the votes of half
//! of the nodes, each given within the last two thirds of a lease by a node that was steady: leased without a gap for
//! a lease and a third. A node that promises to bear another one has not reached Redis for two thirds of a lease, so
//! that its last vote is void, and is not steady from then on, so that its next one comes after what it has promised
//! has ended. More than half of the nodes have promised; the others are too few to take anything over. (A node that
//! is gone for [`NODE_REMEMBERED`](crate::keys::NODE_REMEMBERED) does not count any more. Should a cluster be cut in two
//! for longer than that, fences tell clients who is right.)

use std::time::Duration;

/// What peers have said of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One of them reaches it: this node is the one that is cut off.
    Reached,
    /// More than half of all nodes have said that they do not.
    NoneReaches,
    /// Too few have said anything.
    Unclear,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has its lease.
    Leased,
    /// It goes on without one: nobody reaches Redis.
    Borne,
    /// It may run nothing.
    Suspended,
}

/// What the answers of peers come to, of which `None` has not come. `known` is how many nodes there are, this one
/// included, which does not reach Redis itself.
#[must_use]
pub fn tally(known: usize, answers: impl IntoIterator<Item = Option<bool>>) -> Verdict {
    let mut without = 1;
    for answer in answers.into_iter().flatten() {
        if answer {
            return Verdict::Reached;
        }
        without += 1;
    }
    if without * 2 > known { Verdict::NoneReaches } else { Verdict::Unclear }
}

/// The standing of one node.
#[derive(Clone, Debug)]
pub struct Standing {
    lease: Duration,
    leased_until: Duration,
    borne_until: Duration,
    /// When the first of the renewals was sent that have gone on without a gap.
    steady_since: Option<Duration>,
    /// When Redis last answered.
    answered: Duration,
}

impl Standing {
    /// That of a node without a lease yet, of which each lasts this long.
    #[must_use]
    pub const fn new(lease: Duration) -> Self {
        let (leased_until, borne_until) = (Duration::ZERO, Duration::ZERO);
        Self { lease, leased_until, borne_until, steady_since: None, answered: Duration::ZERO }
    }

    /// How long a lease is.
    #[must_use]
    pub const fn lease(&self) -> Duration {
        self.lease
    }

    /// Time between two renewals: three per lease, so that one may be lost.
    #[must_use]
    pub fn renewal_interval(&self) -> Duration {
        self.lease / 3
    }

    /// How old votes for a takeover may be.
    #[must_use]
    pub fn vote_lasts(lease: Duration) -> Duration {
        lease * 2 / 3
    }

    /// The node is new to Redis, or to it again: nothing of before counts. The request was sent at `sent`, and is
    /// answered now.
    pub fn handle_registered(&mut self, sent: Duration, now: Duration) {
        self.answered = now;
        self.leased_until = self.leased_until.max(sent + self.lease);
        self.steady_since = Some(sent);
    }

    /// The lease was renewed by a request that was sent at `sent`, and is answered now.
    pub fn handle_renewed(&mut self, sent: Duration, now: Duration) {
        self.answered = now;
        if sent > self.leased_until || self.steady_since.is_none() {
            self.steady_since = Some(sent);
        }
        self.leased_until = self.leased_until.max(sent + self.lease);
    }

    /// Redis says that there is no lease any more: it comes back by registering.
    pub const fn handle_lapsed(&mut self, now: Duration) {
        self.answered = now;
        self.steady_since = None;
    }

    /// A peer that cannot renew asks for a promise: that this node takes nothing over for longer than a lease.
    /// Given by who cannot reach Redis at this very moment (`reaches` is what a try has shown), and has not for a
    /// while. Returns whether this node has Redis, as far as the peer is concerned; `false` is the promise.
    pub fn handle_asked(&mut self, reaches: bool, now: Duration) -> bool {
        let has_voted =
            now < self.answered + Self::vote_lasts(self.lease) && self.answered > Duration::ZERO;
        if reaches || has_voted {
            return true;
        }
        self.steady_since = None;
        false
    }

    /// Peers were asked at `asked`, and have said this.
    pub fn handle_verdict(&mut self, asked: Duration, verdict: Verdict) {
        match verdict {
            Verdict::NoneReaches => self.borne_until = self.borne_until.max(asked + self.lease),
            Verdict::Reached => self.borne_until = Duration::ZERO,
            Verdict::Unclear => {}
        }
    }

    /// The node gives its lease back.
    pub const fn handle_left(&mut self) {
        self.leased_until = Duration::ZERO;
        self.borne_until = Duration::ZERO;
        self.steady_since = None;
    }

    /// Until when rooms may run.
    #[must_use]
    pub fn warrant_until(&self) -> Duration {
        self.leased_until.max(self.borne_until)
    }

    /// How the node stands.
    #[must_use]
    pub fn state(&self, now: Duration) -> State {
        if now < self.leased_until {
            State::Leased
        } else if now < self.borne_until {
            State::Borne
        } else {
            State::Suspended
        }
    }

    /// Whether the node is steady: its renewals count as votes, and it may take over rooms of others. After any
    /// outage everybody else has had the time to come back first.
    #[must_use]
    pub fn is_steady(&self, now: Duration) -> bool {
        let needed = self.lease + self.renewal_interval();
        let has_lasted = self.steady_since.is_some_and(|since| now >= since + needed);
        has_lasted && self.state(now) == State::Leased
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn leased() -> Standing {
        let mut standing = Standing::new(ms(900));
        standing.handle_registered(ms(1000), ms(1000));
        standing
    }

    #[test]
    fn a_warrant_lasts_a_lease_from_when_its_renewal_was_sent() {
        let mut standing = leased();
        assert_eq!(standing.warrant_until(), ms(1900));
        standing.handle_renewed(ms(1300), ms(1300));
        assert_eq!(
            (standing.state(ms(2199)), standing.state(ms(2200))),
            (State::Leased, State::Suspended)
        );
        standing.handle_renewed(ms(1200), ms(1310));
        assert_eq!(
            standing.warrant_until(),
            ms(2200),
            "an answer that was overtaken takes nothing back"
        );
    }

    #[test]
    fn a_node_is_borne_by_those_who_do_not_reach_redis_either() {
        let mut standing = leased();
        standing.handle_verdict(ms(1600), Verdict::NoneReaches);
        assert_eq!(
            (standing.state(ms(1899)), standing.state(ms(1900))),
            (State::Leased, State::Borne)
        );
        standing.handle_verdict(ms(2000), Verdict::Unclear);
        assert_eq!(standing.state(ms(2499)), State::Borne);
        assert_eq!(standing.state(ms(2500)), State::Suspended);
        standing.handle_verdict(ms(2400), Verdict::Reached);
        assert_eq!(standing.state(ms(2401)), State::Suspended, "it is this node that is cut off");
    }

    #[test]
    fn a_promise_is_given_when_the_last_vote_is_void_and_ends_steadiness() {
        let mut standing = leased();
        for at in (1300..=2500).step_by(300) {
            standing.handle_renewed(ms(at), ms(at + 5));
        }
        assert!(standing.is_steady(ms(2500)));
        assert!(standing.handle_asked(true, ms(3200)), "it reaches Redis");
        assert!(standing.handle_asked(false, ms(3104)), "its vote counts still");
        assert!(standing.is_steady(ms(3104)));
        assert!(!standing.handle_asked(false, ms(3105)));
        assert!(!standing.is_steady(ms(3105)));
        standing.handle_renewed(ms(3110), ms(3115));
        assert!(!standing.is_steady(ms(3999)), "what it has promised may last until 4005");
        // A node that has never been there has nothing to lose.
        assert!(!Standing::new(ms(900)).handle_asked(false, ms(1)));
    }

    #[test]
    fn takeovers_wait_a_lease_and_a_third_after_every_gap() {
        let mut standing = leased();
        let renew_until = |standing: &mut Standing, from: u64, to: u64| {
            for at in (from..=to).step_by(300) {
                standing.handle_renewed(ms(at), ms(at));
            }
        };
        renew_until(&mut standing, 1300, 2200);
        assert!(!standing.is_steady(ms(2199)));
        assert!(standing.is_steady(ms(2200)));
        assert!(!standing.is_steady(ms(3100)), "the lease has ended");
        // A gap longer than the lease.
        renew_until(&mut standing, 3200, 4100);
        assert!(!standing.is_steady(ms(4399)));
        assert!(standing.is_steady(ms(4400)));
        // A store that has lost its data.
        standing.handle_lapsed(ms(4400));
        assert!(!standing.is_steady(ms(4400)));
        standing.handle_registered(ms(4500), ms(4510));
        renew_until(&mut standing, 4800, 5700);
        assert!(!standing.is_steady(ms(5699)));
        assert!(standing.is_steady(ms(5700)));
    }

    #[test]
    fn more_than_half_have_to_say_that_they_do_not_reach_redis() {
        let (yes, no, none) = (Some(true), Some(false), None);
        assert_eq!(tally(1, []), Verdict::NoneReaches);
        assert_eq!(tally(2, [none]), Verdict::Unclear);
        assert_eq!(tally(2, [no]), Verdict::NoneReaches);
        assert_eq!(tally(3, [no, none]), Verdict::NoneReaches);
        assert_eq!(tally(3, [none, none]), Verdict::Unclear);
        assert_eq!(tally(3, [no, yes]), Verdict::Reached);
        assert_eq!(tally(4, [no, none, none]), Verdict::Unclear);
    }
}
