//! Lists of numbers that are in order as one list in order. What the numbers stand for is not known here.

/// Puts the runs of `numbers` that end at each of `ends`, and the last one after them, in order, each number once. Each run should be in order by itself: then
/// they are merged, in `room` and not in room that is looked for each time.
pub(super) fn merge(numbers: &mut Vec<u64>, ends: [usize; 2], room: &mut Vec<u64>) {
    let (first, rest) = numbers.split_at(ends[0].min(numbers.len()));
    let (second, third) = rest.split_at(ends[1].saturating_sub(ends[0]).min(rest.len()));
    if [first, second, third].into_iter().all(<[u64]>::is_sorted) {
        // Most reports have next to nothing in the third.
        room.clear();
        two(first, second, room);
        if third.is_empty() {
            std::mem::swap(numbers, room);
        } else {
            let third = third.to_vec();
            numbers.clear();
            two(room, &third, numbers);
        }
    } else {
        numbers.sort_unstable();
    }
    numbers.dedup();
}

fn two(a: &[u64], b: &[u64], into: &mut Vec<u64>) {
    into.reserve(a.len() + b.len());
    let (mut of_a, mut of_b) = (0, 0);
    // Which comes next cannot be foretold, so nothing is made to depend on it but what is added.
    while let (Some(first), Some(second)) = (a.get(of_a), b.get(of_b)) {
        let is_first = first <= second;
        into.push(if is_first { *first } else { *second });
        of_a += usize::from(is_first);
        of_b += usize::from(!is_first);
    }
    into.extend_from_slice(a.get(of_a..).unwrap_or_default());
    into.extend_from_slice(b.get(of_b..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::merge;

    fn run() -> impl Strategy<Value = Vec<u64>> {
        // In order, as most are, or not.
        (prop::collection::vec(0_u64..40, 0..30), any::<bool>()).prop_map(|(mut run, sorted)| {
            if sorted {
                run.sort_unstable();
            }
            run
        })
    }

    proptest! {
        #[test]
        fn all_numbers_come_in_order_each_once(a in run(), b in run(), c in run(), room in run()) {
            let mut numbers = [a.as_slice(), &b, &c].concat();
            let wanted: Vec<u64> = numbers.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            merge(&mut numbers, [a.len(), a.len() + b.len()], &mut { room });
            prop_assert_eq!(numbers, wanted);
        }
    }
}
