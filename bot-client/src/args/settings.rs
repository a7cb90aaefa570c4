//! The flags as a report shows them: what a run was, so that it can be run again.

use clap::ValueEnum;

use super::Args;
use crate::carrier::Transport;

impl Args {
    /// Names and values of the flags that say what is run, without those that say how it is told.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let duration = |duration| humantime::format_duration(duration).to_string();
        let urls: Vec<_> = self.url.iter().map(ToString::to_string).collect();
        let behavior = self.behavior.to_possible_value();
        let mut settings = vec![
            ("url", urls.join(",")),
            ("game", self.game.clone()),
            ("bots", self.bots.to_string()),
            ("rooms", self.rooms.to_string()),
            ("duration", duration(self.duration)),
            ("input-hz", self.input_hz.to_string()),
            ("behavior", behavior.map(|value| value.get_name().to_owned()).unwrap_or_default()),
            ("seed", self.seed.to_string()),
            ("verify-share", self.verify_share.to_string()),
            ("threads", self.thread_count().to_string()),
        ];
        if self.find_capacity {
            settings.extend([
                ("find-capacity", "true".to_owned()),
                ("max-bots", self.max_bots.to_string()),
                ("max-gap", duration(self.max_gap)),
                ("max-lateness", duration(self.max_lateness)),
            ]);
        }
        let given = [
            ("ca", self.ca.as_ref().map(|ca| ca.file().display().to_string())),
            ("room", self.room.clone()),
            ("ramp", self.ramp.map(|ramp| format!("{ramp}/s"))),
            ("transport", (self.transport != Transport::Ws).then(|| self.transport.to_string())),
            ("net", self.net.map(|net| net.to_string())),
            ("cut-every", self.cut_every.map(duration)),
            ("cut-at", self.cut_at.map(duration)),
        ];
        settings.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn settings_are_flags_that_are_read_back() {
        let flags = "bot-client --bots 7 --find-capacity --net latency=80ms --ramp 50/s --seed 3";
        let args = Args::parse_from(flags.split(' '));
        let again = args.settings().into_iter().flat_map(|(name, value)| match name {
            "find-capacity" => vec![format!("--{name}")],
            _ => vec![format!("--{name}"), value],
        });
        let again = Args::parse_from(std::iter::once("bot-client".to_owned()).chain(again));
        assert_eq!(again.settings(), args.settings());
    }
}
