//! Each customer looks at the shelf ten times a second until there is enough bread.
//! Use the condition instead: `buy` waits until there are enough loaves and takes
//! them, and `bake` notifies the customers.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Condition, Result, gather, sleep};

#[derive(Default)]
struct Shop {
    loaves: Cell<u32>,
    changed: Condition,
    /// How often a customer has looked at the shelf.
    looks: Cell<u32>,
}

impl Shop {
    fn has(&self, wanted: u32) -> bool {
        self.looks.set(self.looks.get() + 1);
        self.loaves.get() >= wanted
    }

    async fn buy(&self, wanted: u32) -> Result<()> {
        // START
        // while !self.has(wanted) {
        //     sleep(0.1).await?;
        // }
        // SOLUTION
        let changed = self.changed.lock().await?;
        changed.wait_for(|| self.has(wanted)).await?;
        // END
        self.loaves.set(self.loaves.get() - wanted);
        Ok(())
    }

    async fn bake(&self) -> Result<()> {
        for _ in 0..3 {
            sleep(1).await?;
            // START
            // self.loaves.set(self.loaves.get() + 2);
            // SOLUTION
            let changed = self.changed.lock().await?;
            self.loaves.set(self.loaves.get() + 2);
            changed.notify_all()?;
            // END
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use asyncio::{Clock, Runner};

    use super::*;

    /// Runs a coroutine on the virtual clock: its result, and the seconds it took.
    fn timed<T: 'static>(
        coroutine: impl Future<Output = Result<T>> + 'static,
    ) -> (Result<T>, f64) {
        let runner = Runner::new().clock(Clock::Virtual);
        let event_loop = runner.get_loop().unwrap();
        let start = event_loop.time();
        let result = runner.run(coroutine);
        let seconds = event_loop.time() - start;
        (result, (seconds * 1000.0).round() / 1000.0)
    }

    #[test]
    fn everybody_gets_bread_and_looks_seldom() {
        let shop = Rc::new(Shop::default());
        let seen = shop.clone();
        let (result, seconds) = timed(async move {
            let customers = [3, 1, 2].map(|wanted| {
                let shop = shop.clone();
                async move { shop.buy(wanted).await }
            });
            let buying = gather(customers);
            shop.bake().await?;
            buying.await?;
            Ok(shop.loaves.get())
        });
        assert_eq!(result.unwrap(), 0, "loaves that are left");
        assert_eq!(seconds, 3.0);
        let looks = seen.looks.get();
        assert!(looks <= 10, "customers looked at the shelf {looks} times");
    }
}
