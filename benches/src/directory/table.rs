//! What everything costs, and what it comes to in a cluster, as a table in Markdown.

use std::fmt::Write as _;

use super::{Cost, Size, Work};

/// The table. Journals come last, with the sums before them and after.
#[must_use]
pub fn render(size: &Size, costs: &[Cost]) -> String {
    let mut text = String::from(
        "| what | commands each | Redis' CPU each, µs | a core does, per second | the cluster, per second | \
         commands | of a core |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut sum = Sum::default();
    for cost in costs {
        if cost.work == Work::Append {
            sum.line(&mut text, "all but journals");
        }
        let often = cost.work.per_second(size);
        let each = cost.each().as_secs_f64();
        let commands = often * cost.commands_each();
        // What cannot fail: it is a string.
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.0} | {often:.0} | {commands:.0} | {:.1} % |",
            cost.work.label(),
            cost.commands_each(),
            each * 1e6,
            1.0 / each,
            often * each * 100.0,
        );
        sum.commands += commands;
        sum.share += often * each;
    }
    sum.line(&mut text, "all");
    text
}

#[derive(Default)]
struct Sum {
    commands: f64,
    /// Of a core.
    share: f64,
}

impl Sum {
    fn line(&self, text: &mut String, label: &str) {
        let _ = writeln!(
            text,
            "| {label} | | | | | {:.0} | {:.1} % |",
            self.commands,
            self.share * 100.0
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn shares_of_a_core_are_summed_before_the_journals_and_after() {
        let cost = |work, us| Cost {
            work,
            calls: 1000,
            commands: 5000,
            cpu: Duration::from_micros(us) * 1000,
            elapsed: Duration::from_secs(1),
        };
        let size = Size {
            nodes: 10,
            rooms: 100,
            players: 1000,
            stay: Duration::from_secs(100),
            interval: Duration::from_millis(100),
        };
        let table = render(&size, &[cost(Work::Renew, 100), cost(Work::Append, 50)]);
        let lines: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| renew a lease | 5.0 | 100.0 | 10000 | 30 | 150 | 0.3 % |",
                "| all but journals | | | | | 150 | 0.3 % |",
                "| append to a journal | 5.0 | 50.0 | 20000 | 1000 | 5000 | 5.0 % |",
                "| all | | | | | 5150 | 5.3 % |",
            ]
        );
    }
}
