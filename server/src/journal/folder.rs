//! The folder of the journals: their names, and what is deleted of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tickwire_protocol::ids::{PlayerId, RoomId, Tick};

use crate::room::door::Terms;

/// What the names of journals end with.
pub const EXTENSION: &str = "journal";
/// What the names of those end with that broke off.
const CUT: &str = "-cut";
/// Longest name, without that.
pub const MAX_NAME_BYTES: usize = 100;

/// Whose a match was: names of journals say it, since recordings of rooms that were not for everybody are
/// not either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anybody's who came.
    Open,
    /// Theirs who had the room's code.
    Private,
    /// Theirs who had its password.
    Locked,
}

impl Kind {
    /// That of a room with these terms.
    #[must_use]
    pub const fn of(terms: &Terms) -> Self {
        match terms {
            Terms { lock: Some(_), .. } => Self::Locked,
            Terms { is_private: true, .. } => Self::Private,
            Terms { .. } => Self::Open,
        }
    }

    /// That of a journal of this name, or of what was broken off of one.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let name = name.strip_suffix(CUT).unwrap_or(name);
        let kinds = [Self::Private, Self::Locked];
        kinds.into_iter().find(|kind| name.ends_with(kind.ending())).unwrap_or(Self::Open)
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Private => "-private",
            Self::Locked => "-locked",
        }
    }
}

/// A journal in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without its ending.
    pub name: String,
    /// When it was last written to.
    pub modified: SystemTime,
    /// How long it is.
    pub bytes: u64,
}

/// Whether this can be the name of a journal: 1 to 100 letters, digits, `-` and `_`. So it never leads out of
/// the folder.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_fit)
}

/// The name of a match's journal: when it was opened, of what game, in which room, whose. By name they are in
/// the order of their times.
#[must_use]
pub fn name_of(opened: SystemTime, game: &str, room: RoomId, kind: Kind) -> String {
    let seconds = opened.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds));
    let time: String = time.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let game: String =
        game.chars().filter(char::is_ascii_alphanumeric).take(MAX_NAME_BYTES / 2).collect();
    format!("{time}-{game}-{room}{}", kind.ending())
}

/// The path of a journal; `None` for what is no name.
#[must_use]
pub fn path_of(dir: &Path, name: &str) -> Option<PathBuf> {
    is_name(name).then(|| dir.join(name).with_extension(EXTENSION))
}

/// What a journal is called that broke off and could not even be given an end: nobody brings its match back.
#[must_use]
pub fn cut_name(name: &str) -> String {
    format!("{name}{CUT}")
}

/// Whether a journal is called so.
#[must_use]
pub fn is_cut(name: &str) -> bool {
    name.ends_with(CUT)
}

/// The path of a report that lies beside a journal.
#[must_use]
pub fn report_path(dir: &Path, journal: &str, tick: Tick, player: PlayerId) -> PathBuf {
    dir.join(format!("{journal}-desync-{tick}-{player}.json"))
}

/// Deletes what lies beside a journal that is gone.
pub fn remove_reports(dir: &Path, journal: &str) {
    let prefix = format!("{journal}-desync-");
    let Ok(files) = fs::read_dir(dir) else { return };
    for file in files.flatten() {
        if file.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            // Another time, if not now.
            let _ = fs::remove_file(file.path());
        }
    }
}

/// The journals of a folder, in the order of their names. What else is there is left alone.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(dir: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(dir)? {
        let file = file?;
        let path = file.path();
        let name = path.file_stem().and_then(|name| name.to_str()).filter(|name| is_name(name));
        let (Some(name), Some(EXTENSION)) = (name, path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        // One that was deleted meanwhile is none.
        let Ok(metadata) = file.metadata() else { continue };
        if metadata.is_file() {
            let modified = metadata.modified()?;
            entries.push(Entry { name: name.to_owned(), modified, bytes: metadata.len() });
        }
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// Which journals have to go, of those that are not being written: those that are too old, then the oldest until
/// the rest is small enough.
#[must_use]
pub fn surplus(
    entries: &[Entry],
    now: SystemTime,
    max_age: Duration,
    max_bytes: u64,
    is_open: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut closed: Vec<&Entry> = entries.iter().filter(|entry| !is_open(&entry.name)).collect();
    closed.sort_by_key(|entry| entry.modified);
    let mut bytes: u64 = closed.iter().map(|entry| entry.bytes).sum();
    let mut surplus = Vec::new();
    for entry in closed {
        let age = now.duration_since(entry.modified).unwrap_or_default();
        if age > max_age || bytes > max_bytes {
            bytes -= entry.bytes;
            surplus.push(entry.name.clone());
        }
    }
    surplus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_when_what_and_where_and_lead_nowhere() {
        let opened = UNIX_EPOCH + Duration::from_millis(1_764_405_611_900);
        let name = name_of(opened, "../a rena", RoomId::from_bits(77), Kind::Open);
        assert!(name.starts_with("20251129T084011Z-arena-"), "{name}");
        assert!(is_name(&name));
        let long = "x".repeat(101);
        for bad in ["", ".", "..", "a/b", "a\\b", "a.b", "ä", "a b", "a\0", "%2e", &long] {
            assert!(!is_name(bad), "{bad}");
            assert_eq!(path_of(Path::new("/dir"), bad), None);
        }
        assert_eq!(path_of(Path::new("/dir"), "a-1"), Some("/dir/a-1.journal".into()));
    }

    #[test]
    fn names_tell_whose_a_match_was() {
        for kind in [Kind::Open, Kind::Private, Kind::Locked] {
            let name = name_of(UNIX_EPOCH, "arena", RoomId::from_bits(77), kind);
            assert!(is_name(&name));
            assert_eq!(Kind::of_name(&name), kind, "{name}");
            assert_eq!(Kind::of_name(&cut_name(&name)), kind, "{name}");
        }
    }

    #[test]
    fn the_oldest_go_first_and_open_ones_stay() {
        let second = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let entry = |name: &str, modified, bytes| Entry {
            name: name.to_owned(),
            modified: second(modified),
            bytes,
        };
        let entries = [entry("a", 30, 5), entry("b", 10, 5), entry("c", 20, 5), entry("d", 1, 5)];
        let surplus = |max_age, max_bytes| {
            let max_age = Duration::from_secs(max_age);
            super::surplus(&entries, second(40), max_age, max_bytes, |name| name == "d")
        };
        assert_eq!(surplus(100, 15), Vec::<String>::new());
        assert_eq!(surplus(25, 15), ["b"]);
        assert_eq!(surplus(100, 14), ["b"]);
        assert_eq!(surplus(100, 5), ["b", "c"]);
        assert_eq!(surplus(100, 0), ["b", "c", "a"]);
    }
}
