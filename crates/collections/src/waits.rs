//! A graph of what waits for what, and the cycles in it.
//!
//! The core idea: a node can go on if a path leads from it to a node that does not wait. All other nodes wait for ever, and each
//! of them is on a cycle or leads to one. The search takes time proportional to the size of the graph, and does not recurse.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::Hash;

/// The nodes that wait, each with all nodes that it waits for.
type Waits = BTreeMap<usize, Vec<usize>>;

/// Takes out every node from which a path leads to one that does not wait.
fn keep_stuck(waits: &mut Waits) {
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

/// Returns a cycle of stuck nodes, beginning with the smallest, and removes the nodes that the search has visited.
fn take_cycle(waits: &mut Waits) -> Option<Vec<usize>> {
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

/// Nodes that wait for each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Knot {
    /// A cycle, beginning with its smallest node.
    pub cycle: Vec<usize>,
    /// The nodes of the cycle, and all nodes that they wait for, directly or indirectly. The cycle waits for ever only if all
    /// of these do.
    pub needed: Vec<usize>,
}

/// Finds every cycle of stuck nodes. A node has names, and a list of the names that it waits for, or `None` if it can go on. A
/// name that no waiting node has belongs to something that can go on.
pub fn knots<Name: Eq + Hash, Names: IntoIterator<Item = Name>>(
    nodes: impl Iterator<Item = (Names, Option<Vec<Name>>)>,
) -> Vec<Knot> {
    let (mut places, mut waiting) = (HashMap::new(), Vec::new());
    for (place, (names, on)) in nodes.enumerate() {
        if let Some(on) = on {
            places.extend(names.into_iter().map(|name| (name, place)));
            waiting.push((place, on));
        }
    }
    let known = |on: Vec<Name>| on.iter().map(|name| places.get(name).copied()).collect::<Option<_>>();
    let mut waits: Waits = waiting.into_iter().filter_map(|(place, on)| Some((place, known(on)?))).collect();
    keep_stuck(&mut waits);
    let stuck = waits.clone();
    let cycles = std::iter::from_fn(|| take_cycle(&mut waits));
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

/// What looks, made one after the other, have found: for how long, and whether it has been reported.
#[derive(Debug)]
pub struct Sightings<Key> {
    before: HashMap<Key, Sighting>,
    now: HashMap<Key, Sighting>,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    since: f64,
    is_reported: bool,
}

impl<Key> Default for Sightings<Key> {
    fn default() -> Self {
        Self { before: HashMap::new(), now: HashMap::new() }
    }
}

impl<Key: Clone + Eq + Hash> Sightings<Key> {
    /// Begins a look. What the last look has not found is forgotten.
    pub fn begin(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }

    /// Notes that the look has found something at this time. Returns whether that is young, as long as the looks have not been finding
    /// it for so many seconds, and whether it has been reported.
    pub fn find(&mut self, key: &Key, time: f64, seconds: f64) -> (bool, bool) {
        let sighting = self.before.remove(key).unwrap_or(Sighting { since: time, is_reported: false });
        self.now.insert(key.clone(), sighting);
        (time - sighting.since < seconds, sighting.is_reported)
    }

    /// Notes that something that the look has found is reported.
    pub fn report(&mut self, key: &Key) {
        self.now.entry(key.clone()).and_modify(|sighting| sighting.is_reported = true);
    }
}

/// These nodes, and all that they wait for, directly or indirectly; each once.
fn all_needed(waits: &Waits, nodes: &[usize]) -> Vec<usize> {
    reached(nodes.to_vec(), |node| waits.get(node).cloned().unwrap_or_default())
}

/// These nodes, and all that can be reached from them; each once. The walk does not recurse.
pub fn reached<Node: Clone + Eq + Hash>(mut nodes: Vec<Node>, next: impl Fn(&Node) -> Vec<Node>) -> Vec<Node> {
    let mut seen: HashSet<Node> = nodes.iter().cloned().collect();
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        at += 1;
        let new = next(node);
        nodes.extend(new.into_iter().filter(|node| seen.insert(node.clone())));
    }
    nodes
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
    fn a_node_that_waits_for_several_needs_them_all() {
        let on = |names: &[&'static str]| Some(names.to_vec());
        let nodes = [
            (["a", "A"], on(&["b"])),
            (["b", "B"], on(&["A", "c"])),
            (["c", "C"], on(&["d", "b"])),
            (["d", "D"], on(&["A"])),
            (["e", "E"], on(&["a"])),
            (["f", "F"], None),
            (["g", "G"], on(&["h", "f"])),
            (["h", "H"], on(&["g"])),
            (["i", "I"], on(&["i", "unknown"])),
        ];
        let knots = knots(nodes.into_iter());
        assert_eq!(knots, [Knot { cycle: vec![0, 1], needed: vec![0, 1, 2, 3] }]);
        assert_eq!(knots[0].to_string(), "2 tasks wait for each other");
    }

    #[test]
    fn what_a_look_does_not_find_begins_anew() {
        let mut sightings = Sightings::default();
        let mut look = |keys: &[&'static str], time: f64| {
            sightings.begin();
            let found: Vec<_> = keys.iter().map(|key| sightings.find(key, time, 2.0)).collect();
            keys.iter().filter(|key| **key == "a").for_each(|key| sightings.report(key));
            found
        };
        assert_eq!(look(&["a"], 1.0), [(true, false)]);
        assert_eq!(look(&["b", "a"], 3.0), [(true, false), (false, true)]);
        assert_eq!(look(&["b"], 4.0), [(true, false)]);
        assert_eq!(look(&["a", "b"], 6.0), [(true, false), (false, false)]);
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
