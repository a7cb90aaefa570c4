//! `POST /api/resume`: a server of a cluster is asked where a player's room is.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickwire_protocol::ids::Fence;
use tokio::time::timeout;

use crate::join::{CallError, Lobby};
use crate::refusal::Refusal;
use crate::whereabouts::Answer;

/// A server that takes longer is not waited for: the next one may know.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Question<'a> {
    token: &'a str,
}

#[derive(Deserialize)]
struct Place {
    ws_url: String,
    #[serde(default)]
    fence: Fence,
}

/// Asks where the player of a resume token goes on.
pub(crate) async fn ask(lobby: &Lobby, token: &str) -> Answer {
    match timeout(ANSWER_TIMEOUT, lobby.post("/api/resume", &Question { token })).await {
        Ok(Ok(Place { ws_url, fence })) => Answer::There { ws_url, fence },
        Ok(Err(CallError::Refused(refusal))) => refused(&refusal),
        Ok(Err(_)) | Err(_) => Answer::Nothing,
    }
}

fn refused(refusal: &Refusal) -> Answer {
    match (refusal.status, refusal.code.as_str()) {
        (404, "no_such_room") => Answer::Gone,
        (503, "room_moving") => Answer::Moving(refusal.retry_after),
        (401 | 404, _) => Answer::NotKnown,
        // A server without time for it is as good as none.
        _ => Answer::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let retry_after = Some(Duration::from_millis(250));
        let answer = |status, code: &str| {
            let (code, message) = (code.to_owned(), String::new());
            refused(&Refusal { status, code, message, retry_after })
        };
        assert_eq!(answer(404, "no_such_room"), Answer::Gone);
        assert_eq!(answer(404, "not_found"), Answer::NotKnown);
        assert_eq!(answer(401, "unauthorised"), Answer::NotKnown);
        assert_eq!(answer(503, "room_moving"), Answer::Moving(retry_after));
        assert_eq!(answer(503, "shutting_down"), Answer::Nothing);
        assert_eq!(answer(429, "too_many_joins"), Answer::Nothing);
    }
}
