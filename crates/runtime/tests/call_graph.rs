//! The call graph: who waits for whom and where, for every kind of wait. The expected results are those of CPython 3.15, with
//! two exceptions: here a task has a single frame, and a task that is done waits for nobody.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;

use asyncio_runtime::*;

type Waits = fn(Task<()>) -> Pin<Box<dyn StdFuture<Output = Result<()>>>>;

fn virtually(program: impl StdFuture<Output = Result<()>> + 'static) {
    Runner::new().clock(Clock::Virtual).run(program).unwrap();
}

fn sleeper() -> Task<()> {
    create_task(sleep(1)).named("sleeper")
}

fn graph(future: &AnyFuture) -> FutureCallGraph {
    capture_call_graph(Some(future)).unwrap().unwrap()
}

/// The futures that wait for this one.
fn waiters(future: &AnyFuture) -> Vec<AnyFuture> {
    graph(future).awaited_by.iter().map(|waiter| waiter.future.clone()).collect()
}

/// Checks that a task that waits in this way is named, with a line of this file, and is no longer named once it is cancelled.
async fn check(name: &str, waits: Waits) -> Result<()> {
    let awaited = sleeper();
    let waiting = create_task(waits(awaited.clone()));
    sleep(0).await?;
    assert_eq!(waiters(&awaited), [waiting.as_any().clone()], "{name}");
    let stack = &graph(&awaited).awaited_by[0].call_stack;
    assert_eq!((stack.len(), stack[0].file), (1, file!()), "{name}");
    waiting.cancel();
    assert!(waiting.await.is_err(), "{name}");
    assert!(waiters(&awaited).is_empty(), "{name}");
    awaited.cancel();
    sleep(0).await
}

// CPython: test_tasks.BaseTaskTests.test_wait_discards_awaited_by_for_pending,
// test_graph.CallStackTestBase.test_stack_as_completed
#[test]
fn a_wait_that_has_returned_names_nobody_any_more_while_its_task_goes_on() {
    virtually(async {
        let (done, immortal) = (create_task(sleep(0)), get_running_loop()?.create_future::<()>());
        wait([done.as_any(), immortal.as_any()]).return_when(ReturnWhen::FirstCompleted).await?;
        assert!(done.done() && waiters(immortal.as_any()).is_empty());
        immortal.cancel();
        let task = sleeper();
        for wait in as_completed([&task]) {
            wait.await?;
        }
        assert!(waiters(&task).is_empty());
        let task = sleeper();
        assert!(wait_for(shield(&task), 0.5).await.is_err());
        assert!(waiters(&task).is_empty());
        Ok(())
    });
}

// CPython: test_graph.CallStackTestBase.test_stack_gather, test_stack_shield, test_stack_timeout, test_stack_wait,
// test_stack_as_completed, test_stack_task, test_stack_wait_for_non_positive_timeout
#[test]
fn every_kind_of_wait_names_its_task_and_its_line() {
    virtually(async {
        check("await", |task| Box::pin(async move { task.await })).await?;
        check("join", |task| Box::pin(async move { task.join().await })).await?;
        check("gather", |task| Box::pin(async move { gather([task]).await.map(drop) })).await?;
        check("gather of several", |task| Box::pin(async move { gather!(task, sleep(2)).await.map(drop) })).await?;
        check("wait", |task| Box::pin(async move { wait([&task]).await.map(drop) })).await?;
        check("shield", |task| Box::pin(async move { shield(&task).await })).await?;
        check("wait_for", |task| Box::pin(async move { wait_for(&task, 5).await })).await?;
        check("wait_for without time", |task| Box::pin(async move { wait_for(&task, 0).await })).await?;
        check("timeout", |task| Box::pin(async move { timeout(5).run(async |_| task.await).await })).await?;
        check("as_completed", |task| Box::pin(async move { as_completed([&task]).next().unwrap().await })).await?;
        check("anext", |task| Box::pin(async move { as_completed([&task]).anext().await.map(drop) })).await
    });
}

// CPython: test_graph.CallStackTestBase.test_stack_tgroup
#[test]
fn a_task_of_a_group_names_the_parent_until_it_ends() {
    virtually(async {
        let me = current_task()?.unwrap().as_any().clone();
        let block = async |group: TaskGroup| {
            let task = group.create_task(sleep(1))?;
            assert_eq!(waiters(&task), std::slice::from_ref(&me));
            Ok(task)
        };
        let task = TaskGroup::new().run(block).await?;
        assert!(waiters(&task).is_empty());
        let waiting = create_task(async { TaskGroup::new().run(async |group| Ok(group.create_task(sleep(1))?)).await });
        sleep(0).await?;
        assert_eq!(graph(&waiting).call_stack[0].file, file!());
        waiting.await.map(drop)
    });
}

