//! Two journals of one match, side by side: where they part, and in what.
//!
//! Both are computed from their tapes and the worlds compared at every tick, so that the tick is found at
//! which they part, and not the second.

use std::time::Instant;

use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::difference::{Difference, first_difference};
use tickwire_simulation::journal::playback::Playback;

use super::ReplayError;
use super::opening::Opened;
use super::report::Report;

/// How far two worlds that have parted are computed on, in seconds, until an entity shows it. Positions are
/// compared as clients see them, so what parts in a speed is seen a little later.
const LOOK_AHEAD_SECONDS: u32 = 5;

/// Where two worlds part.
struct Parting {
    tick: Tick,
    /// What differs there.
    first: Option<Difference>,
    /// What differs in an entity, there or soon after.
    seen: Option<Difference>,
}

/// Computes two matches, up to a tick or to the end of the shorter one, and compares them.
///
/// # Errors
/// [`ReplayError`] when one cannot be computed, or they have no tick in common.
pub(super) fn compare(
    first: &Opened,
    second: &Opened,
    until: Option<Tick>,
) -> Result<Report, ReplayError> {
    if first.header().game != second.header().game {
        return Ok(other_game(first, second));
    }
    let begin = Instant::now();
    let mut sides =
        Sides { opened: [first, second], playbacks: [first.playback()?, second.playback()?] };
    sides.align()?;
    let from = sides.tick();
    let (parting, ended) = sides.find_parting(until)?;
    // Of one that has ended the other is a tick ahead; of two that have parted, both are some.
    let reached = sides.playbacks[ended.unwrap_or(0)].world().tick();
    let to = parting.as_ref().map_or(reached, |parting| parting.tick);
    let ticks = to.since(from).max(0).cast_unsigned();
    let mut report = Report::new(first, to, ticks, begin.elapsed().as_secs_f64());
    (report.from_tick, report.notes) = (from.0, header_notes(first, second));
    name_sides(&mut report, second);
    report.notes.extend(ended.map(|index| {
        let [path, other] =
            if index == 0 { [first, second] } else { [second, first] }.map(Opened::path);
        format!("{path} ends at tick {}; {other} goes on", to.0)
    }));
    sides.note_divergences(&mut report);
    if let Some(Parting { tick, first, seen }) = parting {
        report.diverged_at = Some(tick.0);
        if let (Some(hidden), Some(_)) = (&first, &seen)
            && first != seen
        {
            report.notes.push(hidden.told("in FILE", "in OTHER"));
        }
        report.first_difference = seen.or(first);
    }
    Ok(report)
}

fn name_sides(report: &mut Report, second: &Opened) {
    report.sides = ["in FILE", "in OTHER"].map(str::to_owned);
    report.held_against = second.path();
}

/// Two games have nothing that could be compared.
fn other_game(first: &Opened, second: &Opened) -> Report {
    let from = first.header().first_tick;
    let mut report = Report::new(first, from, 0, 0.0);
    name_sides(&mut report, second);
    report.diverged_at = Some(from.0);
    report.first_difference = Some(Difference {
        tick: from.0,
        entity: 0,
        field: "the game".to_owned(),
        first: first.header().game.clone(),
        second: second.header().game.clone(),
    });
    report
}

/// In what two matches did not even begin alike.
fn header_notes(first: &Opened, second: &Opened) -> Vec<String> {
    let (one, other) = (first.header(), second.header());
    let pairs = [
        ("options", format!("{:?}", one.options), format!("{:?}", other.options)),
        ("tick rate", one.tick_rate_hz.to_string(), other.tick_rate_hz.to_string()),
        ("seed", one.seed.to_string(), other.seed.to_string()),
    ];
    let differing = pairs.into_iter().filter(|(_, one, other)| one != other);
    differing
        .map(|(what, one, other)| format!("the {what}: {one} in FILE, {other} in OTHER"))
        .collect()
}

/// Both matches, at the same tick.
struct Sides<'a> {
    opened: [&'a Opened; 2],
    playbacks: [Playback; 2],
}

impl Sides<'_> {
    fn tick(&self) -> Tick {
        self.playbacks[0].world().tick()
    }

    /// Computes the next tick of one; false at its end.
    fn step(&mut self, index: usize) -> Result<bool, ReplayError> {
        let played = self.playbacks[index].step();
        Ok(played.map_err(|cause| self.opened[index].playback_error(cause))?.is_some())
    }

    /// Brings the one that begins earlier to where the other one does.
    fn align(&mut self) -> Result<(), ReplayError> {
        let begins = [0, 1].map(|index| self.playbacks[index].world().tick());
        let behind = usize::from(begins[0].is_after(begins[1]));
        while begins[1 - behind].is_after(self.playbacks[behind].world().tick()) {
            if !self.step(behind)? {
                let [path, other] = self.opened.map(Opened::path);
                return Err(ReplayError::Apart { path, other });
            }
        }
        Ok(())
    }

    /// Where they part, or which one ends first.
    fn find_parting(
        &mut self,
        until: Option<Tick>,
    ) -> Result<(Option<Parting>, Option<usize>), ReplayError> {
        loop {
            let [one, other] = self.playbacks.each_ref().map(|playback| playback.world().hash());
            if one != other {
                return Ok((Some(self.look_closer()), None));
            }
            if until.is_some_and(|until| !until.is_after(self.tick())) {
                return Ok((None, None));
            }
            match (self.step(0)?, self.step(1)?) {
                (true, true) => {}
                (false, false) => return Ok((None, None)),
                (one_goes_on, _) => return Ok((None, Some(usize::from(one_goes_on)))),
            }
        }
    }

    fn look_closer(&mut self) -> Parting {
        let difference = |playbacks: &[Playback; 2]| {
            first_difference(playbacks[0].world(), playbacks[1].world())
        };
        let tick = self.tick();
        let first = difference(&self.playbacks);
        let is_seen = |difference: &Difference| difference.entity != 0;
        let mut seen = first.clone().filter(is_seen);
        let rate = u32::from(self.opened[0].header().tick_rate_hz);
        for _ in 0..LOOK_AHEAD_SECONDS * rate {
            // One that cannot be computed on shows no more; where they part is known.
            if seen.is_some() || !matches!((self.step(0), self.step(1)), (Ok(true), Ok(true))) {
                break;
            }
            seen = difference(&self.playbacks).filter(is_seen);
        }
        Parting { tick, first, seen }
    }

    /// A match that does not even agree with its own hashes.
    fn note_divergences(&self, report: &mut Report) {
        for (opened, playback) in self.opened.iter().zip(&self.playbacks) {
            opened.warn_of_loss(playback.world().tick());
            if let Some(divergence) = playback.divergence() {
                let (path, Tick(tick)) = (opened.path(), divergence.tick);
                report.notes.push(format!("{path} itself differs from its hashes at tick {tick}"));
            }
        }
    }
}
