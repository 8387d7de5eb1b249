//! The columns that records are written in. Readers go by their names: other columns, fewer of them or others of their types are read too.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The version of the schema, which its metadata has under `scope.records`. It rises when a column changes its meaning, not when one is added.
pub const SCHEMA_VERSION: &str = "1";

/// Names the columns and their types, in the order in which they are written.
macro_rules! columns {
    ($($column:ident $name:literal $data_type:expr,)*) => {
        /// A column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column {
            $($column,)*
        }

        impl Column {
            pub(super) const ALL: &[Self] = &[$(Self::$column,)*];

            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$column => $name,)* }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$column),)*
                    _ => None,
                }
            }

            pub(super) fn data_type(self) -> DataType {
                match self { $(Self::$column => $data_type,)* }
            }
        }
    };
}

columns! {
    Record "record" word(),
    Agent "agent" word(),
    Run "run" word(),
    Seq "seq" DataType::UInt64,
    Source "source" word(),
    At "at" time(),
    Id "id" DataType::Utf8,
    Kind "kind" word(),
    Name "name" DataType::Utf8,
    Parents "parents" list(DataType::Utf8),
    Endpoints "endpoints" structs([("at", DataType::Utf8, false), ("since", time(), true)]),
    Attrs "attrs" structs([
        ("key", word(), false),
        ("str", DataType::Utf8, true),
        ("int", DataType::Int64, true),
        ("float", DataType::Float64, true),
        ("bool", DataType::Boolean, true),
        ("time", time(), true),
        ("json", DataType::Utf8, true),
    ]),
    Metrics "metrics" structs([("name", word(), false), ("value", DataType::Float64, false)]),
    Counters "counters" structs([("name", word(), false), ("unsigned", DataType::UInt64, true), ("signed", DataType::Int64, true)]),
    Side "side" word(),
    Proto "proto" word(),
    Owner "owner" DataType::Utf8,
    ServerAddr "server_addr" DataType::Utf8,
    Dialled "dialled" DataType::Utf8,
    ClientAddr "client_addr" DataType::Utf8,
    Server "server" DataType::Utf8,
    ServerName "server_name" DataType::Utf8,
    Command "command" DataType::Utf8,
    Since "since" time(),
    LastSeen "last_seen" time(),
    Open "open" DataType::UInt64,
    OpenedTotal "opened_total" DataType::UInt64,
    FailedTotal "failed_total" DataType::UInt64,
    TxBytesTotal "tx_bytes_total" DataType::UInt64,
    RxBytesTotal "rx_bytes_total" DataType::UInt64,
    RetransTotal "retrans_total" DataType::UInt64,
    RttUs "rtt_us" DataType::UInt64,
    Ports "ports" structs([("port", DataType::UInt16, false), ("since", time(), false)]),
    SeenBy "seen_by" list(word()),
    Local "local" DataType::Utf8,
    Remote "remote" DataType::Utf8,
    State "state" word(),
    Pid "pid" DataType::UInt32,
    Message "message" DataType::Utf8,
    Hint "hint" DataType::Utf8,
    FieldRecord "field" DataType::Utf8,
    IntervalMs "interval_ms" DataType::UInt64,
    Sources "sources" DataType::Utf8,
    Extra "extra" DataType::Utf8,
}

impl Column {
    /// Whether every record has it.
    pub(super) fn is_required(self) -> bool {
        matches!(self, Self::Record | Self::Agent | Self::Run | Self::Seq | Self::At)
    }
}

/// Text out of few: a dictionary with 32-bit indices, which pyarrow, polars and DuckDB all read.
fn word() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, false)))
}

fn structs<const N: usize>(fields: [(&str, DataType, bool); N]) -> DataType {
    list(DataType::Struct(fields.into_iter().map(|(name, data_type, nullable)| Field::new(name, data_type, nullable)).collect()))
}

/// The schema that records are written in. No Union and no Map in it, which polars does not read; a plugin's new figure never changes it.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields: Vec<Field> = Column::ALL.iter().map(|column| Field::new(column.name(), column.data_type(), !column.is_required())).collect();
        Arc::new(Schema::new(fields).with_metadata(HashMap::from([("scope.records".to_owned(), SCHEMA_VERSION.to_owned())])))
    });
    Arc::clone(&SCHEMA)
}
