//! What each view shows of a state, and what it says of the rest.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use scope_core::field::Registry;
use scope_core::filter::Filter;
use scope_render::graph::Graph;
use scope_render::output::{self, Format, Options, Part, Theme};
use scope_render::view::{self, GroupBy, Rendered, Role, Selection, Verdict};

use crate::fixture::{World, container, image};

/// Two hosts: a Compose project of three containers on `a` with a process each, a database on `b`, an exited and a paused container, a daemon
/// outside of containers, and connections between all of them.
fn shop() -> World {
    let mut world = World::new();
    let a = world.host("a", &["10.0.0.1", "host:a|127.0.0.1"]);
    world.host("b", &["10.0.0.2"]);
    world.node("a", "docker", image("nginx"), "nginx:1.27").done();
    for (name, pid) in [("web", 101), ("api", 102), ("worker", 103)] {
        let id = world
            .container("a", name)
            .parent(image("nginx"))
            .attr("compose_project", "shop")
            .attr("compose_service", name)
            .label("app", name)
            .label("tier", if name == "worker" { "back" } else { "front" })
            .metric("cpu_pct", pid - 100)
            .metric("mem_bytes", 100_u64)
            .done();
        world.process("a", pid, if name == "web" { "nginx" } else { "python" }, &id);
    }
    world.container("a", "old").attr("state", "exited").done();
    world.container("a", "asleep").attr("state", "paused").done();
    world.container("b", "db").attr("image", "postgres:17").listens("10.0.0.2:5432/tcp").done();
    let sshd = world.process("a", 7, "sshd", &a);
    let [web, api, worker] = [101, 102, 103].map(|pid: u32| format!("process:a:{pid}:{}", 1000 + pid).parse().unwrap());
    world.client("a", &web, "net:n|172.18.0.3:8080").to(&api).open(4).bytes(10, 20).done();
    world.client("a", &api, "10.0.0.2:5432").open(2).done();
    world.client("a", &worker, "10.0.0.2:5432").open(1).done();
    world.client("a", &sshd, "10.0.0.2:5432").open(1).done();
    world.client("a", &web, "93.184.216.34:443").open(1).done();
    // Of a command that did not live long enough to be a node: its container's.
    world.client("a", &container("worker"), "93.184.216.34:80").open(1).done();
    world
}

fn draw<T>(world: &World, view: &str, selection: &Selection<'_>, look: impl FnOnce(&Rendered<'_, '_>) -> T) -> T {
    let graph = Graph::build(&world.state);
    look(&view::find(view).unwrap().project(&graph, selection))
}

