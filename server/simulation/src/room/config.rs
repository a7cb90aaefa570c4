//! How a room is set up.

use std::time::Duration;

use tickwire_protocol::chunk::MAX_GAP;
use tickwire_protocol::ids::{Fence, Tick};

use crate::flow::FlowLimits;
use crate::input_queue::InputLimits;

/// Shortest time before a client is too slow, in ticks: four times what it takes until the slowest
/// send rate, 4, makes it acknowledge.
const MIN_STALL_TICKS: u32 = 64;
/// How much longer than the heartbeat's timeout a client may leave frames unacknowledged: one that
/// has fallen silent is found so by its session first.
const STALL_MARGIN: Duration = Duration::from_millis(250);

/// States per second of members who are told in text, where nothing else is said.
pub const TEXT_HZ: u16 = 10;

/// Ticks from one state to the next of members who are told in text, such that there are at most so many in a
/// second.
#[must_use]
pub fn text_every(tick_rate_hz: u16, text_hz: u16) -> u8 {
    u8::try_from(tick_rate_hz.div_ceil(text_hz.max(1))).unwrap_or(u8::MAX).max(1)
}

/// How a room is set up. Every field has a sensible default.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// What the room is called in the welcome: its id as text. Empty by default.
    pub name: String,
    /// The number of the room's ownership, which keyframes tell those who know of it. None by default: there
    /// is no cluster.
    pub fence: Fence,
    /// Seed of the room's random numbers. 0 by default.
    pub seed: u64,
    /// The tick before the first one: 0, except in tests of what happens when ticks wrap.
    pub first_tick: Tick,
    /// Ticks per second, 1 to 240. 30 by default: two frames of a 60 Hz display.
    pub tick_rate_hz: u16,
    /// Most players. 50 by default.
    pub capacity: usize,
    /// Most spectators. 50 by default.
    pub spectator_capacity: usize,
    /// Players run by the server in an otherwise empty room; each further person replaces one. 0 by
    /// default.
    pub bots: usize,
    /// The largest player id that is given to nobody: members have larger ones. 0, except where a game brings
    /// its own cast ([`Game::cast`](crate::game::Game::cast)).
    pub reserved_players: u32,
    /// How long a reserved seat is kept, in ticks. 300 by default: 10 s at 30 Hz.
    pub reservation_ticks: u32,
    /// Bounds of each player's queue of inputs. By default two seconds ahead, so that a client with
    /// a wrong clock notices, and 32 inputs.
    pub inputs: InputLimits,
    /// How far clients may fall behind. By default an acknowledgement is due every 4 frames;
    /// a second's worth of frames, 128 KiB or a second's delay is allowed before frames are skipped,
    /// and the heartbeat's timeout plus a quarter of a second, or 512 events, before the connection
    /// ends; in rooms for more than 256 members twice as many events as those.
    pub flow: FlowLimits,
    /// Every so many ticks each part of the state is hashed for clients to check. 60 by default: 2 s
    /// at 30 Hz.
    pub hash_every: u32,
    /// Most snapshots that are kept of each part, for clients that have fallen behind and for cells
    /// that wait: a second's, at least 18 and at most 255, by default. Who stands further back gets all of
    /// a part. With half a second, cells on a tight budget waited so long that they all had to be
    /// sent whole, and waited longer for it.
    pub history_ticks: usize,
    /// Bytes of state that a client is sent per second before far cells are sent less often, in
    /// rooms of many cells. 64 KiB by default: half a megabit.
    pub budget_per_second: f32,
    /// Ticks from one state to the next of members who are told in text, at the least. 3 by default: 10 Hz
    /// at 30 Hz, which a person can follow.
    pub text_every: u8,
    /// Ticks after which a client gets a frame although there is nothing to tell: a quarter of a
    /// second by default.
    pub quiet_ticks: u32,
    /// Ticks in which a client is given a keyframe for a reported difference no more than once: 10 s
    /// by default.
    pub report_ticks: u32,
    /// Ticks between two names of one member. Two seconds by default: everybody is told of each.
    pub rename_ticks: u32,
    /// How long a member whose connection is lost can come back, in ticks; 0 for not at all. 600 by
    /// default: 20 s at 30 Hz, which a phone takes from one network to the next.
    pub resume_ticks: u32,
    /// The heartbeat that sessions keep, as told in the welcome. 5 s by default.
    pub heartbeat_interval: Duration,
    /// Silence that ends a session, as told in the welcome. 15 s by default.
    pub heartbeat_timeout: Duration,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self::new(30, Duration::from_secs(15))
    }
}

impl RoomConfig {
    /// The defaults at a tick rate and heartbeat timeout: what is meant in seconds is the same in
    /// seconds at every rate.
    #[must_use]
    pub fn new(tick_rate_hz: u16, heartbeat_timeout: Duration) -> Self {
        let second = u32::from(tick_rate_hz);
        let stall = (heartbeat_timeout + STALL_MARGIN).as_secs_f64() * f64::from(tick_rate_hz);
        Self {
            name: String::new(),
            fence: Fence::NONE,
            seed: 0,
            first_tick: Tick(0),
            tick_rate_hz,
            capacity: 50,
            spectator_capacity: 50,
            bots: 0,
            reserved_players: 0,
            reservation_ticks: 10 * second,
            inputs: InputLimits { future_ticks: 2 * second, waiting: 32 },
            flow: FlowLimits {
                ack_every: 4,
                frames: tick_rate_hz.max(8).into(),
                bytes: 128 * 1024,
                age_ticks: second.max(4),
                stall_ticks: (stall as u32).max(MIN_STALL_TICKS),
                events: 512,
            },
            hash_every: 2 * second,
            history_ticks: usize::from(tick_rate_hz + 2).clamp(18, MAX_GAP as usize),
            budget_per_second: 65_536.0,
            text_every: text_every(tick_rate_hz, TEXT_HZ),
            quiet_ticks: (second / 4).max(1),
            report_ticks: 10 * second,
            rename_ticks: 2 * second,
            resume_ticks: 20 * second,
            heartbeat_interval: heartbeat_timeout / 3,
            heartbeat_timeout,
        }
    }

    /// How long a member whose connection is lost can come back.
    #[must_use]
    pub fn resume_window(&self) -> Duration {
        Duration::from_secs(1) * self.resume_ticks / u32::from(self.tick_rate_hz.max(1))
    }
}
