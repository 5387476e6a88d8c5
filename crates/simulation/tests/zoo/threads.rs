//! Jobs in threads: a job takes longer than usual, and something else happens in between.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use asyncio::{Result, create_task, sleep, to_thread};

use crate::{Specimen, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![older_save_wins, balance_read_before_a_job, told_before_the_end]
}

/// A job saves each change. Mended, it checks that its version is the newer one.
async fn older_save_wins(mended: bool) -> Result<()> {
    let saved = Arc::new(Mutex::new(0));
    let save = |version: u32| {
        let saved = Arc::clone(&saved);
        create_task(async move {
            sleep(0.1 * f64::from(version)).await?;
            to_thread(move || {
                let mut saved = saved.lock().unwrap();
                *saved = if mended { version.max(*saved) } else { version };
            })
            .await
        })
    };
    let (older, newer) = (save(1), save(2));
    older.await?;
    newer.await?;
    assert_eq!(*saved.lock().unwrap(), 2, "an old version is saved");
    Ok(())
}

/// A balance is read, a job asks the bank, and then the new balance is computed from the old value. Mended, it is read after
/// the job.
async fn balance_read_before_a_job(mended: bool) -> Result<()> {
    let balance = Rc::new(Cell::new(100));
    let pay = |amount: i32, after: f64| {
        let balance = Rc::clone(&balance);
        create_task(async move {
            sleep(after).await?;
            let seen = balance.get();
            to_thread(|| ()).await?;
            balance.set(if mended { balance.get() } else { seen } - amount);
            Ok(())
        })
    };
    let (one, two) = (pay(10, 0.0), pay(20, 0.1));
    one.await?;
    two.await?;
    assert_eq!(balance.get(), 70, "a payment is lost");
    Ok(())
}

/// A job passes its result to the loop by a call, and the program reads that after a while. Mended, it waits for the job.
async fn told_before_the_end(mended: bool) -> Result<()> {
    let (told, event_loop) = (Arc::new(Mutex::new(None)), asyncio::get_running_loop()?.handle());
    let result = Arc::clone(&told);
    let job = create_task(to_thread(move || {
        event_loop.call_soon_threadsafe(move || *result.lock().unwrap() = Some(42)).expect("the loop runs");
    }));
    if mended {
        (&job).await?;
    } else {
        sleep(0.05).await?;
    }
    let seen = *told.lock().unwrap();
    job.await?;
    assert_eq!(seen, Some(42), "it was not told");
    Ok(())
}
