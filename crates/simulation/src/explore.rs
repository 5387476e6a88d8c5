//! `explore`: the options of a search.

use std::fmt::Debug;
use std::future::Future;
use std::thread;
use std::time::Duration;

use asyncio_clock::Seconds;
use asyncio_errors::Result;

use crate::report::Exploration;
use crate::strategy::Strategy;
use crate::token::Schedule;
use crate::{run, search};

/// Runs a program under many orders of its steps, each on a loop of its own with a virtual clock, and looks for one in which it
/// fails.
///
/// The program fails if it panics, if its main coroutine raises, if no task can go on, if a task is left when the main
/// coroutine returns, if an exception is never retrieved, if it does not end, or if an [`invariant`](crate::invariant()) is
/// violated. [`check`](Explore::check) panics with the report, [`run`](Explore::run) returns it.
///
/// `program` is called for each schedule, in several threads. State that its tasks share must be created within it, for each
/// run. It must not depend on anything but its tasks, the virtual clock and jobs of thread pools: real time, sockets, and
/// threads that it starts itself do not follow the schedule.
///
/// If the environment variable `ASYNCIO_SCHEDULE` is set, only the schedule that it names is run.
///
/// # Examples
///
/// A fault that first in, first out never shows, and the line that mends it:
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{Result, gather, simulation::explore, sleep};
///
/// async fn buy(tickets: Rc<Cell<u32>>, minutes: u32, mended: bool) -> Result<()> {
///     for _ in 0..minutes {
///         sleep(0).await?; // walks to the box office
///     }
///     let seen = tickets.get();
///     if seen > 0 {
///         tickets.set(if mended { seen - 1 } else { seen }); // reserved, before anything else runs
///         sleep(0).await?; // pays
///         tickets.set(if mended { tickets.get() } else { tickets.get().checked_sub(1).expect("a ticket is expected") });
///     }
///     Ok(())
/// }
/// let two_buy_one = |mended| {
///     move || async move {
///         let tickets = Rc::new(Cell::new(1));
///         gather([buy(tickets.clone(), 0, mended), buy(tickets.clone(), 1, mended)]).await
///     }
/// };
/// let found = explore(two_buy_one(false)).run().failure.expect("both may see the ticket");
/// assert_eq!(found.schedule.to_string(), "1:fence:dev:1=1/2"); // the other customer is there first
/// explore(two_buy_one(true)).check();
/// ```
///
/// A job of a thread is part of the schedule. This one takes longer than the timeout, and no real time passes:
///
/// ```
/// use asyncio::{simulation::explore, to_thread, wait_for};
///
/// let found = explore(|| async { wait_for(to_thread(|| "read from the disk"), 1).await }).run().failure.unwrap();
/// assert_eq!(found.failure.to_string(), "main raised TimeoutError()");
/// assert_eq!(found.schedule.to_string(), "1:fence:dev:+1:time:dev:job.0=9/10"); // three seconds more
/// ```
///
/// A program without a fault:
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{Result, gather, simulation::explore, sleep};
///
/// async fn count() -> Result<u32> {
///     let counter = Rc::new(Cell::new(0));
///     let add = |_| {
///         let counter = Rc::clone(&counter);
///         async move {
///             sleep(0).await?;
///             counter.set(counter.get() + 1); // in one step: nothing comes in between
///             Ok(())
///         }
///     };
///     gather((0..3).map(add)).await?;
///     assert_eq!(counter.get(), 3);
///     Ok(counter.get())
/// }
///
/// explore(count).schedules(1000).check();
/// ```
#[must_use = "nothing runs before `run` or `check`"]
pub fn explore<F, M, T>(program: F) -> Explore<F>
where
    F: Fn() -> M + Sync,
    M: Future<Output = Result<T>> + 'static,
    T: Debug + 'static,
{
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        strategy: Strategy::default(),
        schedules: 10_000,
        time: None,
        seed: 0,
        threads,
        steps: 100_000,
        slack: 0.0,
        may_leak: false,
        same_output: false,
        outcomes: false,
        replay: None,
        progress: true,
    };
    Explore { program, options }
}

/// The options of a search; made by [`explore`].
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `run` or `check`"]
pub struct Explore<F> {
    program: F,
    options: Options,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) strategy: Strategy,
    pub(crate) schedules: u64,
    pub(crate) time: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) steps: u64,
    pub(crate) slack: f64,
    pub(crate) may_leak: bool,
    pub(crate) same_output: bool,
    pub(crate) outcomes: bool,
    pub(crate) replay: Option<Schedule>,
    pub(crate) progress: bool,
}

