//! A sensor passes its value to a callback. Turn that into a coroutine: `read_once`
//! returns the value that the callback gets.

use asyncio::{Result, get_running_loop};

/// Calls the function with a temperature, two seconds later.
fn ask_the_sensor(callback: impl FnOnce(f64) + 'static) -> Result<()> {
    get_running_loop()?.call_later(2, move || callback(21.5))?;
    Ok(())
}

async fn read_once() -> Result<f64> {
    let value: asyncio::Future<f64> = get_running_loop()?.create_future();
    // START
    // ask_the_sensor(|degrees| println!("{degrees}"))?;
    // SOLUTION
    let answer = value.clone();
    ask_the_sensor(move |degrees| {
        answer.set_result(degrees).expect("it is completed once");
    })?;
    // END
    value.await
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
    fn the_value_of_the_callback_is_returned() {
        let (result, seconds) = timed(read_once());
        match result {
            Ok(degrees) => assert_eq!(degrees, 21.5),
            Err(error) => panic!("nobody completes the future:\n{error}"),
        }
        assert_eq!(seconds, 2.0);
    }
}
