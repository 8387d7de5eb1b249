//! Connections with known figures, for tests to compare with: `traffic serve|hold|open|keep …`. It is put into the tests' container image.
//!
//! | command | what it does |
//! |---|---|
//! | `serve tcp\|udp ADDR:PORT` | sends back what it receives |
//! | `hold ADDR:PORT` | accepts TCP connections and leaves them open, without a thread for each |
//! | `open ADDR:PORT COUNT LASTING_MS PAUSE_MS BYTES` | TCP connections, one after the other, each sending BYTES and waiting for them to come back |
//! | `answer ADDR:PORT` | accepts TCP connections one after the other, sends the first bytes of each back and closes it |
//! | `storm ADDR:PORT PER_SECOND BYTES` | so many TCP connections a second to an `answer`, each ended by a reset: neither ports nor what tracks connections run out |
//! | `exchange ADDR:PORT COUNT LASTING_MS PAUSE_MS BYTES` | the same with UDP: a socket of its own for each |
//! | `burn PERCENT` | uses so much of a core, and says every 100 ms the time and the CPU time that it used, in microseconds, as JSON |
//! | `peers PORT COUNT` | a TCP connection to each of COUNT addresses of 127.0.0.0/8, one after the other |
//! | `keep tcp\|udp ADDR:PORT COUNT ROUNDS PAUSE_MS BYTES` | COUNT connections at once; on each ROUNDS times BYTES there and back, then open for good |
//!
//! Each says `ready` once it listens or all connections are open; `open` ends with what it did, as JSON.

#![allow(clippy::print_stdout, reason = "a program for the tests: what it prints is what they wait for")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["serve", "tcp", at] => serve_tcp(at),
        ["serve", "udp", at] => serve_udp(at),
        ["hold", at] => hold(at),
        ["open", at, count, lasting, pause, bytes] => open(at, count.parse()?, millis(lasting)?, millis(pause)?, bytes.parse()?),
        ["answer", at] => answer(at),
        ["storm", at, per_second, bytes] => storm(at, per_second.parse()?, bytes.parse()?),
        ["exchange", at, count, lasting, pause, bytes] => exchange(at, count.parse()?, millis(lasting)?, millis(pause)?, bytes.parse()?),
        ["burn", percent] => burn(percent.parse()?),
        ["peers", port, count] => peers(port.parse()?, count.parse()?),
        ["keep", "tcp", at, count, rounds, pause, bytes] => keep_tcp(at, count.parse()?, rounds.parse()?, millis(pause)?, bytes.parse()?),
        ["keep", "udp", at, count, rounds, pause, bytes] => keep_udp(at, count.parse()?, rounds.parse()?, millis(pause)?, bytes.parse()?),
        _ => Err("usage: traffic serve|hold|open|answer|storm|exchange|burn|peers|keep; see the source".into()),
    }
}

fn millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

fn say(what: &str) -> io::Result<()> {
    println!("{what}");
    io::stdout().flush()
}

fn for_good() -> ! {
    loop {
        sleep(Duration::from_hours(1));
    }
}

fn serve_tcp(at: &str) -> Outcome {
    let listener = TcpListener::bind(at)?;
    say("ready")?;
    loop {
        let (mut stream, _) = listener.accept()?;
        std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
            let mut buffer = [0; 16 << 10];
            // A client that goes away ends its connection, and nothing else.
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                if stream.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
                    break;
                }
            }
        })?;
    }
}

fn serve_udp(at: &str) -> Outcome {
    let socket = UdpSocket::bind(at)?;
    say("ready")?;
    let mut buffer = vec![0; 65_536];
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        socket.send_to(buffer.get(..length).unwrap_or_default(), from)?;
    }
}

fn hold(at: &str) -> Outcome {
    let listener = TcpListener::bind(at)?;
    say("ready")?;
    let mut held = Vec::new();
    loop {
        held.push(listener.accept()?);
    }
}

/// The first address of a name that can be had within ten seconds: the server may start at the same time.
fn resolve(at: &str) -> io::Result<SocketAddr> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match at.to_socket_addrs().map(|mut found| found.next()) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) | Err(_) if Instant::now() < end => sleep(Duration::from_millis(100)),
            Ok(None) => return Err(io::Error::other("no address")),
            Err(error) => return Err(error),
        }
    }
}

fn dial(at: SocketAddr) -> io::Result<TcpStream> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpStream::connect(at) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && Instant::now() < end => sleep(Duration::from_millis(100)),
            other => return other,
        }
    }
}

fn there_and_back(stream: &mut TcpStream, bytes: usize) -> io::Result<()> {
    let mut left = bytes;
    let mut buffer = [b'x'; 16 << 10];
    while left > 0 {
        let length = left.min(buffer.len());
        let part = buffer.get_mut(..length).unwrap_or_default();
        stream.write_all(part)?;
        stream.read_exact(part)?;
        left -= length;
    }
    Ok(())
}

