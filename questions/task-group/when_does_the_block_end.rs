//! A question of the page task-group: The block of the group ends at once. After
//! how many seconds does `run` return?

use asyncio::{Result, TaskGroup, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    TaskGroup::new()
        .run(async |group| {
            group.create_task(sleep(2))?;
            group.create_task(sleep(4))?;
            Ok(())
        })
        .await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
