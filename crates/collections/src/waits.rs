//! A graph of what waits for what, and the cycles in it.
//!
//! The core idea: a node can go on if a path leads from it to a node that does not wait. All other nodes wait for ever, and each
//! of them is on a cycle or leads to one. The search takes time proportional to the size of the graph, and does not recurse.

use std::fmt;

use crate::index::Index;
use crate::takers::Stamp;

/// What a task waits for: a task, by its address or, if the address is 0, by its stamp. A stamp that has changed since names no task.
pub type On = (usize, Option<Stamp>);

/// A task that waits, by both of its names.
#[derive(Debug)]
pub struct WaitingTask {
    address: usize,
    stamp: Stamp,
    on: Option<Vec<On>>,
}

impl WaitingTask {
    /// A task at this address that waits for all of these; `None` if it can go on.
    #[must_use]
    pub fn new(address: usize, stamp: Stamp, on: Option<Vec<On>>) -> Self {
        Self { address, stamp, on }
    }
}

/// For each node, all nodes that it waits for; `None` if it can go on.
type Waits = Vec<Option<Vec<usize>>>;

/// Takes out every node from which a path leads to one that does not wait.
fn keep_stuck(waits: &mut Waits) {
    let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); waits.len()];
    for (waiter, on) in waits.iter().enumerate() {
        on.iter().flatten().for_each(|on| waiters[*on].push(waiter));
    }
    let mut free: Vec<usize> = (0..waits.len()).filter(|node| waits[*node].is_none()).collect();
    while let Some(on) = free.pop() {
        let waiters = std::mem::take(&mut waiters[on]);
        free.extend(waiters.into_iter().filter(|waiter| waits[*waiter].take().is_some()));
    }
}

/// Returns the cycle of stuck nodes to which `node` leads, beginning with the smallest, unless an earlier search has visited it. The
/// nodes that the search visits are taken out.
fn take_cycle(waits: &mut Waits, node: usize) -> Option<Vec<usize>> {
    let (mut at, mut path) = (node, Vec::new());
    while let Some(on) = waits[at].take() {
        path.push(at);
        at = *on.first()?;
    }
    let start = path.iter().position(|node| *node == at)?;
    let mut cycle = path.split_off(start);
    let first = (0..cycle.len()).min_by_key(|index| cycle[*index])?;
    cycle.rotate_left(first);
    Some(cycle)
}

/// Nodes that wait for each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Knot {
    /// A cycle, beginning with its smallest node.
    pub cycle: Vec<usize>,
    /// The nodes of the cycle, and all nodes that they wait for, directly or indirectly. The cycle waits for ever only if all
    /// of these do.
    pub needed: Vec<usize>,
}

/// Finds every cycle of stuck tasks; their nodes are the places in the list. A name that no task has belongs to something that can go
/// on.
#[must_use]
pub fn knots(tasks: &[WaitingTask]) -> Vec<Knot> {
    // The usual case.
    if tasks.iter().all(|task| task.on.is_none()) {
        return Vec::new();
    }
    let by_address: Index = tasks.iter().map(|task| task.address).collect();
    let by_number: Index = tasks.iter().map(|task| task.stamp.number as usize).collect();
    let place = |on: &On| match on.1 {
        None => by_address.first(on.0),
        Some(stamp) => by_number.first(stamp.number as usize).filter(|place| tasks[*place].stamp == stamp),
    };
    let mut waits: Waits = tasks.iter().map(|task| task.on.as_ref()?.iter().map(place).collect()).collect();
    keep_stuck(&mut waits);
    let stuck = waits.clone();
    let cycles = (0..waits.len()).filter_map(|node| take_cycle(&mut waits, node));
    cycles.map(|cycle| Knot { needed: all_needed(&stuck, &cycle), cycle }).collect()
}

impl fmt::Display for Knot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cycle.len() {
            1 => f.write_str("a task waits for itself"),
            n => write!(f, "{n} tasks wait for each other"),
        }
    }
}

/// The tasks of a cycle, each with its number and that of its wait.
pub type CycleKey = Vec<(u32, u64)>;

/// The cycles found by successive searches: since when, and whether they were reported.
#[derive(Debug, Default)]
pub struct Sightings {
    before: Look,
    now: Look,
}

/// What one search has found. A task is on one cycle at most, so its number identifies the cycle.
#[derive(Debug, Default)]
struct Look {
    found: Vec<(CycleKey, Sighting)>,
    by_first: Index,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    since: f64,
    is_reported: bool,
}

impl Look {
    fn get(&mut self, key: &CycleKey) -> Option<&mut Sighting> {
        let place = self.by_first.first(first(key))?;
        self.found.get_mut(place).filter(|(known, _)| known == key).map(|(_, sighting)| sighting)
    }

    fn add(&mut self, key: &CycleKey, sighting: Sighting) {
        self.by_first.add(first(key), self.found.len());
        self.found.push((key.clone(), sighting));
    }
}

fn first(key: &CycleKey) -> usize {
    key.first().map_or(0, |(task, _)| *task as usize)
}

