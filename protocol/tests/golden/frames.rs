//! Golden frames: whole connections, with the state that each frame leads to.

use rand::RngExt;
use serde_json::{Value as Json, json};
use tickwire_protocol::ids::{Fence, Tick};
use tickwire_protocol::message::{ServerMessage, Welcome};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_protocol::watch::{GridSize, Watch};

use super::server::Server;
use super::{check, hex, schema, state};

/// One line per frame: the frame, and all that a client must have afterwards.
struct Sequence {
    server: Server,
    client: Replica,
    grid: GridSize,
    vectors: Vec<Json>,
    differing: usize,
}

impl Sequence {
    fn new(seed: u64, welcome: &Welcome) -> Self {
        let bytes = ServerMessage::Welcome(Box::new(welcome.clone())).to_bytes();
        Self {
            server: Server::new(seed, welcome),
            client: Replica::new(welcome),
            grid: welcome.grid,
            vectors: vec![json!({"welcome": hex(&bytes), "seed": seed})],
            differing: 0,
        }
    }

    fn keyframe(&mut self, watch: Watch) {
        let bytes = self.server.keyframe(watch);
        self.take_in(&bytes);
    }

    fn frame(&mut self, watch: Option<Watch>, is_due: bool) {
        if let Some(bytes) = self.server.frame(watch, is_due) {
            self.take_in(&bytes);
        }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        let (frame, agreement) = self.client.handle_frame(bytes).unwrap();
        let cells = self.client.watch().cells(self.grid).map(PartNumber::cell);
        for number in [PartNumber::OWN, PartNumber::GLOBAL].into_iter().chain(cells) {
            let part = self.client.part(number).unwrap();
            if part.tick() == Some(frame.tick) {
                assert_eq!(*part.snapshot(), self.server.world.snapshot(number));
            }
        }
        self.differing += usize::from(agreement == Agreement::Different);
        self.vectors.push(json!({
            "hex": hex(bytes),
            "frame": state::frame(&frame, agreement, &self.client),
            "state": state::replica(&self.client, self.grid),
        }));
    }

    /// Any cells.
    fn rectangle(&mut self) -> Watch {
        let GridSize { columns, rows } = self.grid;
        let rng = self.server.world.rng();
        let mut span = |cells: u32| {
            let ends: [u32; 2] = [rng.random_range(0..cells), rng.random_range(0..cells)];
            (ends[0].min(ends[1]), ends[0].abs_diff(ends[1]) + 1)
        };
        let ((column, columns), (row, rows)) = (span(columns), span(rows));
        Watch { column, row, columns, rows }
    }
}

fn welcome(columns: u32, rows: u32, hash_every: u32, tick: u32) -> Welcome {
    let grid = GridSize { columns, rows };
    Welcome { grid, hash_every, tick: Tick(tick), ..schema::welcome() }
}

#[test]
fn frames_of_a_room_of_one_cell() {
    // Begins shortly before tick numbers wrap.
    let mut sequence = Sequence::new(5, &welcome(1, 1, 8, u32::MAX - 20));
    let all = Watch::all(GridSize::SINGLE);
    sequence.keyframe(all);
    for number in 2..=45 {
        let ticks = if number % 9 == 0 { 300 } else { 1 + number % 2 };
        sequence.server.step(ticks, 1 + number as usize % 3);
        if number == 30 {
            sequence.server.world.clear();
        }
        sequence.server.hash_error |= u32::from(number == 25);
        match number {
            20 => {
                sequence.server.fence = Fence(12);
                sequence.keyframe(all);
            }
            28 => {
                sequence.server.fence = Fence((1 << 53) - 1);
                sequence.keyframe(all);
            }
            35 => sequence.frame(Some(Watch::default()), true),
            37 => sequence.frame(Some(all), true),
            _ => sequence.frame(None, number % 4 == 0),
        }
    }
    assert_eq!(sequence.differing, 1);
    check("frames-small.json", &sequence.vectors);
}

#[test]
fn frames_of_a_crowded_cell() {
    let mut sequence = Sequence::new(6, &welcome(1, 1, 0, 1_000));
    sequence.server.world.populate(PartNumber::cell(0), 320);
    sequence.keyframe(Watch::all(GridSize::SINGLE));
    for _ in 0..6 {
        sequence.server.step(1, 8);
        sequence.frame(None, true);
    }
    check("frames-large.json", &sequence.vectors);
}

#[test]
fn frames_of_a_room_of_many_cells() {
    let mut sequence = Sequence::new(7, &welcome(4, 3, 12, 70_000));
    for part in 0..14 {
        sequence.server.world.populate(PartNumber(part), 2);
    }
    let watch = sequence.rectangle();
    sequence.keyframe(watch);
    for number in 2..=130 {
        // Every tick at first, then every fourth one, with pauses.
        let every = if number < 90 { 1 } else { 4 };
        let pause = if number % 20 == 0 { 16 } else { 0 };
        sequence.server.step(every + pause, 2);
        sequence.server.hash_error |= u32::from(number == 60);
        let watch = (number % 8 == 0).then(|| sequence.rectangle());
        match (number, watch) {
            (70 | 110, watch) => {
                let watch = watch.unwrap_or(Watch::all(sequence.grid));
                sequence.keyframe(watch);
            }
            (_, watch) => sequence.frame(watch, number % 5 == 0),
        }
    }
    assert_eq!(sequence.differing, 1);
    check("frames-grid.json", &sequence.vectors);
}
