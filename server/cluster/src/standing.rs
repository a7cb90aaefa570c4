//! A node's standing: until when it may run its rooms. Pure; times are the node's own, and only go up.
//!
//! A *lease* (1 s by default) is how long a node is known that renews it. Its *tenure*, how long nobody may take over
//! its rooms, is two thirds longer: the time in which the others notice that Redis is away for them as well.
//!
//! ```text
//!   renewed, sent at t            → tenure until t + 5/3 lease   (Redis counts from when it arrives: later)
//!   no answer, peers asked at t:
//!     more than half promise      → borne until t + 5/3 lease    (nobody takes anything over meanwhile)
//!     one reaches Redis           → the rooms stand still when the lease ends
//!   warrant = the later of both
//! ```
//!
//! Why two nodes never run one room. A takeover needs that the owner's tenure has ended in Redis, and votes of half
//! of the nodes. A vote counts for a lease from the last renewal whose answer its node had when it gave it, and only
//! steady nodes vote: those that were leased for two leases without a gap. A node that promises to bear another one
//! has had no answer for a lease, so that all its votes are void, however late they arrive, and is not steady from
//! then on, so that it does not vote before what it has promised is over. More than half have promised; the others
//! are too few. And whoever is borne has had its warrant without a gap, so that nothing was taken over before.
//! (A node that is gone for [`NODE_REMEMBERED`](crate::keys::NODE_REMEMBERED) does not count any more. Should a cluster
//! be cut in two for longer than that, fences tell clients who is right.)

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
    tenure_until: Duration,
    borne_until: Duration,
    /// A peer has what this node has lost: Redis.
    is_cut_off: bool,
    /// When the first of the renewals was sent that have gone on without a gap.
    steady_since: Option<Duration>,
    /// When Redis last answered.
    answered: Option<Duration>,
}

impl Standing {
    /// That of a node without a lease yet, of which each lasts this long.
    #[must_use]
    pub const fn new(lease: Duration) -> Self {
        Self {
            lease,
            leased_until: Duration::ZERO,
            tenure_until: Duration::ZERO,
            borne_until: Duration::ZERO,
            is_cut_off: false,
            steady_since: None,
            answered: None,
        }
    }

