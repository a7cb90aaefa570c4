//! Room for sockets: many systems let a process open 1,024 files until it asks for more.

/// Asks for as many open files as the system allows. Where it refuses, bots that find no socket say
/// so when they fail.
#[cfg(unix)]
pub fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Nothing to ask for: there is no such limit here.
#[cfg(not(unix))]
pub const fn raise_limit() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn the_limit_is_as_high_as_allowed() {
        raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
