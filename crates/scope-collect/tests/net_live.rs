//! Connections of a small world of network namespaces, read from the running kernel: every flow that is there, and none that is not.
//! Needs root, iproute2 and iptables; skipped without, unless `SCOPE_TEST_REQUIRE=1`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub, reason = "a failed test may panic")]

mod net_lab;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use net_lab::{Lab, Watch, any, lab};
use scope_core::{Flow, Protocol, Side};

type Work = Box<dyn FnOnce(&mut Watch) + Send>;

/// Serves TCP on `at`: reads 1,000 bytes of each connection, answers with 5,000, and keeps it open until the client closes. Ends with its channel.
fn serve(lab: &Lab, letter: char, at: SocketAddr) -> mpsc::Sender<()> {
    let (up, ready) = mpsc::channel();
    let (stop, stopped) = mpsc::channel();
    drop(lab.within(letter, move || {
        let listener = TcpListener::bind(at).unwrap();
        listener.set_nonblocking(true).unwrap();
        up.send(()).unwrap();
        let mut open = Vec::new();
        while stopped.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
            if let Ok((mut stream, _)) = listener.accept() {
                stream.set_nonblocking(false).unwrap();
                let mut request = [0; 1000];
                if stream.read_exact(&mut request).is_ok() {
                    stream.write_all(&[1; 5000]).unwrap();
                }
                stream.set_nonblocking(true).unwrap();
                open.push(stream);
            } else {
                std::thread::sleep(Duration::from_millis(2));
            }
            open.retain_mut(|stream: &mut TcpStream| !matches!(stream.read(&mut [0; 64]), Ok(0)));
        }
    }));
    ready.recv().unwrap();
    stop
}

/// Connects, sends 1,000 bytes and reads 5,000.
fn connect(lab: &Lab, letter: char, to: &'static str) -> TcpStream {
    let stream = lab.within(letter, move || {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(&[2; 1000]).unwrap();
        stream.read_exact(&mut [0; 5000]).unwrap();
        stream
    });
    stream.join().unwrap()
}

fn watching<T: Send + 'static>(lab: &Lab, work: impl FnOnce(Watch) -> T + Send + 'static) -> T {
    let (pid, world) = (lab.pid('H'), lab.world());
    lab.within('H', move || work(Watch::new(pid, world))).join().unwrap()
}

fn pause() {
    std::thread::sleep(Duration::from_millis(60));
}

