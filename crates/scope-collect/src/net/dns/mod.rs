//! Names of addresses: from the hosts file, from what container networks say, then by asking DNS backwards. Nothing waits: a name that is
//! not known yet is asked for in the background and there at a later tick. Everything is bounded.

pub mod hosts;
pub mod wire;

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use compact_str::CompactString;
use hashbrown::HashMap;

use wire::Answer;

/// Answers kept. The one that ends first makes room.
const CACHED: usize = 8192;
/// Questions waiting to be asked.
const QUEUED: usize = 1024;
/// Questions asked and not answered.
const IN_FLIGHT: usize = 16;
/// How long one is waited for before the next resolver is tried.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a question is asked before it is given up.
const ATTEMPTS: u8 = 2;
/// How long names hold, whatever their owner says.
const HOLDS: std::ops::RangeInclusive<u64> = 60..=3600;
/// How long it is remembered that there is no name.
const NO_NAME_HOLDS: Duration = Duration::from_mins(5);
/// How long a resolver that answers nothing is left alone.
const FAILURE_HOLDS: Duration = Duration::from_mins(1);
/// Questions in a row without an answer after which nothing is asked for [`FAILURE_HOLDS`].
const FAILURES: u32 = 8;
/// How often the files are looked at.
const FILES_EVERY: Duration = Duration::from_secs(10);

/// What is known of names, and what is being asked.
#[derive(Debug)]
pub struct Names {
    hosts_file: PathBuf,
    hosts: HashMap<IpAddr, CompactString>,
    hosts_changed: Option<SystemTime>,
    files_checked: Option<Instant>,
    dns: Option<Dns>,
}

#[derive(Debug)]
struct Dns {
    resolv_conf: PathBuf,
    resolvers: Vec<SocketAddr>,
    sockets: Vec<UdpSocket>,
    cache: HashMap<IpAddr, (Option<CompactString>, Instant)>,
    queue: Vec<IpAddr>,
    asked: HashMap<u16, Asked>,
    ids: RandomState,
    id_counter: u64,
    failures: u32,
    quiet_until: Option<Instant>,
    given_up: u64,
}

#[derive(Debug)]
struct Asked {
    ip: IpAddr,
    question: Vec<u8>,
    attempt: u8,
    until: Instant,
}

impl Names {
    /// Takes names from the hosts file, and where `ask_dns` also from the resolvers that `resolv_conf` names.
    pub fn new(hosts_file: &Path, resolv_conf: &Path, ask_dns: bool) -> Self {
        let dns = ask_dns.then(|| Dns {
            resolv_conf: resolv_conf.to_owned(),
            resolvers: Vec::new(),
            sockets: Vec::new(),
            cache: HashMap::new(),
            queue: Vec::new(),
            asked: HashMap::new(),
            ids: RandomState::new(),
            id_counter: 0,
            failures: 0,
            quiet_until: None,
            given_up: 0,
        });
        Self { hosts_file: hosts_file.to_owned(), hosts: HashMap::new(), hosts_changed: None, files_checked: None, dns }
    }

    /// The name of `ip` as far as it is known; one that is not is asked for. Loopback, link-local and multicast addresses are never asked for.
    pub fn name(&mut self, ip: IpAddr, now: Instant) -> Option<CompactString> {
        if let Some(name) = self.hosts.get(&ip) {
            return Some(name.clone());
        }
        let dns = self.dns.as_mut()?;
        match dns.cache.get(&ip) {
            Some((name, until)) if *until > now => name.clone(),
            stale => {
                let stale = stale.and_then(|(name, _)| name.clone());
                dns.want(ip);
                stale
            }
        }
    }

    /// Takes the answers that came and asks what waits. Call once a tick; it never blocks.
    pub fn poll(&mut self, now: Instant) {
        if self.files_checked.is_none_or(|at| now.saturating_duration_since(at) >= FILES_EVERY) {
            self.files_checked = Some(now);
            self.read_files();
        }
        if let Some(dns) = &mut self.dns {
            dns.receive(now);
            dns.expire(now);
            dns.ask(now);
        }
    }

    /// Questions that no resolver answered, since the start.
    pub fn given_up(&self) -> u64 {
        self.dns.as_ref().map_or(0, |dns| dns.given_up)
    }

    fn read_files(&mut self) {
        let changed = std::fs::metadata(&self.hosts_file).and_then(|m| m.modified()).ok();
        if changed.is_none() || changed != self.hosts_changed {
            self.hosts_changed = changed;
            self.hosts = hosts::parse_hosts(&read_bounded(&self.hosts_file));
        }
        if let Some(dns) = &mut self.dns {
            let resolvers: Vec<SocketAddr> = hosts::parse_resolvers(&read_bounded(&dns.resolv_conf)).into_iter().map(|ip| SocketAddr::new(ip, 53)).collect();
            if resolvers != dns.resolvers {
                dns.connect(resolvers);
            }
        }
    }
}

