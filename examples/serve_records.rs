//! Serves one agent's stream to browsers and tools until Ctrl-C: the server as a library, fed by whatever a program knows.
//!
//! `scope collect --every 1s | cargo run --example serve_records -- ./data`, then open the address that it prints.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use scope_core::Body;
use scope_core::codec::Reader;
use scope_serve::server::app::Server;
use scope_serve::server::config::Config;
use scope_serve::server::live::{Hello, Limits, Live, Session};
use scope_serve::server::tenant::Tenant;
use tokio::sync::mpsc;

fn main() -> Result<(), Box<dyn Error>> {
    // Tokens and settings are kept there. Port 0: any that is free; loopback, where reading needs no token.
    let data_dir = std::env::args_os().nth(1).ok_or("usage: serve_records DATA_DIR < STREAM")?;
    let config = Config::new(([127, 0, 0, 1], 0).into(), data_dir.into());
    let live = Arc::new(Live::new(Limits::default()));
    let feed = Arc::clone(&live);
    // Reading blocks, so it has a thread of its own. It ends with its input or with the program.
    std::thread::spawn(move || {
        if let Err(error) = feed_from(io::stdin(), &feed) {
            drop(writeln!(io::stderr(), "the stream ends: {error}"));
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(config, live).await?;
        writeln!(io::stdout(), "{}", server.url())?;
        server.run(async { drop(tokio::signal::ctrl_c().await) }).await;
        Ok(())
    })
}

fn feed_from(input: impl io::Read + Send + 'static, live: &Live) -> Result<(), Box<dyn Error>> {
    // What the server asks of this agent goes there. Nothing listens, so it is told that the agent cannot answer.
    let (requests, _) = mpsc::channel(1);
    let (mut session, mut report): (Option<Session>, _) = (None, Vec::new());
    for record in Reader::new(input) {
        let record = record?;
        if session.is_none() {
            let hello = Hello { agent: record.agent.clone(), version: "1.0".into(), machine_id: None, address: None, requests: requests.clone() };
            session = Some(live.connect(&Tenant::default(), hello)?);
        }
        // A tick closes a report: what is applied is one moment of the machine, never half of one.
        let closes = matches!(record.body, Body::Tick(_));
        report.push(record);
        if closes && let Some(session) = &session {
            session.apply(std::mem::take(&mut report));
        }
    }
    Ok(())
}
