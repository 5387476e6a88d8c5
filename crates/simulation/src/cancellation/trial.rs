//! One run of a scenario, and the checks at its end.

use std::future::Future;
use std::rc::Rc;

use asyncio_entry::described;
use asyncio_errors::Result;
use asyncio_runtime::{AnyTask, Runner, create_task, current_task, get_running_loop, sleep, wait};

use super::TrialEnd;
use super::afterwards::Asking;
use super::interruption::{Interruption, InterruptionEnd, Target, Watcher};
use crate::invariant::Searching;
use crate::report::Failure;
use crate::run::on_loop;

/// Something that a run may not change.
pub(super) struct Counter {
    pub(super) what: String,
    pub(super) count: Box<dyn Fn() -> i64>,
}

/// A run to be.
pub(super) struct Trial<'a, F> {
    pub(super) scenario: &'a Rc<F>,
    pub(super) interruption: Option<Interruption>,
    pub(super) may_suppress: bool,
    pub(super) counters: &'a [Counter],
}

impl<F, M, T> Trial<'_, F>
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    /// Runs it. Returns how often the target has suspended.
    pub(super) fn run(&self) -> TrialEnd<u64> {
        let before: Vec<i64> = self.counters.iter().map(|counter| (counter.count)()).collect();
        let awaits = self.run_uncounted()?;
        for (counter, before) in self.counters.iter().zip(&before) {
            let more = (counter.count)() - before;
            if more != 0 {
                let word = if more > 0 { "more" } else { "fewer" };
                let text = format!("{}: {} {word} than before", counter.what, more.abs());
                return Err(Failure::Changed(text));
            }
        }
        Ok(awaits)
    }

    /// Runs it without comparing the counters.
    pub(super) fn run_uncounted(&self) -> TrialEnd<u64> {
        let watcher = Rc::new(Watcher::new(self.interruption, false));
        self.watched(&watcher)
    }

    /// The location where the target waits when it is ended.
    pub(super) fn location(&self) -> Option<String> {
        let watcher = Rc::new(Watcher::new(self.interruption, true));
        let _ = self.watched(&watcher);
        watcher.at.take()
    }

    fn watched(&self, watcher: &Rc<Watcher>) -> TrialEnd<u64> {
        let _searching = Searching::begin();
        let asking = Rc::new(Asking::begin());
        let runner = Runner::new().observer(Rc::clone(watcher) as _);
        let play = Play {
            scenario: Rc::clone(self.scenario),
            interruption: self.interruption,
            may_suppress: self.may_suppress,
            watcher: Rc::clone(watcher),
            asking,
        };
        let ended = on_loop(runner, || play.run(), true);
        watcher.end();
        if let Some(failure) = watcher.failure.take() {
            return Err(failure);
        }
        ended?.map_or_else(|| Ok(watcher.awaits.get()), Err)
    }
}

/// What happens in the loop.
struct Play<F> {
    scenario: Rc<F>,
    interruption: Option<Interruption>,
    may_suppress: bool,
    watcher: Rc<Watcher>,
    asking: Rc<Asking>,
}

impl<F, M, T> Play<F>
where
    F: Fn() -> M,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    /// Runs the target to its end, then the companions, then the assertions.
    async fn run(self) -> Result<Option<Failure>> {
        let event_loop = get_running_loop()?;
        let main = current_task()?.expect("a coroutine runs in a task");
        let others = || event_loop.all_tasks().into_iter().filter(|task| task.id() != main.id());
        let coroutine = (self.scenario)();
        let companions: Vec<AnyTask> = others().collect();
        let target = create_task(Target::new(coroutine, self.interruption)).named("target");
        self.watcher.begin(&target);
        wait([&target]).await?;
        all_that_is_ready().await?;
        let left: Vec<AnyTask> = others().filter(|task| self.watcher.is_of_family(task)).collect();
        if !left.is_empty() {
            return Ok(Some(Failure::Leaked(described(&left))));
        }
        if let Some(failure) = self.judge(target.await) {
            return Ok(Some(failure));
        }
        if !companions.is_empty() {
            wait(&companions).await?;
        }
        drop(companions);
        all_that_is_ready().await?;
        let left: Vec<AnyTask> = others().collect();
        if !left.is_empty() {
            return Ok(Some(Failure::Leaked(described(&left))));
        }
        self.asking.ask();
        Ok(None)
    }

    /// Did the target end as it should?
    fn judge(&self, ended: Result<InterruptionEnd>) -> Option<Failure> {
        match ended {
            Err(error) if error.is_cancelled() && self.watcher.was_cancelled.get() => None,
            _ if self.watcher.was_cancelled.get() && self.may_suppress => None,
            Err(error) if self.watcher.was_cancelled.get() => {
                Some(Failure::Suppressed(format!("it raised {}", error.repr())))
            }
            Ok(InterruptionEnd::Returned) if self.watcher.was_cancelled.get() => {
                Some(Failure::Suppressed("it returned".to_owned()))
            }
            Err(error) => Some(Failure::Error(error.repr())),
            Ok(_) => None,
        }
    }
}

/// Waits until nothing is ready, because only then does the virtual clock advance.
async fn all_that_is_ready() -> Result<()> {
    sleep(1e-9).await
}