impl Sightings {
    /// Begins a search. What the last search has not found is forgotten.
    pub fn begin(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }

    /// Notes that the search has found a cycle at this time. Returns whether the cycle is young (found for less than `seconds`), and
    /// whether it has been reported.
    pub fn find(&mut self, key: &CycleKey, time: f64, seconds: f64) -> (bool, bool) {
        let sighting = self.before.get(key).map_or(Sighting { since: time, is_reported: false }, |known| *known);
        self.now.add(key, sighting);
        (time - sighting.since < seconds, sighting.is_reported)
    }

    /// Notes that a cycle that the search has found is reported.
    pub fn report(&mut self, key: &CycleKey) {
        if let Some(sighting) = self.now.get(key) {
            sighting.is_reported = true;
        }
    }
}

/// These nodes, and all that they wait for, directly or indirectly; each once.
fn all_needed(waits: &Waits, nodes: &[usize]) -> Vec<usize> {
    reached(nodes.to_vec(), |node| *node, |node| waits[*node].clone().unwrap_or_default())
}

/// These nodes, and all that can be reached from them; each once, as its number identifies it. The walk does not recurse.
pub fn reached<Node>(mut nodes: Vec<Node>, number: fn(&Node) -> usize, next: impl Fn(&Node) -> Vec<Node>) -> Vec<Node> {
    let mut seen = Index::default();
    let mut is_new = |node: &Node| seen.first(number(node)).is_none() && seen.add(number(node), 0);
    nodes.iter().for_each(|node| _ = is_new(node));
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        at += 1;
        let new = next(node);
        nodes.extend(new.into_iter().filter(|node| is_new(node)));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(edges: &[(usize, &[usize])]) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut waits: Waits = vec![None; 10];
        edges.iter().for_each(|(node, on)| waits[*node] = Some(on.to_vec()));
        keep_stuck(&mut waits);
        let stuck = (0..10).filter(|node| waits[*node].is_some()).collect();
        (stuck, (0..10).filter_map(|node| take_cycle(&mut waits, node)).collect())
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
    fn a_node_that_waits_for_several_needs_them_all() {
        // Each task has a letter for its address, and the letter's number in the alphabet for that of its stamp.
        let address = |letter: u8| (letter as usize, None);
        let stamp = |letter: u8, made| Stamp { number: u32::from(letter - b'a') + 1, made };
        let holder = |letter| (0, Some(stamp(letter, 3)));
        let task = |letter: u8, on: &[On]| {
            WaitingTask::new(letter as usize, stamp(letter, 3), Some(on.to_vec()).filter(|on| !on.is_empty()))
        };
        let knots = knots(&[
            task(b'a', &[address(b'b')]),
            task(b'b', &[holder(b'a'), address(b'c')]),
            task(b'c', &[address(b'd'), address(b'b')]),
            task(b'd', &[holder(b'a')]),
            task(b'e', &[address(b'a')]),
            task(b'f', &[]),
            task(b'g', &[address(b'h'), address(b'f')]),
            task(b'h', &[holder(b'g')]),
            task(b'i', &[address(b'i'), address(b'z')]),
            // The holder has since made a task.
            task(b'j', &[(0, Some(stamp(b'j', 2)))]),
        ]);
        assert_eq!(knots, [Knot { cycle: vec![0, 1], needed: vec![0, 1, 2, 3] }]);
        assert_eq!(knots[0].to_string(), "2 tasks wait for each other");
    }

    #[test]
    fn what_a_look_does_not_find_begins_anew() {
        let mut sightings = Sightings::default();
        let (a, b) = (vec![(7, 1), (3, 0)], vec![(5, 0), (6, 0)]);
        let mut look = |keys: &[&CycleKey], time: f64| {
            sightings.begin();
            let found: Vec<_> = keys.iter().map(|key| sightings.find(key, time, 2.0)).collect();
            keys.iter().filter(|key| **key == &a).for_each(|key| sightings.report(key));
            found
        };
        assert_eq!(look(&[&a], 1.0), [(true, false)]);
        assert_eq!(look(&[&b, &a], 3.0), [(true, false), (false, true)]);
        assert_eq!(look(&[&b], 4.0), [(true, false)]);
        assert_eq!(look(&[&a, &b], 6.0), [(true, false), (false, false)]);
        // The same tasks, but meanwhile one of them has begun to wait for something else.
        assert_eq!(look(&[&vec![(7, 2), (3, 0)], &b], 9.0), [(true, false), (false, false)]);
    }

    #[test]
    fn long_chains_are_walked_without_recursion() {
        let mut waits: Waits = (0..200_000).map(|node| Some(vec![node + 1])).collect();
        let mut closed = waits.clone();
        waits.push(None);
        keep_stuck(&mut waits);
        assert!(waits.iter().all(Option::is_none));
        closed.push(Some(vec![0]));
        keep_stuck(&mut closed);
        assert_eq!(take_cycle(&mut closed, 0).map(|cycle| cycle.len()), Some(200_001));
    }
}