// CPython: test_graph.CallStackTestBase.test_stack_gather_survivor,
// test_tasks.BaseTaskTests.test_gather_discards_awaited_by_for_pending
#[test]
fn children_name_the_task_that_gathers_until_the_group_fails() {
    virtually(async {
        let me = current_task()?.unwrap().as_any().clone();
        let (child, fails) = (sleeper(), create_task(async { Err::<(), _>(ValueError::new("x").into()) }));
        let group = gather([&child, &fails]);
        let awaited = group.clone();
        let waiting = create_task(async move { awaited.await.map(drop) });
        assert_eq!(waiters(&child), [me]);
        sleep(0).await?;
        assert_eq!(waiters(&group), [waiting.as_any().clone()]);
        assert!(waiting.await.is_err());
        assert!(waiters(&child).is_empty());
        Ok(())
    });
}

#[test]
fn options_leave_frames_out() {
    virtually(async {
        let me = current_task()?.unwrap().as_any().clone();
        let all = CallGraphOptions::new();
        let frames = |options: CallGraphOptions, future: Option<&AnyFuture>| {
            options.capture(future).unwrap().unwrap().call_stack.len()
        };
        let other = sleeper();
        sleep(0).await?;
        assert_eq!([frames(all, None), frames(all, Some(&me)), frames(all, Some(&other))], [1, 1, 1]);
        assert_eq!([frames(all.limit(0), None), frames(all.limit(0), Some(&other))], [0, 0]);
        assert_eq!([frames(all.limit(-1), None), frames(all.limit(1), Some(&other))], [1, 1]);
        // The depth is that of the task that asks.
        assert_eq!([frames(all.depth(2), None), frames(all.depth(2), Some(&other))], [0, 1]);
        let place = Location::caller().file();
        let text = format_call_graph(Some(&other))?;
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("* Task(name='sleeper', id=0x"), "{text}");
        assert_eq!(lines[1], "  + Call stack:");
        assert!(lines[2].starts_with(&format!("  |   File '{place}', line ")) && lines.len() == 3, "{text}");
        assert!(!text.ends_with('\n'));
        let mut file = Vec::new();
        all.print_to(Some(&other), &mut file)?;
        assert_eq!(String::from_utf8(file)?, text + "\n");
        Ok(())
    });
}

#[test]
fn without_a_task_there_is_nothing_to_capture() {
    let error = capture_call_graph(None).unwrap_err();
    let text =
        "capture_call_graph() is called outside of a running event loop and no *future* to introspect was provided";
    assert_eq!(error.to_string(), text);
    virtually(async {
        let called = Rc::new(Cell::new(false));
        let note = Rc::clone(&called);
        get_running_loop()?.call_soon(move || {
            assert!(capture_call_graph(None).unwrap().is_none());
            assert_eq!(format_call_graph(None).unwrap(), "");
            note.set(true);
        })?;
        sleep(0).await?;
        assert!(called.get());
        Ok(())
    });
}

// CPython: test_tasks.BaseTaskTests.test_gather_discards_awaited_by_for_cancelled_sibling
#[test]
fn a_cancelled_child_ends_the_wait_for_the_others() {
    virtually(async {
        let (child, victim) = (sleeper(), sleeper());
        victim.cancel();
        assert!(gather([&child, &victim]).await.unwrap_err().is_cancelled());
        assert!(waiters(&child).is_empty() && !child.done());
        Ok(())
    });
}

// CPython: test_graph.CallStackTestBase.test_stack_as_completed_timeout
#[test]
fn as_completed_waits_for_nobody_once_time_is_up() {
    virtually(async {
        let me = current_task()?.unwrap().as_any().clone();
        let slow = create_task(sleep(3600));
        let mut completed = as_completed([&slow]).timeout(0.01)?;
        assert_eq!(waiters(&slow), [me]);
        assert!(completed.anext().await.unwrap_err().is::<TimeoutError>());
        assert!(waiters(&slow).is_empty());
        Ok(())
    });
}

// CPython: test_graph.CallStackTestBase.test_stack_future
#[test]
fn a_future_names_all_who_wait_for_it() {
    virtually(async {
        let future = get_running_loop()?.create_future::<()>();
        let waits = |name: &str| {
            let future = future.clone();
            create_task(async move { (&future).await }).named(name)
        };
        let tasks = [waits("task A"), waits("task B")];
        sleep(0).await?;
        assert_eq!(waiters(&future), tasks.each_ref().map(|task| task.as_any().clone()));
        assert!(graph(&future).call_stack.is_empty());
        future.set_result(())?;
        gather(tasks).await.map(drop)
    });
}

