//! A question of the page 17-context-managers: The block is left early by a `?`.
//! Does the exit run?

use asyncio::{
    AsyncContextManager,
    Error,
    Result,
    ValueError,
    async_with,
    // ANCHOR: program
};

struct Door;

impl AsyncContextManager for Door {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        println!("open");
        Ok(())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        println!("shut, an error: {}", error.is_some());
        Ok(false)
    }
}

async fn program() -> Result<()> {
    let ended = async_with(Door, async |()| {
        Err::<(), Error>(ValueError::new("the lamp is broken").into())?;
        println!("inside");
        Ok(())
    })
    .await;
    println!("an error comes out: {}", ended.is_err());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
