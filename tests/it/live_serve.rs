//! A server on a machine with containers, as a subscriber sees it: what starts, is connected to, ends and is removed comes to it by itself.

use std::net::TcpStream;

use scope_tests::command::LIMIT;
use scope_tests::docker::World;
use scope_tests::need;
use scope_tests::server::Server;
use scope_tests::subscriber::{Seen, Subscriber};

#[test]
fn live_serve_tells_of_a_container_from_its_start_to_its_end() {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let world = World::new(&docker);
    let server = Server::start(&[]);
    let mut subscriber = Subscriber::new(server.events("/api/v1/events?view=containers&show=all"));
    let mut sees = |what: Seen| assert!(subscriber.when(&what, LIMIT).is_some(), "the subscriber is not told: {what:?}");

    let container = world.run("seen", &[], &["httpd", "-f", "-p", "80"]);
    sees(Seen::State(container.node(), "running".to_owned()));
    sees(Seen::Figures(container.node()));
    let open = TcpStream::connect(format!("{}:80", container.address("bridge"))).unwrap();
    sees(Seen::EdgeTo(container.node()));
    drop(open);
    let _ = docker.run(&["pause", &container.id]).ok();
    sees(Seen::State(container.node(), "paused".to_owned()));
    let _ = docker.run(&["unpause", &container.id]).ok();
    let _ = docker.run(&["kill", &container.id]).ok();
    sees(Seen::State(container.node(), "exited".to_owned()));
    let _ = docker.run(&["rm", &container.id]).ok();
    sees(Seen::Gone(container.node()));
}
