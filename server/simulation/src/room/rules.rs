//! The world's part of a tick: inputs in, and what it led to out to those concerned.

use std::time::Duration;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::frame::EncodedEvent;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::{Event, Role};

use super::member::Member;
use super::{Public, Room};
use crate::game::Audience;
use crate::journal::file::MarkKind;
use crate::view_age::ViewAgeLimits;

impl Room {
    /// Hands the world the inputs that take effect at the coming tick.
    pub(super) fn apply_inputs(&mut self) {
        let tick = self.tick().next();
        let (due, tick_rate_hz) = (self.dues(), self.config.tick_rate_hz);
        let (most, every) = (self.rewind, self.send_every);
        let buttons = self.world.buttons();
        let playing = self.members.values_mut().filter(|member| member.is_playing());
        for (index, member) in playing.enumerate() {
            if member.role == Role::Bot {
                continue;
            }
            let send_every = member.send_every.max(every);
            let limits = ViewAgeLimits { most, send_every, tick_rate_hz };
            let round_trips = &member.round_trips;
            let grant = |claim| limits.grant(claim, round_trips);
            if let Some(taken) = member.inputs.take(tick, buttons, &due, grant) {
                self.world.set_input(index, taken.input);
                member.echo = Some(taken.echo);
            }
        }
    }

    /// The room's time at which ticks are due that are not far from the present one.
    pub(super) fn dues(&self) -> impl Fn(Tick) -> Duration + use<> {
        let (rate, (tick, elapsed)) = (self.config.tick_rate_hz, self.counted);
        move |at| tick_due(elapsed.saturating_add_signed(i64::from(at.since(tick))), rate)
    }

    /// Events go to their audience, kicked players leave. Kicking one can lead to further events,
    /// not to further kicks of the same player, so this ends.
    pub(super) fn carry_out_outcome(&mut self) {
        while !self.world.outcome().is_empty() {
            for (audience, event) in std::mem::take(&mut self.world.outcome().events) {
                let checked = self.schema().check_event(&event);
                debug_assert!(
                    checked.is_ok(),
                    "{} emitted {event:?}: {checked:?}",
                    self.schema().game
                );
                if checked.is_ok() {
                    let is_highlight = self.highlights.binary_search(&event.kind).is_ok();
                    if is_highlight && audience == Audience::Everybody {
                        self.recorder.mark(self.world.tick(), || MarkKind::Event(event.clone()));
                    }
                    self.tell(audience, &Event::Game(event));
                }
            }
            for player in std::mem::take(&mut self.world.outcome().kicks) {
                self.handle_close(player, CloseReason::RoomEnded);
            }
        }
    }

    pub(super) fn tell(&mut self, audience: Audience, event: &Event) {
        let encoded = EncodedEvent::new(self.tick(), event);
        let most = self.config.flow.events;
        let tell = |member: &mut Member| {
            if member.is_person() {
                member.flow.push_event(encoded.clone());
            }
            if !member.has_session() {
                member.flow.bound_events(most);
            }
        };
        if audience == Audience::Everybody {
            self.note(|| Public::Event(event.clone()));
        }
        match audience {
            Audience::Everybody => self.members.values_mut().for_each(tell),
            Audience::Only(player) => self.members.get_mut(&player).into_iter().for_each(tell),
        }
    }
}

/// The room's time at which its n-th tick is due.
fn tick_due(ticks: u64, tick_rate_hz: u16) -> Duration {
    let micros = u128::from(ticks) * 1_000_000 / u128::from(tick_rate_hz);
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