#[test]
fn long_connections_of_both_families_and_protocols() {
    let Some(lab) = lab() else { return };
    let _v4 = serve(&lab, 'B', any(8000));
    let _v6 = serve(&lab, 'B', "[fd77::3]:8001".parse().unwrap());
    let (udp, connected, loose) = {
        let udp = lab.within('B', || UdpSocket::bind("0.0.0.0:5300").unwrap()).join().unwrap();
        let connected = lab.within('A', || UdpSocket::bind("0.0.0.0:0").unwrap()).join().unwrap();
        connected.connect("10.77.0.3:5300").unwrap();
        let loose = lab.within('A', || UdpSocket::bind("0.0.0.0:0").unwrap()).join().unwrap();
        (udp, connected, loose)
    };
    let before = connect(&lab, 'A', "10.77.0.3:8000");
    let (mut watch, events) = {
        let (send, receive) = mpsc::channel::<Work>();
        let (pid, world) = (lab.pid('H'), lab.world());
        let thread = lab.within('H', move || {
            let mut watch = Watch::new(pid, world);
            while let Ok(work) = receive.recv() {
                work(&mut watch);
            }
        });
        (send, thread)
    };
    let ask = |watch: &mut mpsc::Sender<Work>| {
        let (send, receive) = mpsc::channel();
        watch
            .send(Box::new(move |w| {
                w.tick();
                send.send((w.lines(), w.flows())).unwrap();
            }))
            .unwrap();
        receive.recv().unwrap()
    };
    let (lines, _) = ask(&mut watch);
    assert_eq!(
        lines,
        [
            "A dials net:lab|10.77.0.3:8000 = net:lab|10.77.0.3:8000 of B tcp",
            "A dials net:lab|10.77.0.3:5300 = net:lab|10.77.0.3:5300 of B udp",
            "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:8000 tcp",
        ]
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );

    let v6 = connect(&lab, 'A', "[fd77::3]:8001");
    let second = connect(&lab, 'A', "10.77.0.3:8000");
    connected.send(b"question").unwrap();
    loose.send_to(b"question", "10.77.0.3:5300").unwrap();
    for _ in 0..2 {
        let (_, from) = udp.recv_from(&mut [0; 64]).unwrap();
        udp.send_to(b"answer", from).unwrap();
    }
    pause();
    let (lines, flows) = ask(&mut watch);
    assert_eq!(
        lines,
        [
            "A dials net:lab|10.77.0.3:5300 = net:lab|10.77.0.3:5300 of B udp",
            "A dials net:lab|10.77.0.3:8000 = net:lab|10.77.0.3:8000 of B tcp",
            "A dials net:lab|[fd77::3]:8001 = net:lab|[fd77::3]:8001 of B tcp",
            "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:5300 udp",
            "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:8000 tcp",
            "B serves net:lab|fd77::2 at net:lab|[fd77::3]:8001 tcp",
        ]
    );
    let figures = |flow: &Flow| (flow.open, flow.opened_total, flow.tx_bytes_total, flow.rx_bytes_total);
    for flow in &flows {
        let expected = match (flow.key.proto, flow.key.server_addr.port, flow.key.side()) {
            (Protocol::Tcp, 8001, Side::Client) => (1, Some(1), Some(1000), Some(5000)),
            (Protocol::Tcp, 8001, Side::Server) => (1, Some(1), Some(5000), Some(1000)),
            // The first one was there before anybody looked: it is open, but neither opened nor are its bytes counted.
            (Protocol::Tcp, _, Side::Client) => (2, Some(1), Some(1000), Some(5000)),
            (Protocol::Tcp, _, Side::Server) => (2, Some(1), Some(5000), Some(1000)),
            (Protocol::Udp, _, side) => {
                assert_eq!(flow.open, 2, "{side} {flow:?}");
                continue;
            }
        };
        assert_eq!(figures(flow), expected, "{flow:?}");
        assert!(flow.rtt_us.is_some(), "{flow:?}");
    }

    drop((before, v6, second));
    std::thread::sleep(Duration::from_millis(300));
    let (_, flows) = ask(&mut watch);
    let open: Vec<_> = flows.iter().filter(|flow| flow.key.side() == Side::Client && flow.key.proto == Protocol::Tcp && flow.open > 0).collect();
    assert!(open.is_empty(), "{open:?}");
    drop(watch);
    events.join().unwrap();
}

/// Opens and closes `count` connections from `A` to `B`, one after the other.
fn short_ones(lab: &Lab, count: usize, to: &'static str) {
    lab.within('A', move || {
        for _ in 0..count {
            let mut stream = TcpStream::connect(to).unwrap();
            stream.write_all(&[2; 1000]).unwrap();
            stream.read_exact(&mut [0; 5000]).unwrap();
        }
    })
    .join()
    .unwrap();
}

fn opened(flows: &[Flow], side: Side) -> u64 {
    flows.iter().filter(|flow| flow.key.side() == side).filter_map(|flow| flow.opened_total).sum()
}

/// Bytes that the owners of flows of one side sent and received.
fn bytes(flows: &[Flow], side: Side) -> (u64, u64) {
    let flows = || flows.iter().filter(|flow| flow.key.side() == side);
    (flows().filter_map(|flow| flow.tx_bytes_total).sum(), flows().filter_map(|flow| flow.rx_bytes_total).sum())
}

fn two_hundred_short_connections(lab: &Lab) -> (Vec<String>, Vec<Flow>) {
    let server = serve(lab, 'B', any(8000));
    let (start, started) = mpsc::channel();
    let (done, finished) = mpsc::channel::<()>();
    let (pid, world) = (lab.pid('H'), lab.world());
    let watch = lab.within('H', move || {
        let mut watch = Watch::new(pid, world);
        watch.tick();
        start.send(()).unwrap();
        let mut ended = false;
        while !ended {
            ended = finished.recv_timeout(Duration::from_millis(100)) != Err(mpsc::RecvTimeoutError::Timeout);
            watch.tick();
        }
        drop(server);
        // The kernel tells of ends from a queue of its own, late where the machine is busy.
        for _ in 0..100 {
            pause();
            watch.tick();
            let flows = watch.flows();
            if [Side::Client, Side::Server].into_iter().all(|side| opened(&flows, side) >= 200) {
                break;
            }
        }
        pause();
        watch.tick();
        (watch.lines(), watch.flows())
    });
    started.recv().unwrap();
    short_ones(lab, 200, "10.77.0.3:8000");
    drop(done);
    watch.join().unwrap()
}

