//! `test_eager_task_factory`: tasks whose first step runs where they are made; and `test_futures2`.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

static CV: ContextVar<i32> = ContextVar::with_default("cv", || 0);

/// Runs a coroutine in a loop that starts tasks eagerly.
fn eagerly<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    let event_loop = new_loop();
    event_loop.set_task_factory(TaskFactory::Eager);
    event_loop.run_until_complete(main)
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_eager_task_factory_set, test_eager_completion
#[test]
fn a_task_that_never_waits_is_done_at_once() {
    let hello = eagerly(async {
        assert_eq!(get_running_loop()?.get_task_factory(), TaskFactory::Eager);
        let task = create_task(async { Ok("hello") });
        assert!(task.done());
        task.await
    });
    assert_eq!(hello.unwrap(), "hello");
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_await_future_during_eager_step
#[test]
fn the_first_step_may_complete_a_future() {
    let message = eagerly(async {
        let future = get_running_loop()?.create_future();
        let set = future.clone();
        assert!(create_task(async move { set.set_result("my message") }).done());
        future.await
    });
    assert_eq!(message.unwrap(), "my message");
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_block_after_eager_step
#[test]
fn a_task_that_waits_goes_on_in_the_loop() {
    let result = eagerly(async {
        let task = create_task(sleep_result(0.1, "finished after blocking"));
        assert!(!task.done());
        let result = (&task).await?;
        assert!(task.done());
        Ok(result)
    });
    assert_eq!(result.unwrap(), "finished after blocking");
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_cancellation_after_eager_completion
#[test]
fn a_task_that_is_done_cannot_be_cancelled() {
    let result = eagerly(async {
        let task = create_task(async { Ok("finished without blocking") });
        assert!(!task.cancel());
        let result = (&task).await?;
        assert!(!task.cancelled());
        Ok(result)
    });
    assert_eq!(result.unwrap(), "finished without blocking");
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_cancellation_after_eager_step_blocks
#[test]
fn a_task_that_waits_is_cancelled_with_its_message() {
    let result = eagerly(async {
        let task = create_task(sleep(0.1));
        task.cancel_with("cancellation message");
        assert_eq!(task.cancelling(), 1);
        task.await
    });
    assert_eq!(raised(result), "CancelledError('cancellation message')");
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_current_task
#[test]
fn the_first_step_has_its_own_task_as_the_current_one() {
    eagerly(async {
        let outer = current_task()?;
        let captured = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&captured);
        let task = create_task(async move {
            slot.replace(current_task()?);
            sleep(0.1).await?;
            assert!(current_task()? == *slot.borrow());
            Ok(())
        });
        assert!(task == *captured.borrow().as_ref().unwrap());
        assert!(current_task()? == outer);
        task.await
    })
    .unwrap();
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_all_tasks_with_eager_completion
#[test]
fn a_task_is_listed_while_its_first_step_runs() {
    eagerly(async {
        let listed = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&listed);
        let task = create_task(async move {
            sink.replace(all_tasks()?);
            Ok(())
        });
        assert!(listed.borrow().contains(&task.as_task()));
        assert!(!all_tasks()?.contains(&task.as_task()));
        Ok(())
    })
    .unwrap();
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_all_tasks_with_blocking
#[test]
fn a_task_that_waits_stays_listed_until_it_is_done() {
    eagerly(async {
        let event_loop = get_running_loop()?;
        let (first, second) = (event_loop.create_future(), event_loop.create_future());
        let (awaited, set) = (first.clone(), second.clone());
        let task = create_task(async move {
            assert!(all_tasks()?.contains(&current_task()?.unwrap()));
            awaited.await?;
            set.set_result(())
        });
        assert!(all_tasks()?.contains(&task.as_task()));
        first.set_result(())?;
        second.await?;
        assert!(!all_tasks()?.contains(&task.as_task()));
        Ok(())
    })
    .unwrap();
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_context_vars
#[test]
fn the_first_step_has_a_context_of_its_own() {
    eagerly(async {
        CV.set(1);
        let steps = Rc::new(Cell::new(0));
        let count = Rc::clone(&steps);
        let task = create_task(async move {
            assert_eq!(CV.get()?, 1);
            CV.set(2);
            count.set(1);
            sleep(0.1).await?;
            assert_eq!(CV.get()?, 2);
            CV.set(3);
            count.set(2);
            Ok(())
        });
        assert_eq!((steps.get(), CV.get()?), (1, 1));
        task.await?;
        assert_eq!((steps.get(), CV.get()?), (2, 1));
        Ok(())
    })
    .unwrap();
}

/// Counts the tasks that are queued when they are made.
struct Counting(Rc<Cell<usize>>);

impl Observer for Counting {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::TaskCreated(_) = event {
            self.0.set(self.0.get() + 1);
        }
    }
}

type Tree = Pin<Box<dyn std::future::Future<Output = Result<()>>>>;

fn recursive_gather(width: usize, depth: usize) -> Tree {
    Box::pin(async move {
        if depth > 0 {
            gather((0..width).map(|_| recursive_gather(width, depth - 1))).await?;
        }
        Ok(())
    })
}

fn recursive_groups(width: usize, depth: usize) -> Tree {
    Box::pin(async move {
        if depth == 0 {
            return Ok(());
        }
        let fill = async |group: TaskGroup| {
            for _ in 0..width {
                drop(group.create_task(recursive_groups(width, depth - 1))?);
            }
            Ok(())
        };
        TaskGroup::new().run(fill).await
    })
}

fn chain(depth: usize) -> Pin<Box<dyn std::future::Future<Output = Result<usize>>>> {
    Box::pin(async move { if depth == 0 { Ok(0) } else { Ok(1 + chain(depth - 1).await?) } })
}

/// How many tasks a coroutine makes, and how many iterations of the loop they need.
fn counted<T: 'static>(eager: bool, coroutine: impl std::future::Future<Output = Result<T>> + 'static) -> (usize, T) {
    let event_loop = new_loop();
    let count = Rc::new(Cell::new(0));
    event_loop.add_observer(Rc::new(Counting(Rc::clone(&count))));
    event_loop.set_task_factory(if eager { TaskFactory::Eager } else { TaskFactory::Lazy });
    let value = event_loop.run_until_complete(coroutine).unwrap();
    (count.get(), value)
}

// CPython: test_eager_task_factory.BaseTaskCountingTests.test_awaitables_chain
#[test]
fn coroutines_that_await_coroutines_make_no_tasks() {
    for eager in [false, true] {
        assert_eq!(counted(eager, chain(100)), (1, 100));
    }
}

// CPython: test_eager_task_factory.BaseTaskCountingTests.test_recursive_taskgroups, test_recursive_gather
#[test]
fn a_tree_of_groups_makes_a_task_for_each_node() {
    for eager in [false, true] {
        assert_eq!(counted(eager, recursive_gather(5, 4)).0, 781);
        assert_eq!(counted(eager, recursive_groups(5, 4)).0, 781);
    }
}

static NAME: ContextVar<&str> = ContextVar::with_default("name", || "foo");

/// Lets an exception handler note the variable, and returns the notes.
fn seen_by_the_handler(program: impl FnOnce(&EventLoop)) -> Vec<&'static str> {
    let (event_loop, log) = (new_loop(), Log::default());
    let sink = log.clone();
    event_loop.set_exception_handler(Some(Box::new(move |_| sink.add(NAME.get().unwrap()))));
    program(&event_loop);
    run_briefly(&event_loop);
    log.take()
}

// CPython: test_futures2.FutureTests.test_task_exc_handler_correct_context
#[test]
fn the_failure_of_a_task_is_reported_in_its_context() {
    let seen = seen_by_the_handler(|event_loop| {
        let failing = async {
            NAME.set("bar");
            Err::<(), _>(ZeroDivisionError::default().into())
        };
        drop(event_loop.create_task(failing));
    });
    assert_eq!(seen, ["bar"]);
}

// CPython: test_futures2.FutureTests.test_handle_exc_handler_correct_context
#[test]
fn the_failure_of_a_callback_is_reported_in_its_context() {
    let seen = seen_by_the_handler(|event_loop| {
        let failing = || {
            NAME.set("bar");
            panic!("expected");
        };
        event_loop.call_soon(failing).unwrap();
    });
    assert_eq!(seen, ["bar"]);
}

/// Makes a task with these options, and returns the names that it reported before the loop continued and at its end.
async fn named_with(options: TaskOptions) -> Result<(Option<String>, Option<String>)> {
    let told = Rc::new(RefCell::new(None));
    let tell = Rc::clone(&told);
    let task = options.name("example").create_task(async move {
        tell.replace(Some(current_task()?.unwrap().get_name().to_string()));
        Ok(())
    })?;
    let early = told.borrow().clone();
    assert_eq!(task.done(), early.is_some());
    task.await?;
    Ok((early, told.take()))
}

// CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_eager_start_false,
// CEagerTaskFactoryLoopTests.test_name, DefaultTaskFactoryEagerStart.test_eager_start_true_with_default_factory,
// test_tasks.BaseTaskTests.test_eager_start_true, test_eager_start_true_no_loop, test_eager_start_false
#[test]
fn a_task_may_start_in_another_way_than_the_factory_says_and_has_its_name_at_its_first_step() {
    let name = || Some("example".to_owned());
    for (eager_start, begins_at_once) in
        [(Some(true), [true, true]), (Some(false), [false, false]), (None, [false, true])]
    {
        let options = || match eager_start {
            Some(eager) => TaskOptions::new().eager_start(eager),
            None => TaskOptions::new(),
        };
        let early = begins_at_once.map(|at_once| at_once.then(name).flatten());
        assert_eq!(virtually(named_with(options())).unwrap(), (early[0].clone(), name()));
        assert_eq!(eagerly(named_with(options())).unwrap(), (early[1].clone(), name()));
    }
}
