//! A large state is looked at by two threads, where the work falls into two parts of its own. Which work that is, is decided where it is done.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What is said of so many nodes is worth a second thread, which costs some fifty microseconds.
pub(crate) const LARGE: usize = 40_000;

/// Does both, at the same time where it `is_large`. Where no thread can be had, or has had no turn yet, this one does all of it.
pub(crate) fn both<A, B: Send + Default>(is_large: bool, here: impl FnOnce() -> A, there: impl FnOnce() -> B + Send) -> (A, B) {
    if !is_large {
        return (here(), there());
    }
    let waiting = Mutex::new(Some(there));
    let take = || {
        let work = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.map(|work| work())
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, take);
        let done = here();
        let other = take().or_else(|| thread.ok()?.join().unwrap_or_else(|panic| resume_unwind(panic)));
        // One of the two has taken it.
        (done, other.unwrap_or_default())
    })
}

/// Does the same with both halves of `all`, at the same time where these are many.
pub(super) fn halves<T: Send>(all: &mut [T], act: impl Fn(&mut [T]) + Sync) {
    let is_large = all.len() >= LARGE;
    let (one, other) = all.split_at_mut(all.len() / 2);
    both(is_large, || act(one), || act(other));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_whatever_the_size() {
        for is_large in [false, true] {
            let mut numbers = [1, 2, 3, 4];
            let (one, other) = numbers.split_at_mut(2);
            let sum = |numbers: &[i32]| numbers.iter().sum::<i32>();
            assert_eq!(both(is_large, || sum(one), || sum(other)), (3, 7));
        }
    }
}