impl<F, M, T> Explore<F>
where
    F: Fn() -> M + Sync,
    M: Future<Output = Result<T>> + 'static,
    T: Debug + 'static,
{
    /// Sets how schedules are chosen.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{gather, simulation::{Strategy, explore}, sleep};
    ///
    /// let result = explore(|| async { gather([sleep(0), sleep(0)]).await.map(drop) })
    ///     .strategy(Strategy::Delays(2))
    ///     .run();
    /// let proof = result.proof.expect("nothing fails");
    /// assert!(proof.to_string().starts_with("no fence order with up to 2 delays fails: all"));
    /// ```
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// Sets the greatest number of schedules to run. It is 10,000 by default.
    pub fn schedules(mut self, schedules: u64) -> Self {
        self.options.schedules = schedules;
        self
    }

    /// Sets a limit for the search, in seconds of real time. By default only the number of schedules is limited. (With a time
    /// limit, the result depends on the speed of the machine.)
    pub fn time_limit(mut self, seconds: impl Seconds) -> Self {
        self.options.time = Some(Duration::try_from_secs_f64(seconds.seconds()).unwrap_or(Duration::MAX));
        self
    }

    /// Sets whether the search shows its progress on standard error. By default it does so after half a second, if standard error is
    /// a terminal. Of several searches at the same time, one shows its progress.
    pub fn progress(mut self, shown: bool) -> Self {
        self.options.progress = shown;
        self
    }

    /// Sets the seed of the random strategies, which is 0 by default. The same seed finds the same schedule, with any number of
    /// threads.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Sets how many threads search. By default one for each processor. A program with signal handlers needs one thread, because
    /// a signal goes to all loops of the process that handle it. For the same reason, no other test of the process may handle the
    /// same signal at that time.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads.max(1);
        self
    }

    /// Sets the number of steps after which a program counts as endless. It is 100,000 by default.
    pub fn steps(mut self, steps: u64) -> Self {
        self.options.steps = steps;
        self
    }

    /// Sets how many seconds the steps of one iteration may take: time becomes a part of the schedule. By default steps take no time,
    /// and the virtual clock stands still while anything is ready.
    ///
    /// With it, the next timer may be due although something is ready, if its deadline is at most that far away. The loop may also
    /// wake up late (by 1 ms, 20 ms, 200 ms or 3 s), so that timers that are close to each other are due in the same iteration. A
    /// real loop does both when the machine is slow. [`Strategy::Delays`] ignores this option.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{simulation::explore, sleep, wait_for};
    ///
    /// async fn answer() -> asyncio::Result<()> {
    ///     sleep(0).await?; // looks into the cache
    ///     sleep(0).await
    /// }
    ///
    /// let ask = || async { wait_for(answer(), 0.5).await };
    /// explore(ask).check(); // the steps take no time
    /// explore(ask).slow_steps(0.1).check();
    /// let found = explore(ask).slow_steps(1.0).run().failure.expect("the answer may take a second");
    /// assert_eq!(found.failure.to_string(), "main raised TimeoutError()");
    /// assert_eq!(found.schedule.to_string(), "1:fence:dev:+1:time:dev:busy.0=1/2");
    /// ```
    pub fn slow_steps(mut self, seconds: impl Seconds) -> Self {
        self.options.slack = seconds.seconds();
        self
    }

    /// Allows the program to leave tasks behind. They are cancelled at its end, as by [`run`](asyncio_runtime::run).
    pub fn allow_leaked_tasks(mut self) -> Self {
        self.options.may_leak = true;
        self
    }

    /// Requires the program to return the same under each schedule as first in, first out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// use asyncio::{gather, simulation::{Failure, explore}, sleep};
    ///
    /// let found = explore(|| async {
    ///     let order = Rc::new(RefCell::new(Vec::new()));
    ///     let note = |number| {
    ///         let order = Rc::clone(&order);
    ///         async move {
    ///             order.borrow_mut().push(number);
    ///             sleep(0).await
    ///         }
    ///     };
    ///     gather([1, 2].map(note)).await?;
    ///     Ok(order.take())
    /// })
    /// .same_output()
    /// .run()
    /// .failure
    /// .expect("2 may come first");
    /// assert_eq!(found.failure.to_string(), "it returned [2, 1], and [1, 2] first in, first out");
    /// assert_eq!(found.schedule.deviations().unwrap().len(), 1);
    /// ```
    pub fn same_output(mut self) -> Self {
        self.options.same_output = true;
        self
    }

    /// Collects the results of the program, instead of stopping at the first failure: [`Exploration::outcomes`], each with its
    /// shortest schedule. If there are more than 30, those that occurred least often are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::{gather, simulation::explore, sleep};
    ///
    /// let result = explore(|| async {
    ///     let counter = Rc::new(Cell::new(0));
    ///     let add = |_| {
    ///         let counter = Rc::clone(&counter);
    ///         async move {
    ///             let seen = counter.get();
    ///             sleep(0).await?;
    ///             counter.set(seen + 1);
    ///             Ok(())
    ///         }
    ///     };
    ///     gather((0..2).map(add)).await?;
    ///     Ok(counter.get())
    /// })
    /// .outcomes();
    /// let mut counts: Vec<_> = result.outcomes.iter().map(|outcome| outcome.text.as_str()).collect();
    /// counts.sort_unstable();
    /// assert_eq!(counts, ["1", "2"]); // an update may be lost, or not
    /// ```
    pub fn outcomes(mut self) -> Exploration {
        self.options.outcomes = true;
        self.run()
    }

    /// Sets the only schedule to run. The program fails with [`Failure::Stale`](crate::Failure::Stale) if the schedule is that
    /// of another program.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{gather, simulation::explore, sleep};
    ///
    /// let token = "1:fence:dev:1=1/2".parse().unwrap();
    /// explore(|| async { gather([sleep(0), sleep(0)]).await }).schedule(&token).check();
    /// ```
    pub fn schedule(mut self, schedule: &Schedule) -> Self {
        self.options.replay = Some(schedule.clone());
        self
    }

    /// Runs the program under this schedule only: short for [`schedule`](Self::schedule) and [`run`](Self::run).
    pub fn replay(self, schedule: &Schedule) -> Exploration {
        self.schedule(schedule).run()
    }

    /// Searches, and returns what was found.
    ///
    /// # Panics
    ///
    /// If `ASYNCIO_SCHEDULE` is set to something that is not a schedule.
    pub fn run(self) -> Exploration {
        let Self { program, options } = self;
        search::search(&|tape| run::run(&program, tape, options.may_leak), &options)
    }

    /// Searches, and panics with the report if the program fails.
    ///
    /// # Panics
    ///
    /// If the program fails under a schedule, and like [`run`](Self::run).
    #[track_caller]
    pub fn check(self) {
        let result = self.run();
        assert!(result.failure.is_none(), "{result}");
    }
}
