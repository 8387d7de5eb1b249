//! What came out of a question: rows of any shape, written for people or as data.

use std::io::{self, Cursor, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, DataType};
use scope_core::Timestamp;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::output::csv::harmless;
use crate::output::{Format, terminal};

/// The rows of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    ipc: Vec<u8>,
    names: Vec<String>,
    batches: Vec<RecordBatch>,
}

impl Answer {
    /// The rows in an Arrow IPC stream.
    pub(super) fn from_ipc(ipc: Vec<u8>) -> Result<Self, ArrowError> {
        let reader = StreamReader::try_new(Cursor::new(&ipc), None)?;
        let names = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        let batches = reader.collect::<Result<_, _>>()?;
        Ok(Self { ipc, names, batches })
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// The rows, a value a column.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| value(column, row)).collect()))
    }

    /// Writes the rows. Forms that are pictures or graphs are answered with an error of the kind [`io::ErrorKind::Unsupported`].
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Table => self.table(out),
            Format::Json => {
                let rows: Vec<Row<'_>> = self.rows().map(|row| Row(&self.names, row)).collect();
                serde_json::to_writer(&mut *out, &rows)?;
                writeln!(out)
            }
            Format::Ndjson => self.rows().try_for_each(|row| {
                serde_json::to_writer(&mut *out, &Row(&self.names, row))?;
                writeln!(out)
            }),
            Format::Csv => self.csv(out),
            Format::Arrow => out.write_all(&self.ipc),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("the answer to SQL cannot be written as {other}; there are table, json, ndjson, csv, arrow"),
            )),
        }
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = self.names.iter().map(|name| (terminal(name).into_owned(), false)).collect::<Vec<_>>();
        let rows: Vec<Vec<(String, bool)>> =
            self.rows().map(|row| row.iter().map(|value| (terminal(&plain(value)).into_owned(), value.is_number())).collect()).collect();
        let widths: Vec<usize> = (0..head.len())
            .map(|at| std::iter::once(&head).chain(&rows).filter_map(|row| row.get(at)).map(|(text, _)| text.width()).max().unwrap_or(0))
            .collect();
        for row in std::iter::once(&head).chain(&rows) {
            let mut line = String::new();
            for ((text, right), width) in row.iter().zip(&widths) {
                let space = " ".repeat(width - text.width());
                if !line.is_empty() {
                    line.push_str("  ");
                }
                if *right {
                    line.push_str(&space);
                }
                line.push_str(text);
                if !*right {
                    line.push_str(&space);
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(&self.names)?;
        for row in self.rows() {
            writer.write_record(row.iter().map(|value| match value {
                Value::Number(_) => plain(value),
                other => harmless(&terminal(&plain(other))).into_owned(),
            }))?;
        }
        writer.flush()
    }
}

/// A row as an object, its columns in the order of the question.
struct Row<'a>(&'a [String], Vec<Value>);

impl serde::Serialize for Row<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(&self.1))
    }
}

/// A value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// One cell. A type that no table of a view and no function over them has becomes its name.
fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        DataType::Float32 => f64::from(array.as_primitive::<Float32Type>().value(row)).into(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, _) => {
            Timestamp::from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string().into()
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row)),
        other => format!("[{other}]").into(),
    }
}

fn items(array: &ArrayRef) -> Value {
    (0..array.len()).map(|at| value(array, at)).collect()
}
