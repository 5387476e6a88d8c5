//! Shrinking: finds the fewest deviations that still fail in the same way, with the last one as early as possible.

use std::ops::ControlFlow;

use crate::choices::Mishap;
use crate::delays::visit;
use crate::token::Deviation;

/// The most schedules to run in the search for one with fewer deviations.
const SEARCH: u32 = 20_000;

/// The most schedules to run in each of the other parts.
const TRIES: u32 = 5_000;

/// What a schedule did.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Tried {
    /// Did it fail in the same way?
    pub fails: bool,
    /// The deviations that really happened.
    pub deviations: Vec<Deviation>,
    /// How many entries were eligible at each step.
    pub widths: Vec<u8>,
}

/// Shortens a failing schedule. `attempt` runs a schedule as far as it is possible.
#[doc(hidden)]
#[must_use]
pub fn shrink(deviations: Vec<Deviation>, attempt: &mut dyn FnMut(&[Deviation]) -> Tried) -> Vec<Deviation> {
    let fewer = remove_parts(deviations, &mut |schedule| {
        let tried = attempt(schedule);
        tried.fails.then_some(tried.deviations)
    });
    let fewest = search_fewer(fewer, attempt);
    move_forward(fewest, attempt)
}

/// Leaves out mishaps as long as the program still fails. If it does, `attempt` returns the mishaps that really happened.
#[doc(hidden)]
#[must_use]
pub fn shrink_mishaps(mishaps: Vec<Mishap>, attempt: &mut dyn FnMut(&[Mishap]) -> Option<Vec<Mishap>>) -> Vec<Mishap> {
    if let Some(none) = attempt(&[]) {
        return none;
    }
    let mut best = few_mishaps(remove_parts(mishaps, attempt), attempt);
    // Of the remaining mishaps, the mildest ones that still fail.
    let mut which = 0;
    while which < best.len() {
        for index in 1..best[which].index {
            let mut milder = best.clone();
            milder[which].index = index;
            if let Some(happened) = attempt(&milder).filter(|happened| happened.len() <= best.len()) {
                best = happened;
                break;
            }
        }
        which += 1;
    }
    best
}

/// Tries all single mishaps and all pairs of the remaining kinds. A mishap may be needed only because it changes the number of the
/// next one, so leaving them out one at a time does not find these.
fn few_mishaps(best: Vec<Mishap>, attempt: &mut dyn FnMut(&[Mishap]) -> Option<Vec<Mishap>>) -> Vec<Mishap> {
    let last = |fault| best.iter().filter(|mishap| mishap.fault == fault).map(|mishap| mishap.number).max();
    let mut kinds: Vec<_> = best.iter().map(|mishap| (mishap.fault, mishap.len)).collect();
    kinds.sort_unstable();
    kinds.dedup_by_key(|(fault, _)| *fault);
    let all: Vec<Mishap> = kinds
        .into_iter()
        .flat_map(|(fault, len)| (0..=last(fault).unwrap_or_default()).map(move |number| (fault, number, len)))
        .flat_map(|(fault, number, len)| (1..len).map(move |index| Mishap { fault, number, index, len }))
        .collect();
    let singles = all.iter().map(|one| vec![*one]);
    let pairs = all.iter().enumerate().flat_map(|(at, one)| all[at + 1..].iter().map(|other| vec![*one, *other]));
    let fewer = singles.chain(pairs).take(TRIES as usize).filter(|few| few.len() < best.len());
    for few in fewer {
        if let Some(happened) = attempt(&few).filter(|happened| happened.len() < best.len()) {
            return happened;
        }
    }
    best
}

/// Leaves out parts, large ones first (`ddmin`). If the program still fails, `attempt` returns what really happened.
fn remove_parts<T: Copy>(mut best: Vec<T>, attempt: &mut dyn FnMut(&[T]) -> Option<Vec<T>>) -> Vec<T> {
    let mut left = TRIES;
    let mut size = best.len().div_ceil(2);
    while size > 0 && !best.is_empty() {
        let mut begin = 0;
        let mut removed = false;
        while begin < best.len() {
            if left == 0 {
                return best;
            }
            left -= 1;
            let end = (begin + size).min(best.len());
            let without: Vec<_> = best[..begin].iter().chain(&best[end..]).copied().collect();
            if let Some(fewer) = attempt(&without) {
                best = fewer;
                removed = true;
            } else {
                begin = end;
            }
        }
        size = if removed { size.min(best.len()) } else { size / 2 };
    }
    best
}

