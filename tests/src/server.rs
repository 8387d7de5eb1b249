//! A server under test, and the few words of HTTP that a test needs: every byte that is sent is the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, WebSocket};

use crate::command::{Finished, LIMIT, Running, run, scope_command};

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    running: Option<Running>,
    address: SocketAddr,
    /// The token with the role admin that its first start showed.
    pub token: String,
    data: TempDir,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What came after the head.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header, empty where absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}\n{self:?}"))
    }
}

impl Server {
    /// Starts one on a port of its own, with these flags beside.
    #[track_caller]
    pub fn start(flags: &[&str]) -> Self {
        let mut command = scope_command(["serve", "--bind", "127.0.0.1:0"]);
        Self::spawn(command.args(flags), TempDir::new().expect("a directory"))
    }

    /// Starts `command`, a `scope serve` of its very first start, with its files in `data`.
    #[track_caller]
    pub fn spawn(command: &mut Command, data: TempDir) -> Self {
        let running = Running::start(command.arg("--data-dir").arg(data.path()));
        let (address, token) = said(&running, true);
        Self { running: Some(running), address, token: token.expect("the first start shows one"), data }
    }

    /// Ends it, in whatever way `end` does that, and starts `command` over the same files.
    #[track_caller]
    pub fn restart(&mut self, command: &mut Command, end: impl FnOnce(Running)) {
        end(self.running.take().expect("it runs"));
        let running = Running::start(command.arg("--data-dir").arg(self.data.path()));
        self.address = said(&running, false).0;
        self.running = Some(running);
    }

    /// Where its files are.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The command under test on its files: `token create`, `serve enrol`.
    #[track_caller]
    pub fn scope(&self, args: &[&str]) -> Finished {
        run(scope_command(args).arg("--data-dir").arg(self.data.path()), b"")
    }

    /// A new token with these flags: `--role operator`, `--filter app:web`.
    #[track_caller]
    pub fn new_token(&self, flags: &[&str]) -> String {
        self.scope(&[&["token", "create", "test"], flags].concat()).ok().text().trim().to_owned()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().map_or(0, Running::pid)
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        stream
    }

    /// Sends a request; `head` are further lines of its head.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, head: &[&str], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for line in head {
            request.push_str(line);
            request.push_str("\r\n");
        }
        if !body.is_empty() || method == "POST" {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        // A server that has had enough closes while the test still writes.
        drop(stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(body)));
        read_answer(stream)
    }

    /// Asks for a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Hands records in, as an administrator.
    #[track_caller]
    pub fn post_records(&self, records: &[u8]) -> Answer {
        let token = format!("authorization: Bearer {}", self.token);
        self.ask("POST", "/api/v1/records", &[&token, "content-type: application/x-ndjson"], records)
    }

    /// Asks for a path as an administrator: beyond loopback nobody else reads.
    #[track_caller]
    pub fn get_as_admin(&self, path: &str) -> Answer {
        self.ask("GET", path, &[&format!("authorization: Bearer {}", self.token)], b"")
    }

    /// Asks until `wanted` finds what is looked for.
    #[track_caller]
    pub fn wait_for<T>(&self, path: &str, what: &str, wanted: impl FnMut(&Value) -> Option<T>) -> T {
        wait_for(path, what, || self.get(path), wanted)
    }

    /// The same as an administrator.
    #[track_caller]
    pub fn wait_for_as_admin<T>(&self, path: &str, what: &str, wanted: impl FnMut(&Value) -> Option<T>) -> T {
        wait_for(path, what, || self.get_as_admin(path), wanted)
    }

    /// `scope collect` that pushes here under this name, every 200 ms, with the administrator's token.
    pub fn pushing(&self, agent: &str, sources: &str) -> Vec<String> {
        let to = format!("http://{}", self.address);
        let flags = ["collect", "--agent", agent, "--only", sources, "--every", "200ms", "--push", &to, "--push-token", &self.token];
        flags.map(str::to_owned).to_vec()
    }

    /// Opens a stream of events; each is its name and its data.
    pub fn events(&self, path: &str) -> Events {
        self.events_as(path, &[])
    }

    /// The same, with further lines of the request's head.
    pub fn events_as(&self, path: &str, head: &[&str]) -> Events {
        let mut stream = self.connect();
        let head = head.iter().fold(String::new(), |head, line| head + line + "\r\n");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\n{head}\r\n", self.address).expect("the server reads");
        Events { lines: BufReader::new(stream), name: String::new(), id: String::new() }
    }

    /// A WebSocket, with further lines of the request's head; what it is refused with is an error.
    pub fn socket(&self, path: &str, head: &[(&'static str, &str)]) -> Result<WebSocket<TcpStream>, tungstenite::Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        for (name, value) in head {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        match tungstenite::client::client(request, self.connect()) {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("the server does not answer"),
        }
    }

    /// Asks it to end and waits for that; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.running.take().and_then(|running| running.stop().1.code())
    }
}

#[track_caller]
fn wait_for<T>(path: &str, what: &str, ask: impl Fn() -> Answer, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        let answer = ask();
        if answer.status == 200
            && let Some(found) = wanted(&answer.json())
        {
            return found;
        }
        assert!(Instant::now() < end, "{path} does not show: {what}\nlast: {}", answer.text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a server says when it starts: where it is, and at its first start the administrator's token.
#[track_caller]
fn said(running: &Running, first: bool) -> (SocketAddr, Option<String>) {
    let (mut address, mut token) = (None, None);
    let end = Instant::now() + LIMIT;
    while address.is_none() || (first && token.is_none()) {
        let line = running.line(end.saturating_duration_since(Instant::now())).expect("the server says where it is");
        if let Some((_, rest)) = line.split_once("scope is at ") {
            let host = rest.split("://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
            address = Some(host.parse().expect("an address"));
        }
        if line.contains("token with the role admin") {
            token = line.split_whitespace().last().map(str::to_owned);
        }
    }
    (address.expect("just read"), token)
}

/// Server-Sent Events as they come.
#[derive(Debug)]
pub struct Events {
    lines: BufReader<TcpStream>,
    name: String,
    /// The id of the last event: what to send as `Last-Event-ID`.
    pub id: String,
}

impl Iterator for Events {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut self.name);
            } else if let Some(id) = line.strip_prefix("id: ") {
                id.clone_into(&mut self.id);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((self.name.clone(), serde_json::from_str(data).unwrap_or(Value::Null)));
            }
        }
    }
}

/// Reads an answer up to the end of the connection.
#[track_caller]
pub fn read_answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // What was read before an error is what there is.
    drop(stream.read_to_end(&mut bytes));
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split_whitespace().nth(1)).and_then(|status| status.parse().ok()).expect("a status");
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let rest = &bytes[end + 4..];
    Answer { status, headers, body: if chunked { unchunked(rest) } else { rest.to_vec() } }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&rest[..end]).trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < end + 2 + size {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    body
}
