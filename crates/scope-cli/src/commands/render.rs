//! `scope render`: records in, a view out.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use scope_core::field::Registry;
use scope_core::filter::Filter;
use scope_core::state::{Applied, State};
use scope_core::{Body, Timestamp};
use scope_render::graph::{self, Graph};
use scope_render::output::{self, Format};
use scope_render::view::{self, GroupBy, Rendered, Selection, Verdict, View};

use crate::args::{Part, RenderArgs, Theme};
use crate::exit::{Exit, Hint};
use crate::input;
use crate::read;

/// Runs the command.
pub(crate) fn run(args: &RenderArgs) -> Result<Exit> {
    if args.view == "list" {
        return list_views();
    }
    let view = find_view(&args.view)?;
    let filter = args.filter.as_deref().map(parse_filter).transpose()?;
    check_show(args, view)?;
    refuse_bytes_on_a_terminal(args)?;
    let inputs = input::open_all(&args.inputs, &args.from, args.watch.is_some())?;
    if let Some(pace) = args.watch {
        return watch(args, view, filter.as_ref(), inputs, pace.0);
    }
    let heard = read::read_all(inputs, args.strict)?;
    let lost = heard.lost;
    if heard.state.agents().next().is_none() {
        warn(&["nothing was read: no record came from any of the inputs".to_owned()]);
    }
    let exit = if let Some(id) = &args.why {
        why(args, view, filter.as_ref(), &heard.state, id)?
    } else {
        warn(&draw(args, view, filter.as_ref(), &heard.state, &mut io::stdout().lock())?);
        Exit::Done
    };
    Ok(if lost > 0 { Exit::Partial } else { exit })
}

fn find_view(name: &str) -> Result<&'static View> {
    view::find(name).ok_or_else(|| anyhow::anyhow!("there is no view `{name}`").context(Hint("`scope render --view list` says what there is".to_owned())))
}

/// A word that shows nothing is a typing error.
fn check_show(args: &RenderArgs, view: &View) -> Result<()> {
    let words: Vec<&str> = args.show.iter().map(String::as_str).collect();
    let Some(unknown) = view::unknown_show(&words).first().copied() else { return Ok(()) };
    let known: Vec<&str> = view.hides.iter().map(|hide| hide.name).chain(["all"]).collect();
    Err(anyhow::anyhow!("no view leaves out anything called `{}`", unknown.escape_debug()).context(Hint(format!(
        "of the view {}, --show shows {}",
        view.name,
        known.join(", ")
    ))))
}

fn parse_filter(text: &str) -> Result<Filter> {
    text.parse::<Filter>().map_err(|error| {
        let hint = Hint(error.hint());
        anyhow::Error::new(error).context("could not understand the filter").context(hint)
    })
}

fn list_views() -> Result<Exit> {
    let mut text = String::new();
    let widest = view::VIEWS.iter().map(|view| view.name.len()).max().unwrap_or(0);
    for view in view::VIEWS {
        text.push_str(&format!("{:widest$}  {}\n", view.name, view.about));
    }
    io::stdout().write_all(text.as_bytes()).context("could not write to standard output")?;
    Ok(Exit::Done)
}

/// The built-in fields and those that the state's plugins brought.
fn registry(state: &State) -> Registry {
    let mut registry = Registry::new();
    for field in graph::field_records(state) {
        if let Err(error) = registry.add(field) {
            tracing::warn!("{error:#}");
        }
    }
    registry
}

/// People read tables, programs read lines.
fn form(args: &RenderArgs) -> Format {
    args.output.unwrap_or(if io::stdout().is_terminal() { Format::Table } else { Format::Ndjson })
}

/// A terminal obeys bytes that were never meant for it.
fn refuse_bytes_on_a_terminal(args: &RenderArgs) -> Result<()> {
    let form = form(args);
    if !form.is_binary() || args.why.is_some() || !io::stdout().is_terminal() {
        return Ok(());
    }
    let hint = Hint(format!("write it to a file: scope render -o {form} … > scope.{form}"));
    Err(anyhow::anyhow!("{form} is not text, and would garble the terminal").context(hint))
}

/// What of the names that were asked for nothing in `graph` has, in words.
fn unknown_fields(args: &RenderArgs, view: &View, filter: Option<&Filter>, graph: &Graph<'_>, registry: &Registry) -> Vec<String> {
    let columns = columns(args, view, registry).into_iter().filter(|_| args.part == Part::Nodes);
    let names = filter.map(Filter::names).unwrap_or_default().into_iter().chain(columns);
    view::unknown_fields(names, graph, registry).iter().map(ToString::to_string).collect()
}