#[test]
fn short_connections_are_all_counted_from_connection_tracking() {
    let Some(lab) = lab() else { return };
    let (lines, flows) = two_hundred_short_connections(&lab);
    assert_eq!(
        lines,
        ["A dials net:lab|10.77.0.3:8000 = net:lab|10.77.0.3:8000 of B tcp", "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:8000 tcp"],
        "{flows:#?}"
    );
    assert_eq!((opened(&flows, Side::Client), opened(&flows, Side::Server)), (200, 200));
    assert!(flows.iter().all(|flow| flow.seen_by.iter().any(|by| by == "conntrack")), "{flows:?}");
    assert_eq!((bytes(&flows, Side::Client), bytes(&flows, Side::Server)), ((200_000, 1_000_000), (1_000_000, 200_000)));
}

#[test]
fn too_many_ends_are_not_listened_for_and_that_is_said() {
    let Some(lab) = lab() else { return };
    let _server = serve(&lab, 'B', any(8000));
    let (start, started) = mpsc::channel();
    let (done, finished) = mpsc::channel::<()>();
    let (pid, world) = (lab.pid('H'), lab.world());
    let watch = lab.within('H', move || {
        let mut watch = Watch::new(pid, world);
        let before = watch.tick().problems;
        start.send(()).unwrap();
        assert!(finished.recv().is_err(), "all connections have ended");
        // They are read at once, whenever they were.
        (before, watch.tick().problems)
    });
    started.recv().unwrap();
    short_ones(&lab, 2_500, "10.77.0.3:8000");
    drop(done);
    let (before, after) = watch.join().unwrap();
    let said = |problems: &[scope_core::Problem]| problems.iter().any(|problem| problem.message.contains("so many connections end"));
    assert!(!said(&before) && said(&after), "{after:?}");
}

#[test]
fn what_a_connection_carries_last_is_counted() {
    let Some(lab) = lab() else { return };
    let (up, ready) = mpsc::channel();
    let server = lab.within('B', move || {
        let listener = TcpListener::bind(any(8000)).unwrap();
        up.send(()).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        std::io::copy(&mut stream, &mut std::io::sink()).unwrap()
    });
    ready.recv().unwrap();
    let mut client = lab.within('A', || TcpStream::connect("10.77.0.3:8000").unwrap()).join().unwrap();
    client.write_all(&[1; 700]).unwrap();
    let flows = watching(&lab, move |mut watch| {
        watch.tick();
        // Older than the watch, so these are not counted.
        pause();
        watch.tick();
        client.write_all(&vec![2; 3_000_000]).unwrap();
        drop(client);
        assert_eq!(server.join().unwrap(), 3_000_700);
        for _ in 0..100 {
            pause();
            watch.tick();
            if bytes(&watch.flows(), Side::Server).1 == 3_000_000 {
                break;
            }
        }
        watch.flows()
    });
    assert_eq!((bytes(&flows, Side::Client), bytes(&flows, Side::Server)), ((3_000_000, 0), (0, 3_000_000)), "{flows:#?}");
}

#[test]
fn without_tracking_of_bridges_closed_sockets_fill_in() {
    let Some(lab) = lab() else { return };
    lab.exec('H', "sysctl -qw net.bridge.bridge-nf-call-iptables=0").unwrap();
    let (lines, flows) = two_hundred_short_connections(&lab);
    assert_eq!(
        lines,
        ["A dials net:lab|10.77.0.3:8000 = net:lab|10.77.0.3:8000 of B tcp", "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:8000 tcp"],
        "{flows:#?}"
    );
    let (client, server) = (opened(&flows, Side::Client), opened(&flows, Side::Server));
    assert!((200..=202).contains(&client) && (200..=202).contains(&server), "{client} {server}");
    assert!(flows.iter().all(|flow| flow.seen_by.iter().all(|by| by == "sock_diag")), "{flows:?}");
    assert_eq!((bytes(&flows, Side::Client), bytes(&flows, Side::Server)), ((200_000, 1_000_000), (1_000_000, 200_000)));
}

