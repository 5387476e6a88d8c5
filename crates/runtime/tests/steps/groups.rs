//! `TaskGroup`: failures, cancellations from outside, misuse.

use asyncio_runtime::*;

use crate::*;

pub(crate) async fn taskgroup_failure() -> Result<()> {
    let result = TaskGroup::new()
        .run(async |tg| {
            tg.create_task(waits("a", 5.0))?;
            tg.create_task(async {
                sleep(1).await?;
                Err::<(), _>(ValueError::new("boom").into())
            })?;
            tg.create_task(waits("b", 5.0))?;
            waits("body", 5.0).await
        })
        .await;
    let e = result.unwrap_err();
    let group: &ExceptionGroup = e.downcast_ref().unwrap();
    log(format!("{e:-} {:?}", group.exceptions().iter().map(|e| format!("{e:?}")).collect::<Vec<_>>()));
    log(current_task()?.unwrap().cancelling());
    Ok(())
}

pub(crate) async fn taskgroup_body_fails() -> Result<()> {
    let result = TaskGroup::new()
        .run(async |tg| {
            tg.create_task(waits("a", 5.0))?;
            sleep(0).await?;
            Err::<(), _>(LookupError::new("k").into())
        })
        .await;
    let e = result.unwrap_err();
    log(format!("{e:-} {}", e.downcast_ref::<ExceptionGroup>().unwrap().exceptions().len()));
    Ok(())
}

pub(crate) async fn taskgroup_cancelled_from_outside() -> Result<()> {
    let t = create_task(async {
        TaskGroup::new()
            .run(async |tg| {
                tg.create_task(waits("a", 5.0))?;
                Ok(())
            })
            .await
    });
    sleep(1).await?;
    t.cancel_with("outside");
    attempt("main", t).await?;
    let t = create_task(async {
        let result = TaskGroup::new()
            .run(async |tg| {
                tg.create_task(async {
                    let _ = sleep(9).await;
                    Err::<(), _>(ValueError::new("cleanup").into())
                })?;
                Ok(())
            })
            .await;
        log(result.unwrap_err().message());
        attempt("after", sleep(0)).await
    });
    sleep(1).await?;
    t.cancel_with("outside");
    attempt("main", t).await
}

pub(crate) async fn taskgroup_misuse() -> Result<()> {
    let tg = TaskGroup::new();
    log(tg.create_task(quick("never")).unwrap_err());
    tg.run(async |_| Ok(())).await?;
    log(tg.create_task(quick("never")).unwrap_err());
    log(tg.run(async |_| Ok(())).await.unwrap_err());
    let result = TaskGroup::new()
        .run(async |tg| {
            let late = tg.clone();
            tg.create_task(async move {
                if sleep(5).await.is_err() {
                    log(late.create_task(quick("never")).unwrap_err());
                }
                Ok(())
            })?;
            sleep(0).await?;
            Err::<(), _>(ValueError::new("x").into())
        })
        .await;
    assert!(result.unwrap_err().is::<ExceptionGroup>());
    Ok(())
}
