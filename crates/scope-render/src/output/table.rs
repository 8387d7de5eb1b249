//! The table for people: nodes in aligned columns, connections beneath, what is hidden and what went wrong at the foot.

use std::borrow::Cow;
use std::io::{self, Write};

use scope_core::field::Unit;
use scope_core::number::Number;
use scope_core::value::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Options;
use super::columns::{self, Column};
use super::figure::figure;
use super::safe::{label, terminal};
use crate::view::{Edge, Hidden, Node, Rendered};

/// Between two columns.
const GAP: usize = 2;

/// Widest cell where there is no bound by the terminal.
const WIDEST: usize = 60;

/// Characters of one message, at most.
const LONGEST: usize = 1024;

/// Narrowest that the first column is made for the sake of others.
const NARROWEST: usize = 16;

/// A grid of cells that are safe to show.
struct Grid {
    heads: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    let mut left_out = Vec::new();
    if rendered.nodes.iter().all(|node| node.role.is_outside()) {
        writeln!(out, "no {} to show", rendered.view.title.to_lowercase())?;
    } else {
        left_out.extend(nodes(rendered, options).write(out, options)?);
    }
    if !rendered.edges.is_empty() {
        writeln!(out)?;
        left_out.extend(edges(rendered).write(out, options)?);
    }
    let mut foot = foot(rendered, options);
    foot.splice(..0, without(&left_out, options.width));
    if !foot.is_empty() {
        writeln!(out)?;
        for line in foot {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn nodes(rendered: &Rendered<'_, '_>, options: &Options<'_>) -> Grid {
    let (columns, cells) = columns::choose(rendered, options);
    // What stands for the outside has nothing to show here; its connections do. The rest as people look things up.
    let mut order: Vec<(usize, &Node<'_>)> = rendered.nodes.iter().enumerate().filter(|(_, node)| !node.role.is_outside()).collect();
    order.sort_by(|(_, a), (_, b)| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let mut rows: Vec<Vec<String>> = rendered.nodes.iter().map(|node| vec![String::new(); if node.role.is_outside() { 0 } else { columns.len() }]).collect();
    for (at, column) in columns.iter().enumerate() {
        for (node, cell) in cells.filled(at) {
            if let Some(place) = rows.get_mut(node as usize).and_then(|row| row.get_mut(at)) {
                *place = terminal(&cell.shown(column, options)).into_owned();
            }
        }
        if column.name() == "name" && rendered.view.of == "host" {
            // Machines that were copied have one name, and nothing else in a row tells them apart.
            for (row, label) in rows.iter_mut().zip(rendered.labels()) {
                if let Some(place) = row.get_mut(at) {
                    *place = terminal(&label).into_owned();
                }
            }
        }
        if column.name() == "state" {
            // As engines say it: of what has ended, how.
            for (row, node) in rows.iter_mut().zip(&rendered.nodes) {
                if let Some(place) = row.get_mut(at).filter(|state| matches!(state.as_str(), "exited" | "restarting"))
                    && let Some(Value::Number(code)) = rendered.attr(node, "exit_code")
                {
                    *place = format!("{place} ({code})");
                }
            }
        }
    }
    let mut grid = Grid {
        heads: columns.iter().map(|column| column.label.to_uppercase()).collect(),
        right: columns.iter().map(Column::is_figure).collect(),
        rows: order.iter().filter_map(|(at, _)| rows.get_mut(*at).map(std::mem::take)).collect(),
    };
    if order.iter().any(|(_, node)| rendered.members(node).len() > 1) {
        grid.heads.insert(1.min(grid.heads.len()), "MEMBERS".to_owned());
        grid.right.insert(1.min(grid.right.len()), true);
        for (row, (_, node)) in grid.rows.iter_mut().zip(&order) {
            row.insert(1.min(row.len()), rendered.members(node).len().max(1).to_string());
        }
    }
    grid
}

fn edges(rendered: &Rendered<'_, '_>) -> Grid {
    let counter = |figure: Option<u64>, unit: Unit| figure.map_or_else(String::new, |value| self::figure(Number::from(value), unit));
    let labels = rendered.labels();
    let name = |node: u32| labels.get(node as usize).map_or(Cow::Borrowed(""), |label| terminal(label));
    let row = |edge: &Edge| {
        let figures = &edge.figures;
        vec![
            name(edge.from).into_owned(),
            name(edge.to).into_owned(),
            ports(rendered, edge, 3),
            figures.open.to_string(),
            counter(figures.opened_total, Unit::Count),
            counter(figures.failed_total.filter(|failed| *failed > 0), Unit::Count),
            counter(figures.tx_bytes_total, Unit::Bytes),
            counter(figures.rx_bytes_total, Unit::Bytes),
            counter(figures.rtt_us, Unit::Micros),
        ]
    };
    let mut rows: Vec<Vec<String>> = rendered.edges.iter().map(row).collect();
    rows.sort();
    let heads = ["CLIENT", "SERVER", "PORT", "OPEN", "OPENED", "FAILED", "SENT", "RECEIVED", "RTT"];
    let used: Vec<usize> = (0..heads.len()).filter(|at| *at < 4 || rows.iter().any(|row| row.get(*at).is_some_and(|cell| !cell.is_empty()))).collect();
    let pick = |row: Vec<String>| row.into_iter().enumerate().filter(|(at, _)| used.contains(at)).map(|(_, cell)| cell).collect();
    Grid { right: used.iter().map(|at| *at > 2).collect(), heads: pick(heads.map(str::to_owned).to_vec()), rows: rows.into_iter().map(pick).collect() }
}

/// The ports of an edge, the first few: `tcp/80 udp/53 +4`.
pub(super) fn ports(rendered: &Rendered<'_, '_>, edge: &Edge, max: usize) -> String {
    let ports = rendered.ports(edge);
    let mut text: Vec<String> = ports.iter().take(max).map(|(protocol, port, _)| format!("{protocol}/{port}")).collect();
    if ports.len() > max {
        text.push(format!("+{}", ports.len() - max));
    }
    text.join(" ")
}

/// What is hidden, in words.
pub(super) fn hidden(hidden: &Hidden) -> Vec<String> {
    let mut lines: Vec<String> = hidden.by_default.iter().map(|(name, title, count)| format!("{count} hidden: {title} (--show {name} shows them)")).collect();
    if hidden.by_filter > 0 {
        lines.push(format!("{} hidden by the filter", hidden.by_filter));
    }
    if hidden.flows_of_hidden > 0 {
        lines.push(format!("{} connections not shown because one end is hidden", hidden.flows_of_hidden));
    }
    lines
}

fn foot(rendered: &Rendered<'_, '_>, options: &Options<'_>) -> Vec<String> {
    let mut lines = hidden(&rendered.hidden);
    for trouble in rendered.graph().troubles() {
        let mark = if options.colour { "\u{1b}[33mproblem\u{1b}[0m" } else { "problem" };
        let said = |text: &str| wrap(&label(text, LONGEST), options.width);
        let head = format!("{mark} ({} {}):", trouble.agent, terminal(trouble.source));
        let mut message = said(&trouble.problem.message).into_iter();
        lines.push(format!("{head} {}", message.next().unwrap_or_default()));
        lines.extend(message.chain(trouble.problem.hint.iter().flat_map(|hint| said(hint))).map(|line| format!("  {line}")));
    }
    lines
}

/// What did not fit, by its heads: a column that is missing without a word is taken for one that does not exist.
fn without(heads: &[String], width: Option<usize>) -> Vec<String> {
    match heads {
        [] => Vec::new(),
        [head] => wrap(&format!("1 more column in a wider terminal: {head} (--columns chooses)"), width),
        _ => wrap(&format!("{} more columns in a wider terminal: {} (--columns chooses)", heads.len(), heads.join(", ")), width),
    }
}

impl Grid {
    /// Writes what fits; the heads of the columns that do not.
    fn write(mut self, out: &mut dyn Write, options: &Options<'_>) -> io::Result<Vec<String>> {
        let widths = self.fit(options.width);
        let head = self.line(&self.heads, &widths);
        if options.colour {
            writeln!(out, "\u{1b}[1m{head}\u{1b}[0m")?;
        } else {
            writeln!(out, "{head}")?;
        }
        for row in &self.rows {
            writeln!(out, "{}", self.line(row, &widths))?;
        }
        Ok(self.heads.split_off(widths.len().min(self.heads.len())))
    }

    /// The width of each column; drops columns from the right until the rest fits.
    fn fit(&mut self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| head.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        let Some(bound) = width else { return widths };
        let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        // Long texts give way first, down to a bearable width, then whole columns.
        for least in [40, 24] {
            while total(&widths) > bound {
                let over = total(&widths) - bound;
                let widest = widths.iter_mut().zip(&self.right).filter(|(_, right)| !**right).map(|(width, _)| width).max();
                match widest.filter(|widest| **widest > least) {
                    Some(widest) => *widest = (*widest - over.min(*widest - least)).max(least),
                    None => break,
                }
            }
        }
        while total(&widths) > bound && widths.len() > 1 {
            widths.pop();
        }
        if let [first] = widths.as_mut_slice() {
            *first = (*first).min(bound.max(NARROWEST));
        }
        widths
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, width) in widths.iter().enumerate() {
            let cell = cells.get(at).map_or(Cow::Borrowed(""), |cell| cut(cell, *width));
            let fill = width.saturating_sub(cell.width());
            if at > 0 {
                line.extend(std::iter::repeat_n(' ', GAP));
            }
            if self.right.get(at).copied().unwrap_or(false) {
                line.extend(std::iter::repeat_n(' ', fill));
                line.push_str(&cell);
            } else {
                line.push_str(&cell);
                line.extend(std::iter::repeat_n(' ', fill));
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// `text` in lines of about `width` columns of a terminal, broken between words, and within one only where it is wider than a line.
fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.map(|width| width.max(NARROWEST)) else { return vec![text.to_owned()] };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let needs = word.trim_end().width();
        if used > 0 && used + needs > width {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let needs = c.width().unwrap_or(0);
            if used + needs > width && c != ' ' {
                lines.push(String::new());
                used = 0;
            }
            used += needs;
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// `text` in at most `width` columns of a terminal.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut left = width.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let needs = c.width().unwrap_or(0);
        if needs > left {
            break;
        }
        left -= needs;
        short.push(c);
    }
    short.push('…');
    Cow::Owned(short)
}
