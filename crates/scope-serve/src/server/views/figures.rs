//! The figures of one node as they were sent, compared with those of now. Values and names apart: most nodes of a sort have the same names.

use std::sync::Arc;

use scope_core::Number;
use scope_core::figures::SharedNames;
use scope_render::graph::Graph;

use super::picture::Names;

/// No place in a list of figures.
const NOWHERE: u16 = u16::MAX;

/// Shapes that are remembered. Agents have one or two for each sort of node; a node whose shape was forgotten keeps it.
const SHAPES: usize = 256;

/// Which figures a node has, and in which lists of names they come.
#[derive(Debug, Default)]
struct Shape {
    /// The numbers of the figures, in the order in which they come.
    numbers: Box<[u16]>,
    /// The lists of names that they come in, where each is shared: while the same lists come, no name is looked at. None where they come otherwise.
    lists: Box<[SharedNames]>,
    /// For each name of these lists the place of its number; [`NOWHERE`] for what another speaker said first.
    places: Box<[u16]>,
}

/// The shapes of one picture, so that nodes share them.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    none: Arc<Shape>,
    known: Vec<Arc<Shape>>,
    /// The lists of the node that is looked at.
    lists: Vec<SharedNames>,
}

/// What was sent of a node.
#[derive(Debug)]
pub(super) struct Figures {
    shape: Arc<Shape>,
    values: Box<[Number]>,
}

impl Shape {
    fn new(lists: &[SharedNames], names: &mut Names) -> Self {
        let (mut numbers, mut places): (Vec<u16>, Vec<u16>) = (Vec::new(), Vec::new());
        for name in lists.iter().flat_map(SharedNames::names) {
            // Where several say one figure, the first of them counts.
            let number = names.number(name).filter(|number| !numbers.contains(number));
            places.push(number.map_or(NOWHERE, |_| numbers.len() as u16));
            numbers.extend(number);
        }
        Self { numbers: numbers.into(), lists: lists.into(), places: places.into() }
    }
}

impl Shapes {
    /// The shape of the figures that come in `self.lists`.
    fn of_lists(&mut self, names: &mut Names) -> Arc<Shape> {
        let Self { known, lists, .. } = self;
        let is_it = |shape: &&Arc<Shape>| shape.lists.len() == lists.len() && shape.lists.iter().zip(&*lists).all(|(known, list)| known.is_same(list));
        if let Some(shape) = known.iter().find(is_it) {
            return Arc::clone(shape);
        }
        if known.len() >= SHAPES {
            known.retain(|shape| Arc::strong_count(shape) > 1);
            known.truncate(SHAPES / 2);
        }
        let shape = Arc::new(Shape::new(lists, names));
        known.push(Arc::clone(&shape));
        shape
    }
}

impl Figures {
    /// Nothing was sent yet.
    pub(super) fn none(shapes: &Shapes) -> Self {
        Self { shape: Arc::clone(&shapes.none), values: Box::default() }
    }

    /// The values that were sent.
    pub(super) fn values(&self) -> &[Number] {
        &self.values
    }

    /// What was sent, by the numbers of names.
    pub(super) fn sent(&self) -> impl Iterator<Item = (u16, Number)> {
        self.shape.numbers.iter().copied().zip(self.values.iter().copied())
    }

    /// Takes over the figures of a node of the graph, and calls `moved` with those that did.
    pub(super) fn take_node(&mut self, graph: &Graph<'_>, node: u32, names: &mut Names, shapes: &mut Shapes, mut moved: impl FnMut(u16, Option<Number>)) {
        let (mut count, mut is_same) = (0, true);
        graph.each_list(node, |said| {
            is_same = is_same && self.shape.lists.get(count).zip(said.shared_names()).is_some_and(|(known, names)| known.is_same(names));
            count += 1;
        });
        if is_same && count == self.shape.lists.len() && count > 0 {
            let Self { shape, values } = self;
            let mut places = shape.places.iter();
            graph.each_list(node, |said| {
                for (new, place) in said.values().iter().zip(places.by_ref()) {
                    if let (Some(old), Some(number)) = (values.get_mut(usize::from(*place)), shape.numbers.get(usize::from(*place)))
                        && *old != *new
                    {
                        *old = *new;
                        moved(*number, Some(*new));
                    }
                }
            });
            return;
        }
        shapes.lists.clear();
        graph.each_list(node, |said| shapes.lists.extend(said.shared_names().cloned()));
        if count == 0 || shapes.lists.len() != count {
            return self.take(names, |visit| graph.each_metric(node, visit), moved);
        }
        let shape = shapes.of_lists(names);
        let mut values = vec![Number::ZERO; shape.numbers.len()];
        let mut places = shape.places.iter();
        graph.each_list(node, |said| {
            for (new, place) in said.values().iter().zip(places.by_ref()) {
                if let Some(value) = values.get_mut(usize::from(*place)) {
                    *value = *new;
                }
            }
        });
        self.replace(shape, values, moved);
    }

    /// Takes over the figures of now. `each` calls what it is given with each of them; of one name the first counts.
    pub(super) fn take<'s>(&mut self, names: &mut Names, each: impl Fn(&mut dyn FnMut(&'s str, Number)), mut moved: impl FnMut(u16, Option<Number>)) {
        // Mostly the same names come in the same order, and nothing is to be looked up.
        let (mut next, mut is_same) = (0, true);
        each(&mut |name, new| {
            let numbers = &self.shape.numbers;
            let known = |number: u16| names.names.get(usize::from(number)).is_some_and(|known| known == name);
            if !is_same || names.is_other(name) {
                return;
            }
            match numbers.get(next).zip(self.values.get_mut(next)) {
                Some((number, old)) if known(*number) => {
                    if *old != new {
                        *old = new;
                        moved(*number, Some(new));
                    }
                    next += 1;
                }
                // A second speaker says what was said already.
                _ => is_same = numbers.iter().take(next).any(|number| known(*number)),
            }
        });
        if is_same && next == self.values.len() {
            return;
        }
        let (mut numbers, mut values) = (Vec::with_capacity(self.values.len()), Vec::with_capacity(self.values.len()));
        each(&mut |name, value| {
            if let Some(number) = names.number(name)
                && !numbers.contains(&number)
            {
                numbers.push(number);
                values.push(value);
            }
        });
        self.replace(Arc::new(Shape { numbers: numbers.into(), ..Shape::default() }), values, moved);
    }

    /// Takes over figures that come otherwise than before.
    fn replace(&mut self, shape: Arc<Shape>, values: Vec<Number>, mut moved: impl FnMut(u16, Option<Number>)) {
        let former = |number: u16| self.sent().find(|(known, _)| *known == number).map(|(_, value)| value);
        for (number, value) in shape.numbers.iter().zip(&values) {
            if former(*number) != Some(*value) {
                moved(*number, Some(*value));
            }
        }
        for number in self.shape.numbers.iter().filter(|number| !shape.numbers.contains(number)) {
            moved(*number, None);
        }
        *self = Self { shape, values: values.into() };
    }
}
