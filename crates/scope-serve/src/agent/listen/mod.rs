//! The live agent: browsers read figures of this host's containers straight from it, over `WebSockets`, and nothing else. The contract is
//! `docs/live-agent.md`; where reports come from is the caller's business.
//!
//! | module | what lives there |
//! |---|---|
//! | [`settings`] | who may read, and what is shown to them |
//! | `table` | reports folded into the containers that are up |
//! | `frame` | frames: one JSON text each, made once however many clients there are |
//! | `hub` | the newest frame of each type, and the one counter of frames |
//! | `door` | connections: limits, HTTP, the upgrade |
//! | `client` | one client's `WebSocket` |

mod client;
mod door;
mod frame;
mod hub;
pub mod settings;
mod table;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use scope_core::Record;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::hub::Hub;
use self::settings::Settings;

/// What the kernel may hold for one client, in bytes; it doubles this. A client that does not keep up is then seconds behind, not minutes.
const SEND_BUFFER: u32 = 64 << 10;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 256;
/// How long clients have to hear that the agent ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// The live agent could not listen.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {at}")]
pub struct ListenError {
    at: SocketAddr,
    #[source]
    source: io::Error,
}

/// Opens the port. Needs a runtime.
pub fn bind(at: SocketAddr) -> Result<TcpListener, ListenError> {
    let open = || {
        let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        // Connections inherit it.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|source| ListenError { at, source })
}

/// Serves clients until `reports` is closed. They are accepted once the first report has come: it tells the agent's name.
pub async fn run(settings: Settings, listener: TcpListener, mut reports: mpsc::Receiver<Vec<Record>>) {
    let Some(first) = reports.recv().await else { return };
    let Some(agent) = first.first().map(|record| record.agent.clone()) else { return };
    let hub = Arc::new(Hub::new(agent, settings));
    let mut connections = JoinSet::new();
    tokio::select! {
        () = hub.publish(first, &mut reports) => {}
        () = door::accept(&listener, &hub, &mut connections) => {}
    }
    drop(listener);
    hub.close();
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all_ended).await.is_err() {
        connections.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
