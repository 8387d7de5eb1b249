//! Ends of connections that go through `docker-proxy`: for whom they are, and when that can be told. What the proxies are, [`crate::net::proxy`] knows.

use std::net::SocketAddr;

use scope_core::Side;

use super::Aggregator;
use super::known::Known;
use crate::net::connection::NetNs;
use crate::net::ends::Ends;
use crate::net::process_sockets::ProcessSockets;
use crate::net::proxy::Proxies;
use crate::net::table::Connection;

impl Aggregator {
    /// Whether an end that came up a moment ago may be one of a connection that a proxy passes on, of which the rest was not read yet. Who is taken for the client
    /// now would be the host.
    pub(super) fn waits_for_proxy(&self, netns: NetNs, ends: &Ends, processes: &ProcessSockets) -> bool {
        let Known { addresses, translations, proxies, .. } = &self.known;
        let Some(connection) = self.connections.get(netns, ends) else { return false };
        if connection.attributed || !Proxies::may_be_met(connection.since, self.at) {
            return false;
        }
        let host = addresses.host();
        if netns == host {
            // The proxy's end, by all that is known, and nobody whom it is for.
            return connection.pid.is_none()
                && connection.over
                && proxies.leads_to(ends.proto, ends.remote)
                && processes.holder(connection.inode).is_none()
                && !proxies.is_waited_for(ends.proto, ends.remote, self.at);
        }
        if !proxies.leads_to(ends.proto, ends.local)
            || addresses.locate(netns, ends.remote.ip()) != Some(host)
            || translations.client_of(ends.proto, ends.local, ends.remote).is_some()
        {
            return false;
        }
        let proxied = ends.reversed();
        self.connections.get(host, &proxied).map_or_else(|| proxies.was_for(&proxied).is_none(), |end| !end.attributed)
    }

    /// Deals with a proxy's own ends on the host; `false` if this is one, which is counted nowhere.
    pub(super) fn through_proxy(&mut self, ends: &Ends, side: Side, connection: &mut Connection) -> bool {
        let by_proxy = connection.pid.map(|pid| self.known.proxies.is_proxy(pid.get()));
        match side {
            // What a client opens to a published port and the kernel does not translate, the proxy takes.
            Side::Server => {
                let Some(target) = self.known.proxies.target_of(ends.proto, ends.local) else { return true };
                if by_proxy == Some(false) {
                    return true;
                }
                if connection.flow.is_none() && !connection.settled {
                    self.known.proxies.taken(ends.proto, target, ends.remote, self.at);
                }
                false
            }
            Side::Client => {
                if by_proxy == Some(false) || !self.known.proxies.leads_to(ends.proto, ends.remote) {
                    return true;
                }
                if connection.on_behalf_of.is_none() {
                    connection.on_behalf_of = self.known.proxies.passed_on(ends.proto, ends.remote, self.at).map(Box::new);
                }
                by_proxy != Some(true) && connection.on_behalf_of.is_none()
            }
        }
    }

