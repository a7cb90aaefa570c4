//! The game's part of a tick: inputs in, the step, and what it led to out to those concerned.

use std::time::Duration;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::frame::EncodedEvent;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::Event;

use super::Room;
use super::member::Member;
use crate::game::{Audience, Context, Game};
use crate::inputs::Inputs;
use crate::view_age::ViewAgeLimits;

impl Room {
    pub(super) fn apply_inputs(&mut self) {
        self.changed_inputs.clear();
        let (due, tick_rate_hz) = (self.dues(), self.config.tick_rate_hz);
        let (most, every) = (self.rewind, self.send_every);
        let playing = self.members.values_mut().filter(|member| member.is_playing());
        for (index, (member, input)) in playing.zip(&mut self.inputs).enumerate() {
            let send_every = member.send_every.max(every);
            let limits = ViewAgeLimits { most, send_every, tick_rate_hz };
            let round_trips = &member.round_trips;
            let grant = |claim| limits.grant(claim, round_trips);
            let taken = member.inputs.take(self.tick, self.buttons, &due, grant);
            input.view_age = taken.map_or(member.inputs.held_age(), |taken| taken.view_age);
            if let Some(taken) = taken {
                input.values = taken.values;
                member.echo = Some(taken.echo);
                self.changed_inputs.push(index as u32);
            }
        }
    }

    /// The room's time at which ticks are due that are not far from the present one.
    pub(super) fn dues(&self) -> impl Fn(Tick) -> Duration + use<> {
        let (rate, tick, elapsed) = (self.config.tick_rate_hz, self.tick, self.elapsed);
        move |at| tick_due(elapsed.saturating_add_signed(i64::from(at.since(tick))), rate)
    }

    pub(super) fn run_game(&mut self) {
        let Self { game, tick, rng, entity_ids, outcome, inputs, changed_inputs, .. } = self;
        let dt = 1.0 / f32::from(self.config.tick_rate_hz);
        let mut context = Context { tick: *tick, dt, rng, entity_ids, outcome };
        game.step(&mut context, &Inputs::new(inputs, changed_inputs));
        self.buttons.release_changed(inputs, changed_inputs);
    }

    pub(super) fn with_game<T>(
        &mut self,
        call: impl FnOnce(&mut dyn Game, &mut Context<'_>) -> T,
    ) -> T {
        let Self { game, tick, rng, entity_ids, outcome, .. } = self;
        let dt = 1.0 / f32::from(self.config.tick_rate_hz);
        call(game.as_mut(), &mut Context { tick: *tick, dt, rng, entity_ids, outcome })
    }

    /// Events go to their audience, kicked players leave. Kicking one can lead to further events,
    /// not to further kicks of the same player, so this ends.
    pub(super) fn carry_out_outcome(&mut self) {
        while !self.outcome.events.is_empty() || !self.outcome.kicks.is_empty() {
            for (audience, event) in std::mem::take(&mut self.outcome.events) {
                let checked = self.schema.check_event(&event);
                debug_assert!(
                    checked.is_ok(),
                    "{} emitted {event:?}: {checked:?}",
                    self.schema.game
                );
                if checked.is_ok() {
                    self.tell(audience, &Event::Game(event));
                }
            }
            for player in std::mem::take(&mut self.outcome.kicks) {
                self.handle_close(player, CloseReason::RoomEnded);
            }
        }
    }

    pub(super) fn tell(&mut self, audience: Audience, event: &Event) {
        let encoded = EncodedEvent::new(self.tick, event);
        let most = self.config.flow.events;
        let tell = |member: &mut Member| {
            if member.is_person() {
                member.flow.push_event(encoded.clone());
            }
            if !member.has_session() {
                member.flow.bound_events(most);
            }
        };
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
