//! The properties that a scoped task has of its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_contextvars::ContextVar;
use asyncio_runtime::{
    AnyTask, LoopEvent, Observer, Runner, TimeoutError, ValueError, WaitKind, all_tasks, create_task, current_task,
    format_call_graph, gather, get_running_loop, sleep, sleep_result, timeout, wait_for,
};
use asyncio_scope::{ScopedTaskGroup, gather_scoped};

use crate::{me, run_virtual};

#[test]
fn results_may_borrow_and_come_in_the_order_of_the_arguments() {
    run_virtual(async {
        let text = String::from("one two three");
        let word = async |index: usize| {
            sleep(3 - index).await?;
            Ok(text.split(' ').nth(index).expect("three words"))
        };
        assert_eq!(gather_scoped([word(0), word(1), word(2)]).await?, ["one", "two", "three"]);
        assert_eq!(gather_scoped(Vec::<asyncio_runtime::Sleep>::new()).await?, []);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_a_coroutine_changes_by_a_unique_borrow_is_there_afterwards() {
    run_virtual(async {
        let mut counts = [0; 3];
        let count = async |count: &mut u32| {
            sleep(1).await?;
            *count += 1;
            Ok(())
        };
        gather_scoped(counts.iter_mut().map(count)).await?;
        assert_eq!(counts, [1, 1, 1]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_is_the_current_task_of_its_steps() {
    run_virtual(async {
        let caller = me();
        let one = async || {
            let before = current_task()?.expect("a task");
            sleep(1).await?;
            assert_eq!(current_task()?, Some(before));
            assert_ne!(me(), caller);
            Ok(me())
        };
        let names = gather_scoped([one(), one()]).await?;
        assert_ne!(names[0], names[1]);
        assert_eq!(me(), caller);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_limit_of_one_does_not_cancel_the_other() {
    run_virtual(async {
        let slow = Cell::new(0);
        let limited = async |seconds: u32| {
            let result = timeout(seconds).run(async |_| sleep(2).await).await;
            slow.set(slow.get() + u32::from(result.is_ok()));
            Ok(result.is_err_and(|error| error.is::<TimeoutError>()))
        };
        assert_eq!(gather_scoped([limited(1), limited(5)]).await?, [true, false]);
        assert_eq!(slow.get(), 1);
        assert_eq!(current_task()?.expect("a task").cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_has_its_own_context() {
    static LEVEL: ContextVar<u32> = ContextVar::new("level");
    run_virtual(async {
        LEVEL.set(1);
        let one = async |level: u32| {
            assert_eq!(LEVEL.get()?, 1);
            LEVEL.set(level);
            sleep(1).await?;
            let seen = LEVEL.get()?;
            LEVEL.set(seen + 1);
            sleep(0).await?;
            Ok(LEVEL.get()?)
        };
        assert_eq!(gather_scoped([one(10), one(20)]).await?, [11, 21]);
        assert_eq!(LEVEL.get()?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_first_variable_of_a_thread_can_be_set_in_a_scoped_task() {
    // In a separate process no variable would be in use yet; here other tests may have set one.
    static FIRST: ContextVar<u32> = ContextVar::new("first");
    run_virtual(async {
        let set = async |value: u32| {
            FIRST.set(value);
            sleep(0).await?;
            Ok(FIRST.get()?)
        };
        assert_eq!(gather_scoped([set(1), set(2)]).await?, [1, 2]);
        assert!(FIRST.get().is_err());
        Ok(())
    })
    .unwrap();
}

async fn fetch(name: &str) -> asyncio_runtime::Result<()> {
    current_task()?.expect("a task").set_name(name);
    sleep(1).await
}

#[test]
fn names_the_call_graph_and_reports_show_them() {
    run_virtual(async {
        current_task()?.expect("a task").set_name("caller");
        let names = [String::from("left"), String::from("right")];
        let watcher = create_task(async {
            sleep(0.5).await?;
            let tasks = all_tasks()?;
            let of = |name: &str| tasks.iter().find(|task| &*task.get_name() == name).expect("it runs").clone();
            let left = of("left");
            let text = format!("{left:?}");
            assert!(text.starts_with("<Task pending name='left' coro=<fetch() running at "), "{text}");
            assert!(text.contains("own.rs"), "{text}");
            assert_eq!(left.waits_on().expect("it sleeps").kind, WaitKind::Timer);
            assert_eq!(of("caller").waits_on().expect("it gathers").kind, WaitKind::Group);
            let graph = format_call_graph(Some(&left)).unwrap_or_default();
            assert!(graph.contains("caller"), "{graph}");
            Ok(())
        });
        gather_scoped(names.iter().map(|name| fetch(name))).await?;
        watcher.await
    })
    .unwrap();
}

#[test]
fn scopes_are_one_in_the_other() {
    run_virtual(async {
        let base = 1;
        let base = &base;
        let leaf = async |n: u32| {
            sleep(n).await?;
            Ok(n + base)
        };
        let leaf = &leaf;
        let branch = async |n: u32| Ok(gather_scoped([leaf(n), leaf(n + 1)]).await?.iter().sum::<u32>());
        let branch = &branch;
        let tree = async |n: u32| Ok(gather_scoped([branch(n), branch(n + 2)]).await?.iter().sum::<u32>());
        assert_eq!(gather_scoped([tree(0), tree(4)]).await?, [10, 26]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn wherever_a_coroutine_goes_it_goes_too() {
    run_virtual(async {
        let second = 1;
        let nap = async |result: u32| {
            sleep(second).await?;
            Ok(result)
        };
        assert_eq!(wait_for(gather_scoped([nap(1), nap(2)]), 5).await?, [1, 2]);
        let late = wait_for(gather_scoped([nap(1), nap(2)]), 0.5).await;
        assert!(late.unwrap_err().is::<TimeoutError>());
        let both = gather!(sleep_result(1, 0), async { gather_scoped([sleep_result(1, 1)]).await }).await?;
        assert_eq!(both, (0, vec![1]));
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_first_failure_is_raised_when_the_others_have_cleaned_up() {
    run_virtual(async {
        let cleaned = RefCell::new(Vec::new());
        let clean = async |n: u32| {
            let end = sleep(3600).await;
            sleep(n).await?;
            cleaned.borrow_mut().push(n);
            end
        };
        let fail = async || Err(ValueError::new("boom").into());
        let all: [std::pin::Pin<Box<dyn Future<Output = asyncio_runtime::Result<()>>>>; 3] =
            [Box::pin(clean(2)), Box::pin(fail()), Box::pin(clean(1))];
        let error = gather_scoped(all).await.unwrap_err();
        assert!(error.is::<ValueError>());
        assert_eq!(*cleaned.borrow(), [1, 2]);
        assert_eq!(get_running_loop()?.time(), 2.0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellation_does_not_cut_the_clean_up_short() {
    run_virtual(async {
        let cleaned = Rc::new(Cell::new(0));
        let own = Rc::clone(&cleaned);
        let caller = create_task(async move {
            let clean = async |n: u32| {
                let end = sleep(3600).await;
                sleep(n).await?;
                own.set(own.get() + 1);
                end
            };
            let fail = async || Err(ValueError::new("boom").into());
            let all: [std::pin::Pin<Box<dyn Future<Output = asyncio_runtime::Result<()>>>>; 2] =
                [Box::pin(clean(2)), Box::pin(fail())];
            gather_scoped(all).await
        });
        sleep(1).await?;
        caller.cancel();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!((cleaned.get(), get_running_loop()?.time()), (1, 2.0));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_panic_is_resumed_in_the_caller() {
    let run = || {
        run_virtual(async {
            let name = String::from("expected");
            let panics = async || -> asyncio_runtime::Result<()> { panic!("{name}") };
            gather_scoped([panics()]).await
        })
    };
    let payload = std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().map(String::as_str), Some("expected"));
}

/// The cost of scoped tasks: each frame is polled as often as there are steps.
#[test]
fn a_step_polls_one_coroutine() {
    run_virtual(async {
        let (polls, own) = (Cell::new(0), Cell::new(0));
        let one = async |_| {
            let mut nap = std::pin::pin!(sleep(1));
            std::future::poll_fn(|cx| {
                own.set(own.get() + 1);
                nap.as_mut().poll(cx)
            })
            .await
        };
        let mut all = std::pin::pin!(gather_scoped((0..1000).map(one)));
        std::future::poll_fn(|cx| {
            polls.set(polls.get() + 1);
            all.as_mut().poll(cx)
        })
        .await?;
        // Two steps each, and two for the caller, which starts to wait and is woken.
        assert_eq!((own.get(), polls.get()), (2000, 2002));
        Ok(())
    })
    .unwrap();
}

#[derive(Default)]
struct Events(RefCell<Vec<String>>);

impl Observer for Events {
    fn event(&self, event: LoopEvent<'_>) {
        let name = |task: &AnyTask| task.get_name();
        self.0.borrow_mut().extend(match event {
            LoopEvent::StepBegins(task) => Some(format!("{} begins", name(task))),
            LoopEvent::StepEnds(task) => Some(format!("{} ends", name(task))),
            LoopEvent::Woken(task) => Some(format!("{} woken", name(task))),
            LoopEvent::TaskDone(task) => Some(format!("{} done", name(task))),
            _ => None,
        });
    }
}

/// An observer sees the same events for scoped tasks as for other tasks.
#[test]
fn a_visit_is_no_step() {
    let watched = |scoped: bool| {
        let events = Rc::new(Events::default());
        let runner = Runner::new().clock(asyncio_runtime::Clock::Virtual).observer(Rc::clone(&events) as _);
        let program = async move {
            current_task()?.expect("a task").set_name("main");
            let named = async |name: &str| {
                current_task()?.expect("a task").set_name(name);
                sleep(1).await
            };
            if scoped {
                let group = ScopedTaskGroup::new();
                let run = group.run(async |group| {
                    group.create_task(named("one"))?;
                    group.create_task(named("two"))?;
                    sleep(0.5).await
                });
                run.await
            } else {
                let named = |name: &'static str| async move {
                    current_task()?.expect("a task").set_name(name);
                    sleep(1).await
                };
                let block = async |group: asyncio_runtime::TaskGroup| {
                    group.create_task(named("one"))?;
                    group.create_task(named("two"))?;
                    sleep(0.5).await
                };
                asyncio_runtime::TaskGroup::new().run(block).await
            }
        };
        runner.run(program).unwrap();
        // Default names count on.
        let events: Vec<_> = events.0.take().into_iter().filter(|event| !event.starts_with("Task-")).collect();
        events
    };
    assert_eq!(watched(true), watched(false));
}
