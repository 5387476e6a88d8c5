//! The first program of a new project: two coroutines side by side, and a test of
//! one of them.
//!
//! Run it: `cargo run --example first_program`

// ANCHOR: program
use asyncio::{Result, gather, run, sleep};

async fn greet(name: &str, seconds: f64) -> Result<String> {
    sleep(seconds).await?;
    Ok(format!("Hello, {name}!"))
}

async fn program() -> Result<()> {
    for greeting in gather([greet("world", 1.0), greet("asyncio", 0.5)]).await? {
        println!("{greeting}");
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
// ANCHOR_END: program

// ANCHOR: test
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_names_its_guest() {
        let greeting = run(greet("Ada", 0.0));
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }
}
// ANCHOR_END: test

// ANCHOR: virtual
#[cfg(test)]
mod tests_without_waiting {
    use asyncio::{Clock, Runner};

    use super::*;

    #[test]
    fn an_hour_is_over_at_once() {
        let runner = Runner::new().clock(Clock::Virtual);
        let greeting = runner.run(greet("Ada", 3600.0));
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }
}
// ANCHOR_END: virtual
