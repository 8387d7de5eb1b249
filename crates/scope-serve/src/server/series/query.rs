//! Questions to figures over time: range, step, several nodes as one.

use scope_core::state::State;
use scope_core::{NodeId, Timestamp};
use serde::Serialize;

use super::block::{FINE, Figure, STEP};

/// Most points of one answer.
pub const POINTS: usize = 900;

/// A stretch of time, both ends included, and the seconds between points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first point.
    pub from: Timestamp,
    /// The last point.
    pub to: Timestamp,
    /// Seconds between points, at least one. Below 15 only the last 15 seconds are known.
    pub step_secs: u32,
}

/// A figure at one time, or over the step that begins there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The time, a multiple of the step.
    pub at: Timestamp,
    /// The mean over the step.
    pub mean: f32,
    /// The largest in the step.
    pub max: f32,
}

/// How several nodes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The largest.
    Max,
}

impl Range {
    /// The times of its points in seconds, at most [`POINTS`] of them: the latest.
    pub(super) fn seconds(&self) -> impl Iterator<Item = i64> {
        let step = i64::from(self.step_secs.max(1));
        let to = self.to.as_micros().div_euclid(1_000_000).div_euclid(step);
        let from = self.from.as_micros().div_euclid(1_000_000).div_euclid(step).max(to - POINTS as i64 + 1);
        (from..=to).map(move |at| at * step)
    }
}

/// The points of one figure.
pub(super) fn points(figure: &Figure<'_>, range: Range) -> Vec<Point> {
    let step = i64::from(range.step_secs.max(1));
    let point = |second: i64| {
        // Single seconds where they are asked for and known; else steps.
        let fine = step < STEP && second > figure.last() - FINE as i64;
        let each: Vec<(f32, f32)> = if fine {
            (second..second + step).filter_map(|at| figure.second(at)).map(|value| (value, value)).collect()
        } else if step >= STEP {
            (0..=(step - 1) / STEP).filter_map(|at| figure.step_at(second + at * STEP)).map(|step| (step.mean, step.max)).collect()
        } else {
            Vec::new()
        };
        let mean = each.iter().map(|(mean, _)| mean).sum::<f32>() / each.len() as f32;
        let max = each.iter().map(|(_, max)| *max).fold(f32::NEG_INFINITY, f32::max);
        (!each.is_empty()).then(|| Point { at: Timestamp::from_seconds(second), mean, max })
    };
    range.seconds().filter_map(point).collect()
}

/// Several figures as one, time by time, of those that are known then.
pub fn aggregate(lines: &[Vec<Point>], how: Aggregate) -> Vec<Point> {
    let mut all: Vec<Point> = lines.iter().flatten().copied().collect();
    all.sort_by_key(|point| point.at);
    let same = all.chunk_by(|a, b| a.at == b.at);
    same.filter_map(|points| {
        let at = points.first()?.at;
        let of = |value: fn(&Point) -> f32| match how {
            Aggregate::Sum => points.iter().map(value).sum(),
            Aggregate::Avg => points.iter().map(value).sum::<f32>() / points.len() as f32,
            Aggregate::Max => points.iter().map(value).fold(f32::NEG_INFINITY, f32::max),
        };
        Some(Point { at, mean: of(|point| point.mean), max: of(|point| point.max) })
    })
    .collect()
}

/// Those of `ids` whose figures `state` shows. Callers pass a state that was restricted to what the asker sees; a parent that is there only by name has
/// no figures in it, so it is not among them.
pub fn readable(state: &State, ids: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let has_figures = |id: &NodeId| {
        state.agents().any(|(_, agent)| agent.sources().any(|(_, source)| source.node_state(id).is_some_and(|node| node.metrics().next().is_some())))
    };
    ids.into_iter().filter(has_figures).collect()
}
