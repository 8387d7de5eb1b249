//! The server under test, and where agents and subscribers find it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use scope_tests::command::scope_command;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::options::Options;

/// What subscribers look at, in turn: 8 at containers, 4 at hosts, 4 at processes, 4 at something of their own.
const VIEWS: [&str; 20] = [
    "view=containers",
    "view=hosts",
    "view=processes",
    "view=containers",
    "view=containers&filter=cpu%20%3E%2050",
    "view=containers",
    "view=hosts",
    "view=processes",
    "view=containers",
    "view=containers&group_by=image",
    "view=containers",
    "view=hosts",
    "view=processes",
    "view=containers",
    "view=processes&filter=cpu%20%3E%2090",
    "view=containers",
    "view=hosts",
    "view=processes",
    "view=containers",
    "view=containers&filter=agent%3Afra2-node-001",
];

/// `scope serve`: one that was running, or one with a directory of its own, ended when this is dropped.
pub(crate) struct Server {
    own: Option<(Child, tempfile::TempDir)>,
    pid: u32,
    at: SocketAddr,
    /// What comes before the paths of the API.
    base: String,
    token: Option<String>,
}

/// Where to open a `WebSocket`.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    at: SocketAddr,
    path: String,
    token: Option<String>,
}

impl Server {
    /// The server that is asked for: the one at a URL, or a new one.
    pub(crate) fn find(options: &Options) -> Self {
        let Some(url) = &options.url else { return Self::start(options.port) };
        let rest = url.strip_prefix("http://").expect("a URL that begins with http://: the fleet stays on this machine");
        let (at, base) = rest.split_once('/').map_or((rest, ""), |(at, base)| (at, base.trim_end_matches('/')));
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        let at: SocketAddr = at.to_socket_addrs().expect("an address").next().expect("an address");
        assert!(at.ip().is_loopback(), "{at} is not on this machine, and the fleet stays there");
        Self { own: None, pid: options.pid.unwrap_or(0), at, base, token: options.token.clone() }
    }

    fn start(port: u16) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let mut command = scope_command(["serve", "--no-collect", "--bind"]);
        command.arg(format!("127.0.0.1:{port}")).arg("--data-dir");
        let mut child = command.arg(data.path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let (mut at, mut token) = (None, None);
        while at.is_none() || token.is_none() {
            let Some(line) = lines.next() else { panic!("the server does not say where it is and what its first token is") };
            if let Some((_, rest)) = line.split_once("scope is at http://") {
                at = rest.trim_end_matches('/').parse().ok();
            } else if let Some((_, rest)) = line.split_once("role admin:") {
                token = Some(rest.trim().to_owned());
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { pid: child.id(), own: Some((child, data)), at: at.expect("an address"), base: String::new(), token }
    }

    /// Its process; 0 where that is not known.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{}/", self.at, self.base)
    }

    /// CPU time of its threads so far, in milliseconds by name.
    pub(crate) fn threads(&self) -> BTreeMap<String, u64> {
        let mut by_name = BTreeMap::new();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten() {
            let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
            let nanos: u64 = read("schedstat").split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0);
            *by_name.entry(read("comm").trim().to_owned()).or_default() += nanos / 1_000_000;
        }
        by_name
    }

    /// Where agents dial in.
    pub(crate) fn link(&self) -> Address {
        self.address("/api/v1/link")
    }

    /// What the subscriber of this number looks at; of figures only `metrics`, where they are named.
    pub(crate) fn subscription(&self, number: usize, metrics: Option<&str>) -> Address {
        let metrics = metrics.map(|names| format!("&metrics={names}")).unwrap_or_default();
        self.address(&format!("/api/v1/subscribe?encoding=deflate{metrics}&{}", VIEWS[number % VIEWS.len()]))
    }

    fn address(&self, path: &str) -> Address {
        Address { at: self.at, path: format!("{}{path}", self.base), token: self.token.clone() }
    }

    /// What the server says that it dropped, refused or lost.
    pub(crate) fn losses(&self) -> Vec<String> {
        let mut answer = String::new();
        let asked = TcpStream::connect(self.at).and_then(|mut stream| {
            let token = self.token.as_deref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
            write!(stream, "GET {}/metrics HTTP/1.1\r\nHost: {}\r\n{token}Connection: close\r\n\r\n", self.base, self.at)?;
            stream.read_to_string(&mut answer)
        });
        if let Err(error) = asked {
            return vec![format!("its figures cannot be read: {error}")];
        }
        let words = ["drop", "lost", "loss", "evict", "lag", "refus", "behind", "slow", "snapshots"];
        let own = answer.lines().filter(|line| line.starts_with("scope_") && words.iter().any(|word| line.contains(word)));
        own.filter(|line| !line.ends_with(" 0")).take(40).map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            // Asked first: it ends as one that is stopped does, and one built to record where its time goes writes that down then.
            let ended = Instant::now() + Duration::from_secs(10);
            let asked = rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM).is_ok();
            while asked && Instant::now() < ended && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Address {
    pub(crate) async fn connect(&self) -> Result<WebSocketStream<tokio::net::TcpStream>, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = format!("ws://{}{}", self.at, self.path).into_client_request()?;
        if let Some(token) = &self.token {
            request.headers_mut().insert("authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
        }
        let stream = tokio::net::TcpStream::connect(self.at).await?;
        stream.set_nodelay(true)?;
        // A thousand connections that each say little.
        let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0).max_message_size(None).max_frame_size(None);
        Ok(client_async_with_config(request, stream, Some(config)).await?.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}
