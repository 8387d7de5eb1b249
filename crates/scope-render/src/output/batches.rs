//! A view as typed tables, a column a field: what Arrow, Parquet, CSV and SQL are given. The columns depend on the view's kind and the field registry
//! only, never on what a node happens to have, so that tables of two moments fit together.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use scope_core::field::Unit;
use scope_core::flow::Side;
use scope_core::{AgentName, CompactString, Number, Timestamp, Value};

use super::cells::{Cell, Cells};
use super::columns::{self, Column};
use super::{Options, Part};
use crate::graph::{Figures, Link};
use crate::view::Rendered;

/// Figures without a unit that are whole numbers: they name or count something.
const WHOLE: [&str; 6] = ["pid", "uid", "parent_pid", "container_pid", "exit_code", "cpu_shares"];

/// A table of the view.
pub(crate) fn table(rendered: &Rendered<'_, '_>, part: Part, options: &Options<'_>) -> Result<RecordBatch, ArrowError> {
    match part {
        Part::Nodes => nodes(rendered, options),
        Part::Edges => edges(rendered),
        Part::Flows => flows(rendered),
    }
}

/// A table in the making.
#[derive(Default)]
struct Table {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Table {
    fn push(&mut self, field: Field, array: ArrayRef) {
        self.fields.push(field);
        self.arrays.push(array);
    }

    fn text<T: AsRef<str>>(&mut self, name: &str, values: impl Iterator<Item = Option<T>>) {
        let mut builder = StringBuilder::new();
        values.for_each(|value| builder.append_option(value));
        self.push(Field::new(name, DataType::Utf8, true), Arc::new(builder.finish()));
    }

    fn texts<T: AsRef<str>, I: IntoIterator<Item = T>>(&mut self, name: &str, values: impl Iterator<Item = I>) {
        let mut builder = list_builder();
        for value in values {
            value.into_iter().for_each(|item| builder.values().append_value(item));
            builder.append(true);
        }
        self.push(Field::new(name, list_type(), true), Arc::new(builder.finish()));
    }

    fn counts(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        let mut builder = UInt64Builder::new();
        values.for_each(|value| builder.append_option(value));
        self.push(Field::new(name, DataType::UInt64, true), Arc::new(builder.finish()));
    }

    fn times(&mut self, name: &str, values: impl Iterator<Item = Timestamp>) {
        let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        values.for_each(|value| builder.append_value(value.as_micros()));
        self.push(Field::new(name, time_type(), true), Arc::new(builder.finish()));
    }

    fn figures<'a>(&mut self, all: impl Iterator<Item = &'a Figures> + Clone) {
        self.counts("open", all.clone().map(|figures| Some(figures.open)));
        self.counts("opened_total", all.clone().map(|figures| figures.opened_total));
        self.counts("failed_total", all.clone().map(|figures| figures.failed_total));
        self.counts("tx_bytes_total", all.clone().map(|figures| figures.tx_bytes_total));
        self.counts("rx_bytes_total", all.clone().map(|figures| figures.rx_bytes_total));
        self.counts("retrans_total", all.clone().map(|figures| figures.retrans_total));
        self.counts("rtt_us", all.map(|figures| figures.rtt_us));
    }

    fn finish(self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)
    }
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn list_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
}

fn list_builder() -> ListBuilder<StringBuilder> {
    ListBuilder::new(StringBuilder::new())
}

