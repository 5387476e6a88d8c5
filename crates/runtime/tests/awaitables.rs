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