#[test]
fn what_others_note_is_there_until_it_is_taken_back_or_done() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let [future, first, last] = [(); 3].map(|()| event_loop.create_future::<()>());
        future_add_to_awaited_by(&future, &first);
        future_add_to_awaited_by(&future, &last);
        future_add_to_awaited_by(&future, &last);
        assert_eq!(waiters(&future), [first.as_any().clone(), last.as_any().clone()]);
        first.set_result(())?;
        assert_eq!(waiters(&future), [last.as_any().clone()]);
        future_discard_from_awaited_by(&future, &last);
        future_discard_from_awaited_by(&future, &last);
        assert!(waiters(&future).is_empty());
        Ok(())
    });
}

// CPython: test_graph.CallStackTestBase.test_call_graph_finished_task
#[test]
fn a_task_that_is_done_has_no_call_stack() {
    virtually(async {
        let done = create_task(sleep(0)).named("done");
        let failed = create_task(async { Err::<(), _>(ValueError::default().into()) }).named("failed");
        let cancelled = create_task(sleep(3600)).named("cancelled");
        cancelled.cancel();
        gather([&done, &failed, &cancelled]).return_exceptions().await?;
        for task in [done, failed, cancelled] {
            assert!(graph(&task).call_stack.is_empty());
            let text = format_call_graph(Some(&task))?;
            assert!(text.starts_with(&format!("* Task(name='{}', id=", task.get_name())), "{text}");
        }
        Ok(())
    });
}

// As CPython prints it: the name as `repr` writes it.
#[test]
fn a_name_cannot_forge_a_line() {
    virtually(async {
        let task = create_task(sleep(3600)).named("a'\n\u{1b}[2J");
        sleep(0).await?;
        let text = format_call_graph(Some(&task))?;
        assert!(text.starts_with(r#"* Task(name="a'\n\x1b[2J", id=0x"#), "{text}");
        assert_eq!(text.lines().count(), 3);
        Ok(())
    });
}

#[test]
fn a_report_of_a_deadlock_has_a_line_for_each_task_whatever_their_names_are() {
    let error = Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let never = get_running_loop()?.create_future::<()>();
            let inner = create_task(never.into_future()).named("inner\n\u{1b}[2J");
            create_task(inner.into_future()).named("outer\nand more").await
        })
        .unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains(r"outer\nand more waits for inner\n\x1b[2J at "), "{text}");
}

#[test]
fn what_is_taken_back_is_the_note_of_one_waiter() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let [future, other, first, last] = [(); 4].map(|()| event_loop.create_future::<()>());
        future_add_to_awaited_by(&future, &first);
        future_add_to_awaited_by(&other, &last);
        future_add_to_awaited_by(&future, &last);
        future_discard_from_awaited_by(&future, &last);
        assert_eq!(waiters(&future), [first.as_any().clone()]);
        assert_eq!(waiters(&other), [last.as_any().clone()]);
        Ok(())
    });
}

#[test]
fn the_text_names_waiters_in_the_order_of_their_coming() {
    virtually(async {
        let awaited = sleeper();
        let waits = |name: &str| {
            create_task({
                let awaited = awaited.clone();
                async move { (&awaited).await }
            })
            .named(name)
        };
        let tasks = [waits("first"), waits("second"), waits("third")];
        sleep(0).await?;
        let text = format_call_graph(Some(&awaited))?;
        let place = |name: &str| text.find(&format!("    * Task(name='{name}'")).expect("it waits");
        assert!(place("first") < place("second") && place("second") < place("third"), "{text}");
        gather(tasks).await.map(drop)
    });
}

#[test]
fn the_graph_of_tasks_that_wait_for_each_other_ends_where_the_circle_closes() {
    virtually(async {
        let second: Rc<RefCell<Option<Task<()>>>> = Rc::default();
        let awaited = Rc::clone(&second);
        let first = create_task(async move {
            let second = awaited.borrow().clone().expect("it is made before this one runs");
            second.await
        });
        let waits_for_the_first = first.clone();
        second.replace(Some(create_task(async move { waits_for_the_first.await })));
        sleep(0).await?;
        let second = second.take().expect("as above");
        let of_first = graph(&first);
        let of_second = &of_first.awaited_by[0];
        assert_eq!((of_first.awaited_by.len(), &of_second.future), (1, second.as_any()));
        let again = &of_second.awaited_by[0];
        assert_eq!((of_second.awaited_by.len(), &again.future), (1, first.as_any()));
        assert!(again.awaited_by.is_empty());
        first.cancel();
        assert!(second.await.unwrap_err().is_cancelled());
        Ok(())
    });
}

#[test]
fn a_report_of_a_deadlock_names_the_children_of_a_group_that_are_not_done() {
    let error = Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let never = get_running_loop()?.create_future::<()>();
            let done = create_task(sleep(1)).named("done");
            let pending = create_task(never.into_future()).named("pending");
            gather([done, pending]).await
        })
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("waits for a group of 2 (pending) at "), "{text}");
}