/// A row a node: who it is, then a column for every field that the view's kind has.
fn nodes(rendered: &Rendered<'_, '_>, options: &Options<'_>) -> Result<RecordBatch, ArrowError> {
    let graph = rendered.graph();
    let mut table = Table::default();
    let each = || rendered.nodes.iter();
    table.text("id", each().map(|node| Some(&node.id)));
    table.text("kind", each().map(|node| Some(node.kind)));
    table.text("name", each().map(|node| Some(&node.name)));
    table.text("role", each().map(|node| Some(node.role.as_str())));
    table.counts("members", each().map(|node| Some(rendered.members(node).len() as u64)));
    table.texts("agents", each().map(|node| rendered.agents(node).into_iter().map(AgentName::as_str)));
    table.texts(
        "parents",
        each().map(|node| match rendered.members(node) {
            [member] => graph.parents(*member).iter().map(|parent| graph.id(*parent)).collect(),
            _ => Vec::new(),
        }),
    );
    let endpoints = |node: &u32| graph.endpoints(*node).map(|endpoint| endpoint.at.to_string()).collect::<Vec<_>>();
    table.texts("endpoints", each().map(|node| rendered.members(node).iter().flat_map(endpoints).collect::<Vec<_>>()));
    let taken: Vec<String> = table.fields.iter().map(|field| field.name().clone()).collect();
    let mut columns = columns::of_kind(rendered, options);
    columns.retain(|column| !taken.contains(&column.name()) && !["agent", "source"].contains(&column.name().as_str()));
    let cells = Cells::of(&columns, rendered);
    for (number, column) in columns.iter().enumerate() {
        let array = array(column, cells.all(number));
        let unit = HashMap::from([("unit".to_owned(), column.unit.as_str().to_owned())]);
        table.push(Field::new(column.name(), array.data_type().clone(), true).with_metadata(unit), array);
    }
    table.finish()
}

/// A column of a field.
fn array<'a>(column: &Column, cells: impl Iterator<Item = Option<Cell<'a>>>) -> ArrayRef {
    let figure = |cell: Option<Cell<'_>>| match cell? {
        Cell::Number(number) => Some(number),
        Cell::Value(value) => value.as_number(),
        Cell::Text(_) => None,
    };
    match column.unit {
        Unit::Bytes | Unit::Count | Unit::Micros => {
            let mut builder = UInt64Builder::new();
            // Sums over nodes are whole where their parts are; a plugin may say otherwise.
            cells.for_each(|cell| builder.append_option(figure(cell).and_then(whole)));
            Arc::new(builder.finish())
        }
        Unit::Number if WHOLE.contains(&column.name().as_str()) => {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| builder.append_option(figure(cell).and_then(Number::as_i64)));
            Arc::new(builder.finish())
        }
        unit if unit.is_figure() => {
            let mut builder = Float64Builder::new();
            cells.for_each(|cell| builder.append_option(figure(cell).map(Number::as_f64)));
            Arc::new(builder.finish())
        }
        Unit::Bool => {
            let mut builder = BooleanBuilder::new();
            cells.for_each(|cell| builder.append_option(value(cell).and_then(Value::as_bool)));
            Arc::new(builder.finish())
        }
        Unit::Time => {
            let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            cells.for_each(|cell| builder.append_option(value(cell).and_then(Value::as_time).map(Timestamp::as_micros)));
            Arc::new(builder.finish())
        }
        Unit::List => {
            let mut builder = list_builder();
            for cell in cells {
                let items = value(cell).and_then(Value::as_list);
                items.into_iter().flatten().for_each(|item| builder.values().append_value(item.to_string()));
                builder.append(items.is_some());
            }
            Arc::new(builder.finish())
        }
        // A map as JSON: it would be another type for each set of keys.
        _ => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                match cell {
                    Some(Cell::Text(text)) => builder.append_value(text),
                    Some(Cell::Value(value)) => builder.append_value(value.to_string()),
                    Some(Cell::Number(number)) => builder.append_value(number.to_string()),
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
    }
}

fn value(cell: Option<Cell<'_>>) -> Option<&Value> {
    match cell? {
        Cell::Value(value) => Some(value),
        Cell::Text(_) | Cell::Number(_) => None,
    }
}

/// A figure as the nearest whole number from 0.
fn whole(number: Number) -> Option<u64> {
    number.as_u64().or_else(|| Some(number.as_f64().round()).filter(|value| (0.0..1.8e19).contains(value)).map(|value| value as u64))
}

