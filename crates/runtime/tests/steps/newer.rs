//! What CPython has added or fixed since 3.13: cancelled groups, and turns, messages and results that are no longer lost.

use asyncio_runtime::*;

use crate::*;

fn cancelling() -> u32 {
    current_task().unwrap().unwrap().cancelling()
}

pub(crate) async fn eager_failure_in_a_group() -> Result<()> {
    count_iterations();
    get_running_loop()?.set_task_factory(TaskFactory::Eager);
    async fn waits_for_ever(tg: TaskGroup) -> Result<()> {
        tg.create_task(failing("inner"))?;
        tg.create_task(quick("next"))?;
        waits("outer", 9.0).await
    }
    let block = TaskGroup::new();
    let block = block.run(async |tg| {
        tg.create_task(waits_for_ever(tg.clone()))?;
        log("body");
        Ok(())
    });
    attempt("main", block).await
}

pub(crate) async fn taskgroup_cancel() -> Result<()> {
    count_iterations();
    let group = TaskGroup::new();
    let mut task = None;
    let left = group.run_until_cancelled(async |tg| {
        let t = tg.create_task(waits("a", 9.0))?;
        task = Some(t);
        sleep(0).await?;
        tg.cancel();
        tg.cancel();
        attempt("more", spawned_by(&tg, "late")).await?;
        waits("body", 9.0).await
    });
    assert_eq!(left.await?, None);
    log(format!("main {} {}", python(task.unwrap().cancelled()), cancelling()));
    group.cancel();
    sleep(0).await?;
    log(format!("main {}", cancelling()));
    Ok(())
}

async fn spawned_by(tg: &TaskGroup, name: &'static str) -> Result<i32> {
    match tg.create_task(quick(name)) {
        Ok(task) => task.await,
        Err(error) => Err(LookupError::new(error.to_string().split("> ").last().unwrap().to_owned()).into()),
    }
}

pub(crate) async fn taskgroup_cancelled_before_it_is_entered() -> Result<()> {
    count_iterations();
    let tg = TaskGroup::new();
    tg.cancel();
    assert_eq!(tg.run_until_cancelled(async |_| waits("body", 9.0).await).await?, None);
    log(format!("main {}", cancelling()));
    Ok(())
}

pub(crate) async fn taskgroup_cancel_as_the_last_line() -> Result<()> {
    count_iterations();
    let block = async |tg: TaskGroup| {
        let t = tg.create_task(quick("a"))?;
        tg.cancel();
        Ok(t)
    };
    let t = TaskGroup::new().run(block).await?;
    log(format!("main {} {}", python(t.cancelled()), cancelling()));
    sleep(0).await?;
    log("main");
    let block = async |tg: TaskGroup| {
        tg.cancel();
        Ok(())
    };
    TaskGroup::new().run(block).await?;
    log(format!("main {}", cancelling()));
    sleep(0).await?;
    log("main");
    Ok(())
}

pub(crate) async fn taskgroup_cancel_and_a_cancellation_from_outside() -> Result<()> {
    async fn cleans_up() -> Result<()> {
        let slept = sleep(9).await;
        sleep(1).await?;
        log("cleaned up");
        slept
    }
    let t = create_task(async {
        let block = async |tg: TaskGroup| {
            tg.create_task(cleans_up())?;
            sleep(1).await?;
            tg.cancel();
            sleep(9).await
        };
        let error = TaskGroup::new().run_until_cancelled(block).await.unwrap_err();
        log(format!("parent {} {}", show(&error), cancelling()));
        Err::<(), _>(error)
    });
    sleep(1.5).await?;
    t.cancel_with("outside");
    attempt("main", t).await
}

pub(crate) async fn taskgroup_cancelled_by_an_eager_task() -> Result<()> {
    count_iterations();
    let block = async |tg: TaskGroup| {
        let stop = tg.clone();
        let cancels = async move {
            stop.cancel();
            waits("eager", 9.0).await
        };
        let t = tg.create_task_with(TaskOptions::new().eager_start(true), cancels)?;
        log(format!("body {}", t.cancelling()));
        Ok(t)
    };
    let t = TaskGroup::new().run(block).await?;
    log(format!("main {}", python(t.cancelled())));
    Ok(())
}

pub(crate) async fn taskgroup_cancel_and_failures() -> Result<()> {
    let report = |error: Error| {
        let group: &ExceptionGroup = error.downcast_ref().unwrap();
        log(format!("{group:-} {} {}", group.exceptions().len(), cancelling()));
    };
    let block = async |tg: TaskGroup| {
        tg.create_task(async {
            assert!(sleep(9).await.unwrap_err().is_cancelled());
            Err::<(), _>(ValueError::new("cleanup").into())
        })?;
        sleep(1).await?;
        tg.cancel();
        Ok(())
    };
    report(TaskGroup::new().run(block).await.unwrap_err());
    let block = async |tg: TaskGroup| {
        tg.cancel();
        Err::<(), _>(LookupError::new("k").into())
    };
    report(TaskGroup::new().run(block).await.unwrap_err());
    Ok(())
}

