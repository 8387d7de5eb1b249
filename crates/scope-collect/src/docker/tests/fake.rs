//! An engine that answers what a test tells it to, on a Unix socket of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// What is answered to a path.
#[derive(Clone)]
pub(super) enum Reply {
    Json(u16, Vec<u8>),
    /// Lines, and then the end.
    Lines(Vec<Vec<u8>>),
    /// Nothing, ever.
    Silence,
    /// The connection is closed.
    Hangup,
}

pub(super) struct Fake {
    dir: tempfile::TempDir,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

struct Shared {
    replies: Mutex<BTreeMap<String, Reply>>,
    asked: Mutex<Vec<String>>,
    /// A line of the event stream; `None` ends it.
    events: broadcast::Sender<Option<Vec<u8>>>,
}

impl Fake {
    /// An engine that answers to nothing yet.
    pub(super) fn new() -> Self {
        let shared = Shared { replies: Mutex::default(), asked: Mutex::default(), events: broadcast::channel(10_000).0 };
        let mut fake = Self { dir: tempfile::tempdir().unwrap(), shared: Arc::new(shared), server: None };
        fake.start();
        fake
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.path().join("engine.sock")
    }

    pub(super) fn start(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        let listener = UnixListener::bind(self.socket()).unwrap();
        let shared = Arc::clone(&self.shared);
        self.server = Some(tokio::spawn(async move {
            let mut conversations = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                conversations.spawn(converse(stream, Arc::clone(&shared)));
            }
        }));
    }

    /// Closes all connections and takes no more; the socket's file stays, as an engine that was killed leaves it.
    pub(super) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// Answers `reply` to `path`, which is without its version.
    pub(super) fn reply(&self, path: &str, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub(super) fn json(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.reply(path, Reply::Json(200, body.into()));
    }

    pub(super) fn forget(&self, path: &str) {
        self.shared.replies.lock().unwrap().remove(path);
    }

    /// Sends a line of the event stream to whoever listens.
    pub(super) fn event(&self, line: impl Into<Vec<u8>>) {
        // Nobody listens while the agent is away.
        let _ = self.shared.events.send(Some(line.into()));
    }

    pub(super) fn end_events(&self) {
        let _ = self.shared.events.send(None);
    }

    /// How often a path was asked for that begins with `prefix`, version included.
    pub(super) fn asked(&self, prefix: &str) -> usize {
        self.shared.asked.lock().unwrap().iter().filter(|path| path.starts_with(prefix)).count()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

async fn converse(mut stream: UnixStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let request = String::from_utf8(std::mem::take(&mut head)).unwrap();
        let path = request.split(' ').nth(1).unwrap().to_owned();
        shared.asked.lock().unwrap().push(path.clone());
        let unversioned = match path.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|at| &rest[at..])) {
            Some(rest) => rest,
            None => path.as_str(),
        };
        let reply = shared.replies.lock().unwrap().get(unversioned).cloned();
        if unversioned.starts_with("/events") && reply.is_none() {
            return send_events(stream, shared).await;
        }
        match reply.unwrap_or_else(|| Reply::Json(404, br#"{"message":"no such thing"}"#.to_vec())) {
            Reply::Json(status, body) => {
                let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
                if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&body).await.is_err() {
                    return;
                }
            }
            Reply::Lines(lines) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
                for line in lines {
                    let _ = stream.write_all(&[line.as_slice(), b"\n"].concat()).await;
                }
                return;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Hangup => return,
        }
    }
}

async fn send_events(mut stream: UnixStream, shared: Arc<Shared>) {
    let mut events = shared.events.subscribe();
    if stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.is_err() {
        return;
    }
    while let Ok(Some(mut line)) = events.recv().await {
        line.push(b'\n');
        let chunk = [format!("{:x}\r\n", line.len()).as_bytes(), &line, b"\r\n"].concat();
        if stream.write_all(&chunk).await.is_err() {
            return;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n").await;
}
