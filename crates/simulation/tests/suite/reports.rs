//! What a report says, and that its token repeats the failure.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use asyncio_runtime::{Result, create_task, gather, sleep};
use asyncio_simulation::{Failure, Schedule, Strategy, explore};

use crate::lost_update;

async fn overtaken() -> Result<()> {
    let slow = create_task(sleep(0)).named("slow");
    let fast = create_task(sleep(0)).named("fast");
    fast.await?;
    assert!(slow.done(), "fast overtook slow");
    slow.await
}

#[test]
fn a_report_tells_who_ran_before_whom() {
    let result = explore(overtaken).run();
    let text = result.to_string();
    let found = result.failure.expect("it is easy to overtake");
    assert_eq!(found.story.lines().next(), Some("step 3: fast ran before slow"), "{text}");
    assert!(found.story.contains("    slow was at crates/simulation/tests/suite/reports.rs:13 in sleep()"), "{text}");
    assert!(found.timeline.lines().nth(3).unwrap().starts_with(">    3  fast  crates/"), "{text}");
    assert!(text.contains("to repeat it: ASYNCIO_SCHEDULE=1:fence:dev:3=1/2,4=1/2"), "{text}");
    assert!(found.story.contains("step 4: Task-1 ran before slow"), "{text}");
    assert!(text.starts_with("panic at crates/simulation/tests/suite/reports.rs:"), "{text}");
}

#[test]
fn a_token_repeats_what_was_found() {
    let found = explore(overtaken).run().failure.unwrap();
    let again = explore(overtaken).replay(&found.schedule).failure.expect("it fails again");
    assert_eq!((again.failure, again.timeline), (found.failure, found.timeline));
    assert!(explore(overtaken).replay(&"1:fence:dev:".parse().unwrap()).failure.is_none());
}

#[test]
fn a_stale_token_is_refused() {
    let replayed = |token: &str| {
        let schedule: Schedule = token.parse().unwrap();
        match explore(overtaken).replay(&schedule).failure.map(|found| found.failure) {
            Some(Failure::Stale(why)) => why,
            other => panic!("{token}: {other:?}"),
        }
    };
    assert_eq!(replayed("1:fence:dev:1=1/3"), "step 1: 2 are ready, the schedule says 3");
    assert!(replayed("1:fence:dev:99=1/2").contains("the schedule goes on at step 99"));
}

#[test]
fn a_walk_is_a_token_too() {
    let walk = "1:fence:walk:5".parse().unwrap();
    let first = explore(lost_update(3, 3)).replay(&walk);
    assert!(first.failure.is_none());
    assert_eq!(first.schedules, 1);
}

#[test]
fn check_panics_with_the_report() {
    asyncio_testing::expect_panics("fast overtook slow");
    let panic = catch_unwind(AssertUnwindSafe(|| explore(overtaken).check())).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("step 3: fast ran before slow"));
    explore(|| async { sleep(0).await }).schedules(5).check();
}

/// A failure that was found by chance, with many deviations, is reported with only those that matter.
#[test]
fn a_schedule_is_shrunk() {
    let found = explore(|| async {
        let last = Rc::new(Cell::new(0));
        let work = |number| {
            let last = Rc::clone(&last);
            async move {
                for _ in 0..5 {
                    assert!(!(number == 0 && last.get() == 3), "a race");
                    last.set(number);
                    sleep(0).await?;
                }
                Ok(())
            }
        };
        gather((0..6).map(work)).await.map(drop)
    });
    let found = found.strategy(Strategy::Walk).schedules(5000).run().failure.expect("it happens");
    assert_eq!(found.schedule.deviations().unwrap().len(), 1, "{}", found.story);
    assert!(found.deviations > 10, "{}", found.deviations);
}
