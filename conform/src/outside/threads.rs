//! Jobs in a pool of threads, and threads that call into the loop.
//!
//! A job waits at a gate, which a step opens, so the program knows where it is. A thread that calls into the loop is joined
//! before the next step.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use asyncio::{
    CancelledError, ConcurrentFuture, Error, EventLoop, Future, LoopHandle, Result, Task, ThreadPoolExecutor,
    ValueError, create_task, get_running_loop, run_coroutine_threadsafe, sleep, to_thread, wait,
};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::player::{Lines, error, run, truth};

/// How long a thread may take to get where it must get.
const PATIENCE: Duration = Duration::from_secs(1);

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The number of threads in the pool.
    pub workers: usize,
    /// What the coroutine does.
    pub steps: Vec<Step>,
}

/// A step of the loop's own thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Submit { job: usize, fails: bool, to_thread: bool },
    Started { job: usize },
    Open { job: usize },
    Ended { job: usize },
    Arrive { job: usize },
    Ask { job: usize },
    Cancel { job: usize },
    Callback { job: usize },
    Ticks { times: usize },
    Soon { number: usize },
    Thread { calls: Vec<ThreadStep> },
    CancelCoroutine { slot: usize },
    AskCoroutine { slot: usize },
}

/// A step of another thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadStep {
    Call { number: usize },
    Coroutine { slot: usize, ticks: usize, fails: bool },
    CancelCoroutine { slot: usize },
    AskCoroutine { slot: usize },
}

/// Writes a program. It keeps track of which jobs are running, queued and done.
pub(super) fn generate(rng: &mut Rng) -> Program {
    let workers = rng.usize(1..3);
    let (mut steps, mut jobs, mut slots) = (Vec::new(), 0, 0);
    let (mut running, mut in_line) = (Vec::new(), Vec::new());
    let mut numbers = 0..;
    for _ in 0..rng.usize(4..16) {
        match rng.u32(0..12) {
            0..=2 if jobs < 6 => {
                let (job, to_thread) = (jobs, rng.bool());
                jobs += 1;
                steps.push(Step::Submit { job, fails: rng.u32(0..3) == 0, to_thread });
                if rng.bool() {
                    steps.push(Step::Callback { job });
                }
                if to_thread {
                    steps.push(Step::Ticks { times: 1 });
                }
                if running.len() < workers {
                    running.push(job);
                    steps.push(Step::Started { job });
                } else {
                    in_line.push(job);
                }
            }
            3..=5 if !running.is_empty() => {
                let job = running.remove(rng.usize(0..running.len()));
                if rng.u32(0..3) == 0 {
                    // The job continues, and nobody gets its result.
                    steps.push(Step::Cancel { job });
                    steps.push(Step::Ticks { times: rng.usize(1..4) });
                    steps.push(Step::Ask { job });
                }
                // The others must settle first: the number of iterations until the job's end is noticed varies.
                steps.extend([Step::Ticks { times: 6 }, Step::Open { job }, Step::Ended { job }, Step::Arrive { job }]);
                if !in_line.is_empty() {
                    let next = in_line.remove(0);
                    running.push(next);
                    steps.push(Step::Started { job: next });
                }
            }
            6 if !in_line.is_empty() => {
                let job = in_line.remove(rng.usize(0..in_line.len()));
                steps.push(Step::Cancel { job });
                steps.push(Step::Ticks { times: rng.usize(2..5) });
                steps.push(Step::Ask { job });
            }
            7 if jobs > 0 => steps.push(Step::Ask { job: rng.usize(0..jobs) }),
            8 => steps.push(Step::Soon { number: numbers.next().unwrap_or_default() }),
            9 if slots > 0 => {
                let slot = rng.usize(0..slots);
                steps.push(if rng.bool() { Step::CancelCoroutine { slot } } else { Step::AskCoroutine { slot } });
            }
            10 | 11 => {
                let mut calls = Vec::new();
                for _ in 0..rng.usize(1..5) {
                    calls.push(match rng.u32(0..6) {
                        0 | 1 => ThreadStep::Call { number: numbers.next().unwrap_or_default() },
                        2 | 3 if slots < 5 => {
                            slots += 1;
                            ThreadStep::Coroutine { slot: slots - 1, ticks: rng.usize(0..4), fails: rng.u32(0..3) == 0 }
                        }
                        4 if slots > 0 => ThreadStep::CancelCoroutine { slot: rng.usize(0..slots) },
                        _ if slots > 0 => ThreadStep::AskCoroutine { slot: rng.usize(0..slots) },
                        _ => ThreadStep::Call { number: numbers.next().unwrap_or_default() },
                    });
                }
                steps.push(Step::Thread { calls });
            }
            _ => steps.push(Step::Ticks { times: rng.usize(1..5) }),
        }
    }
    steps.push(Step::Ticks { times: 6 });
    steps.extend((0..slots).map(|slot| Step::AskCoroutine { slot }));
    Program { workers, steps }
}

