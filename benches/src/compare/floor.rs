//! The floor: what the kernel takes for sending updates and receiving inputs, and nothing else. No server
//! on such sockets can do with less, unless it sends less.
//!
//! A thread, a frame that is always the same, and a write per client and tick; what clients send is read
//! and dropped. Rooms tick out of step, as this project's do. There are no rules and no state, so an input
//! never shows, and the answer to an upgrade does not even prove that it was understood.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::workload::TICK_HZ;

/// Longest request.
const MAX_REQUEST_BYTES: usize = 4096;
/// Bytes that are read at once, into memory that all clients share.
const BUFFER_BYTES: usize = 1 << 16;
/// A binary message in one frame, and the mark of a length of 16 bits.
const BINARY: u8 = 0x82;
const LENGTH_OF_2: u8 = 126;
/// Fraction of the golden ratio: multiples of it spread evenly over a tick.
const GOLDEN: f64 = 0.618_033_988_749_895;
const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

/// The clients of a room.
type Room = Rc<RefCell<Vec<Rc<TcpStream>>>>;

/// The frame that is sent, of so many bytes without its header.
#[must_use]
pub fn frame(payload_bytes: u16) -> Vec<u8> {
    let mut frame = match payload_bytes {
        short @ 0..126 => vec![BINARY, short as u8],
        long => [&[BINARY, LENGTH_OF_2][..], &long.to_be_bytes()].concat(),
    };
    frame.resize(frame.len() + usize::from(payload_bytes), 0);
    frame
}

/// Serves until it is dropped, within a `LocalSet`.
///
/// # Errors
/// What the system says of the listener.
pub async fn serve(listener: TcpListener, payload_bytes: u16) -> io::Result<()> {
    let frame: Rc<[u8]> = frame(payload_bytes).into();
    let buffer = Rc::new(RefCell::new(vec![0; BUFFER_BYTES]));
    let rooms = Rc::new(RefCell::new(BTreeMap::<usize, Room>::new()));
    loop {
        let (stream, _) = listener.accept().await?;
        let (frame, buffer, rooms) = (Rc::clone(&frame), Rc::clone(&buffer), Rc::clone(&rooms));
        tokio::task::spawn_local(async move {
            // One that goes wrong is gone, and nothing else is to be done about it.
            let Ok((stream, number)) = greet(stream).await else { return };
            let room = Rc::clone(rooms.borrow_mut().entry(number).or_insert_with(|| {
                let room = Room::default();
                tokio::task::spawn_local(tick(number, Rc::clone(&room), frame));
                room
            }));
            let stream = Rc::new(stream);
            room.borrow_mut().push(Rc::clone(&stream));
            let _ = drop_inputs(&stream, &buffer).await;
            room.borrow_mut().retain(|other| !Rc::ptr_eq(other, &stream));
        });
    }
}

/// Answers an upgrade; says which room is asked for.
async fn greet(mut stream: TcpStream) -> io::Result<(TcpStream, usize)> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if request.len() > MAX_REQUEST_BYTES || stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    stream.write_all(ANSWER).await?;
    let request = String::from_utf8_lossy(&request);
    let room =
        request.split_once("room=").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    Ok((stream, room.unwrap_or_default()))
}

/// Sends a frame to everybody in a room at every tick.
async fn tick(number: usize, room: Room, frame: Rc<[u8]>) {
    let period = Duration::from_secs(1) / TICK_HZ;
    let mut due = Instant::now() + period.mul_f64((number as f64 * GOLDEN).fract());
    loop {
        tokio::time::sleep_until(due).await;
        due += period;
        for stream in room.borrow().iter() {
            // One that takes nothing now misses a tick; one that is gone is seen to by its reader.
            let _ = stream.try_write(&frame);
        }
    }
}

async fn drop_inputs(stream: &TcpStream, buffer: &RefCell<Vec<u8>>) -> io::Result<()> {
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer.borrow_mut()) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_bot_client::connection::wire_bytes;

    #[test]
    fn a_frame_is_a_header_and_a_payload() {
        for payload in [0, 125, 126, 300, u16::MAX] {
            assert_eq!(frame(payload).len(), wire_bytes(usize::from(payload)));
        }
        assert_eq!(frame(300)[..4], [0x82, 126, 1, 44]);
    }
}
