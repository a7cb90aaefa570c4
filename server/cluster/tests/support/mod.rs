//! A real Redis for tests: a process on a port of its own, with nothing kept on disk.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(10);

/// A Redis server, ended when dropped.
pub struct RedisProcess {
    child: Child,
    pub port: u16,
    args: Vec<String>,
}

impl RedisProcess {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with arguments of the test's own.
    pub fn start_with(args: &[&str]) -> Self {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        // Somebody else may take the port before Redis does: then another one is tried.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(child) = spawn(port, &args) {
                return Self { child, port, args };
            }
        }
        panic!("redis-server does not start: is it installed?");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Stops it at once; what it held is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same port, after it was killed.
    pub fn start_again(&mut self) {
        let until = Instant::now() + STARTS_WITHIN;
        while Instant::now() < until {
            if let Some(child) = spawn(self.port, &self.args) {
                self.child = child;
                return;
            }
        }
        panic!("redis-server does not start again");
    }

    /// Has it stand still, or go on.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for RedisProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process that answers, if it comes to that.
fn spawn(port: u16, args: &[String]) -> Option<Child> {
    let port_text = port.to_string();
    let mut child = Command::new("redis-server")
        .args(["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--enable-debug-command", "yes"])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed (Debian: redis-server)");
    let until = Instant::now() + STARTS_WITHIN;
    while Instant::now() < until {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return None;
        }
        if answers(port) {
            return Some(child);
        }
        std::thread::yield_now();
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn answers(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = [0; 7];
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && &answer == b"+PONG\r\n"
}
