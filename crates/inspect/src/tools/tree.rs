//! The tree of who waits for whom, as `python -m asyncio pstree` draws it (`asyncio.tools.build_async_tree`).
//!
//! The drawing is the same as CPython's for the same tasks, except for two limits. A task that many others wait for is drawn below
//! each of them, so a graph of a few hundred tasks can have more lines than fit on any screen or disk.

use std::collections::{HashMap, HashSet};

/// Nothing deeper than this is drawn: the text for a long chain would be of quadratic size.
const DEEPEST: usize = 100;

/// No tree has more lines than this.
const LONGEST: usize = 20_000;

/// The tasks of a thread: `AwaitedInfo`.
#[derive(Clone, Debug, Default)]
pub struct AwaitedInfo {
    /// The thread.
    pub thread_id: u64,
    /// Its tasks.
    pub awaited_by: Vec<TaskInfo>,
}

/// A task, and who waits for it: `TaskInfo`.
#[derive(Clone, Debug, Default)]
pub struct TaskInfo {
    /// The task.
    pub task_id: u64,
    /// Its name, if it has one.
    pub task_name: Option<String>,
    /// Where it is suspended.
    pub coroutine_stack: Vec<CoroInfo>,
    /// The tasks that wait for it, and where.
    pub awaited_by: Vec<CoroInfo>,
}

/// A stack of frames, the innermost first: `CoroInfo`.
#[derive(Clone, Debug, Default)]
pub struct CoroInfo {
    /// The frames.
    pub call_stack: Vec<FrameInfo>,
    /// The number of the task. (CPython's field has this name, and a number, too.)
    pub task_name: u64,
}

/// A place in a coroutine: `FrameInfo`.
#[derive(Clone, Debug, Default)]
pub struct FrameInfo {
    /// The function.
    pub funcname: String,
    /// The file; empty if there is none.
    pub filename: String,
    /// The line, if it is known; 0 for none.
    pub lineno: Option<u32>,
}

impl FrameInfo {
    /// A frame in a line of a file.
    #[must_use]
    pub fn new(funcname: &str, filename: &str, lineno: Option<u32>) -> Self {
        Self { funcname: funcname.to_owned(), filename: filename.to_owned(), lineno }
    }

    fn label(&self) -> String {
        let Self { funcname, filename, lineno } = self;
        match lineno {
            None if filename.is_empty() || filename == "~" => funcname.clone(),
            None => format!("{funcname} {filename}"),
            Some(0) if filename.is_empty() => funcname.clone(),
            Some(lineno) => format!("{funcname} {filename}:{lineno}"),
        }
    }
}

/// The tasks wait for each other in cycles, so there is no tree: `CycleFoundException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleFound {
    /// The cycles, each with its first task repeated at the end.
    pub cycles: Vec<Vec<u64>>,
}

/// Draws the trees, each as a list of lines: a task above its coroutine, and that above the tasks that it waits for.
///
/// # Errors
///
/// [`CycleFound`] if tasks wait for each other.
pub fn build_async_tree(result: &[AwaitedInfo], task: &str, coroutine: &str) -> Result<Vec<Vec<String>>, CycleFound> {
    let awaits: Vec<AwaitEdge<'_>> = awaits(result).collect();
    let cycles = find_cycles(awaits.iter().map(|edge| (edge.waiter, edge.awaited)));
    if !cycles.is_empty() {
        return Err(CycleFound { cycles });
    }
    let nodes = Nodes::new(result, &awaits);
    Ok(nodes.roots().map(|root| nodes.render(root, task, coroutine)).collect())
}

/// A task that waits for another.
struct AwaitEdge<'a> {
    waiter: u64,
    stack: &'a [FrameInfo],
    awaited: u64,
}

fn awaits(result: &[AwaitedInfo]) -> impl Iterator<Item = AwaitEdge<'_>> {
    result.iter().flat_map(|info| &info.awaited_by).flat_map(|task| {
        task.awaited_by.iter().map(|by| AwaitEdge {
            waiter: by.task_name,
            stack: &by.call_stack,
            awaited: task.task_id,
        })
    })
}

