//! The server's end of a connection: what a room sends to one client, cut down to what the wire
//! sees of it.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg32;
use tickwire_protocol::chunk::prior::{PRIOR_SETS, PriorSet};
use tickwire_protocol::chunk::{Baseline, MAX_GAP, encode_chunk, is_as_predicted};
use tickwire_protocol::frame::{Contents, EncodedEvent, FramePrefix, InputEcho, write_cell_bits};
use tickwire_protocol::ids::{EventNumber, Fence, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Event, GameMessage, Role, RosterEntry, Value, Welcome};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::{GridSize, Watch};

use super::world::World;

/// What the client has of a part.
struct Sent {
    /// The tick of the newest chunk.
    chunk: Tick,
    /// The newest tick and state that the client has, or predicts.
    baseline: (Tick, Snapshot),
}

/// A room of one client.
pub struct Server {
    layout: Layout,
    grid: GridSize,
    player: PlayerId,
    hash_every: u32,
    pub world: World,
    pub tick: Tick,
    /// Tick of the newest frame.
    framed: Option<Tick>,
    watch: Watch,
    sent: BTreeMap<PartNumber, Sent>,
    /// That of the room's owner.
    pub fence: Fence,
    /// Added to the next hash.
    pub hash_error: u32,
    seq: u16,
    events: u32,
    /// Number of the newest input that was told.
    told: InputSeq,
}

impl Server {
    pub fn new(seed: u64, welcome: &Welcome) -> Self {
        let Welcome { grid, hash_every, player, tick, .. } = *welcome;
        let layout = Layout::new(&welcome.schema);
        let cells = Watch::all(grid).cells(grid).map(PartNumber::cell);
        let parts = [PartNumber::OWN, PartNumber::GLOBAL].into_iter().chain(cells);
        Self {
            world: World::new(seed, &layout, parts),
            layout,
            grid,
            player,
            hash_every,
            tick,
            framed: None,
            watch: Watch::default(),
            sent: BTreeMap::new(),
            fence: Fence::NONE,
            hash_error: 0,
            seq: 0,
            events: 0,
            told: InputSeq(0),
        }
    }

    pub fn step(&mut self, ticks: u32, comings: usize) {
        for _ in 0..ticks {
            self.world.step(comings);
        }
        self.tick = self.tick.plus(ticks);
    }

    /// A keyframe, which tells the cells watched.
    pub fn keyframe(&mut self, watch: Watch) -> Vec<u8> {
        self.framed = None;
        self.sent.clear();
        self.frame(Some(watch), true).unwrap()
    }

    /// The next frame; `None` when there is nothing to tell, unless one is due all the same.
    pub fn frame(&mut self, watch: Option<Watch>, is_due: bool) -> Option<Vec<u8>> {
        self.watch = watch.unwrap_or(self.watch);
        let (grid, watched) = (self.grid, self.watch);
        self.sent.retain(|part, _| {
            part.0 < PartNumber::cell(0).0 || watched.contains(grid, part.0 - PartNumber::cell(0).0)
        });
        let own = self.chunk(PartNumber::OWN);
        let global = self.chunk(PartNumber::GLOBAL);
        let cells: Vec<_> =
            watched.cells(grid).map(|cell| self.chunk(PartNumber::cell(cell))).collect();
        let contents = Contents {
            own: own.is_some(),
            global: global.is_some(),
            cells: cells.iter().any(Option::is_some),
        };
        let input = self.input();
        let events = self.take_events();
        let has_news = contents != Contents::default() || input.is_some() || !events.is_empty();
        if !has_news && watch.is_none() && !is_due {
            return None;
        }
        let prefix = FramePrefix {
            tick: self.tick,
            baseline: self.framed,
            fence: self.fence,
            input,
            last_input: self.told,
            first_event: EventNumber(self.events - events.len() as u32 + 1),
            events: &events,
            watch,
            contents,
        };
        let mut bytes = Vec::new();
        prefix.write(&mut bytes);
        self.told = input.map_or(self.told, |echo| echo.seq);
        self.framed = Some(self.tick);
        if contents.cells || prefix.baseline.is_none() {
            write_cell_bits(cells.iter().map(Option::is_some), &mut bytes);
        }
        for chunk in [own, global].into_iter().chain(cells).flatten() {
            bytes.extend(chunk);
        }
        Some(bytes)
    }

