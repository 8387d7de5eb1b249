//! Outputs: a view as text, data or picture. Each writer is a file, and each escapes what names can hold in its own language.

pub(crate) mod arrow;
mod batches;
mod cells;
mod columns;
pub(crate) mod csv;
mod dot;
mod figure;
mod graphml;
mod json;
mod mermaid;
mod ndjson;
#[cfg(feature = "sql")]
mod parquet;
mod picture;
mod safe;
mod table;

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use scope_core::Timestamp;
use scope_core::field::Registry;

use crate::view::Rendered;

pub use columns::field_of_head;
pub use figure::figure;
pub use picture::{Theme, places};
pub use safe::terminal;

/// The language of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON object.
    Json,
    /// A JSON object a line: the view, then its nodes, its edges, what is hidden, the problems.
    Ndjson,
    /// A table, comma-separated.
    Csv,
    /// A table as an Arrow IPC stream, typed.
    Arrow,
    /// A table as a Parquet file, typed.
    Parquet,
    /// Graphviz.
    Dot,
    /// A diagram for Markdown.
    Mermaid,
    /// GraphML.
    Graphml,
    /// A picture, scalable.
    Svg,
    /// A picture of pixels.
    Png,
    /// A page that needs nothing else: a picture to move about in, to search and to follow.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Table,
        Self::Json,
        Self::Ndjson,
        Self::Csv,
        Self::Arrow,
        Self::Parquet,
        Self::Dot,
        Self::Mermaid,
        Self::Graphml,
        Self::Svg,
        Self::Png,
        Self::Html,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Graphml => "graphml",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Html => "html",
        }
    }

    /// Whether it is bytes that no terminal can show.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet | Self::Png)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no output is named `{0}`")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|format| format.as_str() == text);
        found.ok_or_else(|| UnknownFormat(scope_core::limits::cut(text, 80).escape_debug().to_string()))
    }
}

/// What of a view goes into a table that holds one kind of row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Its nodes.
    #[default]
    Nodes,
    /// Its edges.
    Edges,
    /// The connections that its edges are made of.
    Flows,
}

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields that are known, for columns and units.
    pub registry: &'a Registry,
    /// What ages are measured from.
    pub now: Timestamp,
    /// Columns of the terminal; without bound where absent.
    pub width: Option<usize>,
    /// Whether a table may use colours.
    pub colour: bool,
    /// Columns asked for, by field or alias; what fits where there is none.
    pub columns: &'a [&'a str],
    /// What CSV and other tables of one kind of row hold.
    pub part: Part,
    /// The colours of pictures.
    pub theme: Theme,
}

/// A view could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The place to write to refused.
    #[error("cannot write the {format}")]
    Io {
        /// What was written.
        format: Format,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// This build has no Parquet: it comes with polars, which is ten times as large as all the rest.
    #[error("cannot write {format}: this build has no Parquet (build it with `--features sql`, or write `arrow`, which the same tools read)")]
    NotBuilt {
        /// What was asked for.
        format: Format,
    },
}

/// Writes a view.
pub fn write(format: Format, rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> Result<(), WriteError> {
    let written = match format {
        Format::Table => table::write(rendered, out, options),
        Format::Json => json::write(rendered, out),
        Format::Ndjson => ndjson::write(rendered, out),
        Format::Csv => csv::write(rendered, out, options),
        Format::Arrow => arrow::write(rendered, out, options),
        #[cfg(feature = "sql")]
        Format::Parquet => parquet::write(rendered, out, options),
        #[cfg(not(feature = "sql"))]
        Format::Parquet => return Err(WriteError::NotBuilt { format }),
        Format::Dot => dot::write(rendered, out),
        Format::Mermaid => mermaid::write(rendered, out),
        Format::Graphml => graphml::write(rendered, out, options),
        Format::Svg => picture::svg::write(rendered, options.theme, out),
        Format::Png => picture::png::write(rendered, options.theme, out),
        Format::Html => picture::html::write(rendered, options.theme, out),
    };
    written.map_err(|source| WriteError::Io { format, source })
}
