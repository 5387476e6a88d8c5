//! Time limits: `timeout`, `wait_for`, and those of `wait` and `as_completed`.

use asyncio_runtime::*;

use crate::*;

pub(crate) async fn timeout_fires() -> Result<()> {
    let cm = timeout(1);
    if let Err(e) = cm.run(async |_| waits("body", 5.0).await).await {
        let cause = e.source().unwrap();
        log(format!("timeout {} {cause:?} {}", show(&e), python(cm.expired())));
    }
    log(current_task()?.unwrap().cancelling());
    Ok(())
}

pub(crate) async fn timeout_not_reached() -> Result<()> {
    let cm = timeout(2);
    cm.run(async |_| waits("body", 1.0).await).await?;
    log(python(cm.expired()));
    sleep(5).await?;
    log("end");
    Ok(())
}

pub(crate) async fn timeout_swallowed() -> Result<()> {
    let cm = timeout(1);
    cm.run(async |_| {
        if sleep(5).await.is_err() {
            log("swallowed");
        }
        Ok(())
    })
    .await?;
    log(format!("{} {}", python(cm.expired()), current_task()?.unwrap().cancelling()));
    Ok(())
}

pub(crate) async fn timeout_and_outside_cancel() -> Result<()> {
    let body = || create_task(async { timeout(1).run(async |_| waits("body", 5.0).await).await });
    let t = body();
    let target = t.clone();
    let event_loop = get_running_loop()?;
    event_loop.call_at(event_loop.time() + 1.0, move || {
        target.cancel_with("outside");
    })?;
    attempt("main", t).await?;
    let t = body();
    sleep(0).await?;
    t.cancel_with("outside");
    attempt("main", t).await
}

pub(crate) async fn timeouts_nested() -> Result<()> {
    let inner = create_task(async {
        let result = timeout(2).run(async |_| timeout(1).run(async |_| waits("body", 5.0).await).await).await;
        if result.is_err_and(|e| e.is::<TimeoutError>()) {
            log("inner time out");
        }
        timeout(1).run(async |_| timeout(2).run(async |_| waits("body", 5.0).await).await).await
    });
    attempt("main", inner).await
}

pub(crate) async fn timeout_zero_and_negative() -> Result<()> {
    for delay in [0, -1] {
        let result = timeout(delay)
            .run(async |_| {
                log("body begins");
                sleep(0).await?;
                log("body goes on");
                sleep(0).await
            })
            .await;
        if result.is_err_and(|e| e.is::<TimeoutError>()) {
            log("timeout");
        }
    }
    Ok(())
}

pub(crate) async fn timeout_rescheduled() -> Result<()> {
    let body = create_task(async {
        timeout(None)
            .run(async |cm| {
                let event_loop = get_running_loop()?;
                log(cm.when().map_or("None".into(), |when| when.to_string()));
                cm.reschedule(event_loop.time() + 1.0)?;
                // The scenario's clock need not start at zero.
                let start = START.get();
                log(format!("{cm:?}").replace(&format!("{:?}", start + 1.0), "1.0"));
                sleep(0.5).await?;
                cm.reschedule(event_loop.time() + 1.0)?;
                waits("body", 5.0).await
            })
            .await
    });
    attempt("main", body).await
}

pub(crate) async fn wait_for_cancels_and_waits() -> Result<()> {
    async fn slow_to_die() -> Result<()> {
        let result = sleep(10).await;
        if result.is_err() {
            log("dying");
            sleep(1).await?;
            log("dead");
        }
        result
    }
    attempt("main", wait_for(slow_to_die(), 0.5)).await?;
    attempt("main", wait_for(create_task(slow_to_die()), 0.5)).await?;
    let refuses = create_task(async { Ok(if sleep(10).await.is_err() { "value" } else { "slept" }) });
    attempt("main", wait_for(refuses, 0.5)).await?;
    attempt("main", wait_for(shield(create_task(waits("kept", 2.0))), 0.5)).await?;
    sleep(3).await
}

pub(crate) async fn wait_for_cancelled_from_outside() -> Result<()> {
    let t = create_task(waits("inner", 5.0));
    let waiting = wait_for(t.clone(), 2);
    let w = create_task(async { attempt("outer", waiting).await });
    sleep(1).await?;
    w.cancel_with("outside");
    attempt("main", w).await?;
    log(python(t.cancelled()));
    Ok(())
}

pub(crate) async fn wait_timeout() -> Result<()> {
    let tasks = [create_task(waits("a", 1.0)), create_task(waits("b", 3.0))];
    let (done, pending) = wait(&tasks).timeout(2).await?;
    log(format!("{} {}", done.len(), pending.len()));
    let waiting = wait(&tasks);
    let w = create_task(async { attempt("waiter", async { waiting.await.map(|_| ()) }).await });
    sleep(0).await?;
    w.cancel();
    attempt("main", w).await?;
    wait(&tasks).await?;
    log(python(tasks[1].cancelled()));
    Ok(())
}

pub(crate) async fn wait_first_exception() -> Result<()> {
    let fails_later = create_task(async {
        sleep(1).await?;
        Err(ValueError::new("x").into())
    });
    let tasks = [create_task(waits("a", 3.0)), fails_later, create_task(waits("c", 0.5))];
    tasks[2].cancel();
    let (done, pending) = wait(&tasks).return_when(FirstException).await?;
    log(format!("{} {}", done.len(), pending.len()));
    pending[0].cancel();
    Ok(())
}

pub(crate) async fn as_completed_timeout() -> Result<()> {
    for f in as_completed([waits("a", 1.0), waits("b", 5.0), waits("c", 5.0)]).timeout(2)? {
        attempt("next", f).await?;
    }
    Ok(())
}
