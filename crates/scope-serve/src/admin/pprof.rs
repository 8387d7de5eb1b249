//! Profiles in the format of pprof (`profile.proto` of github.com/google/pprof): the few messages of it that stacks need.

use std::time::Duration;

use hashbrown::HashMap;
use prost::Message;

/// Stacks that were sampled.
#[derive(Debug)]
pub(super) struct Sampled {
    /// Each from the outermost function inwards, and how often it was seen.
    pub(super) stacks: Vec<(Vec<String>, i64)>,
    /// Since 1970.
    pub(super) began: Duration,
    pub(super) length: Duration,
    /// Samples a second.
    pub(super) frequency: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
}

/// What a number means: places of two strings in the table.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    /// The innermost first.
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

/// Writes a profile: each function is a location, as lines are not known.
pub(super) fn write(sampled: &Sampled) -> Vec<u8> {
    // The first string is empty by definition.
    let strings = ["", "samples", "count", "cpu", "nanoseconds"];
    let cpu = ValueType { kind: 3, unit: 4 };
    let period = 1_000_000_000 / i64::from(sampled.frequency);
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    let mut profile = Profile {
        sample_type: vec![ValueType { kind: 1, unit: 2 }, cpu],
        string_table: strings.map(str::to_owned).to_vec(),
        time_nanos: nanos(sampled.began),
        duration_nanos: nanos(sampled.length),
        period_type: Some(cpu),
        period,
        ..Profile::default()
    };
    let mut known: HashMap<&str, u64> = HashMap::new();
    for (names, count) in &sampled.stacks {
        let mut location_id = Vec::with_capacity(names.len());
        for name in names.iter().rev() {
            let next = known.len() as u64 + 1;
            let id = *known.entry(name).or_insert(next);
            if id == next {
                profile.function.push(Function { id, name: profile.string_table.len() as i64 });
                profile.string_table.push(name.clone());
                profile.location.push(Location { id, line: vec![Line { function_id: id }] });
            }
            location_id.push(id);
        }
        profile.sample.push(Sample { location_id, value: vec![*count, count.saturating_mul(period)] });
    }
    profile.encode_to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_function_is_told_once_and_stacks_begin_within() {
        let stack = |names: &[&str], count| (names.iter().map(|name| (*name).to_owned()).collect(), count);
        let stacks = vec![stack(&["main", "run"], 3), stack(&["main", "run", "work"], 5)];
        let bytes = write(&Sampled { stacks, began: Duration::from_secs(7), length: Duration::from_secs(2), frequency: 100 });
        let profile = Profile::decode(bytes.as_slice()).unwrap();
        let name = |location: u64| {
            let line = profile.location.iter().find(|known| known.id == location).unwrap().line[0];
            let function = profile.function.iter().find(|known| known.id == line.function_id).unwrap();
            profile.string_table[function.name as usize].as_str()
        };
        let said: Vec<(Vec<&str>, Vec<i64>)> =
            profile.sample.iter().map(|sample| (sample.location_id.iter().map(|id| name(*id)).collect(), sample.value.clone())).collect();
        assert_eq!(said, [(vec!["run", "main"], vec![3, 30_000_000]), (vec!["work", "run", "main"], vec![5, 50_000_000])]);
        assert_eq!((profile.function.len(), profile.string_table[0].as_str(), profile.duration_nanos), (3, "", 2_000_000_000));
    }
}
