//! Movement from a file: lines of `tick,id,x,y`.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Movement;

/// Most ticks that a file may span.
const MAX_TICKS: u64 = 1_000_000;
/// Most things that may be there at one tick: slots of a cell.
const MAX_AT_ONCE: usize = 65_536;

/// Why a file is no movement.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CsvError {
    /// The first line does not name the columns.
    #[error("line 1: tick,id,x,y is due")]
    Header,
    /// A line is not four numbers.
    #[error("line {line}: {column} is {text:?}, {due} is due")]
    Field {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there.
        text: String,
        /// What should.
        due: &'static str,
    },
    /// A line has more than four columns.
    #[error("line {line}: more than four columns")]
    Columns {
        /// The line, from 1.
        line: usize,
    },
    /// One id is at two places at a tick.
    #[error("line {line}: {id} is at two places at tick {tick}")]
    Twice {
        /// The line, from 1.
        line: usize,
        /// The id.
        id: u32,
        /// The tick.
        tick: u64,
    },
    /// There is no line but the first.
    #[error("nobody is anywhere")]
    Empty,
    /// The ticks are too far apart.
    #[error("{0} ticks from the first to the last, at most {MAX_TICKS} are allowed")]
    TooLong(u64),
    /// Too many are there at once.
    #[error("{0} ids at one tick, at most {MAX_AT_ONCE} are allowed")]
    TooMany(usize),
}

impl Movement {
    /// Reads `tick,id,x,y`: whole numbers from 0 on, and finite ones. The first tick becomes 0.
    ///
    /// # Errors
    /// The first [`CsvError`] found.
    pub fn from_csv(text: &str) -> Result<Self, CsvError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        if lines.next().is_none_or(|(_, header)| header.replace(' ', "") != "tick,id,x,y") {
            return Err(CsvError::Header);
        }
        let mut ticks: BTreeMap<u64, BTreeMap<u32, [f64; 2]>> = BTreeMap::new();
        for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
            let mut fields = text.split(',').map(str::trim);
            let tick: u64 = field(line, "tick", &mut fields, "a whole number")?;
            let id = id(line, &mut fields)?;
            let x = finite(line, "x", &mut fields)?;
            let y = finite(line, "y", &mut fields)?;
            if fields.next().is_some() {
                return Err(CsvError::Columns { line });
            }
            if ticks.entry(tick).or_default().insert(id, [x, y]).is_some() {
                return Err(CsvError::Twice { line, id, tick });
            }
        }
        let (Some(&first), Some(&last)) = (ticks.keys().next(), ticks.keys().next_back()) else {
            return Err(CsvError::Empty);
        };
        if last - first >= MAX_TICKS {
            return Err(CsvError::TooLong(last - first));
        }
        if let Some(most) = ticks.values().map(BTreeMap::len).find(|&most| most > MAX_AT_ONCE) {
            return Err(CsvError::TooMany(most));
        }
        let places = |tick| ticks.remove(&tick).unwrap_or_default().into_iter().collect();
        Ok(Self { ticks: (first..=last).map(places).collect() })
    }
}

fn field<'a, T: std::str::FromStr>(
    line: usize,
    column: &'static str,
    fields: &mut impl Iterator<Item = &'a str>,
    due: &'static str,
) -> Result<T, CsvError> {
    let text = fields.next().unwrap_or_default();
    text.parse().map_err(|_| CsvError::Field { line, column, text: text.to_owned(), due })
}

/// An id: every number of 32 bits but the last.
fn id<'a>(line: usize, fields: &mut impl Iterator<Item = &'a str>) -> Result<u32, CsvError> {
    const DUE: &str = "a whole number below 2^32 - 1";
    match field(line, "id", fields, DUE)? {
        u32::MAX => {
            Err(CsvError::Field { line, column: "id", text: u32::MAX.to_string(), due: DUE })
        }
        id => Ok(id),
    }
}

fn finite<'a>(
    line: usize,
    column: &'static str,
    fields: &mut impl Iterator<Item = &'a str>,
) -> Result<f64, CsvError> {
    const DUE: &str = "a finite number";
    let number: f64 = field(line, column, fields, DUE)?;
    if number.is_finite() {
        Ok(number)
    } else {
        Err(CsvError::Field { line, column, text: number.to_string(), due: DUE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_appear_and_vanish_and_ticks_be_missing() {
        let text = "tick,id,x,y\n5,2,1.5,-2\n5,1,0,0\n\n7,2,1,1\n";
        let movement = Movement::from_csv(text).unwrap();
        let expected = [vec![(1, [0.0, 0.0]), (2, [1.5, -2.0])], vec![], vec![(2, [1.0, 1.0])]];
        assert_eq!(movement.ticks, expected);
        assert_eq!(movement.bounds(), Some(([0.0, -2.0], [1.5, 1.0])));
        assert_eq!(movement.entity_ticks(), 3);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, message) in [
            ("", "line 1: tick,id,x,y is due"),
            ("a,b\n", "line 1: tick,id,x,y is due"),
            ("tick,id,x,y\n", "nobody is anywhere"),
            ("tick,id,x,y\n1,2,3\n", "line 2: y is \"\", a finite number is due"),
            ("tick,id,x,y\n1,2,3,NaN\n", "line 2: y is \"NaN\", a finite number is due"),
            ("tick,id,x,y\n1,2,3,4,5\n", "line 2: more than four columns"),
            (
                "tick,id,x,y\n1,-2,3,4\n",
                "line 2: id is \"-2\", a whole number below 2^32 - 1 is due",
            ),
            (
                "tick,id,x,y\n1,4294967295,3,4\n",
                "line 2: id is \"4294967295\", a whole number below",
            ),
            ("tick,id,x,y\n1,2,3,4\n1,2,5,6\n", "line 3: 2 is at two places at tick 1"),
            ("tick,id,x,y\n0,1,0,0\n9999999,1,0,0\n", "9999999 ticks from the first to the last"),
        ] {
            let error = Movement::from_csv(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text:?}: {error}");
        }
    }
}
