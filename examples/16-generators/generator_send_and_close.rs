//! What can be done to a generator besides asking for the next value: send it one,
//! throw an error into it, close it. And what it says to misuse.
//!
//! Run it: `cargo run --example generator_send_and_close`
//!
//! Shows: generator_send_and_close

use asyncio::generators::Resumed;
use asyncio::{Generator, GeneratorExit, Result, ValueError};

// ANCHOR: body
/// A till: it yields the sum so far, receives prices, and takes the last price back
/// if it was a mistake.
fn till() -> Generator<u32, u32, &'static str> {
    Generator::new(async |mut y| {
        let (mut sum, mut last) = (0, 0);
        loop {
            match y.yield_(sum).await {
                Ok(Some(price)) => (sum, last) = (sum + price, price),
                Ok(None) => return Ok("closed for the day"),
                Err(error) if error.is::<ValueError>() => sum -= last,
                Err(error) => {
                    println!("    {error:?}: counting the cash");
                    return Err(error);
                }
            }
        }
    })
}
// ANCHOR_END: body

// ANCHOR: drive
fn main() -> Result<()> {
    let monday = till();
    if let Err(error) = monday.send(5) {
        println!("{error:?}");
    }
    monday.resume()?;
    println!("{:?}", monday.send(5)?);
    println!("{:?}", monday.send(30)?);
    println!("{:?}", monday.throw(ValueError::new("mistyped"))?);
    println!("{:?}", monday.resume()?);
    println!("{:?}", monday.resume()?);

    let tuesday = till();
    tuesday.resume()?;
    println!("closed: {:?}", tuesday.close()?);

    let stubborn = Generator::<u32>::new(async |mut y| {
        loop {
            if y.yield_(1).await.is_err_and(|error| !error.is::<GeneratorExit>()) {
                return Ok(());
            }
        }
    });
    assert_eq!(stubborn.resume()?, Resumed::Yielded(1));
    if let Err(error) = stubborn.close() {
        println!("{error:?}");
    }
    stubborn.throw(ValueError::new("now end"))?;
    Ok(())
}
// ANCHOR_END: drive
