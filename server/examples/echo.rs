//! Echo: the smallest application. What somebody sends comes back to them, as the answer to a request; nobody
//! else sees it. `cargo run --release --example echo`, with the flags of the server.
//!
//! Its page speaks `tickwire.v1.json` over a bare WebSocket. So does a console: join as it does, then
//! `websocat --protocol tickwire.v1.json 'ws://…'`.

use clap::Parser;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{GameMessage, Reply};
use tickwire_protocol::schema::{MessageKind, ParamKind, Schema};
use tickwire_server::Server;
use tickwire_server::config::Flags;
use tickwire_server::http::Pages;
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::GameRegistry;
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// Most characters that are sent at once.
const MAX_CHARS: u16 = 200;

/// It remembers nothing.
struct Echo;

impl Game for Echo {
    fn schema(&self) -> Schema {
        let text = ParamKind::Text { max_chars: MAX_CHARS };
        Schema::new("echo").message(MessageKind::new("echo").param("text", text))
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn on_message(&mut self, _: &mut Context<'_>, _: PlayerId, message: &GameMessage) -> Reply {
        Ok(message.values.clone())
    }

    fn step(&mut self, _: &mut Context<'_>, _: &Inputs<'_>) {}
    fn replicate(&self, _: &mut SceneWriter<'_>) {}

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Ok(())
    }
}

fn main() -> anyhow::Result<()> {
    let games = GameRegistry::new().with("echo", |_| Ok(Box::new(Echo)));
    let flags = Flags { default_game: "echo".to_owned(), bots: 0, ..Flags::parse() };
    let mut config = flags.validate(&games)?;
    config.pages = Pages::demo().with("/", include_str!("pages/echo.html"));
    actix::System::new().block_on(async {
        let server = Server::bind(config, games)?;
        println!("the echo is at http://{}", server.address());
        Ok(server.run(async { drop(tokio::signal::ctrl_c().await) }).await?)
    })
}
