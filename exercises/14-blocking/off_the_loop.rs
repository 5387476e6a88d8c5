//! `resize` blocks its thread for three seconds, and the clock beside it stands
//! still. Move the call to a thread.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, sleep, time, to_thread};

fn resize(picture: u32) -> u32 {
    time::sleep(3);
    picture / 2
}

async fn thumbnail(picture: u32) -> Result<u32> {
    // START
    // Ok(resize(picture))
    // SOLUTION
    to_thread(move || resize(picture)).await
    // END
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
    fn the_clock_ticks_meanwhile() {
        let (result, seconds) = timed(async {
            let ticks = Rc::new(Cell::new(0));
            let clock = create_task({
                let ticks = ticks.clone();
                async move {
                    for _ in 0..60 {
                        sleep(0.5).await?;
                        ticks.set(ticks.get() + 1);
                    }
                    Ok(())
                }
            });
            let size = thumbnail(64).await?;
            let ticked = ticks.get();
            clock.cancel();
            Ok((size, ticked >= 5))
        });
        assert_eq!(
            result.unwrap(),
            (32, true),
            "the size, and whether the clock ticked"
        );
        assert_eq!(seconds, 3.0);
    }
}
