//! Facts of nodes and values of attributes as messages and back. Which text has which number is the caller's business.

use std::sync::Arc;

use compact_str::CompactString;

use super::LinkError;
use super::message::{Attr, AttrValue, Endpoint, Endpoints, Facts, Ids};
use crate::endpoint::OwnedEndpoint;
use crate::id::NodeId;
use crate::number::Number;
use crate::record::Node;
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// The facts of `node`; `text` and `id` number what they are given. None where it says nothing but figures.
pub(super) fn to_message(node: &Node, mut text: impl FnMut(&str) -> u32, id: impl FnMut(&NodeId) -> u32) -> Option<Facts> {
    if node.name.is_none() && node.parents.is_none() && node.endpoints.is_none() && node.attrs.is_empty() {
        return None;
    }
    let endpoint = |endpoint: &OwnedEndpoint| Endpoint { at: endpoint.at.to_string(), since: endpoint.since.map(Timestamp::as_micros) };
    Some(Facts {
        name: node.name.as_ref().map(ToString::to_string),
        parents: node.parents.as_ref().map(|parents| Ids { ids: parents.iter().map(id).collect() }),
        endpoints: node.endpoints.as_ref().map(|endpoints| Endpoints { endpoints: endpoints.iter().map(endpoint).collect() }),
        attrs: node.attrs.iter().map(|(name, value)| Attr { name: text(name), value: value_to_message(value) }).collect(),
    })
}

/// What facts say of a node.
pub(super) struct Heard {
    pub(super) name: Option<CompactString>,
    pub(super) parents: Option<Arc<[NodeId]>>,
    pub(super) endpoints: Option<Arc<[OwnedEndpoint]>>,
    pub(super) attrs: Fields<Value>,
}

/// What `facts` hold; `text` and `id` know the numbers.
pub(super) fn from_message(
    facts: Facts,
    text: impl Fn(u32) -> Result<CompactString, LinkError>,
    id: impl Fn(u32) -> Result<NodeId, LinkError>,
) -> Result<Heard, LinkError> {
    let endpoint = |endpoint: Endpoint| {
        let at = endpoint.at.parse().map_err(|_| LinkError::Invalid("endpoint"))?;
        Ok::<_, LinkError>(OwnedEndpoint { at, since: endpoint.since.map(Timestamp::from_micros) })
    };
    // Facts stay for as long as what they are about: they take no more room than they need.
    let mut attrs = Vec::with_capacity(facts.attrs.len());
    for attr in facts.attrs {
        attrs.push((text(attr.name)?, value_from_message(attr.value)?));
    }
    Ok(Heard {
        name: facts.name.map(Into::into),
        parents: facts.parents.map(|parents| parents.ids.into_iter().map(id).collect::<Result<_, _>>()).transpose()?,
        endpoints: facts.endpoints.map(|endpoints| endpoints.endpoints.into_iter().map(endpoint).collect::<Result<_, _>>()).transpose()?,
        attrs: Fields::from(attrs),
    })
}

fn value_to_message(value: &Value) -> Option<AttrValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => AttrValue::Bool(*value),
        Value::Number(number) => number_to_message(*number),
        Value::Time(at) => AttrValue::Time(at.as_micros()),
        Value::Text(text) => AttrValue::Text(text.to_string()),
        // Serialising a value to memory does not fail.
        Value::List(_) | Value::Map(_) => AttrValue::Json(serde_json::to_vec(value).unwrap_or_default()),
    })
}

fn value_from_message(value: Option<AttrValue>) -> Result<Value, LinkError> {
    Ok(match value {
        None => Value::Null,
        Some(AttrValue::Bool(value)) => value.into(),
        Some(AttrValue::Time(micros)) => Timestamp::from_micros(micros).into(),
        Some(AttrValue::Text(text)) => Value::from_str_exact(&text),
        Some(AttrValue::Json(text)) => {
            let mut value: Value = serde_json::from_slice(&text).map_err(|_| LinkError::Invalid("JSON of an attribute"))?;
            value.fit();
            value
        }
        Some(number) => number_from_message(&number)?.into(),
    })
}

/// A number as a message.
pub(super) fn number_to_message(number: Number) -> AttrValue {
    match (number.as_u64(), number.as_i64()) {
        (Some(count), _) => AttrValue::Count(count),
        (None, Some(negative)) => AttrValue::Negative(negative),
        (None, None) => AttrValue::Float(number.as_f64()),
    }
}

/// The number that a message holds.
pub(super) fn number_from_message(value: &AttrValue) -> Result<Number, LinkError> {
    match value {
        AttrValue::Count(count) => Ok((*count).into()),
        AttrValue::Negative(negative) => Ok((*negative).into()),
        AttrValue::Float(value) => Number::from_f64(*value).ok_or(LinkError::Invalid("finite number")),
        _ => Err(LinkError::Invalid("number")),
    }
}
