//! Who is asked where a room is, one server after the other, and what comes of the answers. Pure.

use std::time::Duration;

use tickwire_protocol::ids::Fence;

use super::{StaleOwner, Whereabouts};
use crate::join::ServerUrl;

/// Time from one question to the next where the room's owner is not to be had and nobody says how long that
/// takes: a quarter of the time in which a cluster finds out that a server has died.
const MOVING_DELAY: Duration = Duration::from_millis(250);
/// A delay that a server tells is kept within these: neither a mistake nor malice there makes a client hammer
/// it, or stay away for the rest of the time in which it can come back.
const LEAST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What a server has answered who was asked where a room is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there (200).
    There {
        /// Where to connect, without a query.
        ws_url: String,
        /// Its owner's.
        fence: Fence,
    },
    /// Its owner is not known now (503), which may be so for this long.
    Moving(Option<Duration>),
    /// It has ended (404).
    Gone,
    /// The server does not know the token, or the question: it may be one of another cluster.
    NotKnown,
    /// Nothing came, or nothing that makes sense.
    Nothing,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Resume there.
    Connect(String),
    /// Ask the next server, after this time.
    Ask(Duration),
    /// Nobody can be reached: ask again after a delay of the backoff.
    BackOff,
    /// There is no player to come back as.
    JoinAnew,
}

/// Answers since the last delay.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    asked: usize,
    /// Those that did not know the token.
    not_known: usize,
}

/// One server after the other is asked, over and over.
#[derive(Clone, Debug)]
pub struct Search {
    servers: Vec<ServerUrl>,
    next: usize,
    round: Round,
}

impl Search {
    /// These are to be asked, the first one first: one at least.
    pub(super) fn new(servers: Vec<ServerUrl>) -> Self {
        Self { servers, next: 0, round: Round::default() }
    }

    /// Whom to ask now.
    #[must_use]
    pub fn server(&self) -> &ServerUrl {
        &self.servers[self.next % self.servers.len()]
    }

    /// An answer has come, or none; what to do now.
    ///
    /// # Errors
    /// [`StaleOwner`] where an owner was named that has been replaced: as if it could not be reached.
    pub fn handle(&mut self, answer: Answer, known: &mut Whereabouts) -> Result<Step, StaleOwner> {
        self.next += 1;
        match answer {
            Answer::There { ws_url, fence } => {
                self.round = Round::default();
                known.handle_fence(fence)?;
                Ok(Step::Connect(ws_url))
            }
            Answer::Gone => Ok(Step::JoinAnew),
            Answer::Moving(told) => {
                self.round = Round::default();
                let delay = told.unwrap_or(MOVING_DELAY);
                Ok(Step::Ask(delay.clamp(LEAST_DELAY, LONGEST_DELAY)))
            }
            Answer::NotKnown | Answer::Nothing => {
                self.round.asked += 1;
                self.round.not_known += usize::from(answer == Answer::NotKnown);
                if self.round.asked < self.servers.len() {
                    return Ok(Step::Ask(Duration::ZERO));
                }
                let Round { asked, not_known } = std::mem::take(&mut self.round);
                Ok(if asked == not_known { Step::JoinAnew } else { Step::BackOff })
            }
        }
    }

    /// The owner that was named is not there, or not any more: the next one is asked after this time.
    #[must_use]
    pub const fn delay_after_miss() -> Duration {
        MOVING_DELAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{Gone, Moving, NotKnown, Nothing};

    fn search() -> Search {
        let urls = ["http://a:1", "http://b:1", "http://c:1"];
        Search::new(urls.iter().map(|url| url.parse().unwrap()).collect())
    }

    fn step(search: &mut Search, answer: Answer) -> Step {
        search.handle(answer, &mut Whereabouts::default()).unwrap()
    }

    fn there(fence: u64) -> Answer {
        Answer::There { ws_url: "ws://b:1/ws".to_owned(), fence: Fence(fence) }
    }

    const AT_ONCE: Step = Step::Ask(Duration::ZERO);

    #[test]
    fn servers_are_asked_in_turn_and_after_a_round_without_an_answer_comes_the_backoff() {
        let mut search = search();
        let mut asked = Vec::new();
        let mut steps = Vec::new();
        for _ in 0..6 {
            asked.push(search.server().to_string());
            steps.push(step(&mut search, Nothing));
        }
        let round = ["http://a:1", "http://b:1", "http://c:1"];
        assert_eq!(asked, [round, round].concat());
        let one = [AT_ONCE, AT_ONCE, Step::BackOff];
        assert_eq!(steps, [one.clone(), one].concat());
    }

    #[test]
    fn who_says_that_the_room_moves_is_believed_within_reason() {
        let mut search = search();
        let millis = Duration::from_millis;
        for (told, kept) in [
            (Some(millis(300)), millis(300)),
            (None, MOVING_DELAY),
            (Some(millis(0)), LEAST_DELAY),
            (Some(Duration::from_secs(900)), LONGEST_DELAY),
        ] {
            step(&mut search, Nothing);
            step(&mut search, Nothing);
            assert_eq!(step(&mut search, Moving(told)), Step::Ask(kept), "no round of nothing");
        }
    }

    #[test]
    fn where_the_room_is_one_connects_unless_an_owner_was_replaced() {
        let mut search = search();
        let mut known = Whereabouts::default();
        known.handle_fence(Fence(7)).unwrap();
        let connect = Step::Connect("ws://b:1/ws".to_owned());
        assert_eq!(search.handle(there(8), &mut known), Ok(connect.clone()));
        assert!(search.handle(there(7), &mut known).is_err());
        assert_eq!(search.server().to_string(), "http://c:1");
        assert_eq!(search.handle(there(0), &mut known), Ok(connect));
    }

    #[test]
    fn one_joins_anew_where_the_room_has_ended_or_nobody_knows_the_token() {
        assert_eq!(step(&mut search(), Gone), Step::JoinAnew);
        let mut search = search();
        let steps = [NotKnown, NotKnown, NotKnown].map(|answer| step(&mut search, answer));
        assert_eq!(steps, [AT_ONCE, AT_ONCE, Step::JoinAnew]);
        let steps = [Nothing, NotKnown, NotKnown].map(|answer| step(&mut search, answer));
        assert_eq!(steps, [AT_ONCE, AT_ONCE, Step::BackOff], "the first one may know it");
    }
}