/// The columns that were asked for, by name or as tables call them. How many members a node has is told wherever nodes have several.
fn columns<'a>(args: &'a RenderArgs, view: &View, registry: &'a Registry) -> Vec<&'a str> {
    let asked = args.columns.iter().map(String::as_str).filter(|name| !name.eq_ignore_ascii_case("members"));
    let columns: Vec<&str> = asked.map(|name| output::field_of_head(name, view.of, registry).unwrap_or(name)).collect();
    if columns.is_empty() && !args.columns.is_empty() { vec!["name"] } else { columns }
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Draws one view of `state`; what people should know about what they asked for.
fn draw(args: &RenderArgs, view: &'static View, filter: Option<&Filter>, state: &State, out: &mut dyn Write) -> Result<Vec<String>> {
    let registry = registry(state);
    let graph = Graph::build(state);
    let group_by = args.group_by.as_deref().map(|text| GroupBy::parse(text, &registry)).transpose()?;
    let show: Vec<&str> = args.show.iter().map(String::as_str).collect();
    let selection = Selection { filter, show: &show, group_by: group_by.as_ref(), now: Some(now()), ..Selection::default() };
    let rendered = view.project(&graph, &selection);
    let columns = columns(args, view, &registry);
    let terminal = io::stdout().is_terminal();
    let form = form(args);
    let options = output::Options {
        registry: &registry,
        now: now(),
        width: args.width.map(usize::from).or_else(|| terminal.then(terminal_width)),
        colour: terminal && std::env::var_os("NO_COLOR").is_none(),
        columns: &columns,
        part: match args.part {
            Part::Nodes => output::Part::Nodes,
            Part::Edges => output::Part::Edges,
            Part::Flows => output::Part::Flows,
        },
        theme: match args.theme {
            Theme::Light => output::Theme::Light,
            Theme::Dark => output::Theme::Dark,
        },
    };
    let mut buffered = io::BufWriter::with_capacity(1 << 16, out);
    match &args.sql {
        Some(sql) => answer(sql, form, &rendered, &options, &mut buffered)?,
        None => output::write(form, &rendered, &mut buffered, &options)?,
    }
    buffered.flush().context("could not write to standard output")?;
    Ok(unknown_fields(args, view, filter, &graph, &registry))
}

#[cfg(feature = "sql")]
fn answer(sql: &str, form: Format, rendered: &Rendered<'_, '_>, options: &output::Options<'_>, out: &mut dyn Write) -> Result<()> {
    let answer = scope_render::sql::query(rendered, options, sql).map_err(|error| {
        let hint =
            "the tables are nodes, edges and flows; `SELECT * FROM nodes LIMIT 1` shows the columns, and names that are words of SQL stand in double quotes";
        anyhow::Error::new(error).context(Hint(hint.to_owned()))
    })?;
    answer.write(form, out).context("could not write the answer")
}

#[cfg(not(feature = "sql"))]
fn answer(_: &str, _: Format, _: &Rendered<'_, '_>, _: &output::Options<'_>, _: &mut dyn Write) -> Result<()> {
    let hint = "`make release`, or `cargo build --release -p scope-cli --features sql`, builds it in; or write `-o arrow` and ask DuckDB";
    Err(anyhow::anyhow!("could not answer the SQL: this build has none").context(Hint(hint.to_owned())))
}

fn why(args: &RenderArgs, view: &'static View, filter: Option<&Filter>, state: &State, id: &str) -> Result<Exit> {
    let registry = registry(state);
    let graph = Graph::build(state);
    let group_by = args.group_by.as_deref().map(|text| GroupBy::parse(text, &registry)).transpose()?;
    let show: Vec<&str> = args.show.iter().map(String::as_str).collect();
    let selection = Selection { filter, show: &show, group_by: group_by.as_ref(), now: Some(now()), ..Selection::default() };
    warn(&unknown_fields(args, view, filter, &graph, &registry));
    let mut seen = false;
    let mut text = String::new();
    for explanation in view.explain(state, &graph, &selection, id) {
        seen |= matches!(explanation.verdict, Verdict::Shown | Verdict::Within);
        text.push_str(&format!("{}: {}\n", output::terminal(&explanation.id), explanation.verdict.as_str()));
        for reason in &explanation.reasons {
            text.push_str(&format!("  {}\n", output::terminal(reason)));
        }
    }
    io::stdout().write_all(text.as_bytes()).context("could not write to standard output")?;
    Ok(if seen { Exit::Done } else { Exit::Partial })
}

/// Draws again whenever a report has ended, at most every `pace`.
fn watch(args: &RenderArgs, view: &'static View, filter: Option<&Filter>, inputs: Vec<input::Input>, pace: Duration) -> Result<Exit> {
    let mut state = State::default();
    let mut drawn: Option<Instant> = None;
    let mut stale = false;
    let terminal = io::stdout().is_terminal();
    let mut warned = false;
    let mut show = |state: &State| -> Result<()> {
        let mut picture = Vec::new();
        let warnings = draw(args, view, filter, state, &mut picture)?;
        if terminal {
            // Standard error would be wiped with the next picture.
            for warning in &warnings {
                picture.extend_from_slice(format!("warning: {warning}\n").as_bytes());
            }
        } else if !std::mem::replace(&mut warned, true) {
            warn(&warnings);
        }
        let mut out = io::stdout().lock();
        // One write, the old picture wiped line by line: no flicker.
        let wiped = if terminal { wiped(&picture) } else { picture };
        out.write_all(&wiped).and_then(|()| out.flush()).context("could not write to standard output")
    };
    let lost = read::follow(inputs, args.strict, Some(pace), |record| {
        if let Some(record) = record {
            stale |= matches!(record.body, Body::Tick(_));
            let _: Applied = state.apply(record);
        }
        if stale && drawn.is_none_or(|at| at.elapsed() >= pace) {
            show(&state)?;
            (drawn, stale) = (Some(Instant::now()), false);
        }
        Ok(())
    })?;
    if stale {
        show(&state)?;
    }
    Ok(if lost > 0 { Exit::Partial } else { Exit::Done })
}

/// A picture for a terminal that shows an older one: from the top, each line wiped to its end, and all beneath.
fn wiped(picture: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(picture.len() + 64);
    out.extend_from_slice(b"\x1b[H");
    for line in picture.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text);
        out.extend_from_slice(b"\x1b[K");
        if text.len() < line.len() {
            out.push(b'\n');
        }
    }
    out.extend_from_slice(b"\x1b[J");
    out
}

/// The columns of the terminal: as the shell exports them, else as its driver says, else 80.
fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
