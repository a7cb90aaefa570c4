//! The bodies of all players, an array per component.
//!
//! They lie in ascending order of their players, so a player is found by binary search and clients
//! get them in the same order on every run; and each component lies densely, so the compiler turns
//! [`Bodies::advance`] into vector instructions.

use bincode::{Decode, Encode};
use tickwire_protocol::ids::{EntityId, PlayerId};

/// All bodies. Every vector is as long as the others.
#[derive(Debug, Default, Encode, Decode)]
pub struct Bodies {
    players: Vec<PlayerId>,
    entities: Vec<EntityId>,
    x: Vec<f32>,
    y: Vec<f32>,
    vx: Vec<f32>,
    vy: Vec<f32>,
}

/// One body, as clients see it.
pub struct Body {
    pub player: PlayerId,
    pub entity: EntityId,
    pub position: [f32; 2],
}

impl Bodies {
    /// Adds a player's body, at rest.
    pub fn insert(&mut self, player: PlayerId, entity: EntityId, [x, y]: [f32; 2]) {
        let index = self.players.partition_point(|&other| other < player);
        self.players.insert(index, player);
        self.entities.insert(index, entity);
        self.x.insert(index, x);
        self.y.insert(index, y);
        self.vx.insert(index, 0.0);
        self.vy.insert(index, 0.0);
    }

    /// Removes a player's body, if there is one.
    pub fn remove(&mut self, player: PlayerId) {
        let Ok(index) = self.players.binary_search(&player) else { return };
        self.players.remove(index);
        self.entities.remove(index);
        for component in [&mut self.x, &mut self.y, &mut self.vx, &mut self.vy] {
            component.remove(index);
        }
    }

    /// Sets velocities, in world units per second, of players in ascending order.
    pub fn steer(&mut self, changes: impl Iterator<Item = (PlayerId, [f32; 2])>) {
        let mut next = 0;
        for (player, [vx, vy]) in changes {
            next += first_not_below(&self.players[next..], player);
            if self.players.get(next) != Some(&player) {
                continue;
            }
            self.vx[next] = vx;
            self.vy[next] = vy;
            next += 1;
        }
    }

    /// Moves every body by `dt` seconds; the world's edge stops them.
    pub fn advance(&mut self, dt: f32, [width, height]: [f32; 2]) {
        advance_axis(&mut self.x, &self.vx, dt, width);
        advance_axis(&mut self.y, &self.vy, dt, height);
    }

    /// All bodies, by ascending player.
    pub fn iter(&self) -> impl Iterator<Item = Body> + '_ {
        let owners = self.players.iter().zip(&self.entities);
        let positions = self.x.iter().zip(&self.y);
        owners.zip(positions).map(|((&player, &entity), (&x, &y))| Body {
            player,
            entity,
            position: [x, y],
        })
    }

    /// Where a player's body is.
    pub fn of(&self, player: PlayerId) -> Option<[f32; 2]> {
        let index = self.players.binary_search(&player).ok()?;
        Some([self.x[index], self.y[index]])
    }

    /// Whether these could have come about in a world of this size.
    pub fn is_sound(&self, [width, height]: [f32; 2]) -> bool {
        let count = self.players.len();
        let within = |axis: &[f32], side| axis.iter().all(|place| (0.0..=side).contains(place));
        let finite = |axis: &[f32]| axis.iter().all(|component| component.is_finite());
        self.entities.len() == count
            && [&self.x, &self.y, &self.vx, &self.vy].iter().all(|axis| axis.len() == count)
            && !self.entities.contains(&EntityId(0))
            && self.players.is_sorted_by(|one, next| one < next)
            && within(&self.x, width)
            && within(&self.y, height)
            && finite(&self.vx)
            && finite(&self.vy)
    }
}

/// How many of some ascending players come before one, who is expected near the beginning: looks at
/// ever longer runs, then searches the last one.
fn first_not_below(players: &[PlayerId], player: PlayerId) -> usize {
    let mut end = 1;
    while players.get(end - 1).is_some_and(|&other| other < player) {
        end *= 2;
    }
    let run = end / 2..end.min(players.len());
    run.start + players[run].partition_point(|&other| other < player)
}

fn advance_axis(places: &mut [f32], velocities: &[f32], dt: f32, side: f32) {
    for (place, &velocity) in places.iter_mut().zip(velocities) {
        *place = (*place + velocity * dt).clamp(0.0, side);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_player_is_found_wherever_the_search_begins() {
        let players: Vec<_> = (0..40).map(|n| PlayerId(3 * n)).collect();
        for start in 0..=players.len() {
            for wanted in 0..125 {
                let rest = &players[start..];
                let expected = rest.partition_point(|&other| other < PlayerId(wanted));
                assert_eq!(first_not_below(rest, PlayerId(wanted)), expected, "{start} {wanted}");
            }
        }
    }
}
