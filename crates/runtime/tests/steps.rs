//! Step for step as CPython: the scenarios of `steps/scenarios.py`, which wrote `steps/expected.txt` on CPython 3.13.

use std::cell::{Cell, RefCell};
use std::future::Future as StdFuture;

use asyncio_runtime::ReturnWhen::{FirstCompleted, FirstException};
use asyncio_runtime::*;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static TICKS: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Logs an event with the iteration of the loop, where those are counted, else with the time.
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

/// An exception as Python's `repr`; the task in it differs.
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

fn python(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

async fn await_task_hops() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    let _ = t.add_done_callback(|_| log("callback"));
    t.await?;
    log("main");
    Ok(())
}

async fn gather_hops() -> Result<()> {
    count_iterations();
    let g = gather!(quick("a"), quick("b"));
    let _ = g.add_done_callback(|_| log("group callback"));
    log(format!("main {}", g.await?.show()));
    Ok(())
}

async fn gather_of_done_is_done() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    (&t).await?;
    let g = gather([&t, &t]);
    log(format!("done {}", python(g.done())));
    log(format!("main {}", g.await?.show()));
    Ok(())
}

async fn gather_error_hops() -> Result<()> {
    count_iterations();
    let g = gather!(quick("a"), failing("b"), yields(5));
    attempt("main", async { g.await.map(|_| ()) }).await
}

async fn gather_cancel_hops() -> Result<()> {
    count_iterations();
    let g = gather([waits("a", 1.0), waits("b", 1.0)]).return_exceptions();
    yields(1).await?;
    log(format!("cancel {}", python(g.cancel())));
    attempt("main", async { (&g).await.map(|_| ()) }).await?;
    log(format!("cancelled {}", python(g.cancelled())));
    Ok(())
}

async fn wait_hops() -> Result<()> {
    count_iterations();
    let tasks = [create_task(async { quick("a").await.map(|_| ()) }), create_task(yields(3))];
    let (done, pending) = wait(&tasks).return_when(FirstCompleted).await?;
    log(format!("main {} {}", done.len(), pending.len()));
    for _ in 0..2 {
        let (done, pending) = wait(&tasks).await?;
        log(format!("main {} {}", done.len(), pending.len()));
    }
    Ok(())
}

async fn shield_hops() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    shield(&t).await?;
    log("main");
    shield(&t).await?;
    log("main again");
    Ok(())
}

async fn wait_for_hops() -> Result<()> {
    count_iterations();
    log(format!("main {}", wait_for(quick("a"), 10).await?));
    let t = create_task(quick("t"));
    log(format!("main {}", wait_for(&t, 10).await?));
    log(format!("main {}", wait_for(&t, 0).await?));
    attempt("main", wait_for(quick("never"), 0)).await?;
    attempt("main", wait_for(sleep(0), None)).await
}

async fn taskgroup_hops() -> Result<()> {
    count_iterations();
    TaskGroup::new()
        .run(async |tg| {
            tg.create_task(quick("a"))?;
            tg.create_task(yields(2))?;
            log("body");
            Ok(())
        })
        .await?;
    log("main");
    Ok(())
}

async fn as_completed_hops() -> Result<()> {
    count_iterations();
    for f in as_completed([quick("a")]) {
        log(format!("main {}", f.await?));
    }
    let mut iter = as_completed([create_task(quick_value("b", 2))]);
    while let Some(f) = iter.anext().await? {
        log(format!("main {}", f.result()?));
    }
    Ok(())
}

async fn ensure_order_of_ready() -> Result<()> {
    count_iterations();
    let event_loop = get_running_loop()?;
    event_loop.call_soon(|| log("soon 1"))?;
    let _t = create_task(quick("t"));
    event_loop.call_soon(|| log("soon 2"))?;
    event_loop.call_later(0, || log("later"))?;
    let f = event_loop.create_future();
    let _ = f.add_done_callback(|_| log("callback 1"));
    let _ = f.add_done_callback(|_| log("callback 2"));
    f.set_result(())?;
    log("set");
    yields(2).await?;
    let _ = f.add_done_callback(|_| log("callback 3"));
    yields(1).await
}

async fn awaiting_done_does_not_suspend() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    (&t).await?;
    let _other = create_task(quick("other"));
    t.await?;
    log("main");
    Ok(())
}

async fn future_waiters_in_order() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let tasks: Vec<_> = (0..3).map(|i| waiter(format!("w{i}"), f.clone())).collect();
    yields(1).await?;
    f.set_result("x")?;
    gather(tasks).await?;
    Ok(())
}

/// A task that awaits a shared future.
fn waiter<T: Show + Clone + 'static>(name: String, f: Future<T>) -> Task<()> {
    create_task(async move { attempt(&name, &f).await })
}

