//! How a client's copy of the state came to differ, written down beside the journal of its match: what the
//! client had, what it should have had, and the frames that led there. `server replay JOURNAL --dump TICK` shows
//! the world that it should have been.

use data_encoding::HEXLOWER;
use serde::Serialize;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_simulation::room::DesyncReport;

/// A case, as it is written.
#[derive(Debug, Serialize)]
pub struct DesyncCase {
    /// The journal that it lies beside.
    journal: String,
    /// The tick whose state was compared.
    tick: u32,
    /// The journal's tick when the report came.
    reported_at: u32,
    player: u32,
    part: u32,
    differences: Vec<Difference>,
    /// The newest frames of the client, the newest last, as hexadecimal digits.
    frames: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Difference {
    entity: u32,
    field: String,
    server: i64,
    client: i64,
}

impl DesyncCase {
    /// What a client has reported.
    #[must_use]
    pub fn new(
        journal: &str,
        now: Tick,
        player: PlayerId,
        report: &DesyncReport,
        frames: &[Vec<u8>],
    ) -> Self {
        let differences = report.differences.iter().map(|difference| Difference {
            entity: difference.entity.0,
            field: difference.field.clone(),
            server: difference.server,
            client: difference.client,
        });
        Self {
            journal: journal.to_owned(),
            tick: report.tick.0,
            reported_at: now.0,
            player: player.0,
            part: report.part.0,
            differences: differences.collect(),
            frames: frames.iter().map(|frame| HEXLOWER.encode(frame)).collect(),
        }
    }
}
