//! A question of the page task-group: What does this program print?

use asyncio::{Result, TaskGroup, ValueError, sleep};

// ANCHOR: program
async fn cook(dish: &'static str, minutes: u32) -> Result<()> {
    if let Err(error) = sleep(minutes).await {
        println!("{dish}: stopped");
        return Err(error);
    }
    if dish == "fish" {
        return Err(ValueError::new("burnt").into());
    }
    println!("{dish}: ready");
    Ok(())
}

async fn program() -> Result<()> {
    let group = TaskGroup::new();
    let dinner = group.run(async |group| {
        for (dish, minutes) in [("soup", 1), ("fish", 2), ("cake", 9)] {
            group.create_task(cook(dish, minutes))?;
        }
        Ok(())
    });
    println!("dinner: {}", dinner.await.is_ok());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
