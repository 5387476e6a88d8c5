//! The programs of the book's chapter *Find the order that breaks it*, and what is reported about them. With
//! `ASYNCIO_CHAPTER_BLESS=1` the reports are written instead of compared.

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use asyncio::simulation::{Strategy, explore};
use asyncio::{Result, gather, sleep};

mod fault {
    use super::*;

    // ANCHOR: fault
    async fn buy(tickets: Rc<Cell<u32>>, minutes: u32) -> Result<()> {
        for _ in 0..minutes {
            sleep(0).await?; // walks to the box office
        }
        if tickets.get() > 0 {
            sleep(0).await?; // pays
            tickets.set(tickets.get() - 1);
        }
        Ok(())
    }

    pub(super) async fn sell_the_last_ticket() -> Result<()> {
        let tickets = Rc::new(Cell::new(1));
        gather([buy(tickets.clone(), 0), buy(tickets.clone(), 1)]).await?;
        assert_eq!(tickets.get(), 0);
        Ok(())
    }
    // ANCHOR_END: fault

    #[should_panic(expected = "attempt to subtract with overflow")]
    // ANCHOR: test
    #[asyncio::test(schedules = 10_000)]
    async fn the_last_ticket_is_sold_once() -> Result<()> {
        sell_the_last_ticket().await
    }
    // ANCHOR_END: test

    // First in, first out does not show it.
    #[asyncio::test]
    async fn in_one_order_the_last_ticket_is_sold_once() -> Result<()> {
        sell_the_last_ticket().await
    }
}

mod mended {
    use super::*;

    // ANCHOR: mended
    async fn buy(tickets: Rc<Cell<u32>>, minutes: u32) -> Result<()> {
        for _ in 0..minutes {
            sleep(0).await?; // walks to the box office
        }
        if tickets.get() > 0 {
            tickets.set(tickets.get() - 1); // reserved: no other task runs in between
            sleep(0).await?; // pays
        }
        Ok(())
    }
    // ANCHOR_END: mended

    pub(super) async fn sell_the_last_ticket() -> Result<()> {
        let tickets = Rc::new(Cell::new(1));
        gather([buy(tickets.clone(), 0), buy(tickets.clone(), 1)]).await?;
        assert_eq!(tickets.get(), 0);
        Ok(())
    }

    // ANCHOR: pinned
    #[asyncio::test(schedule = "1:fence:dev:1=1/2")]
    async fn the_ticket_is_not_sold_while_another_customer_pays() -> Result<()> {
        sell_the_last_ticket().await
    }
    // ANCHOR_END: pinned

    // ANCHOR: proof
    #[asyncio::test(delays = 3)]
    async fn no_order_with_three_delays_sells_it_twice() -> Result<()> {
        sell_the_last_ticket().await
    }
    // ANCHOR_END: proof
}

/// The chapter's tests do not hold the guard, and run at the same time as those that do.
fn faults_are_expected() {
    asyncio_testing::expect_panics_of_all_tests("attempt to subtract with overflow");
}

fn is_as_written(file: &str, text: &str) {
    // The line numbers of our own sources change with every edit there.
    let without_line = |line: &str| match line.split_once(".rs:") {
        Some((file, rest)) if file.contains("/src/") => {
            format!("{file}.rs{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        _ => line.to_owned(),
    };
    let text: String = text.lines().map(|line| without_line(line) + "\n").collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chapter").join(file);
    if std::env::var_os("ASYNCIO_CHAPTER_BLESS").is_some() {
        std::fs::write(path, text).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(path).unwrap(), text, "{file}");
    }
}

#[test]
fn the_report_of_the_fault() {
    faults_are_expected();
    let result = explore(fault::sell_the_last_ticket).run();
    is_as_written("report.txt", &result.to_string());
}

#[test]
fn the_proof_of_the_mended_program() {
    faults_are_expected();
    let result = explore(mended::sell_the_last_ticket).strategy(Strategy::Delays(3)).run();
    is_as_written("proof.txt", &result.to_string());
}

#[test]
fn the_outcomes_of_a_program_that_returns_something() {
    faults_are_expected();
    // ANCHOR: outcomes
    let count = || async {
        let counter = Rc::new(Cell::new(0));
        let add = |_| {
            let counter = Rc::clone(&counter);
            async move {
                let seen = counter.get();
                sleep(0).await?;
                counter.set(seen + 1);
                Ok(())
            }
        };
        gather((0..3).map(add)).await?;
        Ok(counter.get())
    };
    let result = explore(count).schedules(1000).outcomes();
    // ANCHOR_END: outcomes
    is_as_written("outcomes.txt", &result.to_string());
}
