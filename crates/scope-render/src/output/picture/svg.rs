//! A picture as SVG: one file without references to anything outside it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Theme;
use super::compose::compose;
use super::scene::{Ink, Of, Scene, Shape};
use crate::layout::edges::Step;
use crate::output::safe::xml;
use crate::view::Rendered;

/// The font of all text. Labels are measured with the first.
pub(super) const FONTS: &str = "'DejaVu Sans',Verdana,'Bitstream Vera Sans',sans-serif";

pub(in crate::output) fn write(rendered: &Rendered<'_, '_>, theme: Theme, out: &mut dyn Write) -> io::Result<()> {
    let scene = compose(rendered);
    let mut text = String::with_capacity(256 * scene.parts.len() + 4096);
    text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    picture(&scene, Some(theme), &mut text);
    out.write_all(text.as_bytes())
}

/// The element `svg`. Without a theme colours are variables of the page that it stands in, and parts carry what a page needs to tell them apart.
pub(super) fn picture(scene: &Scene, theme: Option<Theme>, out: &mut String) {
    let view = scene.view;
    let _ = write!(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{} {} {} {}\"", n(view.x), n(view.y), n(view.width), n(view.height));
    match theme {
        Some(_) => {
            let _ = write!(out, " width=\"{}\" height=\"{}\"", n(view.width), n(view.height));
        }
        None => out.push_str(" id=\"picture\" role=\"group\""),
    }
    let _ = write!(out, " font-family=\"{FONTS}\"><title>{}</title>\n<style>", xml(&scene.title));
    let value = |ink: Ink, name: &str| theme.map_or_else(|| format!("var(--{name})"), |theme| hex(ink.rgb(theme)));
    // Fills after strokes: what has both is not hollow.
    for (ink, name) in Ink::ALL {
        let _ = write!(out, ".s-{name}{{stroke:{};fill:none}}", value(ink, name));
    }
    for (ink, name) in Ink::ALL {
        let _ = write!(out, ".f-{name}{{fill:{}}}", value(ink, name));
    }
    out.push_str(".muted{opacity:.28}text{white-space:pre}</style>\n");
    if theme.is_some() {
        let _ =
            writeln!(out, "<rect class=\"f-background\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", n(view.x), n(view.y), n(view.width), n(view.height));
    }
    for part in &scene.parts {
        let about = match &part.of {
            Of::Node { node, about } => {
                let _ = write!(out, "<g class=\"node\" data-node=\"{node}\"");
                if theme.is_none() {
                    let _ = write!(out, " tabindex=\"-1\" role=\"button\" aria-label=\"{}\"", xml(&about.replace('\n', ", ")));
                }
                about.as_str()
            }
            Of::Edge { ends, about } => {
                out.push_str("<g class=\"edge\"");
                if let Some((from, to)) = ends {
                    let _ = write!(out, " data-from=\"{from}\" data-to=\"{to}\"");
                }
                about.as_str()
            }
            Of::Frame => {
                out.push_str("<g class=\"frame\"");
                ""
            }
            Of::Legend => {
                out.push_str("<g class=\"legend\"");
                ""
            }
        };
        out.push('>');
        if !about.is_empty() {
            let _ = write!(out, "<title>{}</title>", xml(about));
        }
        part.shapes.iter().for_each(|shape| draw(shape, out));
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
}

fn draw(shape: &Shape, out: &mut String) {
    match shape {
        Shape::Box { rect, radius, fill, stroke, width, dashed } => {
            let _ =
                write!(out, "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"", n(rect.x), n(rect.y), n(rect.width), n(rect.height), n(*radius));
            // A class of strokes says that nothing is filled, so the filling is said where both are wanted.
            match (fill, stroke) {
                (Some(fill), None) => {
                    let _ = write!(out, " class=\"f-{}\"/>", fill.name());
                }
                (Some(fill), Some(stroke)) => {
                    let _ = write!(out, " class=\"s-{0} f-{1}\" stroke-width=\"{2}\"{3}/>", stroke.name(), fill.name(), n(*width), dash(*dashed));
                }
                (None, Some(stroke)) => {
                    let _ = write!(out, " class=\"s-{}\" stroke-width=\"{}\"{}/>", stroke.name(), n(*width), dash(*dashed));
                }
                (None, None) => out.push_str(" fill=\"none\"/>"),
            }
        }
        Shape::Disc { center, radius, ink, filled } => {
            let (kind, radius) = if *filled { ("f", *radius) } else { ("s", radius - 0.75) };
            let _ =
                write!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{kind}-{}\" stroke-width=\"1.5\"/>", n(center.x), n(center.y), n(radius), ink.name());
        }
        Shape::Line { start, steps, ink, width, muted, dashed } => {
            let _ = write!(out, "<path d=\"M{} {}", n(start.x), n(start.y));
            for step in steps {
                let _ = match step {
                    Step::Line(to) => write!(out, "L{} {}", n(to.x), n(to.y)),
                    Step::Curve([a, b], to) => write!(out, "C{} {} {} {} {} {}", n(a.x), n(a.y), n(b.x), n(b.y), n(to.x), n(to.y)),
                };
            }
            let _ = write!(out, "\" class=\"s-{}{}\" stroke-width=\"{}\"{}/>", ink.name(), mute(*muted), n(*width), dash(*dashed));
        }
        Shape::Triangle { points: [a, b, c], ink, muted } => {
            let _ = write!(out, "<path d=\"M{} {}L{} {}L{} {}Z\" class=\"f-{}{}\"/>", n(a.x), n(a.y), n(b.x), n(b.y), n(c.x), n(c.y), ink.name(), mute(*muted));
        }
        Shape::Text { at, size, ink, bold, text } => {
            let weight = if *bold { " font-weight=\"600\"" } else { "" };
            let _ = write!(out, "<text x=\"{}\" y=\"{}\" font-size=\"{}\" class=\"f-{}\"{weight}>{}</text>", n(at.x), n(at.y), n(*size), ink.name(), xml(text));
        }
    }
}

fn dash(dashed: bool) -> &'static str {
    if dashed { " stroke-dasharray=\"4 3\"" } else { "" }
}

fn mute(muted: bool) -> &'static str {
    if muted { " muted" } else { "" }
}

/// A coordinate with one digit after the point, and none where it is nought.
fn n(value: f32) -> f32 {
    let rounded = (value * 10.0).round() / 10.0;
    // Minus nought would be written as such.
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// A colour as CSS writes it.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
