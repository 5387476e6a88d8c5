//! Whatever can be awaited goes wherever asyncio takes an awaitable, by value and by reference.

#[macro_use]
extern crate asyncio_testing;

use std::future::Future as StdFuture;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

async fn nap<T>(seconds: u32, result: T) -> Result<T> {
    sleep(seconds).await?;
    Ok(result)
}

#[test]
fn a_loop_runs_whatever_can_be_awaited() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let [one, two] = [1, 2].map(|n| event_loop.create_task(nap(n, n)).unwrap());
    let group = gather([&one, &two]);
    assert_eq!(event_loop.run_until_complete(&group).unwrap(), [1, 2]);
    assert_eq!(event_loop.run_until_complete(group).unwrap(), [1, 2]);
    assert_eq!(event_loop.run_until_complete(&one).unwrap(), 1);
    event_loop.run_until_complete(one.as_task()).unwrap();
    event_loop.run_until_complete(one.as_any()).unwrap();
    assert_eq!(event_loop.run_until_complete(one).unwrap(), 1);
    let future = event_loop.create_future();
    let set = future.clone();
    event_loop.call_soon(move || set.set_result("set").unwrap()).unwrap();
    assert_eq!(event_loop.run_until_complete(&future).unwrap(), "set");
    let settled = gather([event_loop.create_task(nap(1, 1)).unwrap()]).return_exceptions();
    assert_eq!(event_loop.run_until_complete(settled).unwrap().len(), 1);
}

#[test]
fn groups_and_futures_without_a_type_go_everywhere() {
    virtually(async {
        let group = gather([nap(1, 1), nap(2, 2)]);
        assert_eq!(shield(&group).await?, [1, 2]);
        assert_eq!(wait_for(&group, 1).await?, [1, 2]);
        let task = create_task(nap(1, "text"));
        let any = task.as_any();
        wait_for(any, 5).await?;
        shield(any).await?;
        any.await?;
        any.clone().await?;
        task.as_task().await?;
        gather!(any, &group, &task).await?;
        assert!(ensure_future(any) == *any);
        let late = create_task(nap(9, ())).as_task();
        assert!(wait_for(&late, 1).await.unwrap_err().is::<TimeoutError>());
        assert!(late.cancelled());
        assert_eq!(task.await?, "text");
        Ok(())
    })
    .unwrap();
}

