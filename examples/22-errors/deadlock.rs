//! A buyer who pays on delivery and a seller who delivers on payment wait for each
//! other for ever. A time limit ends that; and a loop with a virtual clock, which
//! sees that nothing can happen any more, names who waits for what.
//!
//! Run it: `cargo run --example deadlock`
//!
//! Shows: deadlock

use asyncio::{
    Clock, Future, Result, Runner, TimeoutError, create_task, gather,
    get_running_loop, run, wait_for,
};

// ANCHOR: deal
async fn buyer(goods: Future<&'static str>, money: Future<u32>) -> Result<()> {
    println!("the buyer got {}", goods.await?);
    money.set_result(20)
}

async fn seller(goods: Future<&'static str>, money: Future<u32>) -> Result<()> {
    println!("the seller got {} euros", money.await?);
    goods.set_result("a lamp")
}

async fn deal() -> Result<()> {
    let event_loop = get_running_loop()?;
    let (goods, money) = (event_loop.create_future(), event_loop.create_future());
    let buyer = create_task(buyer(goods.clone(), money.clone())).named("buyer");
    let seller = create_task(seller(goods, money)).named("seller");
    gather([buyer, seller]).await?;
    Ok(())
}
// ANCHOR_END: deal

// ANCHOR: main
async fn program() -> Result<()> {
    match wait_for(deal(), 1).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("no deal after a second")
        }
        result => return result,
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program())?;

    // Whatever clock the environment names: without a time limit only a virtual one
    // finds the end.
    if let Err(error) = Runner::new().clock(Clock::Virtual).run(deal()) {
        println!("{error}");
    }
    Ok(())
}
// ANCHOR_END: main
