//! The end of a run: how generators are closed and hooks run, in which order, and what is reported about that.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use asyncio_runtime::*;

type Log = Rc<RefCell<Vec<String>>>;

fn note(log: &Log, what: impl Into<String>) {
    log.borrow_mut().push(what.into());
}

/// A runner whose reports are written to the log.
fn runner(log: &Log) -> Runner {
    let runner = Runner::new().clock(Clock::Virtual);
    let told = Rc::clone(log);
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(move |context| {
        note(&told, format!("{}: {:?}", context.message, context.exception));
    })));
    runner
}

/// An asynchronous generator of another crate. When it is closed, it notes that, and ends with its result.
struct Open(&'static str, Log, Result<()>);

impl OpenAsyncGen for Open {
    fn aclose(self: Rc<Self>, _by: Option<Error>) -> Pin<Box<dyn StdFuture<Output = Result<()>>>> {
        note(&self.1, format!("{} is closed", self.0));
        let end = self.2.clone();
        Box::pin(async move { end })
    }

    fn repr(&self) -> String {
        format!("<{}>", self.0)
    }
}

fn open(log: &Log, name: &'static str, end: Result<()>) -> Rc<Open> {
    Rc::new(Open(name, Rc::clone(log), end))
}

fn register(generator: &Rc<Open>) -> Result<u64> {
    Ok(get_running_loop()?.register_asyncgen(Rc::downgrade(generator) as Weak<dyn OpenAsyncGen>))
}

#[test]
fn generators_are_closed_before_hooks_run_and_the_newest_hook_runs_first() {
    let log = Log::default();
    let generator = open(&log, "a generator", Ok(()));
    let (registered, ran) = (Rc::clone(&generator), Rc::clone(&log));
    let runner = runner(&log);
    runner
        .run(async move {
            register(&registered)?;
            for name in ["first", "second", "third"] {
                let log = Rc::clone(&ran);
                get_running_loop()?.add_shutdown_hook(move || async move {
                    note(&log, name);
                    Ok(())
                });
            }
            Ok(())
        })
        .unwrap();
    runner.close();
    assert_eq!(*log.borrow(), ["a generator is closed", "third", "second", "first"]);
}

#[test]
fn a_hook_that_fails_is_reported_and_the_others_run() {
    let log = Log::default();
    let ran = Rc::clone(&log);
    let runner = runner(&log);
    runner
        .run(async move {
            let event_loop = get_running_loop()?;
            event_loop.add_shutdown_hook(move || async move {
                note(&ran, "the other one");
                Ok(())
            });
            event_loop.add_shutdown_hook(|| async { Err(ValueError::new("x").into()) });
            Ok(())
        })
        .unwrap();
    runner.close();
    assert_eq!(*log.borrow(), ["an error occurred in a shutdown hook: Some(ValueError('x'))", "the other one"]);
}

/// As on CPython, where a cancellation is not an `Exception`.
#[test]
fn of_the_generators_that_are_closed_a_failed_one_is_reported_and_a_cancelled_one_is_not() {
    let log = Log::default();
    let ends = [("cancelled", Err(CancelledError::new("own").into())), ("failed", Err(ValueError::new("x").into()))];
    let generators = ends.map(|(name, end)| open(&log, name, end));
    let registered = generators.clone();
    let runner = runner(&log);
    runner.run(async move { registered.iter().try_for_each(|generator| register(generator).map(drop)) }).unwrap();
    runner.close();
    let report = "an error occurred during closing of asynchronous generator <failed>: Some(ValueError('x'))";
    assert_eq!(*log.borrow(), ["cancelled is closed", "failed is closed", report]);
}

#[test]
fn a_generator_that_was_taken_back_is_not_closed() {
    let log = Log::default();
    let generators = [open(&log, "first", Ok(())), open(&log, "second", Ok(()))];
    let registered = generators.clone();
    let runner = runner(&log);
    runner
        .run(async move {
            let first = register(&registered[0])?;
            register(&registered[1])?;
            get_running_loop()?.forget_asyncgen(first);
            Ok(())
        })
        .unwrap();
    runner.close();
    assert_eq!(*log.borrow(), ["second is closed"]);
}

/// On the virtual clock, because there nothing else can happen.
#[test]
fn a_task_that_refuses_to_end_and_waits_for_ever_is_reported() {
    let log = Log::default();
    let runner = runner(&log);
    runner
        .run(async {
            let never = get_running_loop()?.create_future::<()>();
            create_task(async move {
                let _refused = sleep(1).await;
                never.await
            })
            .set_name("stubborn");
            sleep(0).await
        })
        .unwrap();
    runner.close();
    let log = log.borrow();
    let report = "unhandled exception during asyncio.run() shutdown: Some(RuntimeError: deadlock: every task waits";
    assert!(log[0].starts_with(report) && log[0].contains("stubborn waits for"), "{log:?}");
}
