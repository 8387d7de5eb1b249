//! A Mermaid flowchart, as Markdown pages draw it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::safe::label;
use super::table::ports;
use crate::view::{Node, Rendered, Role};

/// Longest label.
const LABEL: usize = 40;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    let (frames, frame_of) = rendered.frames();
    let labels = rendered.labels();
    let nodes = || rendered.nodes.iter().zip(&labels).zip(&frame_of).enumerate();
    for (number, frame) in (0..).zip(&frames) {
        writeln!(out, "  subgraph g{number}[\"{}\"]", entities(&label(&frame.title, LABEL)))?;
        for (at, ((node, text), _)) in nodes().filter(|(_, (_, frame))| **frame == Some(number)) {
            writeln!(out, "    {}", node_line(rendered, at, node, text))?;
        }
        writeln!(out, "  end")?;
    }
    for (at, ((node, text), _)) in nodes().filter(|(_, (_, frame))| frame.is_none()) {
        writeln!(out, "  {}", node_line(rendered, at, node, text))?;
    }
    for edge in &rendered.edges {
        let ports = ports(rendered, edge, 2);
        if ports.is_empty() {
            writeln!(out, "  n{} --> n{}", edge.from, edge.to)?;
        } else {
            writeln!(out, "  n{} -->|\"{}\"| n{}", edge.from, entities(&ports), edge.to)?;
        }
    }
    let outside: Vec<String> = nodes().filter(|(_, ((node, _), _))| node.role > Role::Group).map(|(at, _)| format!("n{at}")).collect();
    if !outside.is_empty() {
        writeln!(out, "  classDef outside stroke-dasharray: 4 3")?;
        writeln!(out, "  class {} outside", outside.join(","))?;
    }
    Ok(())
}

fn node_line(rendered: &Rendered<'_, '_>, at: usize, node: &Node<'_>, text: &str) -> String {
    let mut text = entities(&label(text, LABEL));
    if node.role == Role::Group {
        let _ = write!(text, " #40;{}#41;", rendered.members(node).len());
    }
    match node.role {
        Role::Member => format!("n{at}(\"{text}\")"),
        Role::Group => format!("n{at}[[\"{text}\"]]"),
        Role::StandIn => format!("n{at}[\"{text}\"]"),
        Role::Uncontained | Role::Pseudo => format!("n{at}([\"{text}\"])"),
    }
}

/// Everything but letters, digits and a few harmless signs as Mermaid's numeric entities: quotes end a label, `%%{` begins a directive wherever it
/// stands, and `#`, `<`, `` ` `` mean something in one version or another.
fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '/' | ':' | ',' | '+' | '…') {
            safe.push(c);
        } else {
            let _ = write!(safe, "#{};", u32::from(c));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_directive() {
        assert_eq!(entities("a\"] --> b; %%{init}%%"), "a#34;#93; --#62; b#59; #37;#37;#123;init#125;#37;#37;");
    }
}