    /// For how long after a renewal nobody takes a node's rooms over.
    #[must_use]
    pub fn tenure_of(lease: Duration) -> Duration {
        lease * 5 / 3
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

    /// The node is new to Redis, or to it again, and knows which rooms are its own: nothing of before counts. The
    /// request was sent at `sent`, and is answered now.
    pub fn handle_registered(&mut self, sent: Duration, now: Duration) {
        self.steady_since = Some(sent);
        self.lengthen(sent, now);
    }

    /// The lease was renewed by a request that was sent at `sent`, and is answered now.
    pub fn handle_renewed(&mut self, sent: Duration, now: Duration) {
        if sent > self.leased_until || self.steady_since.is_none() {
            self.steady_since = Some(sent);
        }
        self.lengthen(sent, now);
    }

    fn lengthen(&mut self, sent: Duration, now: Duration) {
        self.answered = Some(now);
        self.is_cut_off = false;
        self.leased_until = self.leased_until.max(sent + self.lease);
        self.tenure_until = self.tenure_until.max(sent + Self::tenure_of(self.lease));
    }

    /// Redis says that there is no lease any more: it comes back by registering.
    pub const fn handle_lapsed(&mut self, now: Duration) {
        self.answered = Some(now);
        self.steady_since = None;
    }

    /// A peer that cannot renew asks for a promise: that this node helps to take nothing over for a tenure. It is
    /// given by who cannot reach Redis at this very moment (`reaches` is what a try has shown), and had no answer
    /// from it for a lease. Returns whether this node has Redis; `false` is the promise. Who does not reach it, but
    /// had an answer a moment ago, can say neither.
    pub fn handle_asked(&mut self, reaches: bool, now: Duration) -> Option<bool> {
        let may_have_voted = self.answered.is_some_and(|answered| now < answered + self.lease);
        if reaches {
            return Some(true);
        }
        if may_have_voted {
            return None;
        }
        self.steady_since = None;
        Some(false)
    }

    /// Peers were asked at `asked`, and have said this by now.
    pub fn handle_verdict(&mut self, asked: Duration, verdict: Verdict, now: Duration) {
        match verdict {
            // Where there was a gap, somebody may have taken over what there was.
            Verdict::NoneReaches if now < self.warrant_until() => {
                self.borne_until = self.borne_until.max(asked + Self::tenure_of(self.lease));
            }
            Verdict::Reached => self.is_cut_off = true,
            Verdict::NoneReaches | Verdict::Unclear => {}
        }
    }

    /// The node gives its lease back.
    pub const fn handle_left(&mut self) {
        *self = Self::new(self.lease);
    }

    /// Until when rooms may run.
    #[must_use]
    pub fn warrant_until(&self) -> Duration {
        let until = if self.is_cut_off { self.leased_until } else { self.tenure_until };
        until.max(self.borne_until)
    }

    /// How the node stands.
    #[must_use]
    pub fn state(&self, now: Duration) -> State {
        if now < self.leased_until {
            State::Leased
        } else if now < self.warrant_until() {
            State::Borne
        } else {
            State::Suspended
        }
    }

    /// Whether the node is steady: it may vote, and take over rooms of others. After any outage everybody else has
    /// had the time to come back first.
    #[must_use]
    pub fn is_steady(&self, now: Duration) -> bool {
        let has_lasted = self.steady_since.is_some_and(|since| now >= since + 2 * self.lease);
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

    fn renew(standing: &mut Standing, from: u64, to: u64) {
        for at in (from..=to).step_by(300) {
            standing.handle_renewed(ms(at), ms(at + 5));
        }
    }

    #[test]
    fn a_tenure_counts_from_when_its_renewal_was_sent() {
        let mut standing = leased();
        assert_eq!(standing.warrant_until(), ms(2500));
        standing.handle_renewed(ms(1300), ms(1400));
        assert_eq!(
            (standing.state(ms(2199)), standing.state(ms(2200))),
            (State::Leased, State::Borne)
        );
        assert_eq!(
            (standing.state(ms(2799)), standing.state(ms(2800))),
            (State::Borne, State::Suspended)
        );
        standing.handle_renewed(ms(1200), ms(1410));
        assert_eq!(
            standing.warrant_until(),
            ms(2800),
            "an answer that was overtaken takes nothing back"
        );
    }

    #[test]
    fn a_node_is_borne_by_those_who_do_not_reach_redis_either() {
        let mut standing = leased();
        standing.handle_verdict(ms(2300), Verdict::NoneReaches, ms(2400));
        assert_eq!(standing.warrant_until(), ms(3800));
        standing.handle_verdict(ms(3700), Verdict::Unclear, ms(3750));
        assert_eq!(
            (standing.state(ms(3799)), standing.state(ms(3800))),
            (State::Borne, State::Suspended)
        );
        standing.handle_verdict(ms(3790), Verdict::NoneReaches, ms(3800));
        assert_eq!(standing.state(ms(3800)), State::Suspended, "there was a gap");
    }

    #[test]
    fn the_one_that_is_cut_off_stands_still_when_its_lease_ends() {
        let mut standing = leased();
        standing.handle_verdict(ms(1500), Verdict::Reached, ms(1510));
        assert_eq!(
            (standing.state(ms(1899)), standing.state(ms(1900))),
            (State::Leased, State::Suspended)
        );
        standing.handle_renewed(ms(1950), ms(1960));
        assert_eq!(standing.warrant_until(), ms(3450));
    }

    #[test]
    fn a_promise_is_given_when_all_votes_are_void_and_ends_steadiness() {
        let mut standing = leased();
        renew(&mut standing, 1300, 2800);
        assert!(standing.is_steady(ms(2800)));
        assert_eq!(standing.handle_asked(true, ms(3800)), Some(true), "it reaches Redis");
        assert_eq!(standing.handle_asked(false, ms(3704)), None, "its vote may count still");
        standing.handle_renewed(ms(3690), ms(3700));
        assert!(standing.is_steady(ms(3704)));
        assert_eq!(standing.handle_asked(false, ms(4600)), Some(false));
        standing.handle_renewed(ms(4601), ms(4602));
        renew(&mut standing, 4900, 6100);
        assert!(!standing.is_steady(ms(6100)), "what it has promised may last until then");
        // A node that has never been there has nothing to lose.
        assert_eq!(Standing::new(ms(900)).handle_asked(false, ms(1)), Some(false));
    }

    #[test]
    fn nodes_that_lose_redis_at_once_bear_each_other_whoever_renewed_last() {
        // The first one had its answer 300 ms before the second, which can promise nothing before 2200.
        let (mut first, mut second) = (leased(), leased());
        second.handle_renewed(ms(1290), ms(1300));
        for at in (1400..2400).step_by(100) {
            let answer = second.handle_asked(false, ms(at));
            first.handle_verdict(ms(at), tally(2, [answer]), ms(at + 10));
            assert_ne!(first.state(ms(at + 10)), State::Suspended, "{at}");
        }
        assert_eq!(first.warrant_until(), ms(2300 + 1500));
    }

    #[test]
    fn a_node_is_steady_two_leases_after_every_gap() {
        let mut standing = leased();
        renew(&mut standing, 1300, 2800);
        assert!(!standing.is_steady(ms(2799)));
        assert!(standing.is_steady(ms(2800)));
        assert!(!standing.is_steady(ms(3700)), "the lease has ended");
        renew(&mut standing, 3800, 5600);
        assert!(!standing.is_steady(ms(5599)));
        assert!(standing.is_steady(ms(5600)));
        // A store that has lost its data.
        standing.handle_lapsed(ms(5600));
        assert!(!standing.is_steady(ms(5600)));
        standing.handle_registered(ms(5700), ms(5710));
        renew(&mut standing, 6000, 7500);
        assert!(!standing.is_steady(ms(7499)));
        assert!(standing.is_steady(ms(7500)));
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
