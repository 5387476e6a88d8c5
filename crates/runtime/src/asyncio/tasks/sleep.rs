//! `sleep`: a wait for a timer of the loop.

use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use asyncio_clock::Seconds;
use asyncio_errors::{Error, Result, ValueError};

use crate::kernel::{
    Action, BlockedOn, LoopCore, TimerKey, Wake, current, is_visited, keep_waiting_on, running_loop, take_cancel,
    wait_on,
};

/// Suspends the current task for `delay` seconds: `asyncio.sleep`.
///
/// The clock starts at the first poll. A delay of zero or less gives way to the other tasks for one iteration of the loop.
///
/// # Errors
///
/// `CancelledError` if the task is cancelled meanwhile; `ValueError` for NaN; `RuntimeError` outside a loop.
///
/// # Cancellation
///
/// Dropping it cancels the timer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asyncio::{run, sleep};
///
/// run(async {
///     sleep(0.001).await?;
///     sleep(Duration::from_micros(10)).await?;
///     sleep(0).await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn sleep(delay: impl Seconds) -> Sleep {
    Sleep { stage: Stage::New(delay.seconds(), Location::caller()) }
}

/// Like [`sleep`], but returns `result` at its end: `asyncio.sleep(delay, result)`.
///
/// # Cancellation
///
/// Dropping it cancels the timer.
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep_result};
///
/// run(async {
///     let drinks = gather([sleep_result(0.002, "coffee"), sleep_result(0.001, "tea")]).await?;
///     assert_eq!(drinks, ["coffee", "tea"]);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn sleep_result<T>(delay: impl Seconds, result: T) -> SleepResult<T> {
    SleepResult { sleep: sleep(delay), result: Some(result) }
}

/// Made by [`sleep`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    stage: Stage,
}

enum Stage {
    New(f64, &'static Location<'static>),
    /// A bare yield: the task is already queued again.
    Yielded,
    Sleeping(Rc<LoopCore>, TimerKey),
    Done,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::New(..) => "new",
            Stage::Yielded => "yielded",
            Stage::Sleeping(..) => "sleeping",
            Stage::Done => "done",
        })
    }
}

/// Notes that the current task waits for its turn, whatever else it waits on; otherwise like `wait_on`.
#[inline]
fn give_way(at: &'static Location<'static>) {
    current::with_task(|task| {
        if let Some(task) = task {
            task.core().at.set(at);
            task.core().set_blocked_on(BlockedOn::Turn);
        }
    });
}

impl StdFuture for Sleep {
    type Output = Result<()>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &self.stage {
            Stage::New(delay, at) if *delay <= 0.0 => {
                give_way(at);
                self.stage = Stage::Yielded;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Yielded if is_visited() => Poll::Pending,
            Stage::Yielded => {
                self.stage = Stage::Done;
                Poll::Ready(take_cancel().map_or(Ok(()), Err))
            }
            _ => self.poll_timer(cx),
        }
    }
}

impl Sleep {
    /// The rest of `poll`: the sleep takes time, or must not be polled.
    #[inline(never)]
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &self.stage {
            &Stage::New(delay, at) if delay.is_nan() => {
                self.stage = Stage::Done;
                Poll::Ready(Err(Error::raised_at(ValueError::new("Invalid delay: NaN (not a number)"), at)))
            }
            Stage::New(delay, at) => {
                let core = running_loop()?;
                let key = core.insert_timer(core.time() + delay, Action::Wake(Wake::of(cx.waker())));
                wait_on(BlockedOn::Timer(key), at);
                self.stage = Stage::Sleeping(core, key);
                Poll::Pending
            }
            Stage::Sleeping(core, key) => {
                let cancelled = take_cancel();
                if core.timers.borrow().is_armed(*key) {
                    if cancelled.is_none() {
                        sleep_on(core, *key, cx);
                        return Poll::Pending;
                    }
                    core.remove_timer(*key);
                }
                self.stage = Stage::Done;
                Poll::Ready(cancelled.map_or(Ok(()), Err))
            }
            Stage::Yielded | Stage::Done => panic!("a sleep was polled after its end"),
        }
    }
}

/// The sleep was polled before its end, perhaps by another task than before.
#[cold]
fn sleep_on(core: &LoopCore, key: TimerKey, cx: &mut Context<'_>) {
    if !core.timers.borrow_mut().wakes(key, cx.waker()) {
        let sleeper = Wake::of(cx.waker());
        let old = core.timers.borrow_mut().set_sleeper(key, sleeper);
        drop(old);
    }
    keep_waiting_on(BlockedOn::Timer(key));
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Stage::Sleeping(core, key) = &self.stage {
            core.remove_timer(*key);
        }
    }
}

/// Made by [`sleep_result`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct SleepResult<T> {
    sleep: Sleep,
    result: Option<T>,
}

impl<T> Unpin for SleepResult<T> {}

impl<T> StdFuture for SleepResult<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        ready!(Pin::new(&mut self.sleep).poll(cx))?;
        Poll::Ready(Ok(self.result.take().expect("a sleep is not polled after its end")))
    }
}