/// The cycles in a graph: for each edge that leads back onto the current path, the path that it closes.
pub fn find_cycles(edges: impl Iterator<Item = (u64, u64)>) -> Vec<Vec<u64>> {
    let mut graph: HashMap<u64, Vec<u64>> = HashMap::new();
    let (mut order, mut seen) = (Vec::new(), HashSet::new());
    for (from, to) in edges.filter(|edge| seen.insert(*edge)) {
        let targets = graph.entry(from).or_insert_with(|| {
            order.push(from);
            Vec::new()
        });
        targets.push(to);
    }
    let (mut done, mut cycles) = (HashSet::new(), Vec::new());
    for start in order {
        // The path from the start, with the number of edges followed for each task; and the position of each task on it.
        let (mut path, mut places) = (vec![(start, 0)], HashMap::from([(start, 0)]));
        if done.contains(&start) {
            continue;
        }
        while let Some((from, followed)) = path.last_mut() {
            let next = graph.get(from).and_then(|targets| targets.get(*followed)).copied();
            *followed += 1;
            match next {
                None => {
                    done.insert(*from);
                    places.remove(from);
                    path.pop();
                }
                Some(to) => match places.get(&to) {
                    Some(place) => {
                        let circle = path[*place..].iter().map(|(task, _)| *task);
                        cycles.push(circle.chain([to]).collect());
                    }
                    None if done.contains(&to) => {}
                    None => {
                        places.insert(to, path.len());
                        path.push((to, 0));
                    }
                },
            }
        }
    }
    cycles
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Task(u64),
    Coroutine(usize),
}

/// What is drawn.
struct Nodes {
    /// The tasks in their order.
    tasks: Vec<u64>,
    names: HashMap<u64, String>,
    /// The labels of the coroutines.
    frames: Vec<String>,
    children: HashMap<Node, Vec<Node>>,
}

impl Nodes {
    fn new(result: &[AwaitedInfo], awaits: &[AwaitEdge<'_>]) -> Self {
        let mut nodes = Self { tasks: Vec::new(), names: HashMap::new(), frames: Vec::new(), children: HashMap::new() };
        let mut stacks: HashMap<u64, &[FrameInfo]> = HashMap::new();
        for task in result.iter().flat_map(|info| &info.awaited_by) {
            let name = task.task_name.clone().unwrap_or_else(|| "None".to_owned());
            if nodes.names.insert(task.task_id, name).is_none() {
                nodes.tasks.push(task.task_id);
            }
            if let Some(stack) = task.coroutine_stack.last() {
                stacks.insert(task.task_id, &stack.call_stack);
            }
        }
        let (mut known, mut drawn) = (HashMap::new(), HashSet::new());
        for edge in awaits {
            let at = nodes.stack(&mut known, edge.waiter, edge.stack);
            let child = Node::Task(edge.awaited);
            if drawn.insert((at, child)) {
                nodes.children.entry(at).or_default().push(child);
            }
        }
        let waiting: HashSet<u64> = awaits.iter().map(|edge| edge.waiter).collect();
        for task in nodes.tasks.clone() {
            if let Some(stack) = stacks.get(&task).filter(|_| !waiting.contains(&task)) {
                nodes.stack(&mut known, task, stack);
            }
        }
        nodes
    }

    /// The node of a task's innermost frame; equal frames below the same node share a node.
    fn stack(&mut self, known: &mut HashMap<(Node, String), Node>, task: u64, stack: &[FrameInfo]) -> Node {
        let mut at = Node::Task(task);
        for label in stack.iter().rev().map(FrameInfo::label) {
            at = *known.entry((at, label)).or_insert_with_key(|(parent, label)| {
                let node = Node::Coroutine(self.frames.len());
                self.frames.push(label.clone());
                self.children.entry(*parent).or_default().push(node);
                node
            });
        }
        at
    }

    /// The tasks that no other one waits for.
    fn roots(&self) -> impl Iterator<Item = Node> {
        let awaited: HashSet<Node> = self.children.values().flatten().copied().collect();
        self.tasks.iter().map(|task| Node::Task(*task)).filter(move |node| !awaited.contains(node))
    }

    fn render(&self, root: Node, task: &str, coroutine: &str) -> Vec<String> {
        let mut lines = Vec::new();
        // The nodes left to draw, each with the prefix of its line and whether it is the last sibling.
        let mut left = vec![(root, String::new(), true, 0)];
        while let Some((node, prefix, is_last, depth)) = left.pop() {
            if lines.len() == LONGEST {
                lines.push("…".to_owned());
                break;
            }
            let branch = if is_last { "└── " } else { "├── " };
            let label = match node {
                Node::Task(id) => format!("{task} {}", self.names.get(&id).map_or("Unknown", String::as_str)),
                Node::Coroutine(index) => format!("{coroutine} {}", self.frames[index]),
            };
            lines.push(format!("{prefix}{branch}{label}"));
            let children = self.children.get(&node).map_or(&[][..], Vec::as_slice);
            let prefix = prefix + if is_last { "    " } else { "│   " };
            if depth == DEEPEST && !children.is_empty() {
                lines.push(format!("{prefix}└── …"));
                continue;
            }
            let last = children.len().saturating_sub(1);
            let children = children.iter().enumerate().rev();
            left.extend(children.map(|(place, child)| (*child, prefix.clone(), place == last, depth + 1)));
        }
        lines
    }
}
