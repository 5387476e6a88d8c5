//! Step for step as CPython: the random programs of `scenarios.py`, whose log `expected.txt` CPython 3.13 wrote.

use std::cell::Cell;
use std::fmt::{Debug, Write as _};
use std::rc::Rc;
use std::{env, fs};

use asyncio_locks::{Barrier, BoundedSemaphore, Condition, Event, Lock, Semaphore};
use asyncio_runtime::{Clock, Result, Runner, Task, create_task, get_running_loop, sleep};

#[derive(Debug)]
enum Shared {
    Lock(Lock),
    Event(Event),
    Condition(Condition),
    Semaphore(Semaphore),
    Bounded(BoundedSemaphore),
    Barrier(Barrier),
}

impl Shared {
    fn new(kind: &str, size: usize) -> Self {
        match kind {
            "lock" => Self::Lock(Lock::new()),
            "event" => Self::Event(Event::new()),
            "condition" => Self::Condition(Condition::new()),
            "semaphore" => Self::Semaphore(Semaphore::new(size as isize).unwrap()),
            "bounded" => Self::Bounded(BoundedSemaphore::new(size as isize).unwrap()),
            "barrier" => Self::Barrier(Barrier::new(size).unwrap()),
            _ => panic!("{kind}?"),
        }
    }

    fn state(&self) -> &dyn Debug {
        match self {
            Self::Lock(shared) => shared,
            Self::Event(shared) => shared,
            Self::Condition(shared) => shared,
            Self::Semaphore(shared) => shared,
            Self::Bounded(shared) => shared,
            Self::Barrier(shared) => shared,
        }
    }
}

struct Program {
    shared: Shared,
    tasks: std::cell::OnceCell<Vec<Task<()>>>,
    ticks: Cell<u32>,
    lines: std::cell::RefCell<String>,
}

impl Program {
    fn log(&self, who: &str, what: &str, outcome: &str) {
        let state = self.shared.state();
        writeln!(self.lines.borrow_mut(), "{} {who} {what} {outcome} {state:?}", self.ticks.get()).unwrap();
    }

    /// What Python returns, as text.
    async fn perform(&self, operation: &str, argument: usize) -> Result<String> {
        match (&self.shared, operation) {
            (Shared::Lock(lock), "lock") => lock.acquire().await?,
            (Shared::Lock(lock), "unlock") => lock.release()?,
            (Shared::Event(event), "wait") => event.wait().await?,
            (Shared::Event(event), "set") => event.set(),
            (Shared::Event(event), "clear") => event.clear(),
            (Shared::Condition(condition), "lock") => condition.acquire().await?,
            (Shared::Condition(condition), "unlock") => condition.release()?,
            (Shared::Condition(condition), "cwait") => condition.wait().await?,
            (Shared::Condition(condition), "notify") => condition.notify(argument)?,
            (Shared::Condition(condition), "notify_all") => condition.notify_all()?,
            (Shared::Semaphore(semaphore), "acquire") => semaphore.acquire().await?,
            (Shared::Semaphore(semaphore), "release") => semaphore.release(),
            (Shared::Bounded(semaphore), "acquire") => semaphore.acquire().await?,
            (Shared::Bounded(semaphore), "release") => semaphore.release()?,
            (Shared::Barrier(barrier), "arrive") => return Ok(barrier.wait().await?.to_string()),
            (Shared::Barrier(barrier), "reset") => barrier.reset().await?,
            (Shared::Barrier(barrier), "abort") => barrier.abort().await?,
            (_, "yield") => sleep(0).await?,
            (_, "cancel") => {
                let cancelled = self.tasks.get().unwrap()[argument].cancel();
                return Ok(if cancelled { "True" } else { "False" }.to_owned());
            }
            (shared, operation) => panic!("{operation} {shared:?}?"),
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
            if let Shared::Condition(condition) = &self.shared
                && condition.release().is_ok()
            {
                self.log("main", "unlocks", "None");
                sleep(0).await?;
            }
        }
        self.log("main", "ends", "None");
        Ok(())
    }
}

/// Runs the program that a headline tells and gives its log.
fn run(headline: &str) -> String {
    let mut words = headline.split(' ');
    let shared = Shared::new(words.next().unwrap(), words.next().unwrap().parse().unwrap());
    let program =
        Rc::new(Program { shared, tasks: Default::default(), ticks: Cell::new(0), lines: Default::default() });
    let runner = Runner::new().clock(Clock::Virtual);
    runner.run(Rc::clone(&program).main(words.map(str::to_owned).collect())).unwrap();
    runner.close();
    program.lines.take()
}

#[test]
fn random_programs_run_as_in_cpython() {
    let path = env::var("ASYNCIO_STEPS");
    let expected = path.map_or(include_str!("expected.txt").to_owned(), |path| fs::read_to_string(path).unwrap());
    let mut programs = 0;
    for program in expected.split("== ").skip(1) {
        let (headline, log) = program.split_once('\n').unwrap();
        assert_eq!(run(headline).lines().collect::<Vec<_>>(), log.lines().collect::<Vec<_>>(), "{headline}");
        programs += 1;
    }
    assert!(programs >= 150, "{programs}");
}
