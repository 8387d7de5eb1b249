//! Batches from an input, and records from batches.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary};
use arrow_ipc::{CompressionType, Endianness, MessageHeader, MetadataVersion};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::arrays::{Body, Start, dictionaries_of, is_plain};
use super::columns::Part;
use super::message::{BODY_BYTES, Container, FrameError, Slot, buffers_of, check_batch, nodes_of, read_body, read_metadata, read_unframed, skip_footer};
use super::repeats::Repeats;
use super::rows::Rows;
use super::schema::Column;
use crate::codec::error::{Place, ReadError};
use crate::codec::input::Input;
use crate::limits;

/// Most columns of a stream.
const COLUMNS: usize = 4096;

/// Most bytes of all dictionaries of a stream.
const DICTIONARY_BYTES: usize = 64 << 20;

/// One Arrow IPC stream within an input.
pub(in crate::codec) struct Stream {
    container: Container,
    metadata: Vec<u8>,
    columns: Option<Columns>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// Bytes of each dictionary.
    dictionary_bytes: HashMap<i64, usize>,
    /// Bytes of dictionaries that additions to them made arrow copy.
    copied: usize,
    /// Bytes of the stream so far.
    received: usize,
    /// Batches of a file that came before the dictionaries they need: their metadata and their bodies.
    waiting: VecDeque<(Vec<u8>, Buffer)>,
    waiting_bytes: usize,
    /// The end of the stream has been read.
    ended: bool,
    rows: Option<(Rows, usize)>,
    repeats: Repeats,
    place: Place,
    /// Columns left out and not yet said to be.
    warnings: VecDeque<ReadError>,
    warned: HashSet<String>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("container", &self.container).field("place", &self.place).finish_non_exhaustive()
    }
}

/// The columns of a stream.
struct Columns {
    schema: SchemaRef,
    /// Of each column: which of ours it is, and where it stands in a batch.
    fields: Vec<(Option<Column>, Start)>,
    /// The dictionaries that each refers to; none where one is of a type that only arrow reads.
    plain: Option<Vec<Vec<i64>>>,
    /// The buffers of a batch.
    buffers: Vec<Slot>,
    /// The dictionaries of text, by their ids. Others are not read.
    dictionaries: HashMap<i64, Dictionary>,
}

/// A dictionary that a stream announces.
struct Dictionary {
    buffers: Vec<Slot>,
    /// A column that refers to it and no other: arrow looks through all that it is given.
    schema: SchemaRef,
}

impl Columns {
    /// The rows of a batch that is as ours are; none of any other.
    fn take(&self, batch: arrow_ipc::RecordBatch<'_>, bytes: &Buffer, projection: &[usize], dictionaries: &HashMap<i64, ArrayRef>) -> Option<Rows> {
        let words = self.plain.as_ref()?;
        let body = Body::new(batch, bytes, dictionaries)?;
        let mut rows = Rows::default();
        for index in projection {
            let ((column, start), field) = (self.fields.get(*index)?, self.schema.fields().get(*index)?);
            let part = body.column(*start, field.data_type(), words.get(*index)?)?;
            let taken = match column {
                Some(column) => rows.bind(*column, part),
                None => rows.bind_other(field.name(), part),
            };
            if !taken {
                return None;
            }
        }
        Some(rows)
    }
}

impl Stream {
    /// A stream whose beginning has been recognised. Of a file, the magic word and its padding have been consumed.
    pub(in crate::codec) fn new(container: Container) -> Self {
        Self {
            container,
            metadata: Vec::new(),
            columns: None,
            dictionaries: HashMap::new(),
            dictionary_bytes: HashMap::new(),
            copied: 0,
            received: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            ended: false,
            rows: None,
            repeats: Repeats::default(),
            place: Place::Row { batch: 0, row: 0 },
            warnings: VecDeque::new(),
            warned: HashSet::new(),
        }
    }

    /// The row last read; none where the last item was about more than a row.
    pub(in crate::codec) fn place(&self) -> Option<Place> {
        self.rows.as_ref().map(|_| self.place)
    }

