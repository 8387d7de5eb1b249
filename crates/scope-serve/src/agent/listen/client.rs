//! One client's `WebSocket`: frames out, nothing taken in. A client that does not keep up gets the newest frames only; one that stalls is let go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::frame::Frame;
use super::hub::{Hub, Newest};

/// Time between pings.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that is not heard for so long is gone: three pings are without an answer.
const SILENT: Duration = Duration::from_secs(65);
/// The longest message taken, in bytes. Clients have nothing to say but control frames, which are shorter.
const MESSAGE_BYTES: usize = 1024;
/// Messages of any kind that a client may send between two pings. An answer to a ping is one.
const MESSAGES: u32 = 32;
/// How long a client has to take a farewell.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection that has been upgraded, and what of it was read too far.
pub(super) struct Upgraded {
    pub(super) io: TokioIo<TcpStream>,
    pub(super) read: Vec<u8>,
}

/// Sends frames until the client goes, misbehaves, stalls, or the agent ends.
pub(super) async fn serve(upgraded: Upgraded, peer: SocketAddr, hub: &Arc<Hub>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(MESSAGE_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let mut socket = WebSocketStream::from_partially_read(upgraded.io.into_inner(), upgraded.read, Role::Server, Some(config)).await;
    tracing::debug!(%peer, "a client has come");
    let ended = talk(&mut socket, peer, hub).await;
    tracing::debug!(%peer, ?ended, "a client has gone");
    let (code, reason) = match ended {
        Ended::Gone => return,
        Ended::Stalled => {
            tracing::info!(%peer, "let a client go that took no frame for {:?}", hub.settings.patience);
            return;
        }
        Ended::Closing => (CloseCode::Away, "the agent ends"),
        Ended::TooLarge => (CloseCode::Size, "clients have nothing to say here"),
        Ended::TooMuch => (CloseCode::Policy, "clients have nothing to say here"),
    };
    // Whoever does not take it finds the connection closed.
    let farewell = async {
        socket.close(Some(CloseFrame { code, reason: reason.into() })).await?;
        while socket.next().await.transpose()?.is_some() {}
        Ok::<(), Error>(())
    };
    drop(timeout(FAREWELL, farewell).await);
}

/// Why a client is no more.
#[derive(Debug)]
enum Ended {
    Gone,
    Stalled,
    Closing,
    TooLarge,
    TooMuch,
}

async fn talk(socket: &mut WebSocketStream<TcpStream>, peer: SocketAddr, hub: &Arc<Hub>) -> Ended {
    let (mut newest, patience) = (hub.watch(), hub.settings.patience);
    // Frames up to this number are sent, or came before the client.
    let mut sent = 0;
    if let Some(status) = hub.status() {
        sent = status.sequence;
        if let Err(ended) = send(socket, peer, &status, patience).await {
            return ended;
        }
    }
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut heard, mut messages) = (Instant::now(), 0);
    loop {
        tokio::select! {
            changed = newest.changed() => {
                if changed.is_err() {
                    return Ended::Closing;
                }
                if let Err(ended) = send_newest(socket, peer, &mut newest, &mut sent, patience).await {
                    return ended;
                }
            }
            message = socket.next() => match message {
                Some(Ok(_)) => {
                    heard = Instant::now();
                    messages += 1;
                    if messages > MESSAGES {
                        return Ended::TooMuch;
                    }
                }
                Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => return Ended::TooLarge,
                Some(Err(_)) | None => return Ended::Gone,
            },
            _ = pings.tick() => {
                messages = 0;
                if heard.elapsed() > SILENT {
                    return Ended::Gone;
                }
                match timeout(patience, socket.send(Message::Ping(Bytes::new()))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Ended::Gone,
                    Err(_) => return Ended::Stalled,
                }
            }
        }
    }
}

/// Sends what is newer than `sent`. While a frame goes out newer ones take the place of those that wait.
async fn send_newest(
    socket: &mut WebSocketStream<TcpStream>,
    peer: SocketAddr,
    newest: &mut watch::Receiver<Newest>,
    sent: &mut u64,
    patience: Duration,
) -> Result<(), Ended> {
    loop {
        let next = {
            let newest = newest.borrow_and_update();
            if newest.closing {
                return Err(Ended::Closing);
            }
            newest.frames.iter().find(|frame| frame.sequence > *sent).cloned()
        };
        let Some(frame) = next else { return Ok(()) };
        *sent = frame.sequence;
        send(socket, peer, &frame, patience).await?;
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, peer: SocketAddr, frame: &Frame, patience: Duration) -> Result<(), Ended> {
    match timeout(patience, socket.send(Message::Text(frame.text.clone()))).await {
        Ok(Ok(())) => {
            let Frame { kind, sequence, sent_at, made, .. } = frame;
            tracing::debug!(%peer, kind, sequence, %sent_at, dispatch_us = made.elapsed().as_micros() as u64, "sent");
            Ok(())
        }
        Ok(Err(_)) => Err(Ended::Gone),
        Err(_) => Err(Ended::Stalled),
    }
}
