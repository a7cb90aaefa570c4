//! Which room somebody means, and whether they may come in: ids, codes, passwords, hosts' keys.

use std::net::IpAddr;
use std::time::Instant;

use tickwire_protocol::ids::RoomId;

use super::{JoinError, Lobby};
use crate::identity::RoomCode;
use crate::room::{RoomHandle, Shows};

/// What somebody shows at the door. Secret, and so without a text for logs.
#[derive(Clone, Default)]
pub struct Pass {
    /// A private room's code, as it was typed.
    pub code: Option<String>,
    /// The room's password.
    pub password: Option<String>,
    /// The key of its host.
    pub host_key: Option<String>,
}

/// The way into a room.
pub(super) struct Way {
    pub(super) room: RoomHandle,
    /// Whether it is the host who comes.
    pub(super) hosts: bool,
}

impl Lobby {
    /// The way into the room that is meant, if one is. Guesses of one address are bounded.
    ///
    /// # Errors
    /// [`JoinError`].
    pub(super) fn way_in(
        &self,
        room: Option<RoomId>,
        pass: &Pass,
        address: Option<IpAddr>,
    ) -> Result<Option<Way>, JoinError> {
        let Pass { code, password, host_key } = pass;
        let look = || self.look_for(room, pass);
        let may_be_guess = code.is_some() || password.is_some() || host_key.is_some();
        let way = if may_be_guess {
            self.admission.guess(address, look, JoinError::is_wrong_guess)??
        } else {
            look()?
        };
        if let Some(Way { room, hosts: false }) = &way
            && self.is_kept_out(room, address)
        {
            return Err(JoinError::Kicked);
        }
        Ok(way)
    }

    /// The room whose happenings somebody wants to be told of. They come in no more than that: what opens its
    /// door for a player does for them.
    ///
    /// # Errors
    /// [`JoinError`]; and [`JoinError::Delayed`] where those who watch see the match later.
    pub fn listen_to(
        &self,
        room: RoomId,
        pass: &Pass,
        address: Option<IpAddr>,
    ) -> Result<RoomHandle, JoinError> {
        let way = self.way_in(Some(room), pass, address)?.ok_or(JoinError::NoSuchRoom(room))?;
        match way.room.shows {
            Shows::Match { delay: Some(_) } | Shows::Delayed { .. } => Err(JoinError::Delayed),
            Shows::Match { delay: None } | Shows::Recording(_) => Ok(way.room),
        }
    }

    /// Whether the room's host has sent this address away of late.
    pub(super) fn is_kept_out(&self, room: &RoomHandle, address: Option<IpAddr>) -> bool {
        let address = self.admission.counted(address);
        address.is_some_and(|address| room.door.keeps_out(address, Instant::now()))
    }

    fn look_for(&self, room: Option<RoomId>, pass: &Pass) -> Result<Option<Way>, JoinError> {
        if let Some(key) = &pass.host_key {
            let id = self.keyring.verify_host_key(key).map_err(|_| JoinError::WrongHostKey)?;
            if room.is_some_and(|room| room != id) {
                return Err(JoinError::WrongHostKey);
            }
            let room = self.directory.find(id).ok_or(JoinError::NoSuchRoom(id))?;
            return Ok(Some(Way { room, hosts: true }));
        }
        let found = match (&pass.code, room) {
            (Some(code), room) => self.find_by_code(code, room)?,
            (None, Some(id)) => {
                let found = self.directory.find(id).filter(|room| !room.door.is_private());
                found.ok_or(JoinError::NoSuchRoom(id))?
            }
            (None, None) => return Ok(None),
        };
        if let Some(lock) = found.door.lock() {
            let password = pass.password.as_ref().ok_or(JoinError::PasswordRequired)?;
            if !lock.opens_with(password) {
                return Err(JoinError::WrongPassword);
            }
        }
        Ok(Some(Way { room: found, hosts: false }))
    }

    fn find_by_code(&self, code: &str, room: Option<RoomId>) -> Result<RoomHandle, JoinError> {
        let code: RoomCode = code.parse().map_err(|_| JoinError::WrongCode)?;
        let found = self.directory.find_by_code(code).ok_or(JoinError::WrongCode)?;
        match room {
            Some(id) if id != found.id => Err(JoinError::WrongCode),
            _ => Ok(found),
        }
    }
}
