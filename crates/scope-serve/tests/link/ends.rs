//! Both ends of a link, for tests: a server of links and nothing else, and an agent that pushes what the test hands it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use scope_core::codec::Reader;
use scope_core::record::SourceTick;
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Gone, Node, NodeId, Record, RunId, Stamp, Tick, Timestamp};
use scope_serve::agent::push::{self, Ended, PushConfig};
use scope_serve::request::RequestEnvelope;
use scope_serve::server::auth::{Identity, Proof, Role, Via, Visibility};
use scope_serve::server::link::{Links, Settings, grpc, websocket};
use scope_serve::server::live::{Limits, Live};
use scope_serve::server::tenant::Tenant;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Whom a server takes everybody for.
pub(crate) enum Who<'a> {
    /// Somebody with the token of an administrator, who pushes for any agent.
    Admin,
    /// Somebody on this machine, without any token.
    Somebody,
    /// This agent, by its credential.
    Agent(&'a str),
}

/// A server of links and nothing else.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    pub(crate) live: Arc<Live>,
    links: Arc<Links>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), Settings::default(), Who::Admin).await
    }

    /// A server at `at` that takes everybody for `who`.
    pub(crate) async fn start_at(at: SocketAddr, settings: Settings, who: Who<'_>) -> Self {
        let live = Arc::new(Live::new(Limits::default()));
        let links = Links::new(Arc::clone(&live), settings);
        let (role, via, agent) = match who {
            Who::Admin => (Some(Role::Admin), Via::Token, None),
            Who::Somebody => (Some(Role::Viewer), Via::Loopback, None),
            Who::Agent(name) => (None, Via::Agent, Some(name.parse().unwrap())),
        };
        let proof = Proof::Connection;
        let identity = Identity { name: "test".into(), tenant: Tenant::default(), role, visibility: Visibility::all(), via, proof, agent };
        let know = move |mut request: Request, next: Next| {
            request.extensions_mut().insert(identity.clone());
            next.run(request)
        };
        let routes = grpc(Arc::clone(&links)).route("/api/v1/link", websocket(Arc::clone(&links))).layer(axum::middleware::from_fn(know));
        let listener = tokio::net::TcpListener::bind(at).await.unwrap();
        let at = listener.local_addr().unwrap();
        Self { at, live, links, task: tokio::spawn(serve(listener, routes)) }
    }

    pub(crate) fn state(&self, agent: &str) -> Vec<String> {
        self.live.read(&Tenant::default(), &Visibility::all(), |state| held(state, agent))
    }

    /// Waits until the state of `agent` is this.
    pub(crate) async fn holds(&self, agent: &str, wanted: &[String]) {
        until(|| self.state(agent) == wanted).await;
    }

    /// Ends the listener and every link.
    pub(crate) async fn stop(self) {
        self.links.stop();
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn serve(listener: tokio::net::TcpListener, routes: Router) {
    axum::serve(listener, routes).await.unwrap();
}

/// Waits until something holds, for as long as a busy machine may need.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to be");
}

/// What holds of an agent: nodes with their fields, flows, problems; who said it when is left out.
pub(crate) fn held(state: &State, agent: &str) -> Vec<String> {
    let name: AgentName = agent.parse().unwrap();
    let Some(agent) = state.agent(&name) else { return Vec::new() };
    let mut records = scope_core::link::whole(agent, &name, Stamp::default(), Timestamp::default());
    records.pop();
    let mut texts: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    texts.sort();
    texts
}

pub(crate) fn applied(reports: &[Vec<Record>]) -> State {
    let mut state = State::default();
    for record in reports.iter().flatten() {
        let _ = state.apply(record.clone());
    }
    state
}

/// An agent that pushes what the test hands it.
pub(crate) struct Agent {
    reports: mpsc::Sender<Vec<Record>>,
    pub(crate) requests: mpsc::Receiver<RequestEnvelope>,
    pub(crate) task: JoinHandle<Result<Ended, push::PushError>>,
}

impl Agent {
    pub(crate) fn start(at: SocketAddr, change: impl FnOnce(&mut PushConfig)) -> Self {
        let mut config = PushConfig::new(format!("http://{at}").parse().unwrap(), "0.0.0-test");
        config.backoff = (Duration::from_millis(20), Duration::from_millis(100));
        change(&mut config);
        let (reports, waiting) = mpsc::channel(8);
        let (asked, requests) = mpsc::channel(8);
        Self { reports, requests, task: tokio::spawn(push::run(config, waiting, asked, std::future::pending())) }
    }

    pub(crate) async fn say(&self, report: Vec<Record>) {
        self.reports.send(report).await.unwrap();
    }

    /// No more reports: those that there were arrive.
    pub(crate) async fn end(self) {
        drop(self.reports);
        assert_eq!(self.task.await.unwrap().unwrap(), Ended::Closed);
    }
}

/// The reports of a recorded stream.
pub(crate) fn recorded(name: &str) -> Vec<Vec<Record>> {
    let path = format!("{}/../../tests/fixtures/streams/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reports: Vec<Vec<Record>> = Vec::new();
    for record in Reader::new(std::fs::File::open(path).unwrap()).map(Result::unwrap) {
        match reports.last_mut() {
            Some(report) if report[0].stamp == record.stamp => report.push(record),
            _ => reports.push(vec![record]),
        }
    }
    reports
}

/// A report of the agent `a`: which things it speaks of, which are gone; a full one says all there is.
pub(crate) fn report(run: u128, seq: u64, things: &[u32], gone: &[u32], full: bool) -> Vec<Record> {
    let stamp = Stamp { run: RunId::from_u128(run), seq };
    let at = Timestamp::from_seconds(1_700_000_000 + seq as i64);
    let record = |source: &str, body| Record { agent: "a".parse().unwrap(), stamp, source: source.into(), at, body, extra: Fields::default() };
    let id = |thing: &u32| -> NodeId { format!("thing:{thing}").parse().unwrap() };
    let node = |thing: &u32| {
        let mut node = Node::new(id(thing));
        node.metrics.insert("size", seq.into());
        record("test", Body::Node(node))
    };
    let mut records: Vec<Record> = things.iter().map(node).collect();
    records.extend(gone.iter().map(|thing| record("test", Body::Gone(Gone::Node(id(thing))))));
    let said = SourceTick { full, records: things.len() as u64, ..SourceTick::default() };
    let tick = Tick { interval_ms: Some(1000), sources: [("test", said)].into_iter().collect(), metrics: scope_core::Figures::default() };
    records.push(record("", Body::Tick(tick)));
    records
}
