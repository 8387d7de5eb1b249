//! The other side: a process that takes the question and the state on its standard input, gives up what it does not need, and answers on its standard
//! output.

use std::io::{self, BufRead, Read, Write};

use scope_core::codec::Reader;
use scope_core::field::Registry;
use scope_core::state::State;
use scope_render::graph::Graph;
use scope_render::output::{Options, Part, Theme};
use scope_render::view::{Selection, find};
use serde::{Deserialize, Serialize};

use super::confine::confine;
use super::{SqlAnswer, SqlQuestion};
use crate::server::api::question::{read_filter, registry};
use crate::server::app::now;

/// What comes first on standard input, on a line of its own; the records of the state follow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) question: SqlQuestion,
    pub(super) rows: usize,
    pub(super) memory_bytes: u64,
    pub(super) cpu_secs: u64,
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answered {
    Rows(SqlAnswer),
    Refused(String),
}

/// Answers the question on `input`.
pub fn work(input: impl Read, output: &mut impl Write) -> io::Result<()> {
    warm_up()?;
    let mut input = io::BufReader::with_capacity(1 << 16, input);
    let mut line = String::new();
    (&mut input).take(1 << 20).read_line(&mut line)?;
    let asked: Asked = serde_json::from_str(&line)?;
    confine(&asked)?;
    let mut state = State::default();
    for record in Reader::new(input).flatten() {
        // The state says nothing that is not state.
        let _ = state.apply(record);
    }
    let answered = answer(&state, &asked.question, asked.rows).map_or_else(Answered::Refused, Answered::Rows);
    serde_json::to_writer(&mut *output, &answered)?;
    output.flush()
}

/// Asks something of nothing: polars opens what its threads wait on at its first question, and reads how many processors there are. Later it may not.
fn warm_up() -> io::Result<()> {
    let question = SqlQuestion { sql: "SELECT count(*) FROM nodes".to_owned(), view: super::containers(), filter: None };
    answer(&State::default(), &question, 1).map(drop).map_err(io::Error::other)
}

fn answer(state: &State, question: &SqlQuestion, rows: usize) -> Result<SqlAnswer, String> {
    let view = find(&question.view).ok_or("there is no such view")?;
    let registry: Registry = registry(state);
    let filter = question.filter.as_deref().map(|text| read_filter(text, &registry)).transpose().map_err(|problem| problem.detail)?;
    let graph = Graph::build(state);
    let rendered = view.project(&graph, &Selection { filter: filter.as_ref(), now: Some(now()), ..Selection::default() });
    let options = Options { registry: &registry, now: now(), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let said = |error: scope_render::sql::SqlError| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("{error}{source}; the tables are nodes, edges and flows")
    };
    let found = scope_render::sql::query(&rendered, &options, &question.sql).map_err(said)?;
    let mut answer: Vec<_> = found.rows().take(rows + 1).collect();
    let cut = answer.len() > rows;
    answer.truncate(rows);
    Ok(SqlAnswer { columns: found.columns().to_vec(), rows: answer, cut })
}
