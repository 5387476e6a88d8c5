//! How a cancellation travels, is caught, refused, repeated and taken back.

use asyncio_runtime::*;

use crate::*;

pub(crate) async fn cancel_reaches_a_shared_future() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<()>();
    let tasks: Vec<_> = (0..3).map(|i| waiter(format!("w{i}"), f.clone())).collect();
    yields(1).await?;
    log(format!("cancel {}", python(tasks[1].cancel_with("stop"))));
    gather(tasks).await?;
    log(format!("future {}", python(f.cancelled())));
    Ok(())
}

pub(crate) async fn cancel_before_the_first_step() -> Result<()> {
    count_iterations();
    let t = create_task(quick("t"));
    log(format!("cancel {}", python(t.cancel_with("early"))));
    attempt("main", &t).await?;
    log(format!("cancelled {}", python(t.cancelled())));
    Ok(())
}

pub(crate) async fn cancel_through_an_awaited_task() -> Result<()> {
    count_iterations();
    let inner = create_task(waits("inner", 1.0));
    let awaited = inner.clone();
    let t = create_task(async move {
        attempt("outer", awaited).await?;
        Err::<(), _>(CancelledError::new("again").into())
    });
    yields(2).await?;
    log(format!("cancel {} {} {}", python(t.cancel_with("m")), inner.cancelling(), t.cancelling()));
    attempt("main", &t).await?;
    log(format!("{} {}", python(inner.cancelled()), python(t.cancelled())));
    Ok(())
}

pub(crate) async fn inner_refuses_the_cancel() -> Result<()> {
    count_iterations();
    let inner = create_task(async {
        if sleep(100).await.is_err() {
            log("refused");
        }
        Ok(7)
    });
    let t = create_task(async { attempt("outer", inner).await });
    yields(2).await?;
    t.cancel();
    attempt("main", &t).await?;
    log(format!("{} {}", python(t.cancelled()), t.cancelling()));
    Ok(())
}

pub(crate) async fn cancel_twice_keeps_the_first_message() -> Result<()> {
    count_iterations();
    let t = create_task(waits("t", 1.0));
    yields(1).await?;
    t.cancel_with("one");
    t.cancel_with("two");
    log(t.cancelling());
    attempt("main", t).await
}

pub(crate) async fn cancel_a_queued_task_takes_the_last_message() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let t = waiter("t".into(), f.clone());
    yields(1).await?;
    f.set_result("lost")?;
    t.cancel_with("one");
    t.cancel_with("two");
    attempt("main", t).await
}

pub(crate) async fn cancel_a_yielding_task() -> Result<()> {
    count_iterations();
    let t = create_task(async {
        attempt("first", yields(1)).await?;
        attempt("second", yields(1)).await?;
        Ok("end")
    });
    yields(1).await?;
    t.cancel_with("now");
    attempt("main", t).await
}

pub(crate) async fn cancel_oneself() -> Result<()> {
    count_iterations();
    let me = create_task(async {
        current_task()?.unwrap().cancel_with("self");
        log("still running");
        attempt("await", sleep(100)).await?;
        attempt("yield", yields(1)).await?;
        Ok(5)
    });
    attempt("main", me).await?;
    let ends = create_task(async {
        current_task()?.unwrap().cancel_with("too late");
        Ok(5)
    });
    attempt("main", ends).await
}

pub(crate) async fn cancel_while_awaiting_a_done_group() -> Result<()> {
    count_iterations();
    let t1 = create_task(quick("t1"));
    let w = create_task(async { attempt("waiter", gather([t1])).await });
    yields(2).await?;
    log(format!("cancel {}", python(w.cancel_with("x"))));
    attempt("main", w).await
}

pub(crate) async fn uncancel_before_delivery() -> Result<()> {
    count_iterations();
    let f = get_running_loop()?.create_future::<&str>();
    let t = waiter("t".into(), f.clone());
    yields(1).await?;
    f.set_result("kept")?;
    t.cancel();
    log(format!("uncancel {}", t.uncancel()));
    attempt("main", t).await?;
    let t2 = create_task(waits("t2", 1.0));
    yields(1).await?;
    t2.cancel();
    log(format!("uncancel {}", t2.uncancel()));
    attempt("main", t2).await
}

pub(crate) async fn shield_against_cancel() -> Result<()> {
    let t = create_task(waits("inner", 1.0));
    let shielded = shield(&t);
    let outer = create_task(async { attempt("outer", shielded).await });
    sleep(0.1).await?;
    outer.cancel_with("out");
    attempt("main", outer).await?;
    attempt("main", t).await?;
    let t = create_task(waits("inner", 1.0));
    let s = shield(&t);
    sleep(0.1).await?;
    t.cancel_with("in");
    attempt("main", &s).await?;
    log(format!("{} {}", python(s.cancelled()), python(t.cancelled())));
    Ok(())
}

pub(crate) async fn await_oneself() -> Result<()> {
    count_iterations();
    let t = create_task(async {
        let me: Task<()> = current_task()?.unwrap().downcast().unwrap();
        attempt("me", &me).await
    });
    yields(3).await?;
    log(python(t.done()));
    Ok(())
}