/// Tries all schedules with fewer deviations, unless there are too many.
fn search_fewer(best: Vec<Deviation>, attempt: &mut dyn FnMut(&[Deviation]) -> Tried) -> Vec<Deviation> {
    let mut left = SEARCH;
    for more in 0..best.len() {
        let mut run = |schedule: &[Deviation], _: bool| {
            if left == 0 {
                return ControlFlow::Break(None);
            }
            left -= 1;
            let tried = attempt(schedule);
            if tried.fails { ControlFlow::Break(Some(tried.deviations)) } else { ControlFlow::Continue(tried.widths) }
        };
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        match visit(&mut Vec::new(), more, &mut run, &mut |_| ControlFlow::Continue(true)) {
            ControlFlow::Break(Some(fewer)) => return fewer,
            // There are too many, and even more with a further deviation.
            ControlFlow::Break(None) => break,
            ControlFlow::Continue(()) => {}
        }
    }
    best
}

/// Moves the last deviation to an earlier step, and each one to a lower index.
fn move_forward(mut best: Vec<Deviation>, attempt: &mut dyn FnMut(&[Deviation]) -> Tried) -> Vec<Deviation> {
    let mut left = TRIES;
    if let Some((last, before)) = best.clone().split_last() {
        let first = before.last().map_or(0, |deviation| deviation.step + 1);
        let widths = attempt(before).widths;
        'found: for (step, width) in (0..).zip(widths).skip(first as usize).take_while(|(step, _)| *step < last.step) {
            for index in 1..usize::from(width) {
                if left == 0 {
                    break 'found;
                }
                left -= 1;
                let moved: Vec<_> = before.iter().copied().chain([Deviation { step, index, len: 0 }]).collect();
                let tried = attempt(&moved);
                if tried.fails {
                    best = tried.deviations;
                    break 'found;
                }
            }
        }
    }
    for which in 0..best.len() {
        for index in 1..best[which].index {
            let mut lower = best.clone();
            lower[which].index = index;
            let tried = attempt(&lower);
            if tried.fails && tried.deviations.len() == best.len() {
                best = tried.deviations;
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{Tried, shrink, shrink_mishaps};
    use crate::Deviation;
    use crate::choices::Mishap;
    use crate::fault::Fault;

    /// A program of 40 steps with four eligible entries each, which fails with the `needed` deviations.
    fn fails_with(needed: fn(&[Deviation]) -> bool) -> impl FnMut(&[Deviation]) -> Tried {
        move |schedule| Tried { fails: needed(schedule), deviations: schedule.to_vec(), widths: vec![4; 40] }
    }

    fn long() -> Vec<Deviation> {
        (0..40).map(|step| Deviation { step, index: 3, len: 4 }).collect()
    }

    #[test]
    fn the_deviations_that_matter_are_left() {
        let needed = |schedule: &[Deviation]| schedule.iter().filter(|deviation| deviation.step % 20 == 7).count() == 2;
        let left = shrink(long(), &mut fails_with(needed));
        assert_eq!(left, [7, 27].map(|step| Deviation { step, index: 1, len: 4 }));
    }

    #[test]
    fn the_last_deviation_comes_early() {
        let needed = |schedule: &[Deviation]| {
            let [.., first, last] = schedule else { return false };
            schedule.len() >= 2 && first.step >= 3 && last.step > first.step + 4
        };
        let left = shrink(long(), &mut fails_with(needed));
        assert_eq!(left.iter().map(|deviation| deviation.step).collect::<Vec<_>>(), [3, 8]);
    }

    #[test]
    fn mishaps_that_are_there_for_the_sake_of_others_go() {
        let reset = |number| Mishap { fault: Fault::Reset, number, index: 1, len: 2 };
        // Two mishaps are needed. A third one shifts the second: without it, the second has another number.
        let mut attempt = |mishaps: &[Mishap]| {
            let has = |number| mishaps.contains(&reset(number));
            (has(1) && (has(3) || has(0) && has(4))).then(|| mishaps.to_vec())
        };
        assert_eq!(shrink_mishaps(vec![reset(0), reset(1), reset(4)], &mut attempt), [reset(1), reset(3)]);
    }

    #[test]
    fn what_fails_anyway_needs_no_deviation() {
        assert!(shrink(long(), &mut fails_with(|_| true)).is_empty());
    }
}
