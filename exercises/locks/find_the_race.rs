//! Two withdrawals at the same time take out more than there is. Find the await
//! between reading and writing, and fix the race with the account's lock. The bank
//! still has to be asked.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Lock, Result, gather, sleep};

#[derive(Default)]
struct Account {
    balance: Cell<u32>,
    lock: Lock,
}

/// The bank agrees to everything, after a second.
async fn ask_the_bank() -> Result<()> {
    sleep(1).await
}

/// Takes out an amount, if there is enough. Was there?
async fn withdraw(account: Rc<Account>, amount: u32) -> Result<bool> {
    // START
    // let balance = account.balance.get();
    // SOLUTION
    let _guard = account.lock.lock().await?;
    let balance = account.balance.get();
    // END
    if balance < amount {
        return Ok(false);
    }
    ask_the_bank().await?;
    account.balance.set(balance - amount);
    Ok(true)
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
    fn nobody_takes_more_than_there_is() {
        let (result, _) = timed(async {
            let account = Rc::new(Account::default());
            account.balance.set(100);
            let amounts = [70, 60, 30];
            let paid =
                gather(amounts.map(|amount| withdraw(account.clone(), amount)));
            let paid = paid.await?.to_vec();
            Ok((paid, account.balance.get()))
        });
        assert_eq!(result.unwrap(), (vec![true, false, true], 0));
    }
}
