//! A live agent that runs, and clients of it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// How long a frame may take to come. It bounds a hang: heartbeats come every 5 s.
const SILENCE: Duration = Duration::from_secs(30);

/// `scope collect --listen`, killed when this is dropped.
#[derive(Debug)]
pub struct LiveAgent {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
}

impl LiveAgent {
    /// Starts `command`, and waits until it says where it serves.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the agent starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut said = Vec::new();
        let at = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the agent does not serve: {said:?}") };
            if let Some(at) = line.split_once(" at ws://").and_then(|(_, at)| at.trim_end_matches('/').parse().ok()) {
                break at;
            }
            said.push(line);
        };
        // It must be able to go on writing.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Self { child, at }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client that reads everything, as a page of no origin; what it is refused with is an error.
    pub fn connect(&self, path: &str) -> Result<Client, tungstenite::Error> {
        let stream = TcpStream::connect(self.at)?;
        stream.set_read_timeout(Some(SILENCE))?;
        match tungstenite::client::client(format!("ws://{}{path}", self.at), stream) {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("the agent does not answer"),
        }
    }
}

impl Drop for LiveAgent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A client of a live agent.
#[derive(Debug)]
pub struct Client(WebSocket<TcpStream>);

impl Client {
    /// The next frame as it came; `None` once the connection is over.
    pub fn text(&mut self) -> Option<String> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> Value {
        serde_json::from_str(&self.text().expect("a frame")).expect("JSON")
    }
}
