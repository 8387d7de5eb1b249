//! Every output of one small world whose names try to leave their place.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use scope_core::field::Registry;
use scope_render::graph::Graph;
use scope_render::output::{self, Format, Options, Part, Theme};
use scope_render::view::{self, Selection};

use crate::fixture::{World, at, container, image};

/// Names for a terminal, a page, a spreadsheet, DOT, Mermaid and XML to trip over.
fn hostile() -> World {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    world.host("b", &["10.0.0.2"]);
    world.node("a", "docker", image("i"), "nginx:1.27").done();
    world
        .container("a", "web\u{1b}[2J\u{1b}]0;owned\u{7}\nnext")
        .parent(image("i"))
        .attr("compose_project", "]]>--><svg onload=alert(1)>")
        .attr("started_at", at(-7300))
        .attr("command", ["sh", "-c", "echo \"$HOME\"\u{202e}"].into_iter().collect::<scope_core::Value>())
        .label("app", "<b>&amp;</b>")
        .metric("cpu_pct", 24_u64)
        .metric("mem_bytes", 128_345_600_u64)
        .metric("pids", 4_u64)
        .done();
    world.container("a", "=cmd|'/C calc'!A0").attr("health", "unhealthy").attr("hostname", "+1").listens("net:n|172.18.0.3:80/tcp").done();
    world.container("a", "</script><script>alert('x')</script>").attr("state", "paused").done();
    world.container("b", "a\"]; end --> %%{init: {}}%% `x` \\N #quot;").done();
    world.container("b", "名前-конт\u{200b}ейнер").metric("cpu_pct", 150_u64).done();
    world.container("b", "gone").attr("state", "exited").done();
    let web = container("web\u{1b}[2J\u{1b}]0;owned\u{7}\nnext");
    world.client("a", &web, "net:n|172.18.0.3:80").open(3).bytes(81_234, 99_120).done();
    world.client("a", &container("</script><script>alert('x')</script>"), "10.0.0.9:53").udp().called("dns\"\u{1b}<i>").done();
    world.client("b", &container("名前-конт\u{200b}ейнер"), "93.184.216.34:443").open(12).called("-example.org").done();
    world.problem("a", "net\u{1b}", "cannot read \u{1b}[31mconntrack\n</p>", Some("modprobe nf_conntrack\u{7}"));
    world
}

fn write(format: Format, part: Part, columns: &[&str], width: Option<usize>) -> Vec<u8> {
    let world = hostile();
    let graph = Graph::build(&world.state);
    let rendered = view::find("containers").unwrap().project(&graph, &Selection::default());
    let registry = Registry::new();
    let options = Options { registry: &registry, now: at(0), width, colour: false, columns, part, theme: Theme::Light };
    let mut out = Vec::new();
    output::write(format, &rendered, &mut out, &options).unwrap();
    out
}

fn text(format: Format) -> String {
    String::from_utf8(write(format, Part::Nodes, &[], None)).unwrap()
}

/// What a terminal would obey, or not show.
fn has_unseen(text: &str) -> bool {
    text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{200b}' | '\u{202e}'))
}

#[test]
fn table() {
    let table = text(Format::Table);
    assert!(!has_unseen(&table));
    insta::assert_snapshot!(table);
}

#[test]
fn table_of_a_narrow_terminal() {
    let table = String::from_utf8(write(Format::Table, Part::Nodes, &[], Some(80))).unwrap();
    let head = table.split("\n\n").next().unwrap();
    assert!(head.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{head}");
    insta::assert_snapshot!(head);
}

#[test]
fn columns_that_do_not_fit_are_named() {
    let foot = |width| String::from_utf8(write(Format::Table, Part::Nodes, &["name", "cpu", "mem", "age", "label.app"], width)).unwrap();
    let narrow = foot(Some(40));
    assert!(!narrow.lines().next().unwrap().contains("label.app".to_uppercase().as_str()), "{narrow}");
    assert!(narrow.contains("more columns in a wider") && narrow.contains("LABEL.APP") && narrow.contains("--columns"), "{narrow}");
    assert!(narrow.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 40 || line.contains("hidden") || line.contains("problem")), "{narrow}");
    assert!(!foot(None).contains("more column"), "all of them are there");
}

#[test]
fn table_of_chosen_columns() {
    let table = String::from_utf8(write(Format::Table, Part::Nodes, &["name", "cpu", "age", "label.app"], None)).unwrap();
    insta::assert_snapshot!(table.split("\n\n").next().unwrap());
}

#[test]
fn json() {
    let text = text(Format::Json);
    assert!(!has_unseen(&text));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value["nodes"].as_array().unwrap().iter().any(|node| node["name"] == "web\u{1b}[2J\u{1b}]0;owned\u{7}\nnext"), "data is kept letter by letter");
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn ndjson() {
    let text = text(Format::Ndjson);
    assert!(!has_unseen(&text));
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value["type"].is_string());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn csv() {
    for (part, name) in [(Part::Nodes, "csv_nodes"), (Part::Edges, "csv_edges"), (Part::Flows, "csv_flows")] {
        let text = String::from_utf8(write(Format::Csv, part, &[], None)).unwrap();
        assert!(!has_unseen(&text));
        insta::assert_snapshot!(name, text);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for cell in reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']) && (!cell.starts_with('-') || cell.parse::<f64>().is_ok()), "{cell:?} would run");
        }
    }
}

#[test]
fn dot() {
    let text = text(Format::Dot);
    assert!(!has_unseen(&text));
    insta::assert_snapshot!(text);
}

#[test]
fn mermaid() {
    let text = text(Format::Mermaid);
    assert!(!has_unseen(&text) && !text.contains("%%"));
    insta::assert_snapshot!(text);
}

