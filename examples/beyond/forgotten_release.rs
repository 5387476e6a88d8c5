//! A lock that is never released: it was acquired by hand, and one way out of the
//! function skips the release. The next task waits for a lock whose holder is done.
//!
//! Run it: `cargo run --example forgotten_release`

use asyncio::{Clock, Lock, Result, Runner, create_task};

// ANCHOR: program
async fn withdraw(account: Lock, amount: u32) -> Result<()> {
    account.acquire().await?;
    if amount > 100 {
        println!("{amount} is too much");
        return Ok(()); // The lock stays acquired.
    }
    println!("{amount} paid out");
    account.release()?;
    Ok(())
}

async fn program() -> Result<()> {
    let account = Lock::new();
    for amount in [20, 500, 30] {
        let name = format_args!("withdraw {amount}");
        create_task(withdraw(account.clone(), amount)).named(name).await?;
    }
    Ok(())
}
// ANCHOR_END: program

fn main() {
    if let Err(error) = Runner::new().clock(Clock::Virtual).run(program()) {
        println!("{error}");
    }
}
