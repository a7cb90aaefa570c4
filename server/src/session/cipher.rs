//! What TLS makes of a connection's bytes, for both of its ends: the [`line`](super::line) has its messages sealed
//! before they queue for the kernel, the [`inbound`](super::inbound) end what the kernel had opened.
//!
//! No bytes wait in here: what is sealed is handed out at once, in order, and has to be sent in that order. So the
//! queue, its limits and its watchdog are those of a plain connection, and count what is really sent.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use bytes::BytesMut;
use tokio_rustls::rustls::ServerConnection;

/// A connection's keys, and its place in both streams of records. Clones share them.
#[derive(Clone, Debug)]
pub struct Cipher(Rc<RefCell<ServerConnection>>);

impl Cipher {
    /// Of a connection whose handshake is done.
    #[must_use]
    pub fn new(tls: ServerConnection) -> Self {
        Self(Rc::new(RefCell::new(tls)))
    }

    /// Appends the records that carry `plain`, behind whatever TLS has to say itself.
    pub fn seal(&self, plain: &[u8], sealed: &mut Vec<u8>) {
        let mut tls = self.0.borrow_mut();
        let mut rest = plain;
        loop {
            // Nothing is taken once TLS has failed or said goodbye: then nobody would read it.
            let taken = tls.writer().write(rest).unwrap_or(0);
            rest = &rest[taken..];
            take_records(&mut tls, sealed);
            if taken == 0 || rest.is_empty() {
                return;
            }
        }
    }

    /// Appends what is due without a message: answers of TLS to what has been read.
    pub fn take_answers(&self, sealed: &mut Vec<u8>) {
        take_records(&mut self.0.borrow_mut(), sealed);
    }

    /// Appends the goodbye: nothing can be sealed after it.
    pub fn seal_end(&self, sealed: &mut Vec<u8>) {
        let mut tls = self.0.borrow_mut();
        tls.send_close_notify();
        take_records(&mut tls, sealed);
    }

    /// Appends what the records in `sealed` carry, and what has been opened before and not been read. Says whether
    /// the peer has said goodbye.
    ///
    /// # Errors
    /// The bytes are no records of this connection.
    pub fn open(&self, mut sealed: &[u8], plain: &mut BytesMut) -> io::Result<bool> {
        let mut tls = self.0.borrow_mut();
        loop {
            let taken = if sealed.is_empty() { 0 } else { tls.read_tls(&mut sealed)? };
            let state = tls.process_new_packets().map_err(io::Error::other)?;
            let begin = plain.len();
            plain.resize(begin + state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut plain[begin..])?;
            // What comes after a goodbye is not taken.
            if taken == 0 || sealed.is_empty() {
                return Ok(state.peer_has_closed());
            }
        }
    }
}

/// Takes the records that wait to be sent.
fn take_records(tls: &mut ServerConnection, sealed: &mut Vec<u8>) {
    while tls.wants_write() {
        // Memory takes everything.
        if tls.write_tls(sealed).unwrap_or(0) == 0 {
            return;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;
    use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig};

    use super::*;

    /// Two ends that have shaken hands.
    pub fn pair() -> (Cipher, ClientConnection) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(own.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let name = "localhost".try_into().unwrap();
        let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut bytes).unwrap();
            }
            server.read_tls(&mut &bytes[..]).unwrap();
            server.process_new_packets().unwrap();
            let mut bytes = Vec::new();
            take_records(&mut server, &mut bytes);
            hear(&mut client, &bytes);
        }
        (Cipher::new(server), client)
    }

    /// What a client reads of these records.
    pub fn hear(client: &mut ClientConnection, mut sealed: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        while !sealed.is_empty() && client.read_tls(&mut sealed).unwrap() > 0 {
            let state = client.process_new_packets().unwrap();
            let begin = plain.len();
            plain.resize(begin + state.plaintext_bytes_to_read(), 0);
            client.reader().read_exact(&mut plain[begin..]).unwrap();
        }
        plain
    }

    fn say(client: &mut ClientConnection, plain: &[u8]) -> Vec<u8> {
        client.writer().write_all(plain).unwrap();
        let mut sealed = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut sealed).unwrap();
        }
        sealed
    }

    #[test]
    fn what_is_sealed_is_read_in_order_however_much_it_is() {
        let (cipher, mut client) = pair();
        // More than TLS lets wait, and more than a record holds.
        let large: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let mut sealed = Vec::new();
        cipher.seal(b"first", &mut sealed);
        cipher.seal(&large, &mut sealed);
        cipher.seal_end(&mut sealed);
        cipher.seal(b"after the goodbye", &mut sealed);
        let heard = hear(&mut client, &sealed);
        assert_eq!(heard, [b"first", &large[..]].concat());
        assert!(client.process_new_packets().unwrap().peer_has_closed());
    }

    #[test]
    fn records_are_opened_however_they_are_cut() {
        let (cipher, mut client) = pair();
        let large = vec![7; 50_000];
        let mut sealed = say(&mut client, b"first");
        sealed.extend(say(&mut client, &large));
        client.send_close_notify();
        sealed.extend(say(&mut client, b""));
        let (mut plain, mut has_ended) = (BytesMut::new(), false);
        for piece in sealed.chunks(701) {
            assert!(!has_ended, "nothing comes after the goodbye");
            has_ended = cipher.open(piece, &mut plain).unwrap();
        }
        assert!(has_ended);
        assert_eq!(plain, [b"first", &large[..]].concat());
    }

    #[test]
    fn what_is_no_record_is_answered_by_an_alert() {
        let (cipher, mut client) = pair();
        let mut sealed = say(&mut client, b"first");
        *sealed.last_mut().unwrap() ^= 1;
        let mut plain = BytesMut::new();
        assert!(cipher.open(&sealed, &mut plain).is_err());
        assert!(plain.is_empty());
        let mut alert = Vec::new();
        cipher.take_answers(&mut alert);
        assert!(!alert.is_empty());
        assert!(cipher.open(&[], &mut plain).is_err(), "it remains at odds");
        cipher.seal(b"never mind", &mut alert);
    }
}
