//! A group of tasks that begin and end with a block:
//! `async with asyncio.TaskGroup() as group`, since Python 3.11. When one fails the
//! others are cancelled, and all failures come out together, as an exception group.
//!
//! Run it: `cargo run --example task_group`

use asyncio::{ExceptionGroup, Result, TaskGroup, ValueError, run, sleep};

// ANCHOR: cook
async fn cook(dish: &'static str, minutes: u32) -> Result<&'static str> {
    sleep(minutes).await.inspect_err(|_| println!("  {dish} is thrown away"))?;
    if dish == "fish" {
        return Err(ValueError::new("the fish is burnt").into());
    }
    println!("  {dish} is ready");
    Ok(dish)
}
// ANCHOR_END: cook

// ANCHOR: lunch
async fn lunch() -> Result<()> {
    let [soup, rice] = TaskGroup::new()
        .run(async |group| {
            let dishes = [
                group.create_task(cook("soup", 2))?,
                group.create_task(cook("rice", 1))?,
            ];
            println!("  the block has ended");
            Ok(dishes)
        })
        .await?;
    println!("  served: {} and {}", soup.result()?, rice.result()?);
    Ok(())
}
// ANCHOR_END: lunch

// ANCHOR: dinner
async fn dinner() -> Result<()> {
    let cooked = TaskGroup::new()
        .run(async |group| {
            group.create_task(cook("stew", 3))?;
            group.create_task(cook("fish", 1))?;
            sleep(3600)
                .await
                .inspect_err(|error| println!("  the block gets {error:?}"))
        })
        .await;
    let Err(error) = cooked else { return Ok(()) };
    let Some(group) = error.downcast_ref::<ExceptionGroup>() else {
        return Err(error);
    };
    println!("  {group:-}");
    for error in group.exceptions() {
        println!("  {error:?}");
    }
    Ok(())
}
// ANCHOR_END: dinner

async fn program() -> Result<()> {
    println!("lunch");
    lunch().await?;
    println!("dinner");
    dinner().await
}

fn main() -> Result<()> {
    run(program())
}