/// The nodes by name, and the edges as `from -> to open`.
fn seen(rendered: &Rendered<'_, '_>) -> (Vec<String>, Vec<String>) {
    let name = |at: u32| rendered.nodes[at as usize].name.as_ref();
    let nodes = rendered.nodes.iter().map(|node| node.name.to_string()).collect();
    let mut edges: Vec<String> = rendered.edges.iter().map(|edge| format!("{} -> {} {}", name(edge.from), name(edge.to), edge.figures.open)).collect();
    edges.sort();
    (sorted(nodes), edges)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn show(world: &World, view: &str) -> (Vec<String>, Vec<String>) {
    draw(world, view, &Selection::default(), seen)
}

#[test]
fn containers_stand_for_their_processes() {
    let (nodes, edges) = show(&shop(), "containers");
    assert_eq!(nodes, ["Internet (servers)", "a (uncontained)", "api", "asleep", "db", "web", "worker"]);
    assert_eq!(
        edges,
        ["a (uncontained) -> db 1", "api -> db 2", "web -> Internet (servers) 1", "web -> api 4", "worker -> Internet (servers) 1", "worker -> db 1"]
    );
}

#[test]
fn what_does_not_run_is_hidden_and_counted_unless_it_is_asked_for() {
    let world = shop();
    draw(&world, "containers", &Selection::default(), |rendered| assert_eq!(rendered.hidden.by_default, [("stopped", "containers that do not run", 1)]));
    let asked = Selection { show: &["stopped"], ..Selection::default() };
    assert!(draw(&world, "containers", &asked, seen).0.contains(&"old".to_owned()));
    let filter: Filter = "status:exited".parse().unwrap();
    let by_filter = Selection { filter: Some(&filter), ..Selection::default() };
    assert_eq!(draw(&world, "containers", &by_filter, seen).0, ["old"], "who asks for a state wants to see it");
}

#[test]
fn what_ended_by_failing_is_hidden_with_the_rest_and_counted_by_itself() {
    let mut world = shop();
    for (name, code) in [("crashed", 42), ("stopped", 143), ("killed", 137), ("done", 0)] {
        world.container("a", name).attr("state", "exited").attr("exit_code", code as u64).done();
    }
    world.container("a", "starved").attr("state", "exited").attr("exit_code", 137_u64).attr("oom_killed", true).done();
    world.container("a", "again").attr("state", "running").attr("exit_code", 1_u64).done();
    world.container("a", "stuck").attr("state", "dead").done();
    let hidden = |show: &[&str]| {
        let selection = Selection { show, ..Selection::default() };
        draw(&world, "containers", &selection, |rendered| rendered.hidden.by_default.iter().map(|(name, _, count)| (*name, *count)).collect::<Vec<_>>())
    };
    let counted = |mut hidden: Vec<(&'static str, u64)>| {
        hidden.sort_unstable();
        hidden
    };
    assert_eq!(counted(hidden(&[])), [("failed", 3), ("stopped", 4)]);
    assert_eq!(hidden(&["failed"]), [("stopped", 4)]);
    assert_eq!(hidden(&["stopped"]), []);
    let (nodes, _) = draw(&world, "containers", &Selection { show: &["failed"], ..Selection::default() }, seen);
    for name in ["crashed", "starved", "stuck", "again"] {
        assert!(nodes.contains(&name.to_owned()), "{name}");
    }
    let text = draw(&world, "containers", &Selection { show: &["failed"], ..Selection::default() }, |rendered| {
        let registry = Registry::new();
        let options =
            Options { registry: &registry, now: crate::fixture::at(0), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
        let mut out = Vec::new();
        output::write(Format::Table, rendered, &mut out, &options).unwrap();
        String::from_utf8(out).unwrap()
    });
    assert!(text.contains("exited (42)") && !text.contains("running (1)"), "{text}");
}

#[test]
fn hosts_stand_for_everything_on_them() {
    let (nodes, edges) = show(&shop(), "hosts");
    assert_eq!(nodes, ["Internet (servers)", "a", "b"]);
    assert_eq!(edges, ["a -> Internet (servers) 2", "a -> b 4"]);
}

#[test]
fn processes_without_connections_are_hidden_and_containers_stand_in_for_short_commands() {
    let mut world = shop();
    world.process("a", 999, "idle", &"host:a".parse().unwrap());
    let (nodes, edges) = show(&world, "processes");
    assert_eq!(nodes, ["Internet (servers)", "db", "nginx", "python", "python", "sshd", "worker"]);
    assert!(edges.contains(&"worker -> Internet (servers) 1".to_owned()) && edges.contains(&"nginx -> python 4".to_owned()), "{edges:?}");
    draw(&world, "processes", &Selection::default(), |rendered| {
        assert_eq!(rendered.hidden.by_default.iter().map(|(name, _, count)| (*name, *count)).collect::<Vec<_>>(), [("unconnected", 1)]);
        let stand_in = rendered.nodes.iter().find(|node| node.name == "worker").unwrap();
        assert_eq!((stand_in.role, stand_in.kind), (Role::StandIn, "container"));
    });
}

#[test]
fn one_name_is_one_node_and_figures_add_up() {
    let world = shop();
    draw(&world, "containers-by-image", &Selection::default(), |rendered| {
        let nginx = rendered.nodes.iter().find(|node| node.name == "nginx:1.27").unwrap();
        assert_eq!(rendered.members(nginx).len(), 4);
        assert_eq!(rendered.metric(nginx, "cpu_pct").unwrap().as_f64(), 6.0);
        assert_eq!(rendered.metric(nginx, "mem_bytes").unwrap().as_u64(), Some(300), "one of them has no figure yet");
        assert_eq!(rendered.attr(nginx, "image").and_then(|image| image.as_text()), Some("nginx:1.27"));
        assert_eq!(rendered.attr(nginx, "state"), None, "not all of them are in the same state");
        assert_eq!(rendered.hidden.flows_inside, 1, "web calls api, and both are of this image");
        let (_, edges) = seen(rendered);
        assert!(edges.contains(&"nginx:1.27 -> postgres:17 3".to_owned()), "{edges:?}");
    });
    let (nodes, _) = show(&world, "containers-by-compose-project");
    assert_eq!(nodes, ["(none)", "Internet (servers)", "a (uncontained)", "shop"]);
    let (nodes, _) = show(&world, "containers-by-dns-name");
    assert_eq!(nodes, ["Internet (servers)", "a (uncontained)", "api", "asleep", "db", "web", "worker"]);
    let (nodes, edges) = show(&world, "processes-by-name");
    assert_eq!(nodes, ["Internet (servers)", "db", "nginx", "python", "sshd", "worker"]);
    assert!(edges.contains(&"python -> db 3".to_owned()), "{edges:?}");
    let (nodes, edges) = show(&world, "images");
    assert_eq!(nodes, ["Internet (servers)", "a (uncontained)", "db", "nginx:1.27"], "a container without a known image stands for itself");
    assert!(edges.contains(&"nginx:1.27 -> db 3".to_owned()), "{edges:?}");
}

#[test]
fn shares_of_a_whole_do_not_add_up() {
    let mut world = World::new();
    for name in ["one", "two"] {
        world.container("a", name).metric("mem_pct", 30_u64).metric("cpu_pct", 30_u64).metric("mem_limit_bytes", 5_u64).done();
    }
    world.container("a", "three").metric("cpu_pct", 30_u64).done();
    draw(&world, "containers-by-image", &Selection::default(), |rendered| {
        let node = &rendered.nodes[0];
        let figures: Vec<(&str, f64)> = rendered.metrics(node).into_iter().map(|(name, value)| (name, value.as_f64())).collect();
        assert_eq!(figures, [("cpu_pct", 90.0)], "a limit that one of them lacks is no limit of all");
    });
}

#[test]
fn anything_can_be_grouped_by() {
    let world = shop();
    let registry = Registry::new();
    let by = |text: &str| {
        let group = GroupBy::parse(text, &registry).unwrap();
        draw(&world, "containers", &Selection { group_by: Some(&group), ..Selection::default() }, seen).0
    };
    assert_eq!(by("label:tier"), ["(none)", "Internet (servers)", "a (uncontained)", "back", "front"]);
    assert_eq!(by("project"), ["(none)", "Internet (servers)", "a (uncontained)", "shop"]);
    assert_eq!(by("parent:host"), ["Internet (servers)", "a", "a (uncontained)", "b"], "containers of a host, and what runs beside them");
    let error = GroupBy::parse("imag", &registry).unwrap_err();
    assert!(error.to_string().contains("near to it: image"), "{error}");
    assert!(GroupBy::parse("label:", &registry).is_err() && GroupBy::parse("colour:red", &registry).is_err());
}

#[test]
fn filters_say_how_much_they_hid() {
    let world = shop();
    let filter: Filter = "app:api or app:web".parse().unwrap();
    draw(&world, "containers", &Selection { filter: Some(&filter), ..Selection::default() }, |rendered| {
        let (nodes, edges) = seen(rendered);
        assert_eq!(nodes, ["Internet (servers)", "api", "web"]);
        assert_eq!(edges, ["web -> Internet (servers) 1", "web -> api 4"]);
        assert_eq!((rendered.hidden.by_filter, rendered.hidden.nodes()), (3, 4), "worker, asleep, db; and old by default");
        assert_eq!(rendered.hidden.flows_of_hidden, 4);
    });
}

#[test]
fn a_filter_keeps_what_stands_for_the_outside_unless_it_speaks_of_it() {
    let world = shop();
    let names = |text: &str| {
        let filter: Filter = text.parse().unwrap();
        draw(&world, "containers", &Selection { filter: Some(&filter), ..Selection::default() }, seen).0
    };
    assert_eq!(names("app:web -label.tier:back cpu < 50"), ["Internet (servers)", "web"]);
    assert_eq!(names("app:web -kind:internet"), ["web"]);
    assert_eq!(names("app:web kind:container"), ["web"]);
    assert_eq!(names("db"), ["a (uncontained)", "db"]);
}

#[test]
fn what_is_not_wanted_of_the_outside_is_left_out() {
    let world = shop();
    let selection = Selection { without: &["internet", "uncontained"], ..Selection::default() };
    assert_eq!(draw(&world, "containers", &selection, seen).0, ["api", "asleep", "db", "web", "worker"]);
}

#[test]
fn frames_tell_nodes_apart() {
    let titles = |world: &World, view: &str| {
        draw(world, view, &Selection::default(), |rendered| {
            let (frames, of) = rendered.frames();
            let titles: Vec<String> = frames.into_iter().map(|frame| frame.title.into_owned()).collect();
            (titles, of.iter().flatten().count(), rendered.nodes.len())
        })
    };
    assert_eq!(titles(&shop(), "containers"), (vec!["a".to_owned(), "b".to_owned()], 6, 7), "the internet is on no host");
    assert_eq!(titles(&shop(), "processes").0, ["a", "api", "db", "web", "worker"], "what stands in for a container is in its frame");
    let mut alike = World::new();
    alike.node("a", "docker", container("one"), "web").parent("host:a".parse().unwrap()).done();
    alike.node("b", "docker", container("two"), "web").parent("host:b".parse().unwrap()).done();
    alike.process("a", 7, "nginx", &container("one"));
    alike.process("b", 7, "nginx", &container("two"));
    let all = Selection { show: &["all"], ..Selection::default() };
    let ids = draw(&alike, "processes", &all, |rendered| {
        rendered.frames().0.into_iter().map(|frame| (frame.title.into_owned(), frame.id.into_owned())).collect::<Vec<_>>()
    });
    let mut expected = [container("one"), container("two")].map(|id| (format!("web ({})", &id.rest()[..12]), id.to_string()));
    expected.sort_unstable();
    assert_eq!(ids, expected, "two containers of one name are two frames");
    let mut one_host = World::new();
    one_host.container("a", "web").attr("compose_project", "shop").done();
    one_host.container("a", "other").done();
    assert_eq!(titles(&one_host, "containers"), (vec!["shop".to_owned()], 1, 2), "one host is no news");
}

#[test]
fn nodes_of_one_name_are_told_apart() {
    let mut world = World::new();
    world.container("a", "web").done();
    world.node("b", "docker", container("another"), "web").parent("host:b".parse().unwrap()).done();
    world.container("b", "db").done();
    let labels = |world: &World, view: &str| {
        draw(world, view, &Selection { show: &["all"], ..Selection::default() }, |rendered| {
            sorted(rendered.labels().into_iter().map(std::borrow::Cow::into_owned).collect())
        })
    };
    assert_eq!(labels(&world, "containers"), ["db", "web (a)", "web (b)"]);
    for (agent, pid) in [("a", 1), ("a", 2), ("b", 2)] {
        world.process(agent, pid, "sh", &format!("host:{agent}").parse().unwrap());
    }
    world.process("a", 3, "init", &"host:a".parse().unwrap());
    assert_eq!(labels(&world, "processes"), ["init", "sh (a 1)", "sh (a 2)", "sh (b)"]);
}

#[test]
fn a_state_of_nothing_is_a_view_of_nothing() {
    for view in view::VIEWS {
        draw(&World::new(), view.name, &Selection::default(), |rendered| assert!(rendered.nodes.is_empty() && rendered.edges.is_empty()));
    }
}

#[test]
fn every_default_of_every_view_is_a_filter() {
    for hide in view::VIEWS.iter().flat_map(|view| view.hides) {
        if let view::What::Matching { filter, fields } = hide.what {
            let filter: Filter = filter.parse().unwrap();
            assert!(filter.unknown_fields(&Registry::new()).is_empty() && fields.iter().all(|field| Registry::new().knows(field)), "{}", hide.name);
        }
    }
}

#[test]
fn why_says_whether_and_why() {
    let mut world = shop();
    world.gone("a", "docker", &container("worker"));
    let filter: Filter = "app:api label.tier:front".parse().unwrap();
    let selection = Selection { filter: Some(&filter), ..Selection::default() };
    let graph = Graph::build(&world.state);
    let why = |view: &str, selection: &Selection<'_>, text: &str| {
        let answers = view::find(view).unwrap().explain(&world.state, &graph, selection, text);
        (answers[0].verdict, answers[0].reasons.last().unwrap().clone())
    };
    let all = Selection::default();
    assert_eq!(why("containers", &selection, "api").0, Verdict::Shown);
    assert_eq!(why("containers", &selection, "web"), (Verdict::Filtered, "the filter does not take it: `app:api` does not hold".to_owned()));
    assert_eq!(why("containers", &all, "old"), (Verdict::LeftOut, "the view leaves out containers that do not run; `--show stopped` shows them".to_owned()));
    assert_eq!(why("containers", &all, "process:a:102:1102").0, Verdict::Within);
    assert_eq!(why("containers", &all, "sshd").0, Verdict::Outside);
    assert_eq!(why("containers-by-image", &all, "web").0, Verdict::Within);
    assert_eq!(why("hosts", &all, container("web").as_str()).0, Verdict::Within);
    assert_eq!(why("containers", &all, container("worker").as_str()).0, Verdict::Gone);
    assert_eq!(why("containers", &all, "nobody"), (Verdict::Unknown, "heard of agents: a, b".to_owned()));
    assert_eq!(why("containers", &all, "internet:servers").0, Verdict::Shown);
    // As engines cut ids.
    let api = container("api");
    assert_eq!(why("containers", &all, &api.rest()[..12]).0, Verdict::Shown);
}

#[test]
fn every_view_and_everything_that_is_hidden_stands_in_the_documentation() {
    let text = include_str!("../../../../docs/views.md");
    for view in view::VIEWS {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{}` |", view.name)));
        let row = row.unwrap_or_else(|| panic!("no row for {}", view.name));
        for hide in view.hides {
            assert!(row.contains(&format!("`{}`", hide.name)) && text.contains(&format!("| `{}` |", hide.name)), "{} of {}", hide.name, view.name);
        }
    }
    for format in scope_render::output::Format::ALL {
        assert!(text.contains(&format!("`{format}`")), "no word on {format}");
    }
}

/// Two agents watch the same engine: each says that the containers run on its host, and each sees the connections there.
#[test]
fn what_two_agents_see_of_one_container_does_not_connect_their_hosts() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    // Of a host that nobody speaks of its agent's name tells.
    world.tick("b");
    world.host("c", &["10.0.0.3"]);
    for agent in ["a", "b"] {
        let (web, db) = (world.container(agent, "web").done(), world.container(agent, "db").done());
        world.client(agent, &web, "net:n|172.18.0.3:5432").to(&db).done();
        world.client(agent, &web, "10.0.0.3:443").open(2).done();
    }
    let (_, edges) = show(&world, "hosts");
    assert_eq!(edges, ["a -> c 2", "b -> c 2"]);
    let grouped = GroupBy::parse("kind", &Registry::new()).unwrap();
    let selection = Selection { group_by: Some(&grouped), loops: true, ..Selection::default() };
    draw(&world, "hosts", &selection, |rendered| {
        let open: Vec<u64> = rendered.edges.iter().map(|edge| edge.figures.open).collect();
        assert_eq!(open, [6], "hosts drawn as one have a connection once, however many of them its ends belong to");
    });
}

/// One record names as many parents as it likes.
#[test]
fn ends_in_very_many_nodes_are_counted_and_not_drawn() {
    let mut world = World::new();
    let hosts: Vec<String> = (0..100).map(|number| format!("host-{number}")).collect();
    for host in &hosts {
        world.host(host, &[]);
    }
    world.tick("watcher");
    let [web, db] = ["web", "db"].map(|name| {
        let made = world.node("watcher", "docker", container(name), name);
        hosts.iter().fold(made, |made, host| made.parent(format!("host:{host}").parse().unwrap())).done()
    });
    world.client("watcher", &web, "net:n|172.18.0.3:5432").to(&db).done();
    draw(&world, "hosts", &Selection::default(), |rendered| {
        assert_eq!((rendered.nodes.len(), rendered.edges.len(), rendered.hidden.flows_of_hidden), (100, 0, 1));
    });
}

#[test]
fn names_that_nothing_knows_come_with_near_ones() {
    let mut world = shop();
    world.container("a", "queue").attr("vendor_word", "x").metric("depth", 3_u64).done();
    let graph = Graph::build(&world.state);
    let registry = Registry::new();
    let said = |filter: &str| {
        let filter: Filter = filter.parse().unwrap();
        view::unknown_fields(filter.names(), &graph, &registry).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said("stae:running"), ["no node here has a field `stae`; did you mean `state`, `side` or `size`?"]);
    assert!(said("nmae:web")[0].contains("`name`") && said("exitcode=1")[0].contains("`exit_code`"));
    assert_eq!(said("qqqqq:1 or -has:qqqqq"), ["no node here has a field `qqqqq`"], "each once, and nothing near is nothing said");
    // Known by name, alias or key, whether or not any node has it; and what a node has, whoever brought it.
    assert!(said("state:running cpu > 5 app:web env.HOME:/ label.tier:x labels:a=b gpu_pct > 1 rtt > 1").iter().all(|said| said.contains("gpu_pct")));
    assert!(said("vendor_word:x depth > 2 web -has:vendor_word").is_empty());
}
