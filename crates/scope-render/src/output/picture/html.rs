//! A picture as one page that needs nothing else: no request leaves it, and a policy in the page says so to the browser.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Theme;
use super::compose::compose;
use super::scene::Ink;
use super::svg;
use crate::output::safe::{terminal, xml};
use crate::view::Rendered;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(in crate::output) fn write(rendered: &Rendered<'_, '_>, theme: Theme, out: &mut dyn Write) -> io::Result<()> {
    let scene = compose(rendered);
    let mut page = String::with_capacity(320 * scene.parts.len() + 16_384);
    let title = xml(rendered.view.title).into_owned();
    let mode = match theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\" data-theme=\"{mode}\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · scope</title>\n<style>\n"
    );
    for (selector, theme) in [(":root", Theme::Light), (":root[data-theme=dark]", Theme::Dark)] {
        let _ = write!(page, "{selector}{{");
        for (ink, name) in Ink::ALL {
            let _ = write!(page, "--{name}:{};", svg::hex(ink.rgb(theme)));
        }
        page.push_str("}\n");
    }
    let (nodes, edges, hidden) = (rendered.nodes.len(), rendered.edges.len(), rendered.hidden.nodes());
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let mut summary = format!("{}, {}", count(nodes, "node"), count(edges, "edge"));
    if hidden > 0 {
        let _ = write!(summary, ", {hidden} hidden");
    }
    let _ = write!(
        page,
        "{STYLE}</style>\n<header><h1>{title}</h1><p id=\"summary\">{summary}</p>\
         <input id=\"search\" type=\"search\" placeholder=\"Find ( / )\" aria-label=\"Find nodes by name\" autocomplete=\"off\" spellcheck=\"false\">\
         <output id=\"found\" aria-live=\"polite\"></output>\
         <span id=\"buttons\"><button id=\"out\" title=\"Smaller ( - )\" aria-label=\"Smaller\">−</button><button id=\"in\" title=\"Larger ( + )\" aria-label=\"Larger\">+</button>\
         <button id=\"fit\" title=\"Everything ( 0 )\">Fit</button><button id=\"theme\" title=\"Dark or light ( t )\">Theme</button></span></header>\n<main>"
    );
    svg::picture(&scene, None, &mut page);
    page.push_str("</main>\n<aside id=\"details\" hidden><button id=\"close\" aria-label=\"Close\">×</button><h2></h2><p></p><ul></ul></aside>\n");
    troubles(rendered, &mut page);
    let _ = write!(page, "<script>\n{SCRIPT}</script>\n</html>\n");
    out.write_all(page.as_bytes())
}

/// What could not be seen, closed until somebody asks.
fn troubles(rendered: &Rendered<'_, '_>, page: &mut String) {
    let troubles = rendered.graph().troubles();
    if troubles.is_empty() {
        return;
    }
    let _ = write!(page, "<details id=\"problems\"><summary>{} not seen</summary><ul>", troubles.len());
    for trouble in troubles {
        let _ = write!(page, "<li><b>{}</b> {}", xml(trouble.agent.as_str()), xml(&terminal(&trouble.problem.message)));
        if let Some(hint) = &trouble.problem.hint {
            let _ = write!(page, "<br><i>{}</i>", xml(&terminal(hint)));
        }
        page.push_str("</li>");
    }
    page.push_str("</ul></details>\n");
}
