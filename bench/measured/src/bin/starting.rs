//! What it takes to start one more: a task, a thread, a process that does nothing. A process of Python is an
//! interpreter, so the twin starts one.
//!
//! Shows: process_is_an_interpreter, coroutine_lighter_than_thread

use std::process::Command;
use std::time::Instant;
use std::{env, thread};

use asyncio::{Result, create_task, run};
use measured::{report, time};

async fn tasks() -> Result<()> {
    let start = Instant::now();
    for _ in 0..10_000 {
        create_task(async { Ok(()) }).await?;
    }
    report("start a task and await it", start.elapsed().as_secs_f64() / 10_000.0, "s");
    Ok(())
}

fn main() -> Result<()> {
    if env::args().nth(1).is_some() {
        return Ok(());
    }
    run(tasks())?;
    time("start a thread and join it", 200, || (0..200).all(|_| thread::spawn(|| ()).join().is_ok()));
    let program = env::current_exe()?;
    time("start a process of its own program and wait for it", 20, || {
        (0..20).all(|_| Command::new(&program).arg("nothing").status().is_ok())
    });
    Ok(())
}
