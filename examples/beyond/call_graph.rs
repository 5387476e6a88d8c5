//! Who waits for whom, and where: `asyncio.print_call_graph`, since Python 3.14.
//! The graph is asked of a task, and tells the tasks that wait for it.
//!
//! Run it: `cargo run --example call_graph`

use asyncio::{Result, Task, create_task, gather, print_call_graph, run, sleep};

// ANCHOR: program
async fn bake() -> Result<()> {
    sleep(1).await
}

async fn pack(baker: Task<()>) -> Result<()> {
    (&baker).await
}

async fn sell(baker: Task<()>) -> Result<()> {
    let packers =
        ["left", "right"].map(|hand| create_task(pack(baker.clone())).named(hand));
    gather(packers).await.map(drop)
}

async fn program() -> Result<()> {
    let baker = create_task(bake()).named("baker");
    let shop = create_task(sell(baker.clone())).named("shop");
    sleep(0.5).await?;
    print_call_graph(Some(&baker))?;
    shop.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
