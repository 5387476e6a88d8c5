//! Visits all schedules with a given number of deviations, in order.

use std::ops::ControlFlow;

use crate::token::Deviation;

/// Runs a schedule; see [`visit`].
pub(crate) type Run<'a, B> = &'a mut dyn FnMut(&[Deviation], bool) -> ControlFlow<B, Vec<u8>>;

/// Runs the schedules that begin with `prefix` and have exactly `more` deviations after it, depth first. Those with fewer are
/// run as well, because only a run shows where its successors may deviate.
///
/// `run` gets a schedule, and whether it has all its deviations, and returns the number of eligible entries at each step.
/// `take` gets the number of a successor of the outermost schedule, and returns whether to visit it.
pub(crate) fn visit<B>(
    prefix: &mut Vec<Deviation>,
    more: u32,
    run: Run<'_, B>,
    take: &mut dyn FnMut(u64) -> ControlFlow<B, bool>,
) -> ControlFlow<B> {
    let widths = run(prefix, more == 0)?;
    if more == 0 {
        return ControlFlow::Continue(());
    }
    let first = prefix.last().map_or(0, |last| last.step + 1);
    let mut number = 0;
    for (step, width) in (0..).zip(widths).skip(first as usize) {
        for index in 1..usize::from(width) {
            if take(number)? {
                prefix.push(Deviation { step, index, len: usize::from(width) });
                visit(prefix, more - 1, run, &mut |_| ControlFlow::Continue(true))?;
                prefix.pop();
            }
            number += 1;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::visit;

    /// The schedules of a program with three steps, which have two, three and one eligible entries, whatever is chosen.
    fn schedules(more: u32, mut take: impl FnMut(u64) -> bool) -> Vec<Vec<(u64, usize)>> {
        let mut all = Vec::new();
        let mut run = |schedule: &[crate::Deviation], all_there: bool| {
            if all_there {
                all.push(schedule.iter().map(|deviation| (deviation.step, deviation.index)).collect());
            }
            ControlFlow::<(), _>::Continue(vec![2, 3, 1])
        };
        assert!(
            visit(&mut Vec::new(), more, &mut run, &mut |number| ControlFlow::Continue(take(number))).is_continue()
        );
        all
    }

    #[test]
    fn each_schedule_with_so_many_deviations_is_visited_once() {
        let all = |more| schedules(more, |_| true);
        assert_eq!(all(0), [[]; 1]);
        assert_eq!(all(1), [[(0, 1)], [(1, 1)], [(1, 2)]]);
        assert_eq!(all(2), [[(0, 1), (1, 1)], [(0, 1), (1, 2)]]);
        assert!(all(3).is_empty());
    }

    #[test]
    fn the_work_can_be_shared() {
        assert_eq!(schedules(1, |number| number % 2 == 1), [[(1, 1)]]);
        assert_eq!(schedules(2, |number| number == 0).len(), 2);
    }
}
