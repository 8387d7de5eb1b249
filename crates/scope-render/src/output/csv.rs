//! Comma-separated values (RFC 4180), of the same tables as [`super::batches`]. Values are raw: bytes are bytes, times are RFC 3339, the items of lists
//! are joined by a space. Columns in which nothing stands are left out, but for those that were asked for.
//!
//! A row is a line: what a terminal would obey is written out, line feeds too. A text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises against CSV injection.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use scope_core::Timestamp;

use super::safe::terminal;
use super::{Options, Part, batches};
use crate::view::Rendered;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    let batch = batches::table(rendered, options.part, options).map_err(io::Error::other)?;
    let schema = batch.schema();
    // Tables of two moments are to fit together for who says which columns they have.
    let is_fixed = !options.columns.is_empty() && options.part == Part::Nodes;
    let columns: Vec<(&str, &ArrayRef)> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .zip(batch.columns())
        .filter(|(name, array)| is_fixed || matches!(*name, "id" | "kind" | "name") || array.null_count() < array.len().max(1))
        .collect();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|(name, _)| harmless(name).into_owned()))?;
    for row in 0..batch.num_rows() {
        writer.write_record(columns.iter().map(|(_, array)| {
            let text = plain(array, row).unwrap_or_default();
            if is_text(array) { harmless(&terminal(&text)).into_owned() } else { text }
        }))?;
    }
    writer.flush()
}

/// Whether any text can stand in it.
fn is_text(array: &ArrayRef) -> bool {
    matches!(array.data_type(), DataType::Utf8 | DataType::List(_))
}

/// A cell as text; none where nothing stands in it.
pub(super) fn plain(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::UInt64 => array.as_primitive_opt::<UInt64Type>()?.value(row).to_string(),
        DataType::Int64 => array.as_primitive_opt::<Int64Type>()?.value(row).to_string(),
        DataType::Float64 => array.as_primitive_opt::<Float64Type>()?.value(row).to_string(),
        DataType::Boolean => array.as_boolean_opt()?.value(row).to_string(),
        DataType::Timestamp(..) => Timestamp::from_micros(array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row)).to_string(),
        DataType::List(_) => {
            let items = array.as_list_opt::<i32>()?.value(row);
            let items: Vec<&str> = items.as_string_opt::<i32>()?.iter().flatten().collect();
            // A list of maps stays one that programs can read.
            let are_maps = !items.is_empty() && items.iter().all(|item| item.starts_with('{') && item.ends_with('}'));
            if are_maps { format!("[{}]", items.join(",")) } else { items.join(" ") }
        }
        _ => array.as_string_opt::<i32>()?.value(row).to_owned(),
    })
}

/// `text`, so that no spreadsheet runs it.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};

    use super::*;

    #[test]
    fn formulas_are_texts() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(harmless(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(harmless("web-1"), "web-1");
    }

    #[test]
    fn lists_of_maps_stay_json_and_others_are_words() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some(r#"{"id":"a","ipv4":"10.0.0.2"}"#), Some(r#"{"id":"b"}"#)]);
        lists.append_value([Some("10.0.0.5"), Some("{brace")]);
        lists.append_value([None::<&str>; 0]);
        let lists: ArrayRef = Arc::new(lists.finish());
        let networks: serde_json::Value = serde_json::from_str(&plain(&lists, 0).unwrap()).unwrap();
        assert_eq!(networks[1]["id"], "b");
        assert_eq!(plain(&lists, 1).as_deref(), Some("10.0.0.5 {brace"));
        assert_eq!(plain(&lists, 2).as_deref(), Some(""));
    }
}
