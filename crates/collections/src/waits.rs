//! `Waits`, a graph of what waits for what, and the cycles in it.
//!
//! The core idea: a node goes on if a path leads from it to one that has no wait. All others wait for ever, and each of them is on a
//! cycle or leads to one. Both are found in time proportional to the size of the graph, without recursion.

use std::collections::{BTreeMap, HashMap};

/// The nodes that wait, each with all those that it waits for.
pub type Waits = BTreeMap<usize, Vec<usize>>;

/// Takes out every node from which a path leads to one that does not wait.
pub fn keep_stuck(waits: &mut Waits) {
    let mut waiters: HashMap<usize, Vec<usize>> = HashMap::new();
    for (waiter, on) in &*waits {
        on.iter().for_each(|on| waiters.entry(*on).or_default().push(*waiter));
    }
    let mut free: Vec<usize> = waiters.keys().filter(|on| !waits.contains_key(on)).copied().collect();
    while let Some(on) = free.pop() {
        let waiters = waiters.remove(&on).into_iter().flatten();
        free.extend(waiters.filter(|waiter| waits.remove(waiter).is_some()));
    }
}

/// A cycle, beginning with its smallest node, of nodes that are all stuck. What was walked through is taken out.
pub fn take_cycle(waits: &mut Waits) -> Option<Vec<usize>> {
    loop {
        let mut at = *waits.first_key_value()?.0;
        let mut path = Vec::new();
        while let Some(on) = waits.remove(&at) {
            path.push(at);
            at = *on.first()?;
        }
        if let Some(start) = path.iter().position(|node| *node == at) {
            let mut cycle = path.split_off(start);
            let first = (0..cycle.len()).min_by_key(|index| cycle[*index])?;
            cycle.rotate_left(first);
            return Some(cycle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(edges: &[(usize, &[usize])]) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut waits: Waits = edges.iter().map(|(node, on)| (*node, on.to_vec())).collect();
        keep_stuck(&mut waits);
        let stuck = waits.keys().copied().collect();
        (stuck, std::iter::from_fn(|| take_cycle(&mut waits)).collect())
    }

    #[test]
    fn what_leads_to_one_that_goes_on_is_not_stuck() {
        assert_eq!(cycles(&[]), (vec![], vec![]));
        assert_eq!(cycles(&[(1, &[2]), (2, &[3])]), (vec![], vec![]));
        assert_eq!(cycles(&[(1, &[2]), (2, &[1, 3])]), (vec![], vec![]), "a way out");
    }

    #[test]
    fn each_cycle_is_found_once_from_its_smallest_node() {
        assert_eq!(cycles(&[(1, &[1])]).1, [[1]]);
        // 0 and 4 wait for a cycle and are on none.
        let (stuck, found) = cycles(&[(0, &[3]), (2, &[5]), (3, &[2]), (4, &[0]), (5, &[3]), (7, &[8]), (8, &[7])]);
        assert_eq!(stuck, [0, 2, 3, 4, 5, 7, 8]);
        assert_eq!(found, [vec![2, 5, 3], vec![7, 8]]);
        // A group of which every member is stuck.
        assert_eq!(cycles(&[(1, &[2, 4]), (2, &[3]), (3, &[2]), (4, &[5]), (5, &[4])]).1, [[2, 3], [4, 5]]);
    }

    #[test]
    fn long_chains_are_walked_without_recursion() {
        let mut waits: Waits = (0..200_000).map(|node| (node, vec![node + 1])).collect();
        let mut closed = waits.clone();
        keep_stuck(&mut waits);
        assert!(waits.is_empty());
        closed.insert(200_000, vec![0]);
        keep_stuck(&mut closed);
        assert_eq!(take_cycle(&mut closed).map(|cycle| cycle.len()), Some(200_001));
    }
}