#[test]
fn translated_connections_lead_to_their_real_ends() {
    let Some(lab) = lab() else { return };
    let _server = serve(&lab, 'B', any(8000));
    let _outside = serve(&lab, 'C', any(9000));
    lab.ip('C', "route add 10.77.0.0/24 via 10.78.0.1").unwrap();
    let (send, receive) = mpsc::channel::<()>();
    let (up, ready) = mpsc::channel();
    let (pid, world) = (lab.pid('H'), lab.world());
    let watch = lab.within('H', move || {
        let mut watch = Watch::new(pid, world);
        watch.tick();
        up.send(()).unwrap();
        receive.recv().unwrap();
        watch.tick();
        let first = watch.lines();
        watch.tick();
        assert_eq!(first, watch.lines());
        (first, watch.flows())
    });
    ready.recv().unwrap();
    let streams = [connect(&lab, 'C', "10.78.0.1:8080"), connect(&lab, 'A', "10.78.0.1:8080"), connect(&lab, 'A', "10.78.0.2:9000")];
    pause();
    send.send(()).unwrap();
    let (lines, flows) = watch.join().unwrap();
    drop(streams);
    assert_eq!(
        lines,
        [
            "A dials 10.78.0.1:8080 = net:lab|10.77.0.3:8000 of B tcp",
            "A dials 10.78.0.2:9000 = 10.78.0.2:9000 of ? tcp",
            "B serves 10.78.0.2 at net:lab|10.77.0.3:8000 tcp",
            "B serves net:lab|10.77.0.2 at net:lab|10.77.0.3:8000 tcp",
        ]
    );
    assert!(flows.iter().all(|flow| flow.open == 1 && flow.opened_total == Some(1)), "{flows:?}");
}

#[test]
fn the_process_that_holds_a_socket_owns_its_flows() {
    let Some(lab) = lab() else { return };
    let mut world = lab.world();
    let own = std::process::id();
    let cgroups = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let cgroup = cgroups.lines().find_map(|line| line.strip_prefix("0::")).map(|path| std::sync::Arc::from(path.as_bytes()));
    if cgroup.is_none() {
        return; // no version 2 hierarchy: sockets do not tell their group
    }
    let process = scope_collect::net::world::Process { start_ticks: 7, command: "test".into(), container: None, cgroup, settled: true, proxy: None };
    world.processes.insert(own, Arc::new(process));
    let _server = serve(&lab, 'H', "127.0.0.1:8000".parse().unwrap());
    let stream = connect(&lab, 'H', "127.0.0.1:8000");
    let pid = lab.pid('H');
    let (mut lines, endpoints, mut rows) = lab
        .within('H', move || {
            let mut watch = Watch::new(pid, world);
            watch.tick();
            (watch.lines(), watch.collector.endpoints(), watch.collector.connections())
        })
        .join()
        .unwrap();
    drop(stream);
    let me = format!("process:lab:{own}:7");
    lines.retain(|line| line.contains(&me)); // this process is in the machine's own namespace, too
    assert_eq!(
        lines,
        [
            format!("{me} dials host:lab|127.0.0.1:8000 = host:lab|127.0.0.1:8000 of {me} tcp"),
            format!("{me} serves host:lab|127.0.0.1 at host:lab|127.0.0.1:8000 tcp"),
        ]
    );
    let endpoints = endpoints.get(&me.parse().unwrap()).unwrap();
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.at.to_string()).collect::<Vec<_>>(), ["host:lab|127.0.0.1:8000/tcp"]);
    rows.retain(|row| row.pid == Some(own));
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.state == "established"), "{rows:?}");
}

#[test]
fn a_namespace_that_is_gone_is_let_go() {
    let Some(lab) = lab() else { return };
    let watched = watching(&lab, |mut watch| {
        watch.tick();
        let before = watch.collector.watched();
        let mut world = (*watch.world).clone();
        world.containers.truncate(1);
        watch.world = std::sync::Arc::new(world);
        watch.tick();
        (before, watch.collector.watched())
    });
    assert_eq!(watched, (3, 2));
}