    /// For whom the connection with this end on the host is or was, where a proxy made it.
    pub(super) fn behalf_of(&self, proxied: &Ends) -> Option<SocketAddr> {
        let now = self.connections.get(self.known.addresses.host(), proxied);
        now.map_or_else(|| self.known.proxies.was_for(proxied), |end| end.on_behalf_of.as_deref().copied())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::path::Path;

    use scope_core::{Protocol, Scope, Timestamp};

    use super::super::Read;
    use super::*;
    use crate::net::cgroup_tree::CgroupTree;
    use crate::net::connection::{Socket, SocketState};
    use crate::net::rtnetlink::LinkAddress;
    use crate::net::scope::{Addresses, Member};
    use crate::net::world::Proxy;

    const HOST: NetNs = 1;
    const CONTAINER: NetNs = 2;
    const PROXY_PID: u32 = 77;
    /// A client's connection as the proxy accepts it, and the one that it makes for it.
    const ACCEPTED: (&str, &str) = ("192.0.2.1:8080", "198.51.100.9:50000");
    const PROXIED: (&str, &str) = ("172.18.0.1:40000", "172.18.0.2:80");

    fn socket(netns: NetNs, (local, remote): (&str, &str), state: SocketState) -> Socket {
        let is_left = state == SocketState::TimeWait;
        Socket {
            proto: Protocol::Tcp,
            netns,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            state,
            dual_stack: false,
            cgroup: None,
            inode: if is_left { 0 } else { 7 },
            uid: 0,
            cookie: if is_left { 0 } else { 9 },
            tx_bytes: None,
            rx_bytes: None,
            rtt_us: None,
            retrans: None,
            expires_ms: if is_left { 59_900 } else { 0 },
            dialled: None,
            pid: None,
        }
    }

    struct Watch(Aggregator, i64);

    impl Watch {
        fn new() -> Self {
            let agent = "a".parse().unwrap();
            let at = |ip: &str, prefix| LinkAddress { index: 1, ip: ip.parse().unwrap(), prefix };
            let (host, container) = ([at("192.0.2.1", 24), at("172.18.0.1", 16)], [at("172.18.0.2", 16)]);
            let members = [
                Member { netns: HOST, addresses: &host, networks: &[], beside: &[CONTAINER] },
                Member { netns: CONTAINER, addresses: &container, networks: &[], beside: &[HOST] },
            ];
            let mut aggregator = Aggregator::new(&agent, &Scope::WORLD, HOST);
            aggregator.set_addresses(Addresses::new(&agent, &Scope::WORLD, HOST, &members, &[]));
            let proxy = Proxy { proto: Protocol::Tcp, listen: "0.0.0.0:8080".parse().unwrap(), target: "172.18.0.2:80".parse().unwrap() };
            aggregator.proxies_mut().replace(std::iter::once((PROXY_PID, proxy)));
            Self(aggregator, 0)
        }

        fn tick(&mut self, sockets: &[Socket]) {
            self.1 += 1;
            let second = |second: i64| Timestamp::from_micros(second * 1_000_000);
            self.0.begin(second(self.1));
            self.0.listeners(HOST, &[socket(HOST, ("0.0.0.0:8080", "0.0.0.0:0"), SocketState::Listen)]);
            self.0.listeners(CONTAINER, &[socket(CONTAINER, ("0.0.0.0:80", "0.0.0.0:0"), SocketState::Listen)]);
            for socket in sockets {
                self.0.socket(socket, Read { at: second(self.1), again: true, time_wait_since: Some(second(self.1 - 1)) });
            }
            self.0.end_of_dump(HOST, Protocol::Tcp);
            self.0.end_of_dump(CONTAINER, Protocol::Tcp);
            self.0.attribute(&mut CgroupTree::new(Path::new("/nonexistent")), &ProcessSockets::new(Path::new("/nonexistent")));
            self.0.end(|_| None);
        }

        /// The clients that the container is told to have had, and how often.
        fn clients(&self) -> Vec<(String, u64)> {
            let served = self.0.flows().iter().filter(|flow| flow.key.side() == Side::Server);
            served.map(|flow| (flow.key.client_addr().unwrap().ip.to_string(), flow.opened_total.unwrap_or(0))).collect()
        }

        fn has_client_side(&self) -> bool {
            self.0.flows().iter().any(|flow| flow.key.side() == Side::Client)
        }
    }

    fn back((local, remote): (&'static str, &'static str)) -> (&'static str, &'static str) {
        (remote, local)
    }

    #[test]
    fn a_connection_that_came_up_between_two_dumps_is_the_clients_and_not_the_hosts() {
        let mut watch = Watch::new();
        // The host was read before it came up, the container after that.
        watch.tick(&[socket(CONTAINER, back(PROXIED), SocketState::Established)]);
        assert!(watch.clients().is_empty());
        watch.tick(&[socket(HOST, ACCEPTED, SocketState::TimeWait), socket(HOST, PROXIED, SocketState::TimeWait)]);
        assert_eq!(watch.clients(), [("198.51.100.9".to_owned(), 1)]);
        assert!(!watch.has_client_side());
    }

    #[test]
    fn a_connection_that_the_proxy_ended_before_the_containers_end_was_met_is_the_clients() {
        let mut watch = Watch::new();
        let open = [socket(HOST, ACCEPTED, SocketState::Established), socket(HOST, PROXIED, SocketState::Established)].map(|mut socket| {
            socket.pid = Some(PROXY_PID);
            socket
        });
        watch.tick(&open);
        watch.tick(&[]);
        watch.tick(&[socket(CONTAINER, back(PROXIED), SocketState::Established)]);
        assert_eq!(watch.clients(), [("198.51.100.9".to_owned(), 1)]);
        assert!(!watch.has_client_side());
    }

    #[test]
    fn what_is_left_of_the_proxys_end_waits_for_that_of_the_client() {
        let mut watch = Watch::new();
        watch.tick(&[socket(HOST, PROXIED, SocketState::TimeWait)]);
        assert!(watch.clients().is_empty() && !watch.has_client_side());
        watch.tick(&[socket(HOST, ACCEPTED, SocketState::TimeWait)]);
        assert_eq!(watch.clients(), [("198.51.100.9".to_owned(), 1)]);
        assert!(!watch.has_client_side());
    }

    #[test]
    fn what_the_host_sent_to_the_container_itself_is_the_hosts_after_a_while() {
        let mut watch = Watch::new();
        let server = socket(CONTAINER, back(PROXIED), SocketState::Established);
        (0..5).for_each(|_| watch.tick(std::slice::from_ref(&server)));
        assert_eq!(watch.clients(), [("172.18.0.1".to_owned(), 1)]);
        // One whose end on the host is seen needs no time.
        let mut watch = Watch::new();
        watch.tick(&[Socket { pid: Some(5), ..socket(HOST, PROXIED, SocketState::Established) }, server]);
        assert_eq!(watch.clients(), [("172.18.0.1".to_owned(), 1)]);
        assert!(watch.has_client_side());
    }
}
