//! A way to Redis that can be cut: what is sent then waits, as it does on a network that is torn.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// Whether anything goes through.
struct Gate {
    is_cut: Mutex<bool>,
    changed: Condvar,
    is_over: AtomicBool,
}

/// The way. Whoever is on it is cut off when it is dropped.
pub struct Way {
    pub port: u16,
    gate: Arc<Gate>,
}

impl Way {
    /// To a Redis on this port.
    pub fn to(redis: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Gate {
            is_cut: Mutex::new(false),
            changed: Condvar::new(),
            is_over: AtomicBool::new(false),
        };
        let gate = Arc::new(gate);
        let held = Arc::clone(&gate);
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if held.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let gate = Arc::clone(&held);
                std::thread::spawn(move || {
                    gate.wait();
                    let Ok(far) = TcpStream::connect(("127.0.0.1", redis)) else { return };
                    let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    let other = Arc::clone(&gate);
                    std::thread::spawn(move || carry(back.0, back.1, &other));
                    carry(near, far, &gate);
                });
            }
        });
        Self { port, gate }
    }

    /// Where it begins.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn cut(&self) {
        *self.gate.is_cut.lock().unwrap() = true;
    }

    pub fn mend(&self) {
        *self.gate.is_cut.lock().unwrap() = false;
        self.gate.changed.notify_all();
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.gate.is_over.store(true, Ordering::SeqCst);
        self.mend();
        // So that it looks.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Gate {
    /// Returns when it is open.
    fn wait(&self) {
        let is_cut = self.is_cut.lock().unwrap();
        drop(self.changed.wait_while(is_cut, |is_cut| *is_cut).unwrap());
    }
}

/// One direction, to its end.
fn carry(mut from: TcpStream, mut to: TcpStream, gate: &Gate) {
    let _ = to.set_nodelay(true);
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        gate.wait();
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}
