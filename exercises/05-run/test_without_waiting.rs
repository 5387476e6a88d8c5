//! A year passes in this coroutine. Write `a_year_at_once`: it runs the coroutine
//! without making anyone wait, and returns its result. The page *Your own project*
//! shows the clock that you need.

use asyncio::{Clock, Result, Runner, sleep};

async fn plant_a_tree() -> Result<&'static str> {
    for _day in 0..365 {
        sleep(24 * 60 * 60).await?;
    }
    Ok("a small tree")
}

fn a_year_at_once() -> Result<&'static str> {
    // START
    // asyncio::run(async { Ok("a seed") })
    // SOLUTION
    Runner::new().clock(Clock::Virtual).run(plant_a_tree())
    // END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_has_grown() {
        assert_eq!(a_year_at_once().unwrap(), "a small tree");
    }
}
