//! Which fields of a view's nodes make columns. What stands in them is found in [`super::cells`].

use scope_core::field::{Field, Registry, Show, Target, Unit};

use super::cells::{Cell, Cells};
use super::{Options, figure};
use crate::view::Rendered;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The fields that it shows, the first that a node has.
    pub(super) targets: Vec<Target>,
    /// Its head.
    pub(super) label: String,
    /// The unit of its values.
    pub(super) unit: Unit,
    /// How they are shown.
    pub(super) show: Show,
}

impl Column {
    fn of(field: &Field) -> Self {
        let target = Target { field: field.name().into(), key: None };
        Self { targets: vec![target], label: field.label().to_owned(), unit: field.unit(), show: field.show() }
    }

    /// The column that a user asked for.
    fn asked(name: &str, registry: &Registry) -> Self {
        let targets = registry.resolve(name);
        let field = targets.first().filter(|target| target.key.is_none()).and_then(|target| registry.get(&target.field));
        let unit = targets.first().and_then(|target| registry.unit(target)).unwrap_or(Unit::Text);
        // An alias that means one thing here and another there keeps its own name.
        let field_label = field.filter(|_| targets.len() == 1).map(|field| field.label().to_owned());
        Self { label: field_label.unwrap_or_else(|| name.to_owned()), show: field.map_or(unit.default_show(), Field::show), unit, targets }
    }

    /// The name of its field, and of the key in it.
    pub(super) fn name(&self) -> String {
        match self.targets.first() {
            Some(Target { field, key: Some(key) }) => format!("{field}.{key}"),
            Some(Target { field, key: None }) => field.to_string(),
            None => String::new(),
        }
    }

    /// Whether figures stand in it, that are aligned to the right.
    pub(super) fn is_figure(&self) -> bool {
        self.unit.is_figure()
    }
}

impl Cell<'_> {
    /// The cell as people read it, not escaped.
    pub(super) fn shown(self, column: &Column, options: &Options<'_>) -> String {
        match self {
            Cell::Text(text) => text.to_owned(),
            Cell::Value(value) => figure::value(value, column.unit, column.show, options.now),
            Cell::Number(number) => figure::figure(number, column.unit),
        }
    }
}

/// The columns of a view, the most telling first, and what stands in them: those asked for, else the shown fields of the kinds in it of which any node has one.
pub(super) fn choose<'a>(rendered: &'a Rendered<'_, '_>, options: &Options<'_>) -> (Vec<Column>, Cells<'a>) {
    if !options.columns.is_empty() {
        let columns: Vec<Column> = options.columns.iter().map(|name| Column::asked(name, options.registry)).collect();
        let cells = Cells::of(&columns, rendered);
        return (columns, cells);
    }
    let mut kinds: Vec<&str> = rendered.nodes.iter().filter(|node| !node.role.is_outside()).map(|node| node.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    // What stands in for others has their columns, not its own.
    let of = if kinds.contains(&rendered.view.of) { vec![rendered.view.of] } else { kinds.clone() };
    let is_mixed = kinds.iter().any(|kind| *kind != rendered.view.of);
    let fields = options.registry.fields().filter(|field| !field.is_hidden());
    let fields = fields.filter(|field| of.iter().any(|kind| field.is_of(kind)) && (is_mixed || field.name() != "kind"));
    let mut columns: Vec<Column> = fields.map(Column::of).collect();
    let mut cells = Cells::of(&columns, rendered);
    let keep: Vec<bool> = columns.iter().enumerate().map(|(at, column)| column.is_name() || cells.filled(at).any(|(_, cell)| !cell.is_empty())).collect();
    cells.retain(&keep);
    let mut kept = keep.iter();
    columns.retain(|_| kept.next().is_none_or(|keep| *keep));
    // A figure and its share of the whole are called the same.
    let labels: Vec<String> = columns.iter().map(|column| column.label.clone()).collect();
    for column in columns.iter_mut().filter(|column| column.unit == Unit::Percent) {
        if labels.iter().filter(|label| **label == column.label).count() > 1 {
            column.label.push_str(" %");
        }
    }
    (columns, cells)
}

/// The field of nodes of a kind that a table shows under this head, in upper or lower case: who reads a table asks for columns by what stands above them. None
/// for what is the name of a field itself.
pub fn field_of_head<'r>(head: &str, kind: &str, registry: &'r Registry) -> Option<&'r str> {
    let (label, is_share) = head.strip_suffix(" %").map_or((head, false), |label| (label, true));
    let named = |field: &&Field| field.label().eq_ignore_ascii_case(label) && (!is_share || field.unit() == Unit::Percent);
    let found = || registry.of_kind(kind).filter(named);
    if registry.knows(head) { None } else { found().find(|field| !field.is_hidden()).or_else(|| found().next()).map(Field::name) }
}

/// A column for every field that nodes of the view's kind have, whether or not any node of this moment has it; those asked for, if any are.
pub(super) fn of_kind(rendered: &Rendered<'_, '_>, options: &Options<'_>) -> Vec<Column> {
    if options.columns.is_empty() {
        options.registry.of_kind(rendered.view.of).map(Column::of).collect()
    } else {
        options.columns.iter().map(|name| Column::asked(name, options.registry)).collect()
    }
}

impl Column {
    fn is_name(&self) -> bool {
        self.targets.first().is_some_and(|target| target.field == "name")
    }
}