pub(crate) async fn taskgroup_left_by_generator_exit() -> Result<()> {
    async fn leave<T: 'static>(child: impl StdFuture<Output = Result<T>> + 'static) -> Result<()> {
        let block = async |tg: TaskGroup| {
            tg.create_task(child)?;
            sleep(0).await?;
            Err::<(), _>(GeneratorExit.into())
        };
        let error = TaskGroup::new().run(block).await.unwrap_err();
        match error.downcast_ref::<ExceptionGroup>() {
            Some(group) => log(format!("{group:-} {}", group.exceptions().len())),
            None => log(show(&error)),
        }
        Ok(())
    }
    leave(waits("a", 9.0)).await?;
    leave(failing("b")).await
}

pub(crate) async fn as_completed_gives_a_turn_back() -> Result<()> {
    let tasks = [create_task(waits("a", 2.0)), create_task(waits("b", 3.0)), create_task(waits("c", 4.0))];
    let mut it = as_completed(&tasks);
    attempt("next", wait_for(async { it.anext().await.map(drop) }, 1)).await?;
    let next = it.next().unwrap();
    attempt("next", wait_for(next.into_future(), 0.5)).await?;
    let next = it.next().unwrap();
    let t = create_task(next);
    sleep(0).await?;
    t.cancel();
    sleep(0).await?;
    while let Some(t) = it.anext().await? {
        log(format!("next {}", tasks.iter().position(|task| *task == t).unwrap()));
    }
    Ok(())
}

pub(crate) async fn as_completed_gives_a_wake_up_on() -> Result<()> {
    count_iterations();
    let event_loop = get_running_loop()?;
    let (a, b) = (event_loop.create_future(), event_loop.create_future());
    let mut it = as_completed([&a, &b]);
    let [first, second] = [(); 2].map(|()| create_task(it.next().unwrap().into_future()));
    sleep(0).await?;
    a.set_result("a")?;
    sleep(0).await?;
    log(python(first.cancel()));
    attempt("first", first).await?;
    yields(1).await?;
    log(python(second.done()));
    b.set_result("b")?;
    attempt("second", second).await?;
    while let Some(t) = it.anext().await? {
        log(format!("next {}", t.await?));
    }
    Ok(())
}

pub(crate) async fn nested_gather_of_done_is_not_cancelled() -> Result<()> {
    count_iterations();
    let event_loop = get_running_loop()?;
    let (done, also, open) = (event_loop.create_future(), event_loop.create_future(), event_loop.create_future::<()>());
    let inner = gather([&done]);
    let deepest = gather([&also]);
    let middle = gather!(deepest.clone(), open).return_exceptions();
    let outer = gather!(inner.clone(), middle.clone()).return_exceptions();
    done.set_result(1)?;
    also.set_result(2)?;
    let cancelled = [inner.cancel(), deepest.cancel(), outer.cancel_with("m")].map(python);
    log(cancelled.join(" "));
    attempt("inner", inner).await?;
    attempt("deepest", deepest).await?;
    attempt("middle", middle.join()).await?;
    attempt("outer", outer.join()).await
}

pub(crate) async fn message_of_a_survived_cancellation() -> Result<()> {
    let t = create_task(async {
        current_task()?.unwrap().cancel_with("first");
        for _ in 0..3 {
            if let Err(error) = sleep(5).await {
                log(format!("stubborn {}", show(&error)));
            }
        }
        Ok("done")
    });
    let g = gather([&t]).return_exceptions();
    sleep(1).await?;
    t.cancel_with("second");
    sleep(1).await?;
    g.cancel_with("third");
    attempt("main", g.join()).await
}

pub(crate) async fn message_of_a_second_request_is_noted() -> Result<()> {
    let t = create_task(async {
        log(format!("stubborn {}", show(&sleep(5).await.unwrap_err())));
        Ok("done")
    });
    let g = gather([&t]).return_exceptions();
    sleep(1).await?;
    g.cancel_with("first");
    t.cancel_with("second");
    attempt("main", g.join()).await
}

pub(crate) async fn shield_cancelled_as_its_inner_fails() -> Result<()> {
    get_running_loop()?.set_exception_handler(Some(Box::new(|context| log(&context.message))));
    let t = create_task(failing("a"));
    let s = shield(&t);
    let cancelled = s.clone();
    let _ = t.add_done_callback(move |_| _ = cancelled.cancel());
    let u = create_task(failing("b"));
    let w = std::rc::Rc::new(RefCell::new(None::<Future<i32>>));
    let cancelled = w.clone();
    let _ = u.add_done_callback(move |_| _ = cancelled.borrow().as_ref().unwrap().cancel());
    let v = shield(&u);
    w.replace(Some(v.clone()));
    yields(3).await?;
    log(format!("{} {}", python(s.cancelled()), python(v.cancelled())));
    drop((t, u, s, v, w));
    yields(1).await?;
    log("main");
    Ok(())
}

pub(crate) async fn a_year() -> Result<()> {
    for n in [f64::from(1 << 24), f64::from(1 << 25), 31_536_000.0] {
        sleep(n).await?;
        log("main");
    }
    Ok(())
}