async fn cancel_reaches_a_shared_future() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<()>();
    let tasks: Vec<_> = (0..3).map(|i| waiter(format!("w{i}"), f.clone())).collect();
    yields(1).await?;
    log(format!("cancel {}", python(tasks[1].cancel_with("stop"))));
    gather(tasks).await?;
    log(format!("future {}", python(f.cancelled())));
    Ok(())
}

async fn cancel_before_the_first_step() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    log(format!("cancel {}", python(t.cancel_with("early"))));
    attempt("main", &t).await?;
    log(format!("cancelled {}", python(t.cancelled())));
    Ok(())
}

async fn cancel_through_an_awaited_task() -> Result<()> {
    count_iterations();
    let inner = create_task(waits("inner", 1.0));
    let awaited = inner.clone();
    let t = create_task(async move {
        attempt("outer", awaited).await?;
        Err::<(), _>(CancelledError::new("again").into())
    });
    yields(2).await?;
    log(format!("cancel {} {} {}", python(t.cancel_with("m")), inner.cancelling(), t.cancelling()));
    attempt("main", &t).await?;
    log(format!("{} {}", python(inner.cancelled()), python(t.cancelled())));
    Ok(())
}

async fn inner_refuses_the_cancel() -> Result<()> {
    count_iterations();
    let inner = create_task(async {
        if sleep(100).await.is_err() {
            log("refused");
        }
        Ok(7)
    });
    let t = create_task(async { attempt("outer", inner).await });
    yields(2).await?;
    t.cancel();
    attempt("main", &t).await?;
    log(format!("{} {}", python(t.cancelled()), t.cancelling()));
    Ok(())
}

async fn cancel_twice_keeps_the_first_message() -> Result<()> {
    count_iterations();
    let t = create_task(waits("t", 1.0));
    yields(1).await?;
    t.cancel_with("one");
    t.cancel_with("two");
    log(t.cancelling());
    attempt("main", t).await
}

async fn cancel_a_queued_task_takes_the_last_message() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let t = waiter("t".into(), f.clone());
    yields(1).await?;
    f.set_result("lost")?;
    t.cancel_with("one");
    t.cancel_with("two");
    attempt("main", t).await
}

async fn cancel_a_yielding_task() -> Result<()> {
    count_iterations();
    let t = create_task(async {
        attempt("first", yields(1)).await?;
        attempt("second", yields(1)).await?;
        Ok("end")
    });
    yields(1).await?;
    t.cancel_with("now");
    attempt("main", t).await
}

async fn cancel_oneself() -> Result<()> {
    count_iterations();
    let me = create_task(async {
        current_task()?.unwrap().cancel_with("self");
        log("still running");
        attempt("await", sleep(100)).await?;
        attempt("yield", yields(1)).await?;
        Ok(5)
    });
    attempt("main", me).await?;
    let ends = create_task(async {
        current_task()?.unwrap().cancel_with("too late");
        Ok(5)
    });
    attempt("main", ends).await
}

async fn cancel_while_awaiting_a_done_group() -> Result<()> {
    count_iterations();
    let t1 = create_task(quick("t1"));
    let w = create_task(async { attempt("waiter", gather([t1])).await });
    yields(2).await?;
    log(format!("cancel {}", python(w.cancel_with("x"))));
    attempt("main", w).await
}

async fn uncancel_before_delivery() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let t = waiter("t".into(), f.clone());
    yields(1).await?;
    f.set_result("kept")?;
    t.cancel();
    log(format!("uncancel {}", t.uncancel()));
    attempt("main", t).await?;
    let t2 = create_task(waits("t2", 1.0));
    yields(1).await?;
    t2.cancel();
    log(format!("uncancel {}", t2.uncancel()));
    attempt("main", t2).await
}

async fn shield_against_cancel() -> Result<()> {
    let t = create_task(waits("inner", 1.0));
    let shielded = shield(&t);
    let outer = create_task(async { attempt("outer", shielded).await });
    sleep(0.1).await?;
    outer.cancel_with("out");
    attempt("main", outer).await?;
    attempt("main", t).await?;
    let t = create_task(waits("inner", 1.0));
    let s = shield(&t);
    sleep(0.1).await?;
    t.cancel_with("in");
    attempt("main", &s).await?;
    log(format!("{} {}", python(s.cancelled()), python(t.cancelled())));
    Ok(())
}

async fn timeout_fires() -> Result<()> {
    let cm = timeout(1);
    if let Err(e) = cm.run(async |_| waits("body", 5.0).await).await {
        let cause = e.source().unwrap();
        log(format!("timeout {} {cause:?} {}", show(&e), python(cm.expired())));
    }
    log(current_task()?.unwrap().cancelling());
    Ok(())
}

