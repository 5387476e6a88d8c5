//! A question of the page queues: What does `join` wait for?

use asyncio::{Queue, Result, create_task, get_running_loop, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let start = get_running_loop()?.time();
    let jobs = Queue::new(0);
    jobs.put("a job").await?;
    let worker = jobs.clone();
    create_task(async move {
        let _job = worker.get().await?;
        sleep(3).await?;
        worker.task_done()?;
        Ok(())
    });
    jobs.join().await?;
    println!("{:.0} s", get_running_loop()?.time() - start);
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
