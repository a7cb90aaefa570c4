//! Which cores the server runs on, and which the load: apart, so that a full run measures the server and not
//! who of the two gets the core.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Cores for the server and for the load.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    all: CpuSet,
    server: CpuSet,
    load: CpuSet,
}

impl Cores {
    /// The first core for the server, the others for the load; `None` when there is only one.
    ///
    /// # Errors
    /// What the system says.
    pub fn divide() -> io::Result<Option<Self>> {
        let all = sched_getaffinity(None)?;
        let mut load = all;
        let first = (0..CpuSet::MAX_CPU).find(|&core| load.is_set(core));
        let Some(first) = first.filter(|_| load.count() > 1) else { return Ok(None) };
        let mut server = CpuSet::new();
        server.set(first);
        load.unset(first);
        Ok(Some(Self { all, server, load }))
    }

    /// Keeps this thread, and what it starts from now on, to the load's cores.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_to_load(&self) -> io::Result<()> {
        Ok(sched_setaffinity(None, &self.load)?)
    }

    /// Lets this thread, and what it starts from now on, run anywhere again.
    ///
    /// # Errors
    /// What the system says.
    pub fn let_go(&self) -> io::Result<()> {
        Ok(sched_setaffinity(None, &self.all)?)
    }

    /// Does something on the server's core: what it starts stays there.
    ///
    /// # Errors
    /// What the system says.
    pub fn on_the_servers<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        sched_setaffinity(None, &self.server)?;
        let result = work();
        self.keep_to_load()?;
        Ok(result)
    }
}
