//! `async with` awaits on the way in and on the way out, and the way out is taken
//! even if the block fails. Here the two ends are written out, in a function that
//! takes the block; other tasks run while either end waits.
//!
//! Run it: `cargo run --example async_with_awaits_enter_and_exit`
//!
//! Shows: async_with_awaits_enter_and_exit

use asyncio::{Result, ValueError, create_task, run, sleep};

struct Session {
    user: &'static str,
}

// ANCHOR: protocol
impl Session {
    /// `__aenter__`
    async fn enter(user: &'static str) -> Result<Self> {
        println!("logging in");
        sleep(1).await?;
        println!("logged in");
        Ok(Self { user })
    }

    /// `__aexit__`
    async fn exit(self) -> Result<()> {
        println!("logging out");
        sleep(1).await?;
        println!("logged out");
        Ok(())
    }
}

/// `async with Session(user) as session:`
async fn with_session<T>(
    user: &'static str,
    block: impl AsyncFnOnce(&Session) -> Result<T>,
) -> Result<T> {
    let session = Session::enter(user).await?;
    // No `?` here: an error of the block waits until the session is closed.
    let result = block(&session).await;
    session.exit().await?;
    result
}
// ANCHOR_END: protocol

async fn somebody_else() -> Result<()> {
    for _ in 0..2 {
        sleep(0.75).await?;
        println!("    another task runs");
    }
    Ok(())
}

// ANCHOR: block
async fn program() -> Result<()> {
    create_task(somebody_else());
    let orders = with_session("ada", async |session| {
        println!("looking up the orders of {}", session.user);
        Err::<u32, _>(ValueError::new("no such table").into())
    });
    if let Err(error) = orders.await {
        println!("after the block: {error:?}");
    }
    Ok(())
}
// ANCHOR_END: block

fn main() -> Result<()> {
    run(program())
}
