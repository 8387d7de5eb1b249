//! Layout and edge paths of 1,000, 5,000 and 10,000 nodes with twice as many edges: from scratch, again, and with one arrival in a hundred.
#![allow(missing_docs, reason = "the macros of the harness make undocumented functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use scope_render::layout::edges::{Bundling, route};
use scope_render::layout::{Edge, Graph, Group, Node, Options, Previous, layout};

/// Projects of seven nodes behind an ingress, a monitor that reads everything, and one node in eight that nobody calls.
struct Fleet {
    ids: Vec<String>,
    project: Vec<Option<u32>>,
    projects: Vec<String>,
    edges: Vec<(u32, u32)>,
}

impl Fleet {
    fn new(count: u32) -> Self {
        // The multiplier spreads ids over the order that they are sorted into, as container ids are.
        let id = |number: u32| format!("container:{:08x}", number.wrapping_mul(2_654_435_761));
        let mut fleet = Self {
            ids: (0..count).map(id).collect(),
            project: Vec::new(),
            projects: (0..count / 8).map(|project| format!("project-{project}")).collect(),
            edges: Vec::new(),
        };
        let (monitor, ingress) = (7, 15);
        for number in 0..count {
            let (project, part) = (number / 8, number % 8);
            fleet.project.push((part < 7).then_some(project));
            if part < 7 {
                fleet.edges.push((monitor, number));
            }
            let first = number - part;
            match part {
                0 => fleet.edges.push((ingress, number)),
                1 | 2 => fleet.edges.push((first, number)),
                3 | 4 => fleet.edges.extend([(first + 1, number), (first + 2, number)]),
                // Some projects call another one.
                5 if project % 3 == 0 => fleet.edges.push((number, (first + 40) % count)),
                5 | 6 => fleet.edges.push((first + 1, number)),
                _ => {}
            }
        }
        fleet
    }

    /// Runs with the graph of the nodes that are not skipped.
    fn with<T>(&self, grouped: bool, skip: impl Fn(u32) -> bool, run: impl FnOnce(&Graph<'_>) -> T) -> T {
        let kept: Vec<u32> = (0..self.ids.len() as u32).filter(|&number| !skip(number)).collect();
        let node = |&number: &u32| Node {
            id: &self.ids[number as usize],
            group: self.project[number as usize].filter(|_| grouped),
            width: 80.0 + (number % 60) as f32,
            height: 30.0,
        };
        let place = |number: u32| kept.binary_search(&number).ok().map(|at| at as u32);
        let edge = |&(from, to): &(u32, u32)| Some(Edge { from: place(from)?, to: place(to)?, weight: 1.0 });
        let nodes: Vec<Node<'_>> = kept.iter().map(node).collect();
        let groups: Vec<Group<'_>> = self.projects.iter().map(|id| Group { id, title_width: 80.0 }).collect();
        let edges: Vec<Edge> = self.edges.iter().filter_map(edge).collect();
        run(&Graph { nodes: &nodes, groups: &groups, edges: &edges })
    }
}

fn layouts(criterion: &mut Criterion) {
    let options = Options::default();
    let mut bench = criterion.benchmark_group("layout");
    bench.sample_size(20);
    for count in [1_000, 5_000, 10_000] {
        let fleet = Fleet::new(count);
        for (name, grouped) in [("grouped", true), ("free", false)] {
            let mut previous = Previous::default();
            fleet.with(grouped, |number| number % 100 == 42, |graph| previous.update(graph, &layout(graph, None, &options)));
            fleet.with(
                grouped,
                |_| false,
                |graph| {
                    let id = |what: &str| BenchmarkId::new(format!("{what}/{name}"), count);
                    bench.bench_function(id("fresh"), |bench| bench.iter(|| layout(black_box(graph), None, &options)));
                    bench.bench_function(id("arrivals"), |bench| bench.iter(|| layout(black_box(graph), Some(&previous), &options)));
                    let first = layout(graph, None, &options);
                    previous.update(graph, &first);
                    bench.bench_function(id("again"), |bench| bench.iter(|| layout(black_box(graph), Some(&previous), &options)));
                    bench.bench_function(id("route"), |bench| bench.iter(|| route(black_box(graph), &first, Bundling::Auto)));
                },
            );
        }
    }
    bench.finish();
}

criterion_group!(benches, layouts);
criterion_main!(benches);