async fn timeout_not_reached() -> Result<()> {
    let cm = timeout(2);
    cm.run(async |_| waits("body", 1.0).await).await?;
    log(python(cm.expired()));
    sleep(5).await?;
    log("end");
    Ok(())
}

async fn timeout_swallowed() -> Result<()> {
    let cm = timeout(1);
    cm.run(async |_| {
        if sleep(5).await.is_err() {
            log("swallowed");
        }
        Ok(())
    })
    .await?;
    log(format!("{} {}", python(cm.expired()), current_task()?.unwrap().cancelling()));
    Ok(())
}

async fn timeout_and_outside_cancel() -> Result<()> {
    let body = || create_task(async { timeout(1).run(async |_| waits("body", 5.0).await).await });
    let t = body();
    let target = t.clone();
    let event_loop = get_running_loop()?;
    event_loop.call_at(event_loop.time() + 1.0, move || {
        target.cancel_with("outside");
    })?;
    attempt("main", t).await?;
    let t = body();
    sleep(0).await?;
    t.cancel_with("outside");
    attempt("main", t).await
}

async fn timeouts_nested() -> Result<()> {
    let inner = create_task(async {
        let result = timeout(2).run(async |_| timeout(1).run(async |_| waits("body", 5.0).await).await).await;
        if result.is_err_and(|e| e.is::<TimeoutError>()) {
            log("inner time out");
        }
        timeout(1).run(async |_| timeout(2).run(async |_| waits("body", 5.0).await).await).await
    });
    attempt("main", inner).await
}

async fn timeout_zero_and_negative() -> Result<()> {
    for delay in [0, -1] {
        let result = timeout(delay)
            .run(async |_| {
                log("body begins");
                sleep(0).await?;
                log("body goes on");
                sleep(0).await
            })
            .await;
        if result.is_err_and(|e| e.is::<TimeoutError>()) {
            log("timeout");
        }
    }
    Ok(())
}

async fn timeout_rescheduled() -> Result<()> {
    let body = create_task(async {
        timeout(None)
            .run(async |cm| {
                let event_loop = get_running_loop()?;
                log(cm.when().map_or("None".into(), |when| when.to_string()));
                cm.reschedule(event_loop.time() + 1.0)?;
                // The scenario's clock need not start at zero.
                let start = START.get();
                log(format!("{cm:?}").replace(&format!("{:?}", start + 1.0), "1.0"));
                sleep(0.5).await?;
                cm.reschedule(event_loop.time() + 1.0)?;
                waits("body", 5.0).await
            })
            .await
    });
    attempt("main", body).await
}

async fn wait_for_cancels_and_waits() -> Result<()> {
    async fn slow_to_die() -> Result<()> {
        let result = sleep(10).await;
        if result.is_err() {
            log("dying");
            sleep(1).await?;
            log("dead");
        }
        result
    }
    attempt("main", wait_for(slow_to_die(), 0.5)).await?;
    attempt("main", wait_for(create_task(slow_to_die()), 0.5)).await?;
    let refuses = create_task(async { Ok(if sleep(10).await.is_err() { "value" } else { "slept" }) });
    attempt("main", wait_for(refuses, 0.5)).await?;
    attempt("main", wait_for(shield(create_task(waits("kept", 2.0))), 0.5)).await?;
    sleep(3).await
}

async fn wait_for_cancelled_from_outside() -> Result<()> {
    let t = create_task(waits("inner", 5.0));
    let waiting = wait_for(t.clone(), 2);
    let w = create_task(async { attempt("outer", waiting).await });
    sleep(1).await?;
    w.cancel_with("outside");
    attempt("main", w).await?;
    log(python(t.cancelled()));
    Ok(())
}

async fn wait_timeout() -> Result<()> {
    let tasks = [create_task(waits("a", 1.0)), create_task(waits("b", 3.0))];
    let (done, pending) = wait(&tasks).timeout(2).await?;
    log(format!("{} {}", done.len(), pending.len()));
    let waiting = wait(&tasks);
    let w = create_task(async { attempt("waiter", async { waiting.await.map(|_| ()) }).await });
    sleep(0).await?;
    w.cancel();
    attempt("main", w).await?;
    wait(&tasks).await?;
    log(python(tasks[1].cancelled()));
    Ok(())
}

async fn wait_first_exception() -> Result<()> {
    let fails_later = create_task(async {
        sleep(1).await?;
        Err(ValueError::new("x").into())
    });
    let tasks = [create_task(waits("a", 3.0)), fails_later, create_task(waits("c", 0.5))];
    tasks[2].cancel();
    let (done, pending) = wait(&tasks).return_when(FirstException).await?;
    log(format!("{} {}", done.len(), pending.len()));
    pending[0].cancel();
    Ok(())
}

