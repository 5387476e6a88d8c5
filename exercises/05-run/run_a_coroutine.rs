//! `status_line` is a plain function, so it cannot await. Run the coroutine
//! `report` in an event loop, and return what it returns. An error must come out
//! unchanged.

use asyncio::{LookupError, Result, run, sleep};

async fn report(name: &'static str) -> Result<String> {
    sleep(0).await?;
    match name {
        "oven" => Ok(format!("{name}: hot")),
        _ => Err(LookupError::new(format!("no {name} here")).into()),
    }
}

fn status_line(name: &'static str) -> Result<String> {
    // START
    // let coroutine = report(name);
    // drop(coroutine);
    // Ok(String::new())
    // SOLUTION
    run(report(name))
    // END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_comes_out() {
        assert_eq!(status_line("oven").unwrap(), "oven: hot");
    }

    #[test]
    fn so_does_an_error() {
        let error = status_line("fridge").unwrap_err();
        assert!(error.is::<LookupError>(), "it is {error:?}");
    }
}