#[test]
fn futures_of_different_types_are_completed_in_one_list() {
    virtually(async {
        let (number, text) = (create_task(nap(2, 1)), create_task(nap(1, "one")));
        let mut order = Vec::new();
        let mut completed = as_completed([number.as_any(), text.as_any()]);
        while let Some(future) = completed.anext().await? {
            order.push(if future == *number.as_any() { "number" } else { "text" });
        }
        assert_eq!(order, ["text", "number"]);
        for next in as_completed([number.as_any(), text.as_any()]) {
            next.await?;
        }
        assert_eq!((number.await?, text.await?), (1, "one"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn wait_takes_handles_by_value() {
    virtually(async {
        let task = create_task(nap(1, 1));
        let (done, pending) = wait([task.clone(), task.clone()]).timeout(0.5).await?;
        assert_eq!((done.len(), pending), (0, vec![task.clone()]));
        let (done, _) = wait(vec![task.as_task(), create_task(nap(2, "x")).as_task()]).await?;
        assert_eq!(done.len(), 2);
        let (done, _) = wait([gather([&task])]).await?;
        assert_eq!(done[0].result()?, [1]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_result_that_can_be_taken_once_is_not_gathered_twice() {
    let twice = |by_value: bool| {
        virtually(async move {
            let task = create_task(nap(1, 1));
            if by_value { gather([task.clone(), task]).await } else { gather([&task, &task]).await }
        })
    };
    asyncio_testing::expect_panics("gather was given one future twice by value");
    assert_eq!(twice(false).unwrap(), [1, 1]);
    std::panic::catch_unwind(|| twice(true)).unwrap_err();
    // Taken by reference first, so that it is still there for the last.
    let mixed = virtually(async {
        let task = create_task(nap(1, 1));
        gather!(&task, task.clone()).await
    });
    assert_eq!(mixed.unwrap(), (1, 1));
}

/// A type of one's own.
struct Ticket(Task<u32>);

impl Awaitable for Ticket {
    type Value = String;
    type Handle = Task<u32>;
    type Kind = ByHandle;

    fn try_ensure_future(self) -> Result<Task<u32>, RuntimeError> {
        Ok(self.0)
    }

    fn outcome(handle: &Task<u32>) -> Result<String> {
        Ok(format!("ticket {}", handle.result()?))
    }
}

#[test]
fn a_type_of_ones_own_is_awaited_as_others_are() {
    virtually(async {
        let ticket = |n| Ticket(create_task(nap(n, n)));
        assert_eq!(gather([ticket(1), ticket(2)]).await?, ["ticket 1", "ticket 2"]);
        assert_eq!(shield(ticket(3)).await?, "ticket 3");
        assert_eq!(wait_for(ensure_future(ticket(4)), 9).await?, 4);
        assert_eq!(wait_for(shield(ticket(5)), 9).await?, "ticket 5");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_runner_runs_in_a_context_that_it_is_given() {
    static LEVEL: ContextVar<u32> = ContextVar::new("level");
    let runner = Runner::new().clock(Clock::Virtual);
    let context = Context::new();
    let options = || TaskOptions::new().context(context.clone()).name("main");
    let main = async {
        LEVEL.set(LEVEL.get_or(0) + 1);
        Ok((LEVEL.get()?, current_task()?.expect("a task").get_name()))
    };
    assert_eq!(runner.run_with(options(), main).unwrap(), (1, "main".into()));
    assert_eq!(runner.run(async { Ok(LEVEL.get_or(0)) }).unwrap(), 0, "the runner has a context of its own");
    assert_eq!(runner.run_with(options(), async { Ok(LEVEL.get_or(0)) }).unwrap(), 1);
}

#[test]
fn a_type_of_ones_own_has_a_time_limit_and_is_run_by_a_loop() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let task = event_loop.create_task(nap(1, 1)).unwrap();
    assert_eq!(event_loop.run_until_complete(Ticket(task)).unwrap(), "ticket 1");
    virtually(async {
        let ticket = |n| Ticket(create_task(nap(n, n)));
        assert_eq!(wait_for(ticket(2), 9).await?, "ticket 2");
        for limit in [1, 0] {
            let (late, start) = (create_task(nap(5, 5)), get_running_loop()?.time());
            let error = wait_for(Ticket(late.clone()), limit).await.unwrap_err();
            assert!(error.is::<TimeoutError>() && late.cancelled());
            assert_eq!(get_running_loop()?.time() - start, f64::from(limit));
        }
        let done = create_task(nap(0, 7));
        sleep(1).await?;
        assert_eq!(wait_for(Ticket(done), 0).await?, "ticket 7");
        Ok(())
    })
    .unwrap();
}

/// In the words of a generic caller: the kind of the awaitable is inferred.
async fn soon<K, A: WaitFor<K>>(awaitable: A) -> Result<A::Value> {
    wait_for(awaitable, 5).await
}

#[test]
fn a_generic_function_limits_coroutines_that_borrow_and_handles() {
    virtually(async {
        let name = String::from("asyncio");
        assert_eq!(soon(async { Ok(name.len()) }).await?, 7);
        assert_eq!(soon(create_task(nap(1, 1))).await?, 1);
        assert_eq!(soon(Ticket(create_task(nap(1, 1)))).await?, "ticket 1");
        let boxed: std::pin::Pin<Box<dyn StdFuture<Output = Result<u32>>>> = Box::pin(nap(1, 3));
        assert_eq!(soon(boxed).await?, 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_is_a_coroutine() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let task = event_loop.create_task(nap(1, 1)).unwrap();
    assert_eq!(event_loop.run_until_complete(wait([&task])).unwrap(), (vec![task], vec![]));
    virtually(async {
        let task = create_task(nap(2, 2));
        let waiting = create_task(wait([&task]).timeout(1));
        assert_eq!(waiting.await?, (vec![], vec![task.clone()]));
        let (both, one) = gather!(wait([&task]), nap(1, 1)).await?;
        assert_eq!((both.0, one), (vec![task], 1));

        // Cancelled by its limit, it listens no more, and the task goes on.
        let late = create_task(nap(5, 5));
        assert!(wait_for(wait([&late]), 1).await.unwrap_err().is::<TimeoutError>());
        assert!(!format!("{late:?}").contains("_on_completion"), "{late:?}");
        assert_eq!(late.await?, 5);
        let none = wait(Vec::<Task<()>>::new()).await.unwrap_err();
        assert_eq!(none.to_string(), "Set of Tasks/Futures is empty.");
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_next_completed_has_a_time_limit_and_becomes_a_task() {
    virtually(async {
        let mut completed = as_completed([nap(1, 1), nap(2, 2), nap(9, 9)]);
        assert_eq!(wait_for(completed.next().expect("three are left"), 5).await?, 1);
        assert_eq!(create_task(completed.next().expect("two are left")).await?, 2);
        let error = wait_for(completed.next().expect("one is left"), 5).await.unwrap_err();
        assert!(error.is::<TimeoutError>());
        // The wait was given up, so it can be asked for again.
        assert_eq!(shield(completed.next().expect("one is left")).await?, 9);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_runner_runs_whatever_can_be_awaited() {
    let runner = Runner::new().clock(Clock::Virtual);
    let event_loop = runner.get_loop().unwrap();
    let task = event_loop.create_task(nap(1, 1)).unwrap();
    assert_eq!(runner.run(&task).unwrap(), 1);
    assert_eq!(runner.run(gather([&task, &task])).unwrap(), [1, 1]);
    assert_eq!(runner.run(wait([task.clone()])).unwrap().0, [task]);
    assert_eq!(runner.run(Later(4)).unwrap(), 4);
}

/// As a builder of another crate: awaited, but no future.
struct Later(u32);

impl IntoFuture for Later {
    type Output = Result<u32>;
    type IntoFuture = SleepResult<u32>;

    fn into_future(self) -> SleepResult<u32> {
        sleep_result(1, self.0)
    }
}

#[test]
fn what_becomes_a_future_goes_in_as_one() {
    virtually(async {
        assert_eq!(wait_for(Later(1).into_future(), 5).await?, 1);
        assert_eq!(gather([1, 2].map(|n| Later(n).into_future())).await?, [1, 2]);
        assert_eq!(cancellable(Later(3)).await??, 3);
        assert_eq!(uncancellable(create_task(nap(1, 4))).await?, 4);
        let late = create_task(async { uncancellable(Later(5)).await });
        sleep(0).await?;
        late.cancel();
        assert!(wait([&late]).timeout(0.5).await?.0.is_empty(), "it goes on to its end");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_block_is_any_closure_that_returns_a_coroutine() {
    virtually(async {
        let group = TaskGroup::new().run(|group| async move { Ok(group.create_task(nap(1, 1))?) });
        assert_eq!(group.await?.result()?, 1); // kept in a variable
        let word = String::from("borrowed");
        assert_eq!(TaskGroup::new().run(async |_| Ok(word.len())).await?, 8);
        let stopped = TaskGroup::new().run_until_cancelled(|group| async move {
            group.cancel();
            sleep(9).await
        });
        assert_eq!(stopped.await?, None);

        assert_eq!(timeout(5).run(|_| nap(1, 2)).await?, 2);
        let limit = timeout(1);
        let longer = limit.run(|limit| async move {
            limit.reschedule(None)?;
            nap(2, word).await
        });
        assert_eq!(longer.await?, "borrowed");
        Ok(())
    })
    .unwrap();
}
