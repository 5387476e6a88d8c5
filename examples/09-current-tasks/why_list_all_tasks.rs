//! What a list of all tasks is for: to see how busy the program is, to log what
//! runs, and to find one task by its name in order to cancel it.
//!
//! Run it: `cargo run --example why_list_all_tasks`
//!
//! Shows: why_list_all_tasks

use asyncio::{Result, all_tasks, create_task, run, sleep};

// ANCHOR: program
async fn download(seconds: u32) -> Result<()> {
    sleep(seconds).await
}

fn report() -> Result<()> {
    let names: Vec<_> =
        all_tasks()?.iter().map(|task| task.get_name().to_string()).collect();
    println!("{} tasks: {}", names.len() - 1, names[1..].join(", "));
    Ok(())
}

async fn program() -> Result<()> {
    for (file, seconds) in [("map", 2), ("film", 500), ("song", 3)] {
        let _ = create_task(download(seconds)).named(file);
    }
    report()?;
    if let Some(film) =
        all_tasks()?.into_iter().find(|task| &*task.get_name() == "film")
    {
        film.cancel();
    }
    sleep(1).await?;
    report()?;
    sleep(5).await?;
    println!("all over: {} task left, which asks", all_tasks()?.len());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
