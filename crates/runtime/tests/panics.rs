//! A panic is kept, continues in the code that awaits the task, and is never swallowed.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

fn message(caught: Result<Result<()>, Box<dyn std::any::Any + Send>>) -> String {
    caught.unwrap_err().downcast_ref::<&str>().unwrap().to_string()
}

async fn burns() -> Result<()> {
    sleep(1).await?;
    panic!("expected fire")
}

#[test]
fn a_panic_goes_through_await_gather_shield_wait_for_and_groups() {
    assert_eq!(message(catch_unwind(|| virtually(burns()))), "expected fire");
    assert_eq!(message(catch_unwind(|| virtually(async { create_task(burns()).await }))), "expected fire");
    assert_eq!(message(catch_unwind(|| virtually(async { gather([burns()]).await.map(drop) }))), "expected fire");
    assert_eq!(message(catch_unwind(|| virtually(async { shield(burns()).await }))), "expected fire");
    assert_eq!(message(catch_unwind(|| virtually(async { wait_for(burns(), 5).await }))), "expected fire");
}

#[test]
fn a_panic_in_a_group_is_one_of_its_errors() {
    let error = virtually(async {
        TaskGroup::new()
            .run(async |tg| {
                tg.create_task(burns())?;
                Ok(())
            })
            .await
    });
    let error = error.unwrap_err();
    let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    assert_eq!(group.exceptions()[0].to_string(), "the task panicked: expected fire");
}

#[test]
fn cleanup_runs_and_the_loop_goes_on_after_a_panic() {
    struct Noted(Rc<RefCell<Vec<&'static str>>>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.borrow_mut().push("dropped");
        }
    }
    let log = Rc::new(RefCell::new(Vec::new()));
    let noted = Noted(Rc::clone(&log));
    virtually(async move {
        let task = create_task(async move {
            let _noted = noted;
            burns().await
        });
        wait([&task]).await?;
        let error = task.exception()?.unwrap();
        assert_eq!(error.to_string(), "the task panicked: expected fire");
        sleep(1).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["dropped"]);
}

#[test]
fn an_unretrieved_panic_and_one_in_a_callback_are_reported() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let reports: Rc<RefCell<Vec<String>>> = Rc::default();
    let sink = Rc::clone(&reports);
    event_loop.set_exception_handler(Some(Box::new(move |context| sink.borrow_mut().push(context.message.clone()))));
    event_loop
        .run_until_complete(async {
            drop(create_task(burns()));
            let event_loop = get_running_loop()?;
            event_loop.call_soon(|| panic!("expected in a callback"))?;
            let task = create_task(sleep(0));
            let _ = task.add_done_callback(|_| panic!("expected in a done-callback"));
            sleep(2).await
        })
        .unwrap();
    let reports = reports.borrow();
    assert_eq!(reports.len(), 3, "{reports:?}");
    assert!(reports[0].starts_with("Exception in callback an_unretrieved_panic"), "{}", reports[0]);
    assert!(reports[1].starts_with("Exception in callback"), "{}", reports[1]);
    assert_eq!(reports[2], "Task exception was never retrieved");
}

#[test]
fn a_panicking_handler_is_reported_and_does_no_harm() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_exception_handler(Some(Box::new(|_| panic!("expected handler"))));
    event_loop.call_soon(|| panic!("expected callback")).unwrap();
    event_loop.run_until_complete(async { sleep(1).await }).unwrap();
}

#[test]
fn a_destructor_that_panics_ends_its_task_with_the_panic() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("expected destructor");
        }
    }
    let caught = catch_unwind(AssertUnwindSafe(|| {
        virtually(async {
            let task = create_task(async {
                let _bomb = Bomb;
                sleep(3600).await
            });
            sleep(0).await?;
            task.abort();
            task.await
        })
    }));
    assert_eq!(message(caught), "expected destructor");
}
