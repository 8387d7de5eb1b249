//! What a row says of a node: its lists, each of them a run of items in columns of their own.

use std::sync::Arc;

use compact_str::CompactString;

use super::columns::{Bools, Lists, Members, Numbers, Part, Text, Times};
use super::repeats::{ITEMS, Memory, Shapes};
use super::rows::{Budget, from_json, parse_bytes, text, time};
use super::schema::Column;
use crate::NodeId;
use crate::endpoint::{Endpoint, OwnedEndpoint};
use crate::number::Number;
use crate::value::{Fields, Value};

/// Endpoints of nodes, and ports of flows.
pub(super) struct Since<T> {
    pub(super) what: Option<T>,
    pub(super) since: Option<Times>,
}

impl<T> Since<T> {
    pub(super) fn new(items: Part, what: &str, read: impl FnOnce(Part) -> Option<T>) -> Option<Self> {
        let mut items = Members::new(items)?;
        Some(Self { what: items.take(what, read)?, since: items.take("since", Times::new)? })
    }
}

pub(super) struct Figures {
    name: Option<Text>,
    value: Option<Numbers>,
    signed: Option<Numbers>,
}

impl Figures {
    pub(super) fn new(items: Part, value: &str, signed: &str) -> Option<Self> {
        let mut items = Members::new(items)?;
        Some(Self { name: items.take("name", Text::new)?, value: items.take(value, Numbers::new)?, signed: items.take(signed, Numbers::new)? })
    }
}

pub(super) struct Attributes {
    key: Option<Text>,
    text: Option<Text>,
    int: Option<Numbers>,
    float: Option<Numbers>,
    bool: Option<Bools>,
    time: Option<Times>,
    json: Option<Text>,
}

impl Attributes {
    pub(super) fn new(items: Part) -> Option<Self> {
        let mut items = Members::new(items)?;
        Some(Self {
            key: items.take("key", Text::new)?,
            text: items.take("str", Text::new)?,
            int: items.take("int", Numbers::new)?,
            float: items.take("float", Numbers::new)?,
            bool: items.take("bool", Bools::new)?,
            time: items.take("time", Times::new)?,
            json: items.take("json", Text::new)?,
        })
    }
}

/// Length of a text that can be a time.
const TIME: usize = "2026-11-21T18:34:00.123456Z".len();

/// The value of a text of any length. A text in the form of a time is that time, as it is in JSON.
#[inline]
pub(super) fn text_value(text: &str) -> Value {
    if text.len() == TIME { Value::text(text) } else { Value::Text(text.into()) }
}

pub(super) fn parents(
    list: Option<&Lists<Text>>,
    row: usize,
    memory: &mut Memory<NodeId>,
    said: Option<&mut Option<Arc<[NodeId]>>>,
    room: &mut Vec<NodeId>,
) -> Result<Option<Arc<[NodeId]>>, String> {
    let Some((list, items)) = list.and_then(|list| Some((list, list.get(row)?))) else { return Ok(None) };
    if let (Some(Some(said)), Some(items)) = (&said, list.run(row))
        && items.len() == said.len()
        && items.zip(said.iter()).all(|(item, known)| list.items.bytes(item) == Some(known.as_str().as_bytes()))
    {
        return Ok(Some(Arc::clone(said)));
    }
    room.clear();
    for item in items {
        if let Some(id) = list.items.bytes(item) {
            room.push(memory.get(id, |id| parse_bytes(Column::Parents, id))?);
        }
    }
    Ok(Some(kept(room, said)))
}

pub(super) fn endpoints(
    list: Option<&Lists<Since<Text>>>,
    row: usize,
    memory: &mut Memory<Endpoint>,
    said: Option<&mut Option<Arc<[OwnedEndpoint]>>>,
    room: &mut Vec<OwnedEndpoint>,
) -> Result<Option<Arc<[OwnedEndpoint]>>, String> {
    let Some((list, items)) = list.and_then(|list| Some((list, list.get(row)?))) else { return Ok(None) };
    let Since { what, since } = &list.items;
    room.clear();
    for item in items {
        if let Some(at) = what.as_ref().and_then(|what| what.bytes(item)) {
            let at = memory.get(at, |at| parse_bytes(Column::Endpoints, at))?;
            room.push(OwnedEndpoint { at, since: time(Column::Endpoints, since.as_ref(), item)? });
        }
    }
    if let Some(Some(said)) = &said
        && **said == **room
    {
        return Ok(Some(Arc::clone(said)));
    }
    Ok(Some(kept(room, said)))
}

/// The gathered list, which a node is remembered to have from now on where there is room for it.
fn kept<T>(room: &mut Vec<T>, said: Option<&mut Option<Arc<[T]>>>) -> Arc<[T]> {
    let list: Arc<[T]> = room.drain(..).collect();
    if let Some(said) = said.filter(|_| list.len() <= ITEMS) {
        *said = Some(Arc::clone(&list));
    }
    list
}

