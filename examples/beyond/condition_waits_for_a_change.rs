//! Customers wait until there is enough bread for them: `asyncio.Condition`. Each
//! asks anew whenever the baker tells that something has changed, and holds the
//! lock while it looks and takes.
//!
//! Run it: `cargo run --example condition_waits_for_a_change`

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Condition, Result, gather, run, sleep};

// ANCHOR: bakery
#[derive(Default)]
struct Bakery {
    loaves: Cell<u32>,
    baked: Condition,
}

impl Bakery {
    async fn buy(self: Rc<Self>, customer: &str, wanted: u32) -> Result<()> {
        let baked = self.baked.lock().await?;
        baked.wait_for(|| self.loaves.get() >= wanted).await?;
        self.loaves.update(|loaves| loaves - wanted);
        println!("{customer} takes {wanted}, {} left", self.loaves.get());
        Ok(())
    }

    async fn bake(&self) -> Result<()> {
        for _ in 0..3 {
            sleep(1).await?;
            let baked = self.baked.lock().await?;
            self.loaves.update(|loaves| loaves + 2);
            println!("out of the oven: {} on the shelf", self.loaves.get());
            baked.notify_all()?;
        }
        Ok(())
    }
}
// ANCHOR_END: bakery

// ANCHOR: program
async fn program() -> Result<()> {
    let bakery = Rc::new(Bakery::default());
    let orders = [("Ada", 3), ("Bela", 1), ("Cleo", 2)];
    let customers = gather(
        orders.map(|(customer, wanted)| bakery.clone().buy(customer, wanted)),
    );
    bakery.bake().await?;
    customers.await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
