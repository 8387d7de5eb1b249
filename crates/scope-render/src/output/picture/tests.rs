#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! Pictures of names that would break out of a file if they could.

use scope_core::codec::Reader;
use scope_core::state::State;

use super::scene::Ink;
use super::{Theme, html, png, svg};
use crate::graph::Graph;
use crate::view::{self, Rendered, Selection};

const HOSTILE: &str = "</title><script>alert(1)</script>\"'&\u{202e}\u{0}]]>\n<b>";

fn drawn(write: impl Fn(&Rendered<'_, '_>, &mut Vec<u8>)) -> Vec<u8> {
    let envelope = |rest: serde_json::Value| {
        let mut record =
            serde_json::json!({"agent": "a", "run": "01930000-0000-7000-8000-000000000001", "seq": 1, "source": "docker", "at": "2026-11-21T22:00:00Z"});
        record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        format!("{record}\n")
    };
    let id = |digit: &str| format!("container:{}", digit.repeat(64));
    let node = |digit: &str, name: &str, state: &str| {
        envelope(serde_json::json!({"record": "node", "id": id(digit), "kind": "container", "name": name, "parents": ["host:a"],
            "attrs": {"state": state, "compose_project": HOSTILE}, "metrics": {"cpu_pct": 12.5, "mem_bytes": 1_048_576}}))
    };
    let flow =
        envelope(serde_json::json!({"record": "flow", "side": "client", "proto": "tcp", "owner": id("1"), "server": id("2"), "server_addr": "10.0.0.2:80",
        "dialled": "10.0.0.2:80", "since": "2026-11-21T21:00:00Z", "last_seen": "2026-11-21T22:00:00Z", "open": 3}));
    let problem = envelope(serde_json::json!({"record": "problem", "message": HOSTILE, "hint": HOSTILE}));
    let stream = [node("1", HOSTILE, "running"), node("2", "db", "paused"), flow, problem].concat();
    let mut state = State::default();
    for record in Reader::new(stream.as_bytes()) {
        let _ = state.apply(record.unwrap());
    }
    let graph = Graph::build(&state);
    let mut out = Vec::new();
    write(&view::find("containers").unwrap().project(&graph, &Selection::default()), &mut out);
    out
}

fn text(write: impl Fn(&Rendered<'_, '_>, &mut Vec<u8>)) -> String {
    String::from_utf8(drawn(write)).unwrap()
}

/// Of two rules that are as strong the later one holds: a box has a fill and a line.
#[test]
fn boxes_are_not_hollow() {
    for text in
        [text(|rendered, out| svg::write(rendered, Theme::Light, out).unwrap()), text(|rendered, out| html::write(rendered, Theme::Light, out).unwrap())]
    {
        assert!(text.contains("class=\"s-node-line f-node\""));
        let (strokes, fills) = (text.rfind("fill:none").unwrap(), text.find(".f-background{").unwrap());
        assert!(strokes < fills);
    }
}

#[test]
fn svg_holds_hostile_names_as_text() {
    let svg = text(|rendered, out| svg::write(rendered, Theme::Dark, out).unwrap());
    assert!(!svg.contains("<script") && !svg.contains('\0') && !svg.contains('\u{202e}'));
    assert!(svg.contains("&lt;script&gt;") && svg.contains("class=\"edge\"") && svg.contains(":80"));
    // Every element that is opened is closed.
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    assert_eq!(svg.matches("<text ").count(), svg.matches("</text>").count());
}

#[test]
fn a_page_runs_its_own_script_only_and_asks_for_nothing() {
    let page = text(|rendered, out| html::write(rendered, Theme::Light, out).unwrap());
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("default-src 'none'"));
    for address in ["src=", "href=", "url(", "@import", "fetch("] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(page.contains("1 not seen"));
}

#[test]
fn png_is_a_picture_of_the_right_size() {
    let png = drawn(|rendered, out| png::write(rendered, Theme::Dark, out).unwrap());
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert!((300..4000).contains(&info.width), "{}", info.width);
    assert_eq!((info.color_type, pixels.len()), (::png::ColorType::Rgb, info.width as usize * info.height as usize * 3));
    let background = Ink::Background.rgb(Theme::Dark);
    assert!(pixels.starts_with(&background) && pixels.ends_with(&background), "a margin is around everything");
    assert!(pixels.chunks(3).any(|pixel| pixel == Ink::Healthy.rgb(Theme::Dark)), "what runs has a green sign");
}

#[test]
fn the_same_view_makes_the_same_bytes() {
    let svg = || drawn(|rendered, out| svg::write(rendered, Theme::Light, out).unwrap());
    assert_eq!(svg(), svg());
}
