//! Room for sockets: many systems let a process open 1,024 files until it asks for more.

/// Files that are open beside those of the bots: of HTTP, runtimes, terminal, report.
const OTHERS: u64 = 128;

/// Asks for as many open files as the system allows, and says how many that is, if there is a limit.
#[cfg(unix)]
pub fn raise_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it refuses, the limit is as it was.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current
}

/// Nothing to ask for: there is no such limit here.
#[cfg(not(unix))]
pub const fn raise_limit() -> Option<u64> {
    None
}

/// What to know where some of so many bots will find no socket.
#[must_use]
pub fn warning(limit: Option<u64>, bots: u32) -> Option<String> {
    let limit = limit.filter(|limit| *limit < u64::from(bots) + OTHERS)?;
    Some(format!(
        "this process may open {limit} files, too few for {bots} bots, each a socket; raise it by \
         ulimit -n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_limit_is_as_high_as_allowed() {
        use rustix::process::{Resource, getrlimit};
        let limit = raise_limit();
        assert_eq!(limit, getrlimit(Resource::Nofile).maximum);
    }

    #[test]
    fn too_few_files_are_told_beforehand() {
        assert_eq!(warning(None, 1_000_000), None);
        assert_eq!(warning(Some(20_000), 19_000), None);
        let text = warning(Some(20_000), 20_000).unwrap();
        assert!(text.contains("20000 files") && text.contains("ulimit -n"), "{text}");
    }
}