fn read_bounded(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        // A file that cannot be read to its end names what could be read.
        let _read = file.take(hosts::FILE_BYTES).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Dns {
    fn connect(&mut self, resolvers: Vec<SocketAddr>) {
        // Connected, so that nobody else's answers come in.
        let connected = |to: &SocketAddr| {
            let from: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            let socket = UdpSocket::bind((from, 0)).ok()?;
            socket.connect(to).ok()?;
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        };
        self.sockets = resolvers.iter().filter_map(connected).collect();
        self.resolvers = resolvers;
        self.quiet_until = None;
        self.failures = 0;
    }

    fn want(&mut self, ip: IpAddr) {
        let askable = match ip {
            IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_unspecified() || ip.is_broadcast()),
            IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unicast_link_local() || ip.is_multicast() || ip.is_unspecified()),
        };
        if askable && self.queue.len() < QUEUED && !self.queue.contains(&ip) && !self.asked.values().any(|asked| asked.ip == ip) {
            self.queue.push(ip);
        }
    }

    fn receive(&mut self, now: Instant) {
        let mut buffer = [0; 1500];
        // An answer was asked for, so more of them than questions are noise: bounded by that.
        for socket in 0..self.sockets.len() {
            for _ in 0..4 * IN_FLIGHT {
                let Some(Ok(len)) = self.sockets.get(socket).map(|s| s.recv(&mut buffer)) else { break };
                let Some(datagram) = buffer.get(..len) else { break };
                let Some(id) = wire::answer_id(datagram) else { continue };
                let Some(answer) = self.asked.get(&id).and_then(|asked| wire::answer(&asked.question, datagram)) else { continue };
                let Some(asked) = self.asked.remove(&id) else { continue };
                self.failures = 0;
                let (name, holds) = match answer {
                    Answer::Name(name, ttl) => (Some(name), Duration::from_secs(u64::from(ttl).clamp(*HOLDS.start(), *HOLDS.end()))),
                    Answer::None => (None, NO_NAME_HOLDS),
                    Answer::Failed => (None, FAILURE_HOLDS),
                };
                self.remember(asked.ip, name, now + holds, now);
            }
        }
    }

    fn remember(&mut self, ip: IpAddr, name: Option<CompactString>, until: Instant, now: Instant) {
        if self.cache.len() >= CACHED && !self.cache.contains_key(&ip) {
            self.cache.retain(|_, (_, until)| *until > now);
            if self.cache.len() >= CACHED
                && let Some(first) = self.cache.iter().min_by_key(|(_, (_, until))| *until).map(|(ip, _)| *ip)
            {
                self.cache.remove(&first);
            }
        }
        self.cache.insert(ip, (name, until));
    }

    fn expire(&mut self, now: Instant) {
        let late: Vec<u16> = self.asked.iter().filter(|(_, asked)| asked.until <= now).map(|(id, _)| *id).collect();
        for id in late {
            let Some(asked) = self.asked.remove(&id) else { continue };
            if asked.attempt + 1 < ATTEMPTS && self.send(asked.ip, asked.attempt + 1, now) {
                continue;
            }
            self.given_up += 1;
            self.failures += 1;
            self.remember(asked.ip, None, now + FAILURE_HOLDS, now);
            if self.failures >= FAILURES {
                self.quiet_until = Some(now + FAILURE_HOLDS);
                self.failures = 0;
                self.queue.clear();
            }
        }
    }

    fn ask(&mut self, now: Instant) {
        if self.quiet_until.is_some_and(|until| until > now) || self.sockets.is_empty() {
            self.queue.clear();
            return;
        }
        while self.asked.len() < IN_FLIGHT
            && let Some(ip) = self.queue.pop()
        {
            if !self.send(ip, 0, now) {
                self.remember(ip, None, now + FAILURE_HOLDS, now);
            }
        }
    }

    /// Sends the question to the resolver whose turn it is.
    fn send(&mut self, ip: IpAddr, attempt: u8, now: Instant) -> bool {
        let Some(socket) = self.sockets.get(usize::from(attempt) % self.sockets.len().max(1)) else { return false };
        self.id_counter += 1;
        let id = self.ids.hash_one((self.id_counter, ip)) as u16;
        if self.asked.contains_key(&id) {
            return false; // one chance in some thousand; it is asked again when it is wanted again
        }
        let question = wire::question(id, ip);
        if socket.send(&question).is_err() {
            return false;
        }
        self.asked.insert(id, Asked { ip, question, attempt, until: now + PATIENCE });
        true
    }
}
