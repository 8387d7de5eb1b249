//! A set of boxes with links to arrange, and its division into parts.

use super::geometry::{Point, Size};
use super::input::{Link, merge_links};

/// Boxes and the links between them. Ends of links are indices into `sizes`; links are sorted and no pair comes twice.
#[derive(Default)]
pub(super) struct Problem {
    pub(super) sizes: Vec<Size>,
    pub(super) links: Vec<Link>,
}

/// Where the boxes of a problem lie: their top left corners, all within `0..=size`.
#[derive(Default)]
pub(super) struct Arrangement {
    pub(super) at: Vec<Point>,
    pub(super) size: Size,
}

/// A part of a problem: the items it has, ascending, and the links among them in numbers of the part.
#[derive(Default)]
pub(super) struct Part {
    pub(super) items: Vec<u32>,
    pub(super) problem: Problem,
}

/// The part of an item that is in none.
pub(super) const NO_PART: u32 = u32::MAX;

impl Problem {
    /// The parts of the problem, by the part of each item. Links between parts are left out.
    pub(super) fn split(&self, part_of: &[u32], count: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = std::iter::repeat_with(Part::default).take(count).collect();
        let mut number = vec![0_u32; self.sizes.len()];
        for (item, &size) in self.sizes.iter().enumerate() {
            if let Some(part) = parts.get_mut(part_of[item] as usize) {
                number[item] = part.items.len() as u32;
                part.items.push(item as u32);
                part.problem.sizes.push(size);
            }
        }
        for link in &self.links {
            let (from, to) = (link.from as usize, link.to as usize);
            if part_of[from] == part_of[to]
                && let Some(part) = parts.get_mut(part_of[from] as usize)
            {
                part.problem.links.push(Link { from: number[from], to: number[to], weight: link.weight });
            }
        }
        parts
    }

    /// The links between parts, in numbers of parts, those with the same ends added up.
    pub(super) fn links_between(&self, part_of: &[u32]) -> Vec<Link> {
        let across = |link: &Link| {
            let (from, to) = (part_of[link.from as usize], part_of[link.to as usize]);
            (from != to && from != NO_PART && to != NO_PART).then_some(Link { from, to, weight: link.weight })
        };
        merge_links(self.links.iter().filter_map(across).collect())
    }

    /// The number of the connected component of each item, counted from the lowest item, and how many there are. Items for which
    /// `skip` holds, and their links, are left out ([`NO_PART`]).
    pub(super) fn components(&self, skip: impl Fn(u32) -> bool) -> (Vec<u32>, usize) {
        let mut root: Vec<u32> = (0..self.sizes.len() as u32).collect();
        for link in &self.links {
            if !skip(link.from) && !skip(link.to) {
                let (a, b) = (find(&mut root, link.from), find(&mut root, link.to));
                // The lowest item is the root, whatever the order of the links.
                root[a.max(b) as usize] = a.min(b);
            }
        }
        let (mut number, mut count) = (vec![NO_PART; root.len()], 0);
        for item in (0..root.len() as u32).filter(|&item| !skip(item)) {
            let top = find(&mut root, item);
            if top == item {
                number[item as usize] = count;
                count += 1;
            } else {
                number[item as usize] = number[top as usize];
            }
        }
        (number, count as usize)
    }

    /// The items that each item is linked with, in either direction.
    pub(super) fn neighbours(&self) -> Neighbours {
        let both = self.links.iter().flat_map(|link| [(link.from, link.to, link.weight), (link.to, link.from, link.weight)]);
        Neighbours::new(self.sizes.len(), both)
    }
}

fn find(root: &mut [u32], mut item: u32) -> u32 {
    while root[item as usize] != item {
        root[item as usize] = root[root[item as usize] as usize];
        item = root[item as usize];
    }
    item
}

/// For each item a list of others with weights, in one allocation.
pub(super) struct Neighbours {
    starts: Vec<u32>,
    others: Vec<(u32, f32)>,
}

impl Neighbours {
    /// Collects triples of item, other and weight.
    pub(super) fn new(count: usize, links: impl Iterator<Item = (u32, u32, f32)> + Clone) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (item, ..) in links.clone() {
            starts[item as usize + 1] += 1;
        }
        for item in 0..count {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let mut others = vec![(0, 0.0); starts[count] as usize];
        for (item, other, weight) in links {
            let at = &mut next[item as usize];
            others[*at as usize] = (other, weight);
            *at += 1;
        }
        Self { starts, others }
    }

    /// The others of one item.
    pub(super) fn of(&self, item: u32) -> &[(u32, f32)] {
        &self.others[self.starts[item as usize] as usize..self.starts[item as usize + 1] as usize]
    }
}
