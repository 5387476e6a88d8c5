//! Step for step like CPython: the scenarios of `scenarios.py`, which wrote `expected.txt` on CPython 3.15.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::Future as StdFuture;

use asyncio_runtime::ReturnWhen::{FirstCompleted, FirstException};
use asyncio_runtime::*;

mod cancelling;
mod groups;
mod hops;
mod limits;
mod newer;

use cancelling::*;
use groups::*;
use hops::*;
use limits::*;
use newer::*;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static TICKS: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Logs an event with the iteration of the loop where iterations are counted, and otherwise with the time.
fn log(text: impl std::fmt::Display) {
    let stamp = match TICKS.get() {
        Some(ticks) => ticks.to_string(),
        None => format!("{:.3}", get_running_loop().unwrap().time() - START.get()),
    };
    LINES.with_borrow_mut(|lines| lines.push(format!("{stamp} {text}")));
}

thread_local! {
    static START: Cell<f64> = const { Cell::new(0.0) };
}

fn count_iterations() {
    fn tick() {
        if let Some(ticks) = TICKS.get() {
            TICKS.set(Some(ticks + 1));
            get_running_loop().unwrap().call_soon(tick).unwrap();
        }
    }
    TICKS.set(Some(0));
    get_running_loop().unwrap().call_soon(tick).unwrap();
}

/// A value as Python prints it.
trait Show {
    fn show(&self) -> String;
}

impl Show for () {
    fn show(&self) -> String {
        "None".into()
    }
}

impl Show for i32 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for &str {
    fn show(&self) -> String {
        (*self).into()
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Show::show).collect::<Vec<_>>().join(", "))
    }
}

impl<T: Show> Show for (T, T) {
    fn show(&self) -> String {
        format!("[{}, {}]", self.0.show(), self.1.show())
    }
}

/// An exception as Python's `repr` gives it, except for a task in it, which differs.
fn show(error: &Error) -> String {
    format!("{error:?}").split(": <Task").next().unwrap().to_owned()
}

async fn yields(n: u32) -> Result<()> {
    for _ in 0..n {
        sleep(0).await?;
    }
    Ok(())
}

async fn quick_value(name: &str, value: i32) -> Result<i32> {
    log(format!("{name} runs"));
    Ok(value)
}

async fn quick(name: &str) -> Result<i32> {
    quick_value(name, 1).await
}

async fn failing(name: &'static str) -> Result<i32> {
    log(format!("{name} fails"));
    Err(ValueError::new(name).into())
}

async fn attempt<T: Show>(name: &str, awaitable: impl IntoFuture<Output = Result<T>>) -> Result<()> {
    match awaitable.await {
        Ok(value) => log(format!("{name} got {}", value.show())),
        Err(error) => log(format!("{name} raised {}", show(&error))),
    }
    Ok(())
}

async fn waits(name: &str, seconds: f64) -> Result<()> {
    match sleep(seconds).await {
        Ok(()) => {
            log(format!("{name} slept"));
            Ok(())
        }
        Err(error) => {
            log(format!("{name} {}", show(&error)));
            Err(error)
        }
    }
}

/// A task that awaits a shared future.
fn waiter<T: Show + Clone + 'static>(name: String, f: Future<T>) -> Task<()> {
    create_task(async move { attempt(&name, &f).await })
}

fn python(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

fn record(name: &str, scenario: impl StdFuture<Output = Result<()>> + 'static) -> String {
    LINES.set(Vec::new());
    TICKS.set(None);
    let runner = Runner::new().clock(Clock::Virtual);
    START.set(runner.get_loop().unwrap().time());
    runner.run(scenario).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    runner.close();
    let lines = LINES.take();
    format!("== {name}\n{}\n", lines.join("\n"))
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(mod $name {
            #[test]
            fn as_cpython() {
                let text = super::record(stringify!($name), super::$name());
                assert_eq!(text, super::expected(stringify!($name)));
            }
        })*

        #[test]
        fn no_scenario_is_left_out() {
            let names: Vec<&str> = EXPECTED.lines().filter_map(|line| line.strip_prefix("== ")).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

const EXPECTED: &str = include_str!("expected.txt");

/// What CPython logged in this scenario.
fn expected(name: &str) -> String {
    let head = format!("== {name}\n");
    let start = EXPECTED.find(&head).expect("the scenario ran on CPython");
    let end = EXPECTED[start + 1..].find("\n== ").map_or(EXPECTED.len(), |end| start + end + 2);
    EXPECTED[start..end].to_owned()
}

scenarios! {
    await_task_hops
    gather_hops
    gather_of_done_is_done
    gather_error_hops
    gather_cancel_hops
    wait_hops
    shield_hops
    wait_for_hops
    taskgroup_hops
    as_completed_hops
    ensure_order_of_ready
    awaiting_done_does_not_suspend
    future_waiters_in_order
    cancel_reaches_a_shared_future
    cancel_before_the_first_step
    cancel_through_an_awaited_task
    inner_refuses_the_cancel
    cancel_twice_keeps_the_first_message
    cancel_a_queued_task_takes_the_last_message
    cancel_a_yielding_task
    cancel_oneself
    cancel_while_awaiting_a_done_group
    uncancel_before_delivery
    shield_against_cancel
    timeout_fires
    timeout_not_reached
    timeout_swallowed
    timeout_and_outside_cancel
    timeouts_nested
    timeout_zero_and_negative
    timeout_rescheduled
    wait_for_cancels_and_waits
    wait_for_cancelled_from_outside
    wait_timeout
    wait_first_exception
    taskgroup_failure
    taskgroup_body_fails
    taskgroup_cancelled_from_outside
    taskgroup_misuse
    timers_at_one_instant
    as_completed_timeout
    await_oneself
    callbacks_of_a_cancelled_future
    eager_tasks
    eager_failure_in_a_group
    taskgroup_cancel
    taskgroup_cancelled_before_it_is_entered
    taskgroup_cancel_as_the_last_line
    taskgroup_cancel_and_a_cancellation_from_outside
    taskgroup_cancelled_by_an_eager_task
    taskgroup_cancel_and_failures
    taskgroup_left_by_generator_exit
    as_completed_gives_a_turn_back
    as_completed_gives_a_wake_up_on
    nested_gather_of_done_is_not_cancelled
    message_of_a_survived_cancellation
    message_of_a_second_request_is_noted
    shield_cancelled_as_its_inner_fails
    a_year
}
