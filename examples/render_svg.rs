//! Draws the records on standard input as a picture: `scope collect | cargo run --example render_svg -- hosts > map.svg`.

use std::error::Error;
use std::io::{self, BufWriter, Write};

use scope_core::codec::Reader;
use scope_core::field::Registry;
use scope_core::filter::Filter;
use scope_core::state::State;
use scope_render::graph::Graph;
use scope_render::output::{self, Format, Options, Part, Theme};
use scope_render::view::{self, Selection};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "containers".to_owned());
    let view = view::find(&name).ok_or_else(|| format!("there is no view `{name}`"))?;
    let filter: Option<Filter> = args.next().map(|text| text.parse()).transpose()?;

    // Records become a state, the state a graph, the graph a view of it: each step is a pure function of the one before.
    let mut state = State::default();
    for record in Reader::new(io::stdin().lock()) {
        let _ = state.apply(record?);
    }
    let graph = Graph::build(&state);
    let rendered = view.project(&graph, &Selection { filter: filter.as_ref(), ..Selection::default() });

    // Nothing in the library reads a clock: ages are measured from the latest report.
    let now = graph.agents().iter().filter_map(|agent| agent.at).max().unwrap_or_default();
    let registry = Registry::new();
    let options = Options { registry: &registry, now, width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let mut out = BufWriter::new(io::stdout().lock());
    output::write(Format::Svg, &rendered, &mut out, &options)?;
    Ok(out.flush()?)
}
