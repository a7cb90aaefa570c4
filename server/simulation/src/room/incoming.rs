//! What members send: inputs, messages to the game, where spectators look, acknowledgements.

use std::time::Duration;

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Ack, GameMessage, Input, Look, Refusal, RefusalCause, Role};

use super::{MessageError, Room};
use crate::game::View;
use crate::world::Happening;

impl Room {
    /// Takes in an input that arrived at this time of the room. What is refused without harm is told
    /// to the player.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_input(
        &mut self,
        player: PlayerId,
        input: Input,
        arrived: Duration,
    ) -> Result<(), MessageError> {
        self.schema().check_input(&input.values)?;
        let tick = self.tick();
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        let late_before = member.inputs.late();
        let taken = if member.role == Role::Spectator {
            Err(RefusalCause::Spectator)
        } else {
            member.inputs.push(input, arrived, tick, self.config.inputs)
        };
        self.counters.inputs += 1;
        self.counters.inputs_late += member.inputs.late() - late_before;
        if let Err(cause) = taken {
            self.refuse(player, Refusal { input: Some(input.seq), cause });
        }
        Ok(())
    }

    /// Hands a message to the game, whose answer nobody asked for.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_message(
        &mut self,
        player: PlayerId,
        message: &GameMessage,
    ) -> Result<(), MessageError> {
        self.schema().check_message(message)?;
        let member = self.members.get(&player).ok_or(MessageError::NotAMember)?;
        if member.role == Role::Spectator && !self.world.game().hears_spectators() {
            self.refuse(player, Refusal { input: None, cause: RefusalCause::Spectator });
        } else {
            // Nobody waits for an answer.
            let _ = self.world.apply(Happening::Message { player, message: message.clone() });
        }
        Ok(())
    }

    /// Takes in what a spectator wants to see; players see what the game shows them.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_look(&mut self, player: PlayerId, look: Look) -> Result<(), MessageError> {
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        if !look.is_sound() {
            return Err(MessageError::Look);
        }
        if member.role == Role::Spectator {
            member.look = Some(View { center: look.center, size: look.size });
        } else {
            self.refuse(player, Refusal { input: None, cause: RefusalCause::NotASpectator });
        }
        Ok(())
    }

    /// Takes in an acknowledgement that arrived at this time of the room.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_ack(
        &mut self,
        player: PlayerId,
        ack: Ack,
        arrived: Duration,
    ) -> Result<(), MessageError> {
        let due = self.dues();
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        let ack = match &mut member.text {
            Some(stream) => stream.complete(ack),
            None => ack,
        };
        if let Some(tick) = member.flow.handle_ack(ack)? {
            member.round_trips.record(arrived.saturating_sub(due(tick)));
            // One that names nothing new does not show that the client reads.
            member.requests.handle_ack();
        }
        member.keys.confirm();
        Ok(())
    }
}
