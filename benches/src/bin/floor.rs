//! `floor`: writes frames to WebSockets and drops what comes back, as the least that any server can do.

/// Sends every client a frame at every tick, and drops what they send. Says `listening PORT` first.
#[derive(Debug, clap::Parser)]
#[command(name = "floor")]
struct Args {
    /// Bytes of a frame without its header
    #[arg(long, default_value_t = 300)]
    payload_bytes: u16,
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::net::Ipv4Addr;
    use tickwire_benches::compare::floor;

    let Args { payload_bytes } = clap::Parser::parse();
    tickwire_bot_client::open_files::raise_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("listening {}", listener.local_addr()?.port());
        floor::serve(listener, payload_bytes).await?;
        Ok(())
    })
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("compare, whose floor this is, needs Linux")
}
