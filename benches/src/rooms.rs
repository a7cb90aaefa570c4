//! A crowd in a large world: what a tick of one drift room costs and sends, as players get more and
//! stand as close as before.
//!
//! ```text
//! Crowd  the room as it is: inputs, step, record, all chunks, all frames   → tick, bytes
//! Scene  the same game with the same inputs, without a room                → step
//!   → RoomState  its state and the chunks of all cells, from the tick before → record, chunks
//! frames = tick − step − record − chunks: a frame for each member, and what else a room does
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_bot_client::behavior::Behavior;
use tickwire_bot_client::connection::wire_bytes;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::watch::GridError;
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::{GameOptions, OptionError};
use tickwire_simulation::scene::place_of;

use crate::crowd::{Crowd, CrowdError, CrowdPlan};
use crate::replication::RoomState;
use crate::scene::Scene;

/// Square units per player: 1,000 in a world of 8000 × 8000.
const AREA: f64 = 8000.0 * 8000.0 / 1000.0;
/// Members who keep a whole replica, and count what is in it.
const OBSERVERS: usize = 20;
/// Ticks before anything is measured, so that rates and priors are chosen and keyframes are sent.
const SETTLING_TICKS: usize = 150;

/// Why a room cannot be measured: it behaves otherwise than this file believes.
#[derive(Debug, Error)]
pub enum RoomsError {
    /// The game refuses its options.
    #[error("{0}")]
    Options(#[from] OptionError),
    /// The world cannot be cut into cells.
    #[error("{0}")]
    Grid(#[from] GridError),
    /// The room and its members do not get along.
    #[error("{0}")]
    Crowd(#[from] CrowdError),
}

/// What a room of so many players costs and sends. Times are medians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoomFigures {
    /// Its players.
    pub players: usize,
    /// Side of its world, in units.
    pub side: u32,
    /// All of a tick.
    pub tick: Duration,
    /// Of it, the game's step.
    pub step: Duration,
    /// Of it, quantising every entity and putting it into its cell.
    pub record: Duration,
    /// Of it, encoding every cell.
    pub chunks: Duration,
    /// Bytes of a frame, WebSocket header included.
    pub bytes_per_update: f64,
    /// Frames per member and tick.
    pub updates_per_tick: f64,
    /// Entities in a member's view.
    pub in_view: f64,
    /// Entities in the cells that a member watches.
    pub in_cells: f64,
}

impl RoomFigures {
    /// The rest of the tick: everybody's frames, and what else a room does.
    #[must_use]
    pub const fn frames(&self) -> Duration {
        self.tick.saturating_sub(self.step).saturating_sub(self.record).saturating_sub(self.chunks)
    }
}

/// Measures a room of drift whose players do as `behavior` says, for so many ticks.
///
/// # Errors
/// [`RoomsError`]; none are expected.
pub fn measure(
    players: usize,
    behavior: Behavior,
    seed: u64,
    ticks: usize,
) -> Result<RoomFigures, RoomsError> {
    let side = (AREA * players as f64).sqrt().round() as u32;
    let plan = CrowdPlan { players, observers: OBSERVERS, behavior, seed };
    let mut crowd = Crowd::gather(drift(side)?, plan)?;
    for _ in 0..SETTLING_TICKS {
        crowd.send()?;
        crowd.step()?;
        crowd.receive()?;
    }
    let mut times = Vec::with_capacity(ticks);
    let (mut bytes, mut frames) = (0, 0);
    let mut census = Census::default();
    for _ in 0..ticks {
        crowd.send()?;
        let begin = Instant::now();
        crowd.step()?;
        times.push(begin.elapsed());
        bytes += crowd.frames().map(|frame| wire_bytes(frame.len())).sum::<usize>();
        frames += crowd.receive()?;
        census.take(&crowd);
    }
    let [step, record, chunks] = time_scene(side, plan, ticks)?;
    Ok(RoomFigures {
        players,
        side,
        tick: median(times),
        step,
        record,
        chunks,
        bytes_per_update: bytes as f64 / frames.max(1) as f64,
        updates_per_tick: frames as f64 / (ticks * players) as f64,
        in_view: census.in_view as f64 / census.members.max(1) as f64,
        in_cells: census.in_cells as f64 / census.members.max(1) as f64,
    })
}

fn drift(side: u32) -> Result<Box<dyn Game>, OptionError> {
    let world = ("world".to_owned(), format!("{side}x{side}"));
    tickwire_drift::create(&GameOptions([world].into()))
}

/// The median times of the game's step, of taking its world down, and of encoding every cell.
fn time_scene(side: u32, plan: CrowdPlan, ticks: usize) -> Result<[Duration; 3], RoomsError> {
    let mut scene = Scene::new(drift(side)?, plan.players, plan.behavior, plan.seed);
    let mut state = RoomState::new(scene.game(), scene.game().interest())?;
    let mut times = [(); 3].map(|()| Vec::with_capacity(ticks));
    for _ in 0..ticks {
        scene.send_inputs();
        let begin = Instant::now();
        scene.step();
        let stepped = Instant::now();
        state.record(scene.game());
        let recorded = Instant::now();
        black_box(state.encode());
        times[2].push(recorded.elapsed());
        times[1].push(recorded - stepped);
        times[0].push(stepped - begin);
        scene.forget_events();
    }
    Ok(times.map(median))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// What observers have around them, added up.
#[derive(Default)]
struct Census {
    members: usize,
    in_view: usize,
    in_cells: usize,
}

impl Census {
    fn take(&mut self, crowd: &Crowd) {
        for (player, replica) in crowd.replicas() {
            let Some(own) = own_place(replica, player) else { continue };
            self.members += 1;
            self.in_cells += replica.entity_count();
            self.in_view += places(replica).filter(|&(_, place)| is_in_view(own, place)).count();
        }
    }
}

fn is_in_view(own: [f32; 2], place: [f32; 2]) -> bool {
    (0..2).all(|axis| (place[axis] - own[axis]).abs() <= tickwire_drift::VIEW[axis] / 2.0)
}

/// Where a player's own body is.
fn own_place(replica: &Replica, player: PlayerId) -> Option<[f32; 2]> {
    places(replica).find(|&(owner, _)| owner == player).map(|(_, place)| place)
}

/// The bodies that a client knows of, and whose they are: the first lane of each.
fn places(replica: &Replica) -> impl Iterator<Item = (PlayerId, [f32; 2])> {
    let kind = &replica.layout().kinds[0];
    replica.entities().filter_map(|row| Some((PlayerId(row.lanes[0]), place_of(kind, row.lanes)?)))
}

/// The figures as a table in Markdown.
#[must_use]
pub fn render(figures: &[RoomFigures]) -> String {
    let mut table = String::from(
        "| players | side of the world | tick, µs | step, µs | record, µs | chunks, µs | frames, µs \
         | bytes per update | updates per tick | in view | in the cells |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let micros = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e6);
    for room in figures {
        let columns = [
            room.players.to_string(),
            room.side.to_string(),
            micros(room.tick),
            micros(room.step),
            micros(room.record),
            micros(room.chunks),
            micros(room.frames()),
            format!("{:.1}", room.bytes_per_update),
            format!("{:.2}", room.updates_per_tick),
            format!("{:.1}", room.in_view),
            format!("{:.1}", room.in_cells),
        ];
        table.push_str(&format!("| {} |\n", columns.join(" | ")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_room_sends_what_is_near() {
        let figures = measure(250, Behavior::Wander, 1, 60).unwrap();
        assert_eq!(figures.side, 4000);
        assert!((0.9..=1.0).contains(&figures.updates_per_tick), "{figures:?}");
        assert!((10.0..120.0).contains(&figures.bytes_per_update), "{figures:?}");
        assert!(figures.tick > figures.record, "{figures:?}");
        assert_eq!(render(&[figures]).lines().count(), 3);
    }
}
