//! The players' standing: scores, and who waits for a new ship.

use bincode::{Decode, Encode};
use glam::Vec2;
use tickwire_protocol::ids::{EntityId, PlayerId};

use crate::chat::ChatAllowance;
use crate::schema::{MAX_TALLY, SCORES};

/// A player of the game, ship or no ship.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Pilot {
    /// Who.
    pub player: PlayerId,
    /// The entity that shows their standing.
    pub entity: EntityId,
    /// The entity that shows them alone what their ship does exactly.
    pub helm: EntityId,
    /// Points.
    pub score: i32,
    /// Ships destroyed.
    pub kills: u32,
    /// Ships lost.
    pub deaths: u32,
    /// Whether they fly.
    pub life: Life,
    /// Whether their connection is lost: they get no new ship as long as it is.
    pub is_away: bool,
    /// How much they may say.
    pub chat: ChatAllowance,
}

/// Whether a player flies.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub enum Life {
    /// Their ship is in the fleet.
    Flying,
    /// Their ship is lost.
    Down {
        /// Seconds until they get a new one.
        wait: f32,
        /// Where it was lost: they go on looking at that place.
        #[bincode(with_serde)]
        place: Vec2,
    },
}

impl Pilot {
    /// A new player, whose ship is launched at the same time.
    #[must_use]
    pub fn new(player: PlayerId, [entity, helm]: [EntityId; 2]) -> Self {
        Self {
            player,
            entity,
            helm,
            score: 0,
            kills: 0,
            deaths: 0,
            life: Life::Flying,
            is_away: false,
            chat: ChatAllowance::default(),
        }
    }

    /// Adds points, or takes them; the score stays in the range that clients can be told.
    pub fn gain(&mut self, points: i32) {
        self.score = self.score.saturating_add(points).clamp(*SCORES.start(), *SCORES.end());
    }

    /// Counts a kill.
    pub fn count_kill(&mut self) {
        self.kills = (self.kills + 1).min(MAX_TALLY);
    }

    /// Counts a lost ship and waits for the next one.
    pub fn go_down(&mut self, wait: f32, place: Vec2) {
        self.deaths = (self.deaths + 1).min(MAX_TALLY);
        self.life = Life::Down { wait, place };
    }
}

/// All players, by ascending id.
#[derive(Debug, Default, Encode, Decode)]
pub struct Pilots {
    list: Vec<Pilot>,
}

impl Pilots {
    /// The players, by ascending id.
    #[must_use]
    pub fn list(&self) -> &[Pilot] {
        &self.list
    }

    /// The players, to be changed; their ids must not be.
    pub fn list_mut(&mut self) -> &mut [Pilot] {
        &mut self.list
    }

    /// A player.
    #[must_use]
    pub fn of(&self, player: PlayerId) -> Option<&Pilot> {
        let index = self.list.binary_search_by_key(&player, |pilot| pilot.player).ok()?;
        self.list.get(index)
    }

    /// A player, to be changed.
    pub fn of_mut(&mut self, player: PlayerId) -> Option<&mut Pilot> {
        let index = self.list.binary_search_by_key(&player, |pilot| pilot.player).ok()?;
        self.list.get_mut(index)
    }

    /// Who has the most points, if anybody has any; of several the one who came first.
    #[must_use]
    pub fn leader(&self) -> Option<PlayerId> {
        let ahead = self.list.iter().filter(|pilot| pilot.score > 0);
        ahead.min_by_key(|pilot| (-pilot.score, pilot.player)).map(|pilot| pilot.player)
    }

    /// Lets a time pass for those without a ship; those who get one now, by ascending id.
    pub fn take_due(&mut self, dt: f32) -> impl Iterator<Item = PlayerId> + '_ {
        self.list.iter_mut().filter_map(move |pilot| {
            let Life::Down { wait, .. } = &mut pilot.life else { return None };
            *wait -= dt;
            let is_due = *wait <= 0.0 && !pilot.is_away;
            is_due.then(|| {
                pilot.life = Life::Flying;
                pilot.player
            })
        })
    }

    /// Adds a player who is not there.
    pub fn insert(&mut self, pilot: Pilot) {
        let index = self.list.partition_point(|other| other.player < pilot.player);
        self.list.insert(index, pilot);
    }

    /// Removes a player, if there.
    pub fn remove(&mut self, player: PlayerId) {
        self.list.retain(|pilot| pilot.player != player);
    }

    /// Whether these could have come about.
    #[must_use]
    pub fn are_sound(&self) -> bool {
        self.list.is_sorted_by(|one, next| one.player < next.player)
            && self.list.iter().all(|pilot| {
                let waits = match pilot.life {
                    Life::Flying => true,
                    Life::Down { wait, place } => wait.is_finite() && place.is_finite(),
                };
                let counts =
                    SCORES.contains(&pilot.score) && pilot.kills.max(pilot.deaths) <= MAX_TALLY;
                let shown = pilot.entity != EntityId(0) && pilot.helm != EntityId(0);
                waits && counts && shown && pilot.chat.is_sound()
            })
    }
}
