//! Agents that do not keep to the rules, spoken by hand over a `WebSocket`.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use scope_core::Record;
use scope_core::link::message::{Arrived, Chunk, Heartbeat, Hello, Kind, PipeData, Welcome};
use scope_core::link::{CHUNK_BYTES, Encoder, PROTOCOL, Packer, Unpacker};
use scope_serve::server::link::Settings;
use scope_serve::server::tenant::Tenant;
use tokio_tungstenite::tungstenite::Message;

use crate::ends::{Server, Who, report, until};

/// An agent by hand.
struct Raw {
    socket: tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>,
    packer: Packer,
    unpacker: Unpacker,
    encoder: Encoder,
}

impl Raw {
    async fn dial(at: SocketAddr) -> Self {
        let tcp = tokio::net::TcpStream::connect(at).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(format!("ws://{at}/api/v1/link"), tcp).await.unwrap();
        Self { socket, packer: Packer::default(), unpacker: Unpacker::default(), encoder: Encoder::default() }
    }

    async fn hello(at: SocketAddr, agent: &str) -> (Self, Welcome) {
        let mut raw = Self::dial(at).await;
        raw.say(Kind::Hello(Hello { protocol: PROTOCOL, agent: agent.to_owned(), ..Hello::default() })).await;
        loop {
            match raw.hear().await {
                Some(Kind::Welcome(welcome)) => return (raw, welcome),
                Some(_) => {}
                None => panic!("the server ended the link"),
            }
        }
    }

    async fn say(&mut self, kind: Kind) {
        let chunk = self.packer.pack(&kind.into()).unwrap();
        self.socket.send(Message::Binary(chunk.encode_to_vec().into())).await.unwrap();
    }

    async fn report(&mut self, records: &[Record], digest: Option<u64>) {
        let mut parts = Vec::new();
        self.encoder.encode(records, digest, false, |part| parts.push(part));
        for part in parts {
            self.say(Kind::Report(Box::new(part))).await;
        }
    }

    /// Whatever comes of it.
    async fn say_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::Binary(bytes.into())).await;
    }

    /// The next frame of a kind that is known; none where the server ends the link.
    async fn hear(&mut self) -> Option<Kind> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(bytes)) => return self.unpacker.unpack(&Chunk::decode(bytes).unwrap()).unwrap().kind,
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn is_ended(&mut self) {
        while self.hear().await.is_some() {}
    }
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_digest_makes_the_server_ask_for_everything() {
    let server = Server::start().await;
    let (mut raw, welcome) = Raw::hello(server.at, "a").await;
    assert!(welcome.run.is_empty(), "it has nothing of this agent");
    raw.report(&report(7, 1, &[1], &[], true), Some(42)).await;
    while !matches!(raw.hear().await.unwrap(), Kind::FullWanted(_)) {}
    drop(raw);
    let (_, welcome) = Raw::hello(server.at, "a").await;
    assert_eq!((welcome.run.len(), welcome.seq), (16, 1), "it says what it has");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_told_what_has_arrived() {
    let server = Server::start().await;
    let (mut raw, _) = Raw::hello(server.at, "a").await;
    raw.report(&report(7, 1, &[1], &[], true), None).await;
    raw.say(Kind::Heartbeat(Heartbeat { number: 77, clock: None })).await;
    let (mut told, mut answered) = (false, false);
    while !answered {
        match raw.hear().await.unwrap() {
            Kind::Arrived(Arrived { seq: 1 }) => told = true,
            Kind::Heartbeat(Heartbeat { number: 77, clock: Some(_) }) => answered = true,
            _ => {}
        }
    }
    // At the latest with the answer, not with the server's own next heartbeat.
    assert!(told || matches!(raw.hear().await.unwrap(), Kind::Arrived(Arrived { seq: 1 })));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_ends_its_own_link_and_no_other() {
    let server = Server::start().await;
    let (mut good, _) = Raw::hello(server.at, "a").await;
    // Kinds of tomorrow are skipped, ten thousand of them too: field 77, three bytes.
    for _ in 0..10_000 {
        good.say_bytes(Chunk { plain: vec![0xea, 0x04, 0x03, 1, 2, 3].into(), ..Chunk::default() }.encode_to_vec()).await;
    }
    let mut random = 88_172_645_463_325_252_u64;
    let mut garbage = |length: usize| -> Vec<u8> {
        let mut byte = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as u8
        };
        (0..length).map(|_| byte()).collect()
    };
    for number in 0..100 {
        let mut bad = if number % 2 == 0 { Raw::hello(server.at, &format!("bad-{number}")).await.0 } else { Raw::dial(server.at).await };
        for length in 2..102 {
            let bytes = garbage(length);
            let bytes = if number % 4 < 2 { Chunk { zstd: bytes.into(), ..Chunk::default() }.encode_to_vec() } else { bytes };
            bad.say_bytes(bytes).await;
        }
        bad.is_ended().await;
    }
    good.report(&report(7, 1, &[1], &[], true), None).await;
    until(|| server.state("a").len() == 1).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_too_large_is_refused() {
    let server = Server::start().await;
    // One that is large on its way, and one that becomes so.
    let bomb = Kind::Pipe(PipeData { data: vec![0; 32 << 20], ..PipeData::default() });
    let bomb = Packer::default().pack(&bomb.into()).unwrap().encode_to_vec();
    assert!(bomb.len() < 100_000);
    for bytes in [vec![0; CHUNK_BYTES + 1], bomb] {
        let (mut raw, _) = Raw::hello(server.at, "a").await;
        raw.say_bytes(bytes).await;
        raw.is_ended().await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_a_link() {
    let settings = Settings { heartbeat: Duration::from_millis(20), silence: Duration::from_millis(200), ..Settings::default() };
    let server = Server::start_at(anywhere(), settings, Who::Admin).await;
    let (mut raw, _) = Raw::hello(server.at, "a").await;
    raw.is_ended().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_credential_says_who_an_agent_is() {
    let server = Server::start_at(anywhere(), Settings::default(), Who::Agent("a")).await;
    let (_, welcome) = Raw::hello(server.at, "somebody-else").await;
    assert_eq!(welcome.agent, "a");
    server.stop().await;
    // Somebody on this machine may not push where the server does not say so.
    let server = Server::start_at(anywhere(), Settings::default(), Who::Somebody).await;
    let mut raw = Raw::dial(server.at).await;
    raw.say(Kind::Hello(Hello { agent: "a".to_owned(), ..Hello::default() })).await;
    assert_eq!(raw.hear().await, None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_off_is_measured() {
    let settings = Settings { heartbeat: Duration::from_millis(20), ..Settings::default() };
    let server = Server::start_at(anywhere(), settings, Who::Admin).await;
    let (mut raw, _) = Raw::hello(server.at, "a").await;
    let measured = || server.live.agents(&Tenant::default()).first().map_or(0, |agent| agent.clock_offset_us);
    // Five minutes ahead.
    while measured() == 0 {
        let Some(kind) = raw.hear().await else { panic!("the server ended the link") };
        if let Kind::Heartbeat(mut heartbeat) = kind {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
            heartbeat.clock = Some(now + 300_000_000);
            raw.say(Kind::Heartbeat(heartbeat)).await;
        }
    }
    assert!((295_000_000..305_000_000).contains(&measured()), "{}", measured());
    server.stop().await;
}
