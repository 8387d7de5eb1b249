//! A JSON object a line, each with a `type`: `view` first, then `node`s, `edge`s, `problem`s, and `hidden` last. The other fields are those of
//! [`super::json`]. So `grep`, `head` and `jq 'select(.type == "edge")'` work on it. These are not records: a view cannot be merged again.

use std::io::{self, Write};

use serde::ser::SerializeMap;

use super::json::{EdgeOut, Entries, HiddenOut, NodeOut, Object, TroubleOut, line};
use crate::view::Rendered;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    line(out, &Object(Some("view"), ViewOut(rendered)))?;
    for node in &rendered.nodes {
        line(out, &Object(Some("node"), NodeOut { rendered, node }))?;
    }
    for edge in &rendered.edges {
        line(out, &Object(Some("edge"), EdgeOut { rendered, edge }))?;
    }
    for trouble in rendered.graph().troubles() {
        line(out, &Object(Some("problem"), TroubleOut(trouble)))?;
    }
    line(out, &Object(Some("hidden"), HiddenOut(&rendered.hidden)))
}

struct ViewOut<'a>(&'a Rendered<'a, 'a>);

impl Entries for ViewOut<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(rendered) = self;
        map.serialize_entry("view", rendered.view.name)?;
        rendered.group_by.map_or(Ok(()), |by| map.serialize_entry("group_by", by))
    }
}
