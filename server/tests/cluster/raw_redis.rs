//! Redis as anybody else may use it: commands as they are, over a connection of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::redis_process::RedisProcess;

/// Sends a command; the first line of what is answered.
pub fn command(redis: &RedisProcess, words: &[&str]) -> String {
    command_at(redis.port, words)
}

/// The same on a port.
pub fn command_at(port: u16, words: &[&str]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    stream.write_all(&bytes).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