async fn taskgroup_failure() -> Result<()> {
    let result = TaskGroup::new()
        .run(async |tg| {
            tg.create_task(waits("a", 5.0))?;
            tg.create_task(async {
                sleep(1).await?;
                Err::<(), _>(ValueError::new("boom").into())
            })?;
            tg.create_task(waits("b", 5.0))?;
            waits("body", 5.0).await
        })
        .await;
    let e = result.unwrap_err();
    let group: &ExceptionGroup = e.downcast_ref().unwrap();
    log(format!("{e} {:?}", group.exceptions().iter().map(|e| format!("{e:?}")).collect::<Vec<_>>()));
    log(current_task()?.unwrap().cancelling());
    Ok(())
}

async fn taskgroup_body_fails() -> Result<()> {
    let result = TaskGroup::new()
        .run(async |tg| {
            tg.create_task(waits("a", 5.0))?;
            sleep(0).await?;
            Err::<(), _>(LookupError::new("k").into())
        })
        .await;
    let e = result.unwrap_err();
    log(format!("{e} {}", e.downcast_ref::<ExceptionGroup>().unwrap().exceptions().len()));
    Ok(())
}

async fn taskgroup_cancelled_from_outside() -> Result<()> {
    let t = create_task(async {
        TaskGroup::new()
            .run(async |tg| {
                tg.create_task(waits("a", 5.0))?;
                Ok(())
            })
            .await
    });
    sleep(1).await?;
    t.cancel_with("outside");
    attempt("main", t).await?;
    let t = create_task(async {
        let result = TaskGroup::new()
            .run(async |tg| {
                tg.create_task(async {
                    let _ = sleep(9).await;
                    Err::<(), _>(ValueError::new("cleanup").into())
                })?;
                Ok(())
            })
            .await;
        log(result.unwrap_err());
        attempt("after", sleep(0)).await
    });
    sleep(1).await?;
    t.cancel_with("outside");
    attempt("main", t).await
}

async fn taskgroup_misuse() -> Result<()> {
    let tg = TaskGroup::new();
    log(tg.create_task(quick("never")).unwrap_err());
    tg.run(async |_| Ok(())).await?;
    log(tg.create_task(quick("never")).unwrap_err());
    log(tg.run(async |_| Ok(())).await.unwrap_err());
    let result = TaskGroup::new()
        .run(async |tg| {
            let late = tg.clone();
            tg.create_task(async move {
                if sleep(5).await.is_err() {
                    log(late.create_task(quick("never")).unwrap_err());
                }
                Ok(())
            })?;
            sleep(0).await?;
            Err::<(), _>(ValueError::new("x").into())
        })
        .await;
    assert!(result.unwrap_err().is::<ExceptionGroup>());
    Ok(())
}

async fn timers_at_one_instant() -> Result<()> {
    let event_loop = get_running_loop()?;
    let when = event_loop.time() + 1.0;
    event_loop.call_later(1, || log("b1"))?;
    let inner = event_loop.clone();
    event_loop.call_later(0.5, move || {
        inner.call_at(when, || log("b3")).unwrap();
    })?;
    event_loop.call_later(1, || log("b2"))?;
    let _sleeper = create_task(waits("sleeper", 1.0));
    sleep(1).await?;
    log("main");
    yields(2).await
}

async fn as_completed_timeout() -> Result<()> {
    for f in as_completed([waits("a", 1.0), waits("b", 5.0), waits("c", 5.0)]).timeout(2)? {
        attempt("next", f).await?;
    }
    Ok(())
}

async fn await_oneself() -> Result<()> {
    count_iterations();
    let t = create_task(async {
        let me: Task<()> = current_task()?.unwrap().downcast().unwrap();
        attempt("me", &me).await
    });
    yields(3).await?;
    log(python(t.done()));
    Ok(())
}

async fn callbacks_of_a_cancelled_future() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<()>();
    let _ = f.add_done_callback(|f| log(format!("callback {}", python(f.cancelled()))));
    let cancels = (f.cancel_with("m"), f.cancel());
    log(format!("cancel {} {}", python(cancels.0), python(cancels.1)));
    log("main");
    attempt("main", f).await
}

async fn eager_tasks() -> Result<()> {
    count_iterations();
    get_running_loop()?.set_task_factory(TaskFactory::Eager);
    let t = create_task(quick("eager"));
    log(python(t.done()));
    let t = create_task(async {
        log("half begins");
        sleep(0).await?;
        log("half ends");
        Ok(())
    });
    log(python(t.done()));
    t.await?;
    log(format!("group {}", gather!(quick("a"), quick("b")).await?.show()));
    TaskGroup::new()
        .run(async |tg| {
            tg.create_task(quick("c"))?;
            Ok(())
        })
        .await?;
    log("main");
    Ok(())
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

const EXPECTED: &str = include_str!("steps/expected.txt");

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
}