fn open(at: &str, count: u64, lasting: Duration, pause: Duration, bytes: usize) -> Outcome {
    let at = resolve(at)?;
    let (mut opened, mut failed) = (0_u64, 0_u64);
    for _ in 0..count {
        let start = Instant::now();
        let connection = TcpStream::connect(at).and_then(|mut stream| there_and_back(&mut stream, bytes).map(|()| stream));
        match connection {
            Ok(_stream) => {
                opened += 1;
                sleep(lasting.saturating_sub(start.elapsed()));
            }
            Err(_) => failed += 1,
        }
        sleep(pause);
    }
    say(&format!("{{\"opened\":{opened},\"failed\":{failed},\"bytes\":{}}}", opened * bytes as u64))?;
    Ok(())
}

fn answer(at: &str) -> Outcome {
    let listener = TcpListener::bind(at)?;
    say("ready")?;
    let mut buffer = [0; 16 << 10];
    loop {
        let (mut stream, _) = listener.accept()?;
        // A client that goes away ends its connection, and nothing else.
        if let Ok(length) = stream.read(&mut buffer) {
            drop(stream.write_all(buffer.get(..length).unwrap_or_default()));
        }
    }
}

fn storm(at: &str, per_second: u32, bytes: usize) -> Outcome {
    let at = resolve(at)?;
    let start = Instant::now();
    let mut made = 0_u32;
    say("ready")?;
    loop {
        // What a busy machine left no time for is not made up for: at most a tenth of a second of it.
        let due = (start.elapsed().as_secs_f64() * f64::from(per_second)) as u32;
        made = made.max(due.saturating_sub(per_second / 10));
        while made < due {
            let connection = TcpStream::connect(at).and_then(|mut stream| there_and_back(&mut stream, bytes).map(|()| stream));
            if let Ok(stream) = connection {
                rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
            }
            made += 1;
        }
        sleep(Duration::from_millis(2));
    }
}

fn exchange(at: &str, count: u64, lasting: Duration, pause: Duration, bytes: usize) -> Outcome {
    let at = resolve(at)?;
    let any = if at.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let (mut opened, mut failed) = (0_u64, 0_u64);
    let mut buffer = vec![b'x'; bytes];
    for _ in 0..count {
        let start = Instant::now();
        let socket = UdpSocket::bind(any)?;
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        match socket.connect(at).and_then(|()| socket.send(&buffer)).and_then(|_| socket.recv(&mut buffer)) {
            Ok(_) => opened += 1,
            Err(_) => failed += 1,
        }
        sleep(lasting.saturating_sub(start.elapsed()));
        drop(socket);
        sleep(pause);
    }
    say(&format!("{{\"opened\":{opened},\"failed\":{failed},\"bytes\":{}}}", opened * bytes as u64))?;
    Ok(())
}

fn burn(percent: u32) -> Outcome {
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let start = Instant::now();
    loop {
        // What was not had in time, on a busy machine, is not made up for: the figures say what was used.
        let until = used() + Duration::from_millis(100) * percent / 100;
        let next = Instant::now() + Duration::from_millis(100);
        while used() < until && Instant::now() < next {}
        sleep(next.saturating_duration_since(Instant::now()));
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        say(&format!("{{\"at_us\":{},\"cpu_us\":{},\"secs\":{}}}", at.as_micros(), used().as_micros(), start.elapsed().as_secs()))?;
    }
}

fn peers(port: u16, count: u32) -> Outcome {
    let (mut opened, mut failed) = (0_u64, 0_u64);
    for number in 1..=count {
        let at = SocketAddr::from((std::net::Ipv4Addr::from(0x7f01_0000 + number), port));
        match TcpStream::connect(at) {
            Ok(_) => opened += 1,
            Err(_) => failed += 1,
        }
    }
    say(&format!("{{\"opened\":{opened},\"failed\":{failed}}}"))?;
    Ok(())
}

fn keep_tcp(at: &str, count: usize, rounds: u64, pause: Duration, bytes: usize) -> Outcome {
    let at = resolve(at)?;
    let mut streams = (0..count).map(|_| dial(at)).collect::<io::Result<Vec<_>>>()?;
    say("ready")?;
    for _ in 0..rounds {
        for stream in &mut streams {
            there_and_back(stream, bytes)?;
        }
        sleep(pause);
    }
    say("idle")?;
    for_good()
}

fn keep_udp(at: &str, count: usize, rounds: u64, pause: Duration, bytes: usize) -> Outcome {
    let at = resolve(at)?;
    let any = if at.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let sockets = (0..count).map(|_| UdpSocket::bind(any).and_then(|socket| socket.connect(at).map(|()| socket))).collect::<io::Result<Vec<_>>>()?;
    for socket in &sockets {
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    }
    say("ready")?;
    let mut buffer = vec![b'x'; bytes];
    for _ in 0..rounds {
        for socket in &sockets {
            // A datagram may be lost, or come before the server listens.
            let _ = socket.send(&buffer).and_then(|_| socket.recv(&mut buffer));
        }
        sleep(pause);
    }
    say("idle")?;
    for_good()
}