    /// A part's chunk, followed by its hash if one is due; `None` when it is not its turn, or all
    /// went as predicted.
    fn chunk(&mut self, part: PartNumber) -> Option<Vec<u8>> {
        if !self.is_turn(part) {
            return None;
        }
        let now = self.world.snapshot(part);
        let Some(sent) = self.sent.remove(&part).filter(|sent| self.gap(sent) <= MAX_GAP) else {
            return self.first_chunk(part, now);
        };
        let from = Baseline { snapshot: &sent.baseline.1, gap: self.gap(&sent) };
        let is_hashed = part.is_hashed(self.player, self.hash_every, sent.chunk, self.tick);
        if !is_hashed && is_as_predicted(&self.layout, from, &now) {
            // Now and then the baseline stays behind.
            let stays = self.world.rng().random_bool(0.3);
            let baseline = if stays { sent.baseline } else { (self.tick, now) };
            self.sent.insert(part, Sent { chunk: sent.chunk, baseline });
            return None;
        }
        let mut bytes = self.encode(Some(from), &now);
        if is_hashed {
            let hash = now.hash(&self.layout) ^ std::mem::take(&mut self.hash_error);
            bytes.extend(hash.to_le_bytes());
        }
        self.sent.insert(part, Sent { chunk: self.tick, baseline: (self.tick, now) });
        Some(bytes)
    }

    /// Parts are sent at different rates, and now and then not even then.
    fn is_turn(&mut self, part: PartNumber) -> bool {
        let rate = [1, 1, 2, 4, 1, 8][part.0 as usize % 6];
        let is_turn = self.tick.0.wrapping_add(part.0).is_multiple_of(rate);
        self.framed.is_none() || is_turn && self.world.rng().random_bool(0.9)
    }

    /// Ticks since the newest state of a part that the client has, or predicts.
    fn gap(&self, sent: &Sent) -> u32 {
        self.tick.0.wrapping_sub(sent.baseline.0.0)
    }

    /// The chunk of a part that the client has nothing of, unless nothing is in it. In a keyframe a
    /// single cell has no bit to say that it is left out.
    fn first_chunk(&mut self, part: PartNumber, now: Snapshot) -> Option<Vec<u8>> {
        let is_single = self.watch.len() == 1 && part.0 >= PartNumber::cell(0).0;
        if now.slots() == 0 && !(is_single && self.framed.is_none()) {
            return None;
        }
        let bytes = self.encode(None, &now);
        self.sent.insert(part, Sent { chunk: self.tick, baseline: (self.tick, now) });
        Some(bytes)
    }

    fn encode(&mut self, from: Option<Baseline<'_>>, now: &Snapshot) -> Vec<u8> {
        let prior = PriorSet(self.world.rng().random_range(0..PRIOR_SETS as u8));
        let has_moved = |id| self.world.contains(id);
        let mut bytes = Vec::new();
        encode_chunk(&self.layout, prior, from, now, &has_moved, &mut bytes);
        bytes
    }

    fn input(&mut self) -> Option<InputEcho> {
        let tick = self.tick;
        let rng = self.world.rng();
        if rng.random_bool(0.5) {
            return None;
        }
        let (seqs, ages) = if rng.random_bool(0.9) { (4, 3) } else { (400, 300) };
        self.seq = self.seq.wrapping_add(rng.random_range(1..seqs));
        Some(InputEcho {
            seq: InputSeq(self.seq),
            applied: Tick(tick.0.wrapping_sub(rng.random_range(0..ages))),
            slack_ms: rng.random_range(-300..300),
        })
    }

    fn take_events(&mut self) -> Vec<EncodedEvent> {
        let tick = self.tick;
        let rng = self.world.rng();
        let events: Vec<_> = (0..rng.random_range(0_u32..6).saturating_sub(3))
            .map(|age| EncodedEvent::new(Tick(tick.0.wrapping_sub(age)), &event(rng)))
            .collect();
        self.events += events.len() as u32;
        events
    }
}

fn event(rng: &mut Pcg32) -> Event {
    let player = PlayerId(rng.random_range(1..100_000));
    let game = |kind, values| Event::Game(GameMessage { kind, values });
    match rng.random_range(0..5) {
        0 => Event::Joined(RosterEntry { player, name: "Bo".to_owned(), role: Role::Player }),
        1 => Event::Left { player },
        2 => game(0, vec![Value::Player(player), Value::Number(2.75)]),
        3 => game(1, vec![Value::Text("hä?".to_owned()), Value::Integer(-2)]),
        _ => game(2, vec![]),
    }
}
