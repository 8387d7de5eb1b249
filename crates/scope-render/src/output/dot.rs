//! DOT, the language of Graphviz: `dot -Tsvg`.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::safe::label;
use super::table::ports;
use crate::view::{Node, Rendered, Role};

/// Longest label.
const LABEL: usize = 48;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph scope {{")?;
    writeln!(out, "  graph [label={}, labelloc=t, rankdir=LR, fontname=\"Helvetica\", tooltip=\"\"]", quoted(rendered.view.title))?;
    writeln!(out, "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f3f5f8\", color=\"#8b97a8\", fontname=\"Helvetica\", fontsize=11]")?;
    writeln!(out, "  edge [color=\"#7a8699\", fontname=\"Helvetica\", fontsize=9, arrowsize=0.7]")?;
    let (frames, frame_of) = rendered.frames();
    let labels = rendered.labels();
    let nodes = || rendered.nodes.iter().zip(&labels).zip(&frame_of);
    for (number, frame) in (0..).zip(&frames) {
        writeln!(out, "  subgraph cluster_{number} {{")?;
        writeln!(out, "    graph [label={}, style=\"rounded\", color=\"#c3cad5\"]", quoted(&label(&frame.title, LABEL)))?;
        for ((node, text), _) in nodes().filter(|(_, frame)| **frame == Some(number)) {
            writeln!(out, "    {}", node_line(rendered, node, text))?;
        }
        writeln!(out, "  }}")?;
    }
    for ((node, text), _) in nodes().filter(|(_, frame)| frame.is_none()) {
        writeln!(out, "  {}", node_line(rendered, node, text))?;
    }
    for edge in &rendered.edges {
        let id = |node: u32| rendered.nodes.get(node as usize).map_or_else(String::new, |node| quoted(&node.id));
        let width = 1.0 + (edge.figures.open as f64).ln_1p() / 2.0;
        writeln!(out, "  {} -> {} [label={}, penwidth={width:.1}]", id(edge.from), id(edge.to), quoted(&ports(rendered, edge, 2)))?;
    }
    writeln!(out, "}}")
}

fn node_line(rendered: &Rendered<'_, '_>, node: &Node<'_>, text: &str) -> String {
    let mut text = label(text, LABEL);
    let members = rendered.members(node).len();
    if node.role == Role::Group {
        let _ = write!(text, " ({members})");
    }
    let look = match node.role {
        Role::Member => "",
        Role::Group => ", peripheries=2",
        Role::StandIn => ", style=\"rounded,dashed\"",
        Role::Uncontained | Role::Pseudo => ", shape=ellipse, style=dashed",
    };
    format!("{} [label={}, tooltip={}{look}]", quoted(&node.id), quoted(&text), quoted(node.kind))
}

/// A quoted string. In labels a backslash begins an escape (`\N` is the node's name), so it is doubled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
