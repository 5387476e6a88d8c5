//! How many iterations each way of waiting takes, and in which order ready tasks run.

use asyncio_runtime::*;

use crate::*;

pub(crate) async fn await_task_hops() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    let _ = t.add_done_callback(|_| log("callback"));
    t.await?;
    log("main");
    Ok(())
}

pub(crate) async fn gather_hops() -> Result<()> {
    count_iterations();
    let g = gather!(quick("a"), quick("b"));
    let _ = g.add_done_callback(|_| log("group callback"));
    log(format!("main {}", g.await?.show()));
    Ok(())
}

pub(crate) async fn gather_of_done_is_done() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    (&t).await?;
    let g = gather([&t, &t]);
    log(format!("done {}", python(g.done())));
    log(format!("main {}", g.await?.show()));
    Ok(())
}

pub(crate) async fn gather_error_hops() -> Result<()> {
    count_iterations();
    let g = gather!(quick("a"), failing("b"), yields(5));
    attempt("main", async { g.await.map(|_| ()) }).await
}

pub(crate) async fn gather_cancel_hops() -> Result<()> {
    count_iterations();
    let g = gather([waits("a", 1.0), waits("b", 1.0)]).return_exceptions();
    yields(1).await?;
    log(format!("cancel {}", python(g.cancel())));
    attempt("main", async { (&g).await.map(|_| ()) }).await?;
    log(format!("cancelled {}", python(g.cancelled())));
    Ok(())
}

pub(crate) async fn wait_hops() -> Result<()> {
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

pub(crate) async fn shield_hops() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    shield(&t).await?;
    log("main");
    shield(&t).await?;
    log("main again");
    Ok(())
}

pub(crate) async fn wait_for_hops() -> Result<()> {
    count_iterations();
    log(format!("main {}", wait_for(quick("a"), 10).await?));
    let t = create_task(quick("t"));
    log(format!("main {}", wait_for(&t, 10).await?));
    log(format!("main {}", wait_for(&t, 0).await?));
    attempt("main", wait_for(quick("never"), 0)).await?;
    attempt("main", wait_for(sleep(0), None)).await
}

pub(crate) async fn taskgroup_hops() -> Result<()> {
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

pub(crate) async fn as_completed_hops() -> Result<()> {
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

pub(crate) async fn ensure_order_of_ready() -> Result<()> {
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

pub(crate) async fn awaiting_done_does_not_suspend() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    (&t).await?;
    let _other = create_task(quick("other"));
    t.await?;
    log("main");
    Ok(())
}

pub(crate) async fn future_waiters_in_order() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let tasks: Vec<_> = (0..3).map(|i| waiter(format!("w{i}"), f.clone())).collect();
    yields(1).await?;
    f.set_result("x")?;
    gather(tasks).await?;
    Ok(())
}

pub(crate) async fn timers_at_one_instant() -> Result<()> {
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

pub(crate) async fn callbacks_of_a_cancelled_future() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<()>();
    let _ = f.add_done_callback(|f| log(format!("callback {}", python(f.cancelled()))));
    let cancels = (f.cancel_with("m"), f.cancel());
    log(format!("cancel {} {}", python(cancels.0), python(cancels.1)));
    log("main");
    attempt("main", f).await
}

pub(crate) async fn eager_tasks() -> Result<()> {
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