pub(super) fn attrs(
    list: Option<&Lists<Attributes>>,
    row: usize,
    budget: &mut Budget,
    shapes: &mut Shapes,
    json: &mut Memory<Value>,
) -> Result<Fields<Value>, String> {
    let Some(list) = list else { return Ok(Fields::default()) };
    if let Some((items, keys, column)) = list.run(row).and_then(|items| Some((items.clone(), list.items.key.as_ref()?.keys(items)?, list.items.key.as_ref()?)))
        && let Some((names, bytes)) = shapes.get(keys, column)
    {
        budget.spend(bytes)?;
        let mut attrs: Vec<(CompactString, Value)> = names.names().iter().map(|name| (name.clone(), Value::Null)).collect();
        for (item, (_, value)) in items.zip(&mut attrs) {
            list.items.put(item, value, budget, json)?;
        }
        return Ok(Fields::from_sorted(attrs));
    }
    let Some(items) = list.get(row) else { return Ok(Fields::default()) };
    let mut attrs = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
    for item in items {
        let Some(key) = text(list.items.key.as_ref(), item) else { continue };
        let mut value = Value::Null;
        list.items.put(item, &mut value, budget, json)?;
        attrs.push((budget.take(key)?, value));
    }
    Ok(attrs.into())
}

/// The figures of a row. Whole ones that a float does not hold stand in `counters`.
pub(super) fn metrics(
    [metrics, counters]: [Option<&Lists<Figures>>; 2],
    row: usize,
    budget: &mut Budget,
    shapes: &mut Shapes,
) -> Result<crate::Figures, String> {
    let exact = counters.is_some_and(|list| list.range(row).is_some_and(|items| !items.is_empty()));
    if let Some(list) = metrics.filter(|_| !exact)
        && let Some((figures, bytes)) = list.items.shared(list, row, shapes)
    {
        budget.spend(bytes)?;
        return Ok(figures);
    }
    let mut figures = Vec::new();
    for list in [metrics, counters].into_iter().flatten() {
        let Some(items) = list.get(row) else { continue };
        figures.reserve(items.size_hint().1.unwrap_or(0));
        let Figures { name, value, signed } = &list.items;
        for item in items {
            let figure = value.as_ref().and_then(|column| column.get(item)).or_else(|| signed.as_ref().and_then(|column| column.get(item)));
            if let Some((name, figure)) = text(name.as_ref(), item).zip(figure) {
                figures.push((budget.take(name)?, figure));
            }
        }
    }
    Ok(figures.into())
}

impl Figures {
    /// The figures of a row that has all its names in order and a value for each, and the bytes of the names; none of any other.
    fn shared(&self, list: &Lists<Self>, row: usize, shapes: &mut Shapes) -> Option<(crate::Figures, usize)> {
        let items = list.run(row)?;
        let column = self.name.as_ref()?;
        let (keys, floats) = (column.keys(items.clone())?, self.value.as_ref()?.floats(items)?);
        let (names, bytes) = shapes.get(keys, column)?;
        let mut values = Vec::with_capacity(floats.len());
        for float in floats {
            values.push(Number::from_f64(*float)?);
        }
        crate::Figures::shared(names.clone(), values).map(|figures| (figures, bytes))
    }
}

impl Attributes {
    /// Writes the value of an item where it is to stay, in place of null: what the first column with any says, and null where none does.
    #[inline]
    fn put(&self, item: usize, value: &mut Value, budget: &mut Budget, json: &mut Memory<Value>) -> Result<(), String> {
        if let Some(text) = text(self.text.as_ref(), item) {
            budget.spend(text.len())?;
            if text.len() == TIME {
                *value = Value::text(text);
            } else {
                *value = Value::Text(text.into());
            }
        } else if let Some(number) = [&self.int, &self.float].into_iter().flatten().find_map(|column| column.get(item)) {
            *value = Value::Number(number);
        } else if let Some(said) = self.bool.as_ref().and_then(|column| column.get(item)) {
            *value = Value::Bool(said);
        } else if let Some(at) = time(Column::Attrs, self.time.as_ref(), item)? {
            *value = Value::Time(at);
        } else if let Some(text) = self.json.as_ref().and_then(|column| column.bytes(item)) {
            budget.spend(text.len())?;
            *value = json.get(text, shared_json)?;
        }
        Ok(())
    }
}

/// A value that many nodes may have: a map of labels is kept once.
fn shared_json(text: &[u8]) -> Result<Value, String> {
    Ok(match from_json(Column::Attrs, text)? {
        Value::Map(entries) => Value::Map(entries.into_shared()),
        other => other,
    })
}
