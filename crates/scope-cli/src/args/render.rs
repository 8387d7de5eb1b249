//! The flags of `scope render`.

use clap::{Args, ValueEnum};
use scope_render::output::Format;

use super::from::FromArgs;
use super::values::{Pace, parse_pace};

/// Draw records as a table, a picture or data.
///
/// Reads what `scope merge` reads. The same input gives the same output.
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// Files, addresses, or `-`. [default: standard input]
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,

    /// What to draw; `--view list` says what there is.
    #[arg(long, value_name = "VIEW", default_value = "containers", env = "SCOPE_VIEW")]
    pub(crate) view: String,

    /// Draw nodes that share this as one: `label:KEY`, or an attribute such as `compose_project`.
    #[arg(long, value_name = "KEY")]
    pub(crate) group_by: Option<String>,

    /// Draw what matches only: `cpu > 20 app:web -namespace:kube-system state:running`.
    #[arg(short, long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// Draw what a view leaves out by itself: `stopped`, `unconnected`, `infrastructure`, or `all`.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) show: Vec<String>,

    /// The form of the output.
    #[arg(short, long, value_name = "FORM", value_parser = parse_format, help = output_help())]
    pub(crate) output: Option<Format>,

    /// The columns of a table or CSV, by name. [default: what the view shows]
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// What to write, where the form holds one kind of row: CSV, Arrow, Parquet.
    #[arg(long, value_enum, default_value_t = Part::Nodes)]
    pub(crate) part: Part,

    /// The width of a table. [default: the terminal's; without end in a pipe]
    #[arg(long, value_name = "CHARACTERS")]
    pub(crate) width: Option<u16>,

    /// The colours of pictures.
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    pub(crate) theme: Theme,

    /// One SELECT over the tables nodes, edges and flows.
    #[arg(long, value_name = "SELECT", conflicts_with_all = ["why", "watch"])]
    pub(crate) sql: Option<String>,

    /// Say whether and why a node is in the view or not. Exit status 1 where it is not.
    #[arg(long, value_name = "ID", conflicts_with = "watch")]
    pub(crate) why: Option<String>,

    /// Draw again whenever a report has come, at most so often.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, num_args = 0..=1, default_missing_value = "500ms", require_equals = true)]
    pub(crate) watch: Option<Pace>,

    /// End at the first line that is not a record, instead of reporting and skipping it.
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) from: FromArgs,
}

/// What goes into a table of one kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The nodes of the view.
    Nodes,
    /// Its edges.
    Edges,
    /// The flows that its edges are made of.
    Flows,
}

/// Colours of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// Parses the name of an output; an unknown one is answered with those there are.
fn parse_format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        format!("there are {}", known.join(", "))
    })
}

fn output_help() -> String {
    let known: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
    format!("The form of the output: {}. [default: table on a terminal, ndjson in a pipe]", known.join(", "))
}
