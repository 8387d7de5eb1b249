//! GraphML, the XML of graph editors (yEd, Gephi, networkx): nodes and edges with typed data, of the same tables as [`super::batches`].

use std::io::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::safe::xml;
use super::{Options, Part, batches, csv};
use crate::view::Rendered;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    let table = |part| batches::table(rendered, part, options).map_err(io::Error::other);
    let (nodes, edges) = (table(Part::Nodes)?, table(Part::Edges)?);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    let (node_data, edge_data) = (data(&nodes, &["id"]), data(&edges, &["from", "to"]));
    for (of, data) in [("node", &node_data), ("edge", &edge_data)] {
        for Data { key, name, array } in data {
            let of_type = match array.data_type() {
                DataType::UInt64 | DataType::Int64 => "long",
                DataType::Float64 => "double",
                DataType::Boolean => "boolean",
                _ => "string",
            };
            writeln!(out, "  <key id=\"{of}{key}\" for=\"{of}\" attr.name=\"{}\" attr.type=\"{of_type}\"/>", xml(name))?;
        }
    }
    writeln!(out, "  <graph id=\"{}\" edgedefault=\"directed\">", xml(rendered.view.name))?;
    for row in 0..nodes.num_rows() {
        writeln!(out, "    <node id=\"{}\">", id(&nodes, "id", row))?;
        entries(out, "node", &node_data, row)?;
        writeln!(out, "    </node>")?;
    }
    for row in 0..edges.num_rows() {
        writeln!(out, "    <edge id=\"e{row}\" source=\"{}\" target=\"{}\">", id(&edges, "from", row), id(&edges, "to", row))?;
        entries(out, "edge", &edge_data, row)?;
        writeln!(out, "    </edge>")?;
    }
    writeln!(out, "  </graph>")?;
    writeln!(out, "</graphml>")
}

/// A column that becomes data of nodes or edges.
struct Data<'a> {
    key: usize,
    name: &'a str,
    array: &'a ArrayRef,
}

/// The columns in which anything stands, but for those that say which node is meant.
fn data<'a>(table: &'a RecordBatch, without: &[&str]) -> Vec<Data<'a>> {
    let fields = table.schema_ref().fields().iter().zip(table.columns()).enumerate();
    let fields = fields.filter(|(_, (field, array))| !without.contains(&field.name().as_str()) && array.null_count() < array.len());
    fields.map(|(key, (field, array))| Data { key, name: field.name(), array }).collect()
}

fn entries(out: &mut dyn Write, of: &str, data: &[Data<'_>], row: usize) -> io::Result<()> {
    for Data { key, array, .. } in data {
        if let Some(text) = csv::plain(array, row).filter(|text| !text.is_empty()) {
            writeln!(out, "      <data key=\"{of}{key}\">{}</data>", xml(&text))?;
        }
    }
    Ok(())
}

fn id(table: &RecordBatch, column: &str, row: usize) -> String {
    let array = table.column_by_name(column).and_then(|array| array.as_string_opt::<i32>());
    array.map_or_else(String::new, |array| xml(array.value(row)).into_owned())
}
