//! Now fix the dinner: it must not deadlock, and every philosopher eats for a
//! second with both forks.

use asyncio::{Lock, Result, create_task, gather, sleep};

/// Where the forks of a seat are: at its left and at its right.
fn forks_of(seat: usize) -> (usize, usize) {
    // START
    // (seat, (seat + 1) % 3)
    // SOLUTION
    let (left, right) = (seat, (seat + 1) % 3);
    (left.min(right), left.max(right))
    // END
}

async fn dine(first: Lock, second: Lock) -> Result<()> {
    let _first = first.lock().await?;
    sleep(1).await?;
    let _second = second.lock().await?;
    sleep(1).await
}

async fn dinner() -> Result<()> {
    let forks = [Lock::new(), Lock::new(), Lock::new()];
    let names = ["Ada", "Bela", "Cleo"];
    let seats = [0, 1, 2].map(|seat| {
        let (first, second) = forks_of(seat);
        create_task(dine(forks[first].clone(), forks[second].clone()))
            .named(names[seat])
    });
    gather(seats).await?;
    Ok(())
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
    fn everybody_eats() {
        if let Err(error) = timed(dinner()).0 {
            panic!("{error}");
        }
    }

    #[test]
    fn each_seat_has_the_two_forks_beside_it() {
        for seat in 0..3 {
            let (first, second) = forks_of(seat);
            let beside = [seat, (seat + 1) % 3];
            assert!(
                first != second
                    && beside.contains(&first)
                    && beside.contains(&second)
            );
        }
    }
}
