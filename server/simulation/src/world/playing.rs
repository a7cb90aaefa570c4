//! A world that does once more what was recorded.
//!
//! A tape can come from anywhere, so all of it is held against the world before anything is done: what no room
//! would have recorded of this world is refused, and changes nothing.

use super::{Happening, World};
use crate::journal::tape::{Record, TapeError, TickInputs};

/// Longest name that a tape may tell of, in bytes: far longer than any that a room gives.
const MAX_NAME_BYTES: usize = 1 << 10;

impl World {
    /// Does once more what was recorded, and says whether that was a tick.
    ///
    /// # Errors
    /// [`TapeError`] when it does not fit the world; nothing has changed then.
    pub fn play(&mut self, record: Record) -> Result<bool, TapeError> {
        match record {
            Record::Tick(changes) => {
                self.check_inputs(&changes)?;
                for (index, now) in changes {
                    self.set_input(index as usize, now);
                }
                self.step();
                Ok(true)
            }
            Record::Happening(happening) => {
                self.check(&happening)?;
                let _ = self.apply(happening);
                Ok(false)
            }
        }
    }

    fn check_inputs(&self, changes: &TickInputs) -> Result<(), TapeError> {
        if !changes.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(TapeError::Misfit("the inputs of a tick are out of order"));
        }
        for (index, now) in changes {
            let Some(input) = self.inputs.get(*index as usize) else {
                return Err(TapeError::Misfit("an input of somebody who does not play"));
            };
            if self.bots.binary_search(&input.player).is_ok() {
                return Err(TapeError::Misfit("an input of somebody whom the server runs"));
            }
            self.schema.check_input(&now.values)?;
        }
        Ok(())
    }

    fn check(&self, happening: &Happening) -> Result<(), TapeError> {
        if let Happening::Join { name, .. } | Happening::Rename { name, .. } = happening
            && name.len() > MAX_NAME_BYTES
        {
            return Err(TapeError::Misfit("a name that is too long"));
        }
        let is_there = |player| self.roster.contains_key(player);
        match happening {
            Happening::Join { player, .. } if is_there(player) => {
                Err(TapeError::Misfit("somebody comes in who is there"))
            }
            Happening::Join { .. } => Ok(()),
            Happening::Leave { player }
            | Happening::Presence { player, .. }
            | Happening::Rename { player, .. }
            | Happening::Message { player, .. }
                if !is_there(player) =>
            {
                Err(TapeError::Misfit("something is done by somebody who is not there"))
            }
            Happening::Message { message, .. } => Ok(self.schema.check_message(message)?),
            _ => Ok(()),
        }
    }
}
