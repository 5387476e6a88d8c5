//! `asyncio.wait` takes its tasks from any collection: a list, the keys of a dict,
//! a set. An empty one is an error, as there would be nothing to wait for.
//!
//! Run it: `cargo run --example wait_takes_list_dict_or_set`
//!
//! Shows: wait_takes_list_dict_or_set

use std::collections::{HashMap, HashSet};

use asyncio::{Result, Task, create_task, run, sleep_result, wait};
use guide::repr::raised;

// ANCHOR: collections
async fn program() -> Result<()> {
    let list = vec![
        create_task(sleep_result(1, "rye")),
        create_task(sleep_result(2, "oats")),
    ];
    let (done, _) = wait(&list).await?;
    println!("list: {} done", done.len());

    // What belongs to a task is kept beside it: the task is the key.
    let fields = HashMap::from([
        (create_task(sleep_result(1, "rye")), "at the river"),
        (create_task(sleep_result(2, "oats")), "on the hill"),
    ]);
    let (done, _) = wait(fields.keys()).timeout(1.5).await?;
    for task in done {
        println!("dict: {} {}", task.result()?, fields[&task]);
    }

    let set: HashSet<_> = list.iter().chain(&list).cloned().collect();
    let (done, _) = wait(&set).await?;
    println!("set: {} done", done.len());
    // A list in which each task stands twice comes to the same.
    let (done, _) = wait(list.iter().chain(&list)).await?;
    println!("list with repetitions: {} done", done.len());

    let empty: [Task<()>; 0] = [];
    if let Err(error) = wait(&empty).await {
        println!("nothing: {}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: collections

fn main() -> Result<()> {
    run(program())
}
