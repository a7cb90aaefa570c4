//! What a replica tells the server about a part that differs, so that the fault can be found.

use super::Replica;
use crate::envelope::encode;
use crate::message::{ClientMessage, Difference, DifferenceRow};
use crate::parts::PartNumber;

/// Most bytes of the entities in a report.
const MAX_ROWS_BYTES: usize = 4000;

impl Replica {
    /// Parts that differed from the server's in the newest frame.
    #[must_use]
    pub fn differing(&self) -> &[PartNumber] {
        &self.differing
    }

    /// The report of a part that differs, to be sent to the server: as many of its entities as fit.
    #[must_use]
    pub fn report(&self, number: PartNumber) -> Option<ClientMessage> {
        let part = self.part(number)?;
        let mut bytes = 0;
        let rows = part.snapshot().rows().map(|row| DifferenceRow {
            slot: row.slot as u32,
            id: row.id,
            kind: row.kind,
            columns: row.lanes[..self.layout().kinds[usize::from(row.kind)].width].to_vec(),
        });
        let rows = rows.take_while(|row| {
            bytes += encode(row).len();
            bytes <= MAX_ROWS_BYTES
        });
        Some(ClientMessage::Differs(Difference {
            part: number,
            tick: part.tick()?,
            entities: part.snapshot().entities() as u32,
            rows: rows.collect(),
        }))
    }
}