#[test]
fn graphml() {
    let text = text(Format::Graphml);
    assert!(!text.contains("<b>") && !text.contains("<script"));
    insta::assert_snapshot!(text);
}

#[test]
fn arrow_is_typed_and_its_columns_do_not_depend_on_the_nodes() {
    let read = |bytes: &[u8]| {
        let mut reader = arrow_ipc::reader::StreamReader::try_new(bytes, None).unwrap();
        (reader.schema(), reader.next().unwrap().unwrap())
    };
    for part in [Part::Nodes, Part::Edges, Part::Flows] {
        let bytes = write(Format::Arrow, part, &[], None);
        let (schema, batch) = read(&bytes);
        assert!(batch.num_rows() > 0);
        let types: Vec<String> = schema.fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type())).collect();
        insta::assert_snapshot!(format!("arrow_{part:?}").to_lowercase(), types.join("\n"));
    }
    let graph_of = World::new();
    let graph = Graph::build(&graph_of.state);
    let rendered = view::find("containers").unwrap().project(&graph, &Selection::default());
    let registry = Registry::new();
    let options = Options { registry: &registry, now: at(0), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let mut empty = Vec::new();
    output::write(Format::Arrow, &rendered, &mut empty, &options).unwrap();
    assert_eq!(read(&empty).0, read(&write(Format::Arrow, Part::Nodes, &[], None)).0);
}

#[test]
fn the_same_state_is_written_byte_by_byte_the_same() {
    for format in Format::ALL.iter().copied().filter(|format| *format != Format::Parquet) {
        // Each world has hash maps of its own, in an order of their own.
        assert_eq!(write(format, Part::Nodes, &[], None), write(format, Part::Nodes, &[], None), "{format}");
    }
}

#[cfg(not(feature = "sql"))]
#[test]
fn a_build_without_parquet_says_how_to_get_it() {
    let world = hostile();
    let graph = Graph::build(&world.state);
    let rendered = view::find("containers").unwrap().project(&graph, &Selection::default());
    let registry = Registry::new();
    let options = Options { registry: &registry, now: at(0), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let error = output::write(Format::Parquet, &rendered, &mut Vec::new(), &options).unwrap_err();
    assert!(error.to_string().contains("--features sql"), "{error}");
}

#[test]
fn words_of_outputs_read_back() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>().unwrap(), *format);
    }
    assert!("xlsx\u{1b}".parse::<Format>().unwrap_err().to_string().contains("xlsx\\u{1b}"));
}

/// What the page warns of, no picture calls well: the rule is `health.ts` of the page.
#[test]
fn pictures_judge_as_the_page_does() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    let limited = |world: &mut World, name: &str, used: u64| {
        let _ = world.container("a", name).metric("mem_bytes", used).metric("mem_limit_bytes", 100_u64).done();
    };
    limited(&mut world, "plenty", 84);
    limited(&mut world, "tight", 92);
    limited(&mut world, "full", 96);
    world.container("a", "ill").attr("health", "unhealthy").done();
    world.container("a", "asleep").attr("state", "paused").done();
    world.container("a", "loop").attr("restart_count", 5_u64).attr("started_at", at(-60)).done();
    world.container("a", "calm").attr("restart_count", 5_u64).attr("started_at", at(-7200)).done();
    world.container("a", "crashed").attr("state", "exited").attr("exit_code", 1_u64).done();
    world.container("a", "stopped").attr("state", "exited").attr("exit_code", 143_u64).done();
    world.container("a", "db").listens("net:n|172.18.0.3:5432/tcp").done();
    world.client("a", &container("plenty"), "net:n|172.18.0.3:5432").open(1).attempts(10, 3).done();
    world.client("a", &container("tight"), "net:n|172.18.0.3:5432").open(1).attempts(1000, 3).done();
    let graph = Graph::build(&world.state);
    let rendered = view::find("containers").unwrap().project(&graph, &Selection { show: &["all"], ..Selection::default() });
    let registry = Registry::new();
    let options = Options { registry: &registry, now: at(0), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let mut svg = Vec::new();
    output::write(Format::Svg, &rendered, &mut svg, &options).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    let part = |about: &str| svg.lines().find(|line| line.contains(&format!("<title>{about}"))).unwrap().to_owned();
    let drawn = |name: &str| {
        let from = svg.find(&format!("<title>{name}&#10;")).unwrap();
        svg[from..].split("</g>").next().unwrap().to_owned()
    };
    for (name, sign, why) in [
        ("plenty", "f-healthy", ""),
        ("calm", "f-healthy", ""),
        ("tight", "f-warning", "memory at 92 % of its limit"),
        ("asleep", "f-warning", "is paused"),
        ("full", "f-critical", "memory at 96 % of its limit"),
        ("ill", "f-critical", "its health check fails"),
        ("loop", "f-critical", "restarts again and again"),
        ("crashed", "f-critical", "ended with code 1"),
        ("stopped", "s-off", ""),
    ] {
        let drawn = drawn(name);
        assert!(drawn.contains(&format!("class=\"{sign}")) && drawn.contains(why), "{name}: {drawn}");
    }
    let fails = part("plenty → db");
    assert!(fails.contains("3 failed") && fails.contains("s-critical") && fails.contains("stroke-dasharray"), "{fails}");
    let holds = part("tight → db");
    assert!(holds.contains("3 failed") && holds.contains("s-edge") && !holds.contains("s-critical"), "{holds}");
    assert!(["healthy", "warning", "critical", "attempts fail"].iter().all(|word| svg.contains(&format!(">{word}</text>"))), "the legend says what they mean");
}
