//! The server's binary, as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use serde_json::Value;

use super::{Client, PATIENCE};

/// The binary, not started: in another working directory than its sources are in.
pub fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.current_dir(std::env::temp_dir()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the binary says to flags that it refuses.
pub fn refused(flags: &[&str]) -> String {
    let Output { status, stderr, .. } = server().args(flags).output().unwrap();
    assert_eq!(status.code(), Some(2), "{flags:?}");
    String::from_utf8(stderr).unwrap()
}

/// A server that runs. Killed when dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    /// What has been read of its log.
    pub log: Vec<String>,
    pub url: String,
}

impl Process {
    pub fn start(flags: &[&str]) -> Self {
        let mut command = server();
        command.args(["--bind=127.0.0.1:0"]).args(flags);
        Self::run(command)
    }

    /// A server whose files cannot be longer than so many blocks of 512 bytes: as if the disk were full.
    pub fn start_with_little_disk(blocks: u32, flags: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_server"), "--bind=127.0.0.1:0"]);
        command.args(flags).current_dir(std::env::temp_dir());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::run(command)
    }

    fn run(command: Command) -> Self {
        let mut process = Self::begin(command);
        process.listens();
        process
    }

    /// Starts it, whatever becomes of it.
    pub fn begin(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines, log: Vec::new(), url: String::new() }
    }

    /// Waits until it listens.
    pub fn listens(&mut self) {
        let line = self.line_with("to play");
        let url = line.split_whitespace().find(|word| word.starts_with("http"));
        self.url = url.unwrap().to_owned();
    }

    /// Whether there is a line with this text in its log by now.
    pub fn has_logged(&mut self, text: &str) -> bool {
        self.log.extend(self.lines.try_iter());
        self.log.iter().any(|line| line.contains(text))
    }

    /// Reads the log on to a line with this text.
    pub fn line_with(&mut self, text: &str) -> String {
        let begin = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begin.elapsed());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no line with {text:?} after\n{}", self.log.join("\n"));
            };
            self.log.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    pub async fn join(&self) -> Value {
        let http = reqwest::Client::new().post(format!("{}/api/join", self.url));
        let http = http.header("content-type", "application/json").body(r#"{"name":"tester"}"#);
        serde_json::from_str(&http.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    pub async fn enter(&self) -> Client {
        Client::connect(self.join().await["ws_url"].as_str().unwrap()).await
    }

    pub fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for its end, and reads the rest of its log.
    pub fn exit_code(&mut self) -> Option<i32> {
        let code = self.child.wait().unwrap().code();
        self.log.extend(self.lines.iter());
        code
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