/// A row an edge; `from` and `to` are the `id` of nodes.
fn edges(rendered: &Rendered<'_, '_>) -> Result<RecordBatch, ArrowError> {
    let mut table = Table::default();
    let each = || rendered.edges.iter();
    let node = |at: u32| rendered.nodes.get(at as usize);
    table.text("from", each().map(|edge| node(edge.from).map(|node| &node.id)));
    table.text("from_name", each().map(|edge| node(edge.from).map(|node| &node.name)));
    table.text("to", each().map(|edge| node(edge.to).map(|node| &node.id)));
    table.text("to_name", each().map(|edge| node(edge.to).map(|node| &node.name)));
    table.texts("ports", each().map(|edge| rendered.ports(edge).into_iter().map(|(protocol, port, _)| format!("{protocol}/{port}"))));
    table.figures(each().map(|edge| &edge.figures));
    table.times("since", each().map(|edge| edge.since));
    table.times("last_seen", each().map(|edge| edge.last_seen));
    table.texts("server_names", each().map(|edge| rendered.server_names(edge)));
    table.texts("commands", each().map(|edge| rendered.commands(edge)));
    table.texts("seen_by", each().map(|edge| rendered.seen_by(edge)));
    table.finish()
}

/// A row for what each edge is made of. `from` and `to` are those of the edge, `client` and `server` the nodes of the graph beneath, which may be
/// processes where the view shows containers.
fn flows(rendered: &Rendered<'_, '_>) -> Result<RecordBatch, ArrowError> {
    let graph = rendered.graph();
    let mut rows: Vec<(u32, u32, &Link)> = rendered.edges.iter().flat_map(|edge| rendered.links(edge).map(|link| (edge.from, edge.to, link))).collect();
    let key = |(from, to, link): &(u32, u32, &Link)| (*from, *to, link.from, link.to, link.protocol, link.port, link.since, link.figures.open);
    rows.sort_by_key(key);
    let node = |at: u32| rendered.nodes.get(at as usize).map(|node| &node.id);
    let reports = |link: &Link| [link.client, link.server].into_iter().filter_map(|report| graph.report(report)).collect::<Vec<_>>();
    let mut table = Table::default();
    let each = || rows.iter();
    table.text("from", each().map(|(from, _, _)| node(*from)));
    table.text("to", each().map(|(_, to, _)| node(*to)));
    table.text("client", each().map(|(_, _, link)| Some(graph.id(link.from))));
    table.text("client_name", each().map(|(_, _, link)| Some(graph.label(link.from))));
    table.text("server", each().map(|(_, _, link)| Some(graph.id(link.to))));
    table.text("server_node", each().map(|(_, _, link)| Some(graph.label(link.to))));
    table.text("proto", each().map(|(_, _, link)| Some(link.protocol.as_str())));
    table.counts("port", each().map(|(_, _, link)| Some(u64::from(link.port))));
    let of_side = |link: &Link, side: Side| reports(link).into_iter().find(|flow| flow.key.side() == side);
    table.text("server_addr", each().map(|(_, _, link)| reports(link).first().map(|flow| flow.key.server_addr.to_string())));
    table.text("dialled", each().map(|(_, _, link)| of_side(link, Side::Client).and_then(|flow| flow.key.dialled().map(ToString::to_string))));
    table.text("client_addr", each().map(|(_, _, link)| of_side(link, Side::Server).and_then(|flow| flow.key.client_addr().map(ToString::to_string))));
    table.text("server_name", each().map(|(_, _, link)| reports(link).into_iter().find_map(|flow| flow.server_name.as_deref())));
    table.text("command", each().map(|(_, _, link)| reports(link).into_iter().find_map(|flow| flow.command.as_deref())));
    table.figures(each().map(|(_, _, link)| &link.figures));
    table.times("since", each().map(|(_, _, link)| link.since));
    table.times("last_seen", each().map(|(_, _, link)| link.last_seen));
    table.texts(
        "seen_by",
        each().map(|(_, _, link)| {
            let mut words: Vec<&str> = reports(link).into_iter().flat_map(|flow| &flow.seen_by).map(CompactString::as_str).collect();
            words.sort_unstable();
            words.dedup();
            words
        }),
    );
    table.finish()
}
