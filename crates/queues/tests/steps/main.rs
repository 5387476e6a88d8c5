//! Step for step as CPython: the random programs of `scenarios.py`, whose log `expected.txt` CPython 3.13 wrote.

use std::cell::{Cell, OnceCell, RefCell};
use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::rc::Rc;
use std::{env, fs};

use asyncio_queues::{LifoQueue, PriorityQueue, Queue, QueueOf, Store};
use asyncio_runtime::{Clock, Result, Runner, Task, create_task, get_running_loop, sleep};

/// An item of which only the tens count for its order: many are equal.
struct Item(u32);

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0 / 10).cmp(&(other.0 / 10))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

struct Program<S> {
    queue: QueueOf<Item, S>,
    tasks: OnceCell<Vec<Task<()>>>,
    ticks: Cell<u32>,
    lines: RefCell<String>,
}

impl<S: Store<Item> + fmt::Debug + 'static> Program<S> {
    fn log(&self, who: &str, what: &str, outcome: &str) {
        writeln!(self.lines.borrow_mut(), "{} {who} {what} {outcome} {:?}", self.ticks.get(), self.queue).unwrap();
    }

    /// What Python returns, as text.
    async fn perform(&self, operation: &str, argument: usize) -> Result<String> {
        let queue = &self.queue;
        match operation {
            "put" => queue.put(Item(argument as u32)).await?,
            "get" => return Ok(format!("{:?}", queue.get().await?)),
            "put_nowait" => queue.put_nowait(Item(argument as u32))?,
            "get_nowait" => return Ok(format!("{:?}", queue.get_nowait()?)),
            "task_done" => queue.task_done()?,
            "join" => queue.join().await?,
            "shutdown" => queue.shutdown(argument == 1),
            "yield" => sleep(0).await?,
            "cancel" => {
                let cancelled = self.tasks.get().unwrap()[argument].cancel();
                return Ok(if cancelled { "True" } else { "False" }.to_owned());
            }
            _ => panic!("{operation}?"),
        }
        Ok("None".to_owned())
    }

    async fn follow(self: Rc<Self>, who: usize, operations: String) -> Result<()> {
        for text in operations.split(',') {
            let (operation, argument) = text.split_once(':').unwrap_or((text, "0"));
            let outcome = self.perform(operation, argument.parse().unwrap()).await;
            self.log(&format!("t{who}"), text, &outcome.unwrap_or_else(|error| format!("{error:?}")));
        }
        Ok(())
    }

    fn tick(self: Rc<Self>) {
        self.ticks.set(self.ticks.get() + 1);
        get_running_loop().unwrap().call_soon(move || self.clone().tick()).unwrap();
    }

    async fn main(self: Rc<Self>, operations: Vec<String>) -> Result<()> {
        let follow = |(i, operations)| create_task(Rc::clone(&self).follow(i, operations));
        let tasks = self.tasks.get_or_init(|| operations.into_iter().enumerate().map(follow).collect());
        Rc::clone(&self).tick();
        for _ in 0..40 {
            sleep(0).await?;
        }
        while !tasks.iter().all(|task| task.done()) {
            self.log("main", "cancels", "None");
            for task in tasks {
                task.cancel();
            }
            for _ in 0..10 {
                sleep(0).await?;
            }
        }
        self.log("main", "ends", "None");
        Ok(())
    }
}

fn run<S: Store<Item> + fmt::Debug + 'static>(queue: QueueOf<Item, S>, operations: Vec<String>) -> String {
    let program = Rc::new(Program { queue, tasks: OnceCell::new(), ticks: Cell::new(0), lines: RefCell::default() });
    let runner = Runner::new().clock(Clock::Virtual);
    runner.run(Rc::clone(&program).main(operations)).unwrap();
    runner.close();
    program.lines.take()
}

/// Runs the program that a headline tells and gives its log.
fn run_headline(headline: &str) -> String {
    let mut words = headline.split(' ');
    let (kind, size) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
    let operations = words.map(str::to_owned).collect();
    match kind {
        "Queue" => run(Queue::new(size), operations),
        "LifoQueue" => run(LifoQueue::new(size), operations),
        "PriorityQueue" => run(PriorityQueue::new(size), operations),
        _ => panic!("{kind}?"),
    }
}

#[test]
fn random_programs_run_as_in_cpython() {
    let path = env::var("ASYNCIO_STEPS");
    let expected = path.map_or(include_str!("expected.txt").to_owned(), |path| fs::read_to_string(path).unwrap());
    let mut programs = 0;
    for program in expected.split("== ").skip(1) {
        let (headline, log) = program.split_once('\n').unwrap();
        assert_eq!(run_headline(headline).lines().collect::<Vec<_>>(), log.lines().collect::<Vec<_>>(), "{headline}");
        programs += 1;
    }
    assert!(programs >= 120, "{programs}");
}
