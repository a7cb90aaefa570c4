//! Chat: names, who comes and goes, the last 50 lines for who comes later, and `/nick NAME`.
//! `cargo run --release --example chat`, with the flags of the server. Its page uses the SDK.

use std::collections::{BTreeMap, VecDeque};

use bincode::{Decode, Encode};
use clap::Parser;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{GameMessage, Rejection, Reply, Value};
use tickwire_protocol::schema::{MessageKind, ParamKind, Schema};
use tickwire_server::{Server, config::Flags, http::Pages};
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::names::{display_name, disturbs};
use tickwire_simulation::registry::GameRegistry;
use tickwire_simulation::saved::{self, RestoreError};
use tickwire_simulation::{inputs::Inputs, scene::SceneWriter};

/// Lines that are kept for who comes later.
const HISTORY: usize = 50;
/// Lines that somebody may say at once; after that one a second.
const BURST: f32 = 20.0;
/// A line has at most so many characters.
const TEXT: ParamKind = ParamKind::Text { max_chars: 200 };

/// A line of somebody's, or a notice of nobody's.
fn line(who: &str, text: &str) -> GameMessage {
    GameMessage { kind: 0, values: [who, text].map(|it| Value::Text(it.to_owned())).into() }
}

/// The people, each with the lines that they may say now; and what they have said.
#[derive(Debug, Default, Encode, Decode)]
struct Chat {
    people: BTreeMap<PlayerId, (String, f32)>,
    history: VecDeque<GameMessage>,
}

impl Game for Chat {
    fn schema(&self) -> Schema {
        let line = MessageKind::new("line").param("who", TEXT).param("text", TEXT);
        Schema::new("chat").event(line).message(MessageKind::new("say").param("text", TEXT))
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str) {
        self.history.iter().for_each(|line| context.emit_to(player, line.clone()));
        self.people.insert(player, (name.to_owned(), BURST));
        context.emit(line("", &format!("{name} has come in")));
    }

    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId) {
        let Some((name, _)) = self.people.remove(&player) else { return };
        context.emit(line("", &format!("{name} has left")));
    }

    fn on_rename(
        &mut self,
        to: &mut Context<'_>,
        id: PlayerId,
        name: &str,
    ) -> Result<(), Rejection> {
        let Some((known, _)) = self.people.get_mut(&id) else { return Ok(()) };
        let before = std::mem::replace(known, name.to_owned());
        to.emit(line("", &format!("{before} is {name} now")));
        Ok(())
    }

    fn on_message(&mut self, to: &mut Context<'_>, id: PlayerId, said: &GameMessage) -> Reply {
        let refuse = |code, why| Err(Rejection::new(code, why));
        let ([Value::Text(text)], Some((name, left))) =
            (&said.values[..], self.people.get_mut(&id))
        else {
            return refuse("nobody", "you are not here");
        };
        if *left < 1.0 {
            return refuse("too_fast", "wait a little: one line a second");
        }
        *left -= 1.0;
        let shown = text.chars().filter(|&letter| !disturbs(letter)).collect::<String>();
        match shown.trim().split_once(' ') {
            _ if shown.trim().is_empty() => return refuse("empty", "nothing of it can be seen"),
            Some(("/nick", name)) => self.on_rename(to, id, &display_name(name))?,
            _ if shown.starts_with('/') => return refuse("unknown", "there is only /nick NAME"),
            _ => {
                let line = line(name, shown.trim());
                to.emit(line.clone());
                self.history.push_back(line);
                self.history.drain(..self.history.len().saturating_sub(HISTORY));
            }
        }
        Ok(Vec::new())
    }

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        let people = self.people.values_mut();
        people.for_each(|(_, left)| *left = (*left + context.dt()).min(BURST));
    }

    fn replicate(&self, _: &mut SceneWriter<'_>) {}

    fn save(&self) -> Vec<u8> {
        saved::encode(self)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        *self = saved::decode(state)?;
        Ok(())
    }
}

fn main() -> anyhow::Result<()> {
    let games = GameRegistry::new().with("chat", |_| Ok(Box::<Chat>::default()));
    let flags = Flags { default_game: "chat".to_owned(), bots: 0, ..Flags::parse() };
    let mut config = flags.validate(&games)?;
    config.pages = Pages::demo().with("/", include_str!("pages/chat.html"));
    actix::System::new().block_on(async {
        let server = Server::bind(config, games)?;
        println!("the chat is at http://{}", server.address());
        Ok(server.run(async { drop(tokio::signal::ctrl_c().await) }).await?)
    })
}
