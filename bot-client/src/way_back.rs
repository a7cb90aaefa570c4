//! One player's way back to its room, or to another one: one attempt after the other.
//!
//! ```text
//! Moved told where → there, at once
//! several servers  → ask one after the other who has the room (whereabouts::Search) → there
//! else             → the same address
//! refused, ended, or too late → join: a new player
//! ```

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::client::Client;
use crate::come_back::ComeBack;
use crate::connection::Connection;
use crate::end::ConnectError;
use crate::entry::EnterError;
use crate::join::{JoinError, ServerUrl};
use crate::resume::Resume;
use crate::whereabouts::{Search, Step, Whereabouts};

/// Where others may know of the room as well, one server is waited for no longer than this.
const RESUME_TIMEOUT: Duration = Duration::from_secs(3);

/// What is known on the way.
#[derive(Debug)]
pub(crate) struct WayBack {
    /// What there is to resume, if anything.
    lost: Option<Resume>,
    /// Where the room has gone.
    moved: Option<String>,
    /// Who is asked for it.
    search: Option<Search>,
    known: Whereabouts,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum Attempt {
    In(Box<Connection>),
    /// Another one after this time.
    Again(Duration),
}

impl WayBack {
    /// From a connection that is over.
    pub(crate) fn new(connection: &Connection) -> Self {
        let lost = connection.resumption();
        let mut known = connection.whereabouts().clone();
        let moved = known.take_moved().filter(|_| lost.is_some());
        Self { lost, moved, search: known.search(), known }
    }

    /// Whether there is a player to go on as.
    pub(crate) const fn resumes(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether it was told where the room goes on.
    pub(crate) const fn has_moved(&self) -> bool {
        self.moved.is_some()
    }

    /// All servers that may give a seat; none where there is but one.
    pub(crate) fn servers(&self) -> Vec<ServerUrl> {
        self.known.servers()
    }

    /// What the next connection is to know.
    pub(crate) fn into_known(self) -> Whereabouts {
        self.known
    }
}

impl Client {
    /// One attempt.
    pub(crate) async fn attempt(&mut self, way: &mut WayBack) -> Result<Attempt, EnterError> {
        way.lost.take_if(|lost| Instant::now() >= lost.until);
        let Some(lost) = way.lost.clone() else { return self.join_anew().await };
        if let Some(ws_url) = way.moved.take() {
            let result = self.resume(lost.at(&ws_url), way).await;
            return match result {
                // The others know whether it has ended.
                Err(error) if error.is_refused_resume() && way.search.is_some() => {
                    Ok(Attempt::Again(Search::delay_after_miss()))
                }
                result => self.judge(result, way),
            };
        }
        let Some(search) = &mut way.search else {
            let result = self.resume(lost, way).await;
            return self.judge(result, way);
        };
        let answer = self.entry.where_is(search.server(), &lost.token).await;
        match search.handle(answer, &mut way.known) {
            Ok(Step::Connect(ws_url)) => {
                let result = self.resume(lost.at(&ws_url), way).await;
                self.judge(result, way)
            }
            Ok(Step::Ask(delay)) => Ok(Attempt::Again(delay)),
            Ok(Step::BackOff) => Ok(Attempt::Again(self.entry.backoff.next_delay())),
            Ok(Step::JoinAnew) => {
                way.lost = None;
                Ok(Attempt::Again(self.entry.backoff.at_once()))
            }
            Err(_) => {
                self.stale_owners += 1;
                Ok(Attempt::Again(Search::delay_after_miss()))
            }
        }
    }

    async fn resume(&mut self, lost: Resume, way: &WayBack) -> Result<Connection, ConnectError> {
        let detail = self.entry.detail();
        let resuming = Connection::resume(&lost, detail, &mut self.entry.dial);
        match way.search {
            Some(_) => {
                timeout(RESUME_TIMEOUT, resuming).await.unwrap_or(Err(ConnectError::TimedOut))
            }
            None => resuming.await,
        }
    }

    /// What comes of an attempt to resume.
    fn judge(
        &mut self,
        result: Result<Connection, ConnectError>,
        way: &mut WayBack,
    ) -> Result<Attempt, EnterError> {
        let error = match result {
            Ok(connection) => return Ok(Attempt::In(Box::new(connection))),
            Err(error) => error,
        };
        if error.is_refused_resume() {
            way.lost = None;
            return Ok(Attempt::Again(self.entry.backoff.next_delay()));
        }
        if way.search.is_some() && error.come_back() == ComeBack::Backoff {
            return Ok(Attempt::Again(Search::delay_after_miss()));
        }
        // What is refused for load may be resumed all the same, later.
        self.again(error.into())
    }

    async fn join_anew(&mut self) -> Result<Attempt, EnterError> {
        match self.entry.attempt().await {
            Ok(connection) => Ok(Attempt::In(Box::new(connection))),
            Err(EnterError::Join(JoinError::NoSuchRoom)) if self.entry.forget_room() => {
                Ok(Attempt::Again(Duration::ZERO))
            }
            Err(error) => self.again(error),
        }
    }

    fn again(&mut self, error: EnterError) -> Result<Attempt, EnterError> {
        let delay = self.entry.backoff.delay(error.come_back());
        Ok(Attempt::Again(delay.ok_or(error)?))
    }
}