    /// The next record or error; none at the end of the stream, where another may follow. `batches` counts over the whole input.
    pub(in crate::codec) fn next<R: Read>(&mut self, input: &mut Input<R>, batches: &mut u64) -> Option<Result<crate::Record, ReadError>> {
        loop {
            if let Some(warning) = self.warnings.pop_front() {
                return Some(Err(warning));
            }
            if let Some(item) = self.next_row() {
                return Some(item);
            }
            self.rows = None;
            match self.next_message(input, batches) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Whether a warning is to be said before the next row.
    pub(in crate::codec) fn has_warnings(&self) -> bool {
        !self.warnings.is_empty()
    }

    /// The record of the next row of the batch at hand. Records are large, so what hands them on is inlined.
    #[inline]
    pub(in crate::codec) fn next_row(&mut self) -> Option<Result<crate::Record, ReadError>> {
        let (rows, length) = self.rows.as_ref()?;
        let Place::Row { batch, row } = &mut self.place else { return None };
        if *row >= *length as u64 {
            return None;
        }
        let index = *row as usize;
        *row += 1;
        match rows.record(index, &mut self.repeats) {
            Ok(record) => Some(Ok(record)),
            Err(message) => Some(Err(ReadError::Malformed { at: Place::Row { batch: *batch, row: *row }, column: 0, message })),
        }
    }

    /// Takes one message; false when there is none left.
    fn next_message<R: Read>(&mut self, input: &mut Input<R>, batches: &mut u64) -> Result<bool, ReadError> {
        if self.ended {
            let Some((metadata, body)) = self.waiting.pop_front() else { return Ok(false) };
            // It could be read when it came.
            let Ok(message) = arrow_ipc::root_as_message(&metadata) else { return Ok(true) };
            return self.take(&message, &body, batches).map(|()| true);
        }
        let mut metadata = std::mem::take(&mut self.metadata);
        let result = self.receive(input, &mut metadata, batches);
        self.metadata = metadata;
        result
    }

    fn receive<R: Read>(&mut self, input: &mut Input<R>, metadata: &mut Vec<u8>, batches: &mut u64) -> Result<bool, ReadError> {
        let fatal = |error: FrameError| error.after(*batches);
        let begins_file = self.container == Container::File && self.columns.is_none();
        let unframed = begins_file && read_unframed(input, metadata).map_err(fatal)?;
        if !unframed && !read_metadata(input, metadata).map_err(fatal)? {
            if self.container == Container::File {
                skip_footer(input).map_err(fatal)?;
            }
            self.ended = true;
            return Ok(true);
        }
        let message = arrow_ipc::root_as_message(metadata).map_err(|_| fatal(FrameError::Damaged("the description of a message cannot be read")))?;
        let body = read_body(input, message.bodyLength()).map_err(fatal)?;
        self.received = self.received.saturating_add(metadata.len() + body.len());
        if message.version() < MetadataVersion::V5 {
            return Err(ReadError::format("its version of the Arrow format is older than 1.0", "write it with a current version of its writer"));
        }
        // Files are meant to be read by their footer, so polars writes the dictionaries last.
        let early = self.container == Container::File && message.header_type() == MessageHeader::RecordBatch && !self.has_dictionaries();
        if early {
            self.waiting_bytes = self.waiting_bytes.saturating_add(metadata.len() + body.len());
            if self.waiting_bytes > BODY_BYTES {
                return Err(fatal(FrameError::TooLarge("what precedes the dictionaries of the file")));
            }
            self.waiting.push_back((metadata.clone(), body));
            return Ok(true);
        }
        self.take(&message, &body, batches).map(|()| true)
    }

    fn has_dictionaries(&self) -> bool {
        self.columns.as_ref().is_some_and(|columns| columns.dictionaries.keys().all(|id| self.dictionaries.contains_key(id)))
    }

    fn take(&mut self, message: &arrow_ipc::Message<'_>, body: &Buffer, batches: &mut u64) -> Result<(), ReadError> {
        let fatal = |error: FrameError| error.after(*batches);
        let version = message.version();
        match message.header_type() {
            MessageHeader::Schema => {
                let schema = message.header_as_schema().ok_or_else(|| fatal(FrameError::Damaged("no schema in the message for it")))?;
                self.take_schema(&schema)
                    .map_err(|why| ReadError::format(why, "only streams that hold records can be read; `docs/records.md` has their schema"))
            }
            MessageHeader::DictionaryBatch => {
                let batch = message.header_as_dictionary_batch().ok_or_else(|| fatal(FrameError::Damaged("no dictionary in the message for it")))?;
                refuse_lz4(batch.data())?;
                let id = batch.id();
                self.take_dictionary(batch, body, version).map_err(|message| {
                    // Later batches must not be read by the words of before.
                    self.dictionaries.remove(&id);
                    self.dictionary_bytes.remove(&id);
                    ReadError::Batch { batch: *batches + 1, message }
                })
            }
            MessageHeader::RecordBatch => {
                *batches += 1;
                let batch = message
                    .header_as_record_batch()
                    .ok_or_else(|| ReadError::Batch { batch: *batches, message: "no batch in the message for it".to_owned() })?;
                refuse_lz4(Some(batch))?;
                self.place = Place::Row { batch: *batches, row: 0 };
                self.take_batch(batch, body, version).map_err(|message| ReadError::Batch { batch: *batches, message })
            }
            // Tensors and whatever comes later are not rows.
            _ => Ok(()),
        }
    }

    fn take_schema(&mut self, encoded: &arrow_ipc::Schema<'_>) -> Result<(), String> {
        if self.columns.is_some() {
            return Err("a second schema within one stream".to_owned());
        }
        if encoded.endianness() != Endianness::Little {
            return Err("its figures are big-endian".to_owned());
        }
        if encoded.fields().is_some_and(|fields| fields.len() > COLUMNS) {
            return Err(format!("more than {COLUMNS} columns"));
        }
        let schema = arrow_ipc::convert::try_fb_to_schema(*encoded).map_err(|error| error.to_string())?;
        let mut node = 0;
        let mut buffers: Vec<Slot> = Vec::new();
        let mut seen = HashSet::new();
        let mut fields = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let column = Column::from_name(field.name());
            if !seen.insert(field.name().as_str()) {
                return Err(format!("two columns named `{}`", shown(field.name())));
            }
            fields.push((column, Start { node, buffer: buffers.len() }));
            node += nodes_of(field.data_type());
            buffers_of(field.data_type(), &mut buffers);
        }
        if let Some(missing) = Column::ALL.iter().find(|column| column.is_required() && !fields.iter().any(|(known, _)| *known == Some(**column))) {
            return Err(format!("it has no column `{}`", missing.name()));
        }
        // A null where none may be costs its row, not its batch.
        let nullable: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let mut dictionaries = HashMap::new();
        let mut words = Vec::new();
        for (field, column) in encoded.fields().into_iter().flatten().zip(&nullable) {
            collect_dictionaries(&field, &mut dictionaries, &mut || Arc::new(Schema::new(vec![column.clone()])));
            let mut of_field = Vec::new();
            dictionaries_of(&field, &mut of_field);
            words.push(of_field);
        }
        let plain = schema.fields().iter().all(|field| is_plain(field.data_type())).then_some(words);
        self.columns = Some(Columns { schema: Arc::new(Schema::new(nullable)), fields, plain, buffers, dictionaries });
        Ok(())
    }

    fn take_dictionary(&mut self, batch: arrow_ipc::DictionaryBatch<'_>, body: &Buffer, version: MetadataVersion) -> Result<(), String> {
        let columns = self.columns.as_ref().ok_or("a dictionary before the schema")?;
        let Some(Dictionary { buffers, schema }) = columns.dictionaries.get(&batch.id()) else { return Ok(()) };
        let holds = check_batch(&batch.data().ok_or("a dictionary without its words")?, body, buffers)?;
        let (id, before) = (batch.id(), self.dictionary_bytes.get(&batch.id()).copied().unwrap_or(0));
        let after = if batch.isDelta() { before + holds } else { holds };
        let all: usize = self.dictionary_bytes.values().sum();
        if all - before + after > DICTIONARY_BYTES {
            return Err(format!("more than {DICTIONARY_BYTES} bytes of dictionaries"));
        }
        if batch.isDelta() {
            // Each addition copies the whole: many small ones would cost far more than their bytes.
            self.copied = self.copied.saturating_add(after);
            if self.copied > BODY_BYTES + self.received.saturating_mul(64) {
                return Err("too many additions to a dictionary".to_owned());
            }
        }
        read_dictionary(body, batch, schema, &mut self.dictionaries, &version).map_err(|error| error.to_string())?;
        self.dictionary_bytes.insert(id, after);
        Ok(())
    }

    fn take_batch(&mut self, batch: arrow_ipc::RecordBatch<'_>, body: &Buffer, version: MetadataVersion) -> Result<(), String> {
        let columns = self.columns.as_ref().ok_or("a batch before the schema")?;
        check_batch(&batch, body, &columns.buffers)?;
        let length = batch.length() as usize;
        let nodes = batch.nodes().ok_or("a batch without columns")?;
        // Columns that say nothing are most of them, in a batch of one type of record; they are not even looked at.
        let mut projection = Vec::with_capacity(columns.fields.len());
        for (index, ((column, Start { node, .. }), field)) in columns.fields.iter().zip(columns.schema.fields()).enumerate() {
            if *node >= nodes.len() {
                return Err("fewer columns than its schema has".to_owned());
            }
            if nodes.get(*node).null_count() == nodes.get(*node).length() {
                continue;
            }
            let readable = if column.is_some() { is_readable(field.data_type()) } else { is_simple(field.data_type()) };
            if readable {
                projection.push(index);
            } else if self.warned.insert(field.name().clone()) {
                self.warnings.push_back(left_out(field));
            }
        }
        let rows = if let Some(rows) = columns.take(batch, body, &projection, &self.dictionaries) {
            rows
        } else {
            let batch = RecordBatchDecoder::try_new(body, batch, Arc::clone(&columns.schema), &self.dictionaries, &version)
                .and_then(|decoder| decoder.with_projection(Some(&projection)).read_record_batch())
                .map_err(|error| limits::cut(&error.to_string(), 300).into_owned())?;
            let mut rows = Rows::default();
            for (index, array) in projection.iter().zip(batch.columns()) {
                let (Some((column, _)), Some(field)) = (columns.fields.get(*index), columns.schema.fields().get(*index)) else { continue };
                let part = Part::Array(Arc::clone(array));
                let taken = match column {
                    Some(column) => rows.bind(*column, part),
                    None => rows.bind_other(field.name(), part),
                };
                if !taken && self.warned.insert(field.name().clone()) {
                    self.warnings.push_back(left_out(field));
                }
            }
            rows
        };
        self.repeats.begin_batch();
        self.rows = Some((rows, length));
        Ok(())
    }
}

/// The dictionaries of text that a column needs. As deep as the checked description of the schema, which is at most 64.
fn collect_dictionaries(field: &arrow_ipc::Field<'_>, dictionaries: &mut HashMap<i64, Dictionary>, schema: &mut impl FnMut() -> SchemaRef) {
    let text = match field.type_type() {
        arrow_ipc::Type::Utf8 => Some(DataType::Utf8),
        arrow_ipc::Type::LargeUtf8 => Some(DataType::LargeUtf8),
        arrow_ipc::Type::Utf8View => Some(DataType::Utf8View),
        _ => None,
    };
    if let Some((dictionary, text)) = field.dictionary().zip(text) {
        dictionaries.entry(dictionary.id()).or_insert_with(|| {
            let mut buffers = Vec::new();
            buffers_of(&text, &mut buffers);
            Dictionary { buffers, schema: schema() }
        });
    }
    for child in field.children().into_iter().flatten() {
        collect_dictionaries(&child, dictionaries, schema);
    }
}

/// What is compressed with lz4 is so throughout, and said once.
fn refuse_lz4(batch: Option<arrow_ipc::RecordBatch<'_>>) -> Result<(), ReadError> {
    match batch.and_then(|batch| batch.compression()).map(|compression| compression.codec()) {
        Some(CompressionType::LZ4_FRAME) => Err(ReadError::format("its buffers are compressed with lz4", "write it with zstd compression or with none")),
        _ => Ok(()),
    }
}

/// Whether a column of this type can be kept as an extra field.
fn is_simple(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean | DataType::Float32 | DataType::Float64 | DataType::Timestamp(..) => true,
        DataType::Dictionary(_, values) => is_text(values),
        other => is_text(other) || other.is_integer(),
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Whether a column that we know may have this type. arrow is given no other to read.
fn is_readable(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) => match item.data_type() {
            DataType::Struct(fields) => fields.iter().all(|field| is_simple(field.data_type())),
            other => is_simple(other),
        },
        other => is_simple(other),
    }
}

fn left_out(field: &Field) -> ReadError {
    ReadError::Column { column: shown(field.name()), message: format!("type {} is not read there", shown(&field.data_type().to_string())) }
}

/// A name from the input as it may be shown.
fn shown(name: &str) -> String {
    limits::cut(&name.escape_debug().to_string(), 80).into_owned()
}