/// An event that a thread can wait for: `threading.Event`.
#[derive(Clone, Default)]
struct Flag(Arc<(Mutex<bool>, Condvar)>);

impl Flag {
    fn set(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    fn wait(&self, limit: Option<Duration>) -> bool {
        let is_set = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        match limit {
            None => *self.0.1.wait_while(is_set, |is_set| !*is_set).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                *self.0.1.wait_timeout_while(is_set, limit, |is_set| !*is_set).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

type Outcome = std::result::Result<usize, String>;

/// The future of a job.
enum Job {
    Executor(Future<Outcome>),
    Thread(Task<Outcome>),
}

impl Job {
    async fn arrive(&self) -> Result<()> {
        match self {
            Self::Executor(future) if !future.done() => _ = wait([future]).timeout(PATIENCE).await?,
            Self::Thread(task) if !task.done() => _ = wait([task]).timeout(PATIENCE).await?,
            _ => {}
        }
        Ok(())
    }

    fn show(&self) -> String {
        let (done, cancelled, result) = match self {
            Self::Executor(future) => (future.done(), future.cancelled(), future.result()),
            Self::Thread(task) => (task.done(), task.cancelled(), task.result()),
        };
        match result {
            _ if !done => "pending".to_owned(),
            _ if cancelled => "cancelled".to_owned(),
            Ok(Ok(value)) => value.to_string(),
            // An exception of a job in Python is a result of ours.
            Ok(Err(text)) => error(&ValueError::new(text).into()),
            Err(raised) => error(&raised),
        }
    }
}

struct Player {
    lines: Lines,
    event_loop: EventLoop,
    jobs: BTreeMap<usize, (Job, [Flag; 3])>,
    outside: Outside,
}

/// What other threads have access to as well.
#[derive(Clone)]
struct Outside {
    lines: Lines,
    handle: LoopHandle,
    futures: Arc<Mutex<BTreeMap<usize, ConcurrentFuture<usize>>>>,
    /// The results that were asked for. Ours can be taken once, Python's repeatedly.
    results: Arc<Mutex<BTreeMap<usize, String>>>,
}

pub(super) fn play(program: Program) -> String {
    run(move |lines| async move {
        let event_loop = get_running_loop()?;
        event_loop.set_default_executor(ThreadPoolExecutor::new(program.workers)?);
        let outside = Outside {
            lines: lines.clone(),
            handle: event_loop.handle(),
            futures: Arc::default(),
            results: Arc::default(),
        };
        let mut player = Player { lines, event_loop, jobs: BTreeMap::new(), outside };
        for step in program.steps {
            player.step(step).await?;
        }
        // One after the other, so that they end in a certain order.
        for (future, [_, gate, _]) in player.jobs.values() {
            gate.set();
            future.arrive().await?;
        }
        Ok(())
    })
}

impl Player {
    fn tell(&self, job: usize, what: &str) {
        self.lines.add(format!("job {job} {what}"));
    }

    fn submit(&mut self, job: usize, fails: bool, in_a_thread: bool) -> Result<()> {
        let flags: [Flag; 3] = Default::default();
        let [started, gate, ended] = flags.clone();
        let run = move || {
            started.set();
            gate.wait(None);
            ended.set();
            if fails { Err(format!("job {job}")) } else { Ok(job) }
        };
        let future = if in_a_thread {
            Job::Thread(create_task(async move { to_thread(run).await }))
        } else {
            Job::Executor(self.event_loop.run_in_executor(None, run)?)
        };
        self.jobs.insert(job, (future, flags));
        Ok(())
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Submit { job, fails, to_thread } => self.submit(job, fails, to_thread)?,
            Step::Ticks { times } => {
                for tick in 0..times {
                    sleep(0).await?;
                    self.lines.add(format!("tick {tick}"));
                }
            }
            Step::Soon { number } => {
                let lines = self.lines.clone();
                self.event_loop.call_soon(move || lines.add(format!("soon {number}")))?;
            }
            Step::Thread { calls } => {
                let outside = self.outside.clone();
                let thread = std::thread::spawn(move || calls.into_iter().for_each(|call| outside.call(call)));
                thread.join().expect("it does not panic");
            }
            Step::CancelCoroutine { slot } => self.outside.call(ThreadStep::CancelCoroutine { slot }),
            Step::AskCoroutine { slot } => self.outside.call(ThreadStep::AskCoroutine { slot }),
            Step::Started { job }
            | Step::Open { job }
            | Step::Ended { job }
            | Step::Arrive { job }
            | Step::Ask { job }
            | Step::Cancel { job }
            | Step::Callback { job } => self.of_job(&step, job).await?,
        }
        Ok(())
    }

    async fn of_job(&self, step: &Step, job: usize) -> Result<()> {
        // In a program that was made smaller, the job may never have been submitted.
        let Some((future, [started, gate, ended])) = self.jobs.get(&job) else { return Ok(()) };
        match step {
            Step::Started { .. } => self.tell(job, &format!("started {}", truth(started.wait(Some(PATIENCE))))),
            Step::Open { .. } => gate.set(),
            Step::Ended { .. } => self.tell(job, &format!("ended {}", truth(ended.wait(Some(PATIENCE))))),
            Step::Cancel { .. } => {
                let cancelled = match future {
                    Job::Executor(future) => future.cancel(),
                    Job::Thread(task) => task.cancel(),
                };
                self.lines.add(format!("cancel job {job} {}", truth(cancelled)));
            }
            Step::Callback { .. } => {
                let lines = self.lines.clone();
                let tell = move || lines.add(format!("callback of job {job}"));
                match future {
                    Job::Executor(future) => _ = future.add_done_callback(move |_| tell()),
                    Job::Thread(task) => _ = task.add_done_callback(move |_| tell()),
                }
            }
            Step::Arrive { .. } => {
                future.arrive().await?;
                self.tell(job, &future.show());
            }
            _ => self.tell(job, &future.show()),
        }
        Ok(())
    }
}

impl Outside {
    fn call(&self, call: ThreadStep) {
        match call {
            ThreadStep::Call { number } => {
                let lines = self.lines.clone();
                let called = self.handle.call_soon_threadsafe(move || lines.add(format!("call {number}")));
                called.expect("the loop runs");
            }
            ThreadStep::Coroutine { slot, ticks, fails } => {
                let lines = self.lines.clone();
                let coroutine = move || coroutine(lines, slot, ticks, fails);
                let future = run_coroutine_threadsafe(coroutine, &self.handle).expect("the loop runs");
                self.futures.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, future);
            }
            ThreadStep::CancelCoroutine { slot } => {
                if let Some(future) = self.future(slot) {
                    self.lines.add(format!("cancel coroutine {slot} {}", truth(future.cancel())));
                }
            }
            ThreadStep::AskCoroutine { slot } => {
                let what = match self.future(slot) {
                    Some(future) if future.cancelled() => "cancelled".to_owned(),
                    Some(future) if future.done() => {
                        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
                        let result =
                            || future.result(0).map_or_else(|raised| error(&raised), |value| value.to_string());
                        results.entry(slot).or_insert_with(result).clone()
                    }
                    _ => "not done".to_owned(),
                };
                self.lines.add(format!("coroutine {slot} {what}"));
            }
        }
    }

    fn future(&self, slot: usize) -> Option<ConcurrentFuture<usize>> {
        self.futures.lock().unwrap_or_else(PoisonError::into_inner).get(&slot).cloned()
    }
}

async fn coroutine(lines: Lines, slot: usize, ticks: usize, fails: bool) -> Result<usize> {
    lines.add(format!("coroutine {slot}"));
    for tick in 0..ticks {
        match sleep(0).await {
            Ok(()) => lines.add(format!("coroutine {slot} tick {tick}")),
            Err(error) => {
                if error.is::<CancelledError>() {
                    lines.add(format!("coroutine {slot} is cancelled"));
                }
                return Err(error);
            }
        }
    }
    if fails { Err(Error::from(ValueError::new(format!("coroutine {slot}")))) } else { Ok(slot) }
}
