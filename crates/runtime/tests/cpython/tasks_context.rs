//! `test_tasks`: the context variables of tasks.

use asyncio_runtime::*;

use crate::support::*;

static CVAR: ContextVar<String> = ContextVar::with_default("cvar", || "nope".to_owned());
static NUMBER: ContextVar<i32> = ContextVar::new("number");

fn is(expected: &str) {
    assert_eq!(CVAR.get().unwrap(), expected);
}

// CPython: test_tasks.BaseTaskTests.test_context_1
#[test]
fn a_task_has_the_context_of_its_creation_and_keeps_its_changes() {
    virtually(async {
        is("nope");
        let subtask = create_task(async {
            sleep(0.01).await?;
            is("nope");
            CVAR.set("something else".to_owned());
            Ok(())
        });
        CVAR.set("yes".to_owned());
        is("yes");
        subtask.await?;
        is("yes");
        let subtask = create_task(async {
            is("yes");
            CVAR.set("theirs".to_owned());
            Ok(())
        });
        subtask.await?;
        is("yes");
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_context_2
#[test]
fn callbacks_and_waits_do_not_disturb_the_context_of_a_task() {
    virtually(async {
        is("nope");
        for j in 0..2 {
            let future = get_running_loop()?.create_future();
            let _ = future.add_done_callback(|_| drop(CVAR.set("something else".to_owned())));
            CVAR.set(format!("yes{j}"));
            let set = future.clone();
            get_running_loop()?.call_soon(move || set.set_result(()).unwrap())?;
            future.await?;
            is(&format!("yes{j}"));
            for i in 0..3 {
                CVAR.set(format!("yes{i}-{j}"));
                sleep(0.001).await?;
                is(&format!("yes{i}-{j}"));
            }
        }
        Ok(())
    })
    .unwrap();
    is("nope");
}

// CPython: test_tasks.BaseTaskTests.test_context_3
#[test]
fn many_tasks_have_many_contexts() {
    virtually(async {
        let sub = async |task: i32| {
            for i in 0..10 {
                NUMBER.set(task + i);
                sleep(0.001 * f64::from((task * 7 + i * 3) % 50)).await?;
                assert_eq!(NUMBER.get()?, task + i);
            }
            Ok(())
        };
        gather((0..100).map(sub)).await.map(drop)
    })
    .unwrap();
    assert_eq!(NUMBER.get_or(-1), -1);
}

// CPython: test_tasks.BaseTaskTests.test_context_4, test_context_5, test_context_6
#[test]
fn a_task_may_run_in_a_given_context() {
    virtually(async {
        let context = copy_context();
        let seen = || context.run(|| NUMBER.get().ok());
        let set = async |value| {
            sleep(0).await?;
            NUMBER.set(value);
            Ok(())
        };
        assert_eq!(seen()?, None);
        TaskOptions::new().context(context.clone()).create_task(set(1))?.await?;
        assert_eq!(seen()?, Some(1));
        TaskOptions::new().context(context.clone()).create_task(set(2))?.await?;
        assert_eq!(seen()?, Some(2));
        assert!(NUMBER.get().is_err(), "the creator's own context is another one");
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_context_already_entered_leaves_loop_usable
#[test]
fn an_eager_start_in_a_context_that_is_entered_is_refused() {
    let event_loop = new_loop();
    let check = async {
        let (context, me) = (copy_context(), current_task()?.expect("this is a task"));
        let eager = || TaskOptions::new().context(context.clone()).eager_start(true);
        let error = context.run(|| eager().create_task(async { Ok(()) })).unwrap().unwrap_err();
        assert_eq!(error.to_string(), format!("cannot enter context: {context:?} is already entered"));
        // Nothing else comes of it.
        assert_eq!(current_task()?, Some(me.clone()));
        assert_eq!(all_tasks()?, [me]);
        let block = async |group: TaskGroup| {
            let refused = context.run(|| group.create_task_with(eager(), async { Ok(()) })).unwrap();
            assert!(refused.is_err() && format!("{group:?}") == "<TaskGroup entered>");
            Ok(())
        };
        TaskGroup::new().run(block).await?;
        assert!(eager().create_task(async { Ok(()) })?.done());
        Ok(())
    };
    event_loop.run_until_complete(check).unwrap();
}

#[test]
fn a_callback_runs_in_the_context_in_which_it_was_added() {
    virtually(async {
        let (future, seen) = (get_running_loop()?.create_future(), Log::default());
        let log = seen.clone();
        CVAR.set("added".to_owned());
        let _ = future.add_done_callback(move |_| log.add(CVAR.get().unwrap()));
        CVAR.set("completed".to_owned());
        future.set_result(())?;
        sleep(0).await?;
        assert_eq!(seen.take(), ["added"]);
        is("completed");
        Ok(())
    })
    .unwrap();
}
