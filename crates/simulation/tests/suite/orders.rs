//! Which orders are tried, and what they prove.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_runtime::{create_task, gather, get_running_loop, sleep};
use asyncio_simulation::{Strategy, explore};

use crate::lost_update;

const RANDOM: [Strategy; 6] = [
    Strategy::Walk,
    Strategy::Pct { depth: 1 },
    Strategy::Pct { depth: 2 },
    Strategy::Pct { depth: 3 },
    Strategy::Pos,
    Strategy::Mixed,
];

/// In lockstep, three workers with three steps each always count to three.
#[test]
fn a_random_walk_reaches_every_count_of_a_lost_update() {
    let result = explore(lost_update(3, 3)).strategy(Strategy::Walk).schedules(4_000).outcomes();
    let mut counts: Vec<u32> = result.outcomes.iter().map(|outcome| outcome.text.parse().unwrap()).collect();
    counts.sort_unstable();
    // 2 is possible, too: about one schedule in ten thousand.
    counts.retain(|count| *count > 2);
    assert_eq!(counts, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(result.outcomes.iter().map(|outcome| outcome.count).sum::<u64>(), 4_000);
    let asyncio = result.outcomes.iter().find(|outcome| outcome.text == "3").unwrap();
    assert_eq!(asyncio.schedule.to_string(), "1:fence:dev:");
}

#[test]
fn each_strategy_finds_an_update_that_is_not_lost() {
    for strategy in RANDOM.into_iter().chain([Strategy::Delays(2)]) {
        let found = explore(lost_update(2, 1)).strategy(strategy).same_output().run().failure;
        let found = found.unwrap_or_else(|| panic!("{strategy:?} finds nothing"));
        assert_eq!(found.failure.to_string(), "it returned 2, and 1 first in, first out", "{strategy:?}");
        assert_eq!(found.schedule.deviations().unwrap().len(), 1, "{strategy:?}");
    }
}

/// With depth 1 a task of lower priority runs only while the other one waits, and neither update is lost. The first run is first in,
/// first out, whatever the strategy.
#[test]
fn from_depth_two_on_pct_stops_a_task_in_the_middle() {
    let lost = |depth| {
        let outcomes = explore(lost_update(2, 1)).strategy(Strategy::Pct { depth }).schedules(300).outcomes().outcomes;
        outcomes.into_iter().find(|outcome| outcome.text == "1").map_or(0, |outcome| outcome.count)
    };
    assert_eq!(lost(1), 1);
    assert!(lost(2) > 1, "{}", lost(2));
}

#[test]
fn a_search_does_not_depend_on_the_number_of_threads() {
    for strategy in RANDOM.into_iter().chain([Strategy::Delays(2)]) {
        let found = |threads| {
            let search = explore(lost_update(2, 2)).strategy(strategy).seed(7).same_output();
            let found = search.threads(threads).run().failure.expect("it is easy");
            (found.after, found.deviations, found.schedule)
        };
        assert_eq!(found(1), found(4), "{strategy:?}");
    }
}

/// `gather` queues the two tasks, and each runs a first and a second step. The steps of a task stay in order, so there are six
/// orders; those in which only one entry is ready at the end are counted by hand.
#[test]
fn a_search_with_delays_runs_each_order_once() {
    let program = || {
        let order: Rc<RefCell<String>> = Rc::default();
        let step = |name: char| {
            let order = Rc::clone(&order);
            async move {
                order.borrow_mut().push(name);
                sleep(0).await?;
                order.borrow_mut().push(name);
                Ok(())
            }
        };
        let both = ['a', 'b'].map(step);
        async move {
            gather(both).await?;
            Ok(order.take())
        }
    };
    let result = explore(program).strategy(Strategy::Delays(9)).outcomes();
    let mut orders: Vec<&str> = result.outcomes.iter().map(|outcome| outcome.text.as_str()).collect();
    orders.sort_unstable();
    assert_eq!(orders, ["\"aabb\"", "\"abab\"", "\"abba\"", "\"baab\"", "\"baba\"", "\"bbaa\""]);
    let proof = result.proof.expect("none of them fails");
    assert!(proof.complete, "{proof}");
    assert_eq!(proof.schedules, result.schedules);
    assert!(proof.to_string().starts_with("no fence order fails: all "), "{proof}");
}

#[test]
fn what_is_proven_goes_no_further_than_what_was_run() {
    let proof = |schedules| {
        let search = explore(lost_update(3, 3)).strategy(Strategy::Delays(3)).threads(2);
        search.schedules(schedules).run().proof.expect("a count is no failure")
    };
    assert_eq!((proof(5).delays, proof(5).schedules), (0, 1));
    let one = proof(40);
    assert_eq!((one.delays, one.complete), (1, false));
    let two = proof(1_500);
    assert!(two.delays >= 2 && two.schedules > one.schedules, "{two}");
    assert_eq!(one.to_string(), format!("no fence order with up to 1 delays fails: all {} were run", one.schedules));
}

/// Entries queued before a callback may run after it, but entries queued after it may not run before it.
#[test]
fn nothing_overtakes_a_callback() {
    let result = explore(|| async {
        let order: Rc<RefCell<String>> = Rc::default();
        let note = |name: char| {
            let order = Rc::clone(&order);
            move || order.borrow_mut().push(name)
        };
        let event_loop = get_running_loop()?;
        let (a, b) = (note('a'), note('b'));
        let first = create_task(async move {
            a();
            Ok(())
        });
        event_loop.call_soon(note('1'))?;
        event_loop.call_soon(note('2'))?;
        let second = create_task(async move {
            b();
            Ok(())
        });
        first.await?;
        second.await?;
        Ok(order.take())
    })
    .outcomes();
    let mut orders: Vec<&str> = result.outcomes.iter().map(|outcome| outcome.text.as_str()).collect();
    orders.sort_unstable();
    assert_eq!(orders, ["\"12ab\"", "\"12ba\"", "\"1a2b\"", "\"a12b\""]);
}

/// Without the limit on how often an entry is passed over, PCT would never run the task that the other one waits for.
#[test]
fn a_task_that_asks_again_and_again_starves_nothing() {
    for strategy in RANDOM {
        let result = explore(|| async {
            let done = Rc::new(Cell::new(false));
            let asks = {
                let done = Rc::clone(&done);
                create_task(async move {
                    while !done.get() {
                        sleep(0).await?;
                    }
                    Ok(())
                })
            };
            let sets = create_task(async move {
                done.set(true);
                Ok(())
            });
            asks.await?;
            sets.await
        });
        let result = result.strategy(strategy).steps(1000).schedules(60).run();
        assert!(result.failure.is_none(), "{strategy:?}: {result}");
    }
}

/// Of 200 tasks, only the first 64 are considered.
#[test]
fn a_long_queue_is_searched_at_its_head() {
    let result = explore(|| async {
        let first: Rc<Cell<Option<usize>>> = Rc::default();
        let work = |number| {
            let first = Rc::clone(&first);
            async move {
                first.set(first.get().or(Some(number)));
                sleep(0).await
            }
        };
        gather((0..200).map(work)).await?;
        Ok(first.get().unwrap())
    });
    let outcomes = result.strategy(Strategy::Walk).schedules(600).outcomes().outcomes;
    assert!(outcomes.iter().all(|outcome| outcome.text.parse::<usize>().unwrap() < 64));
    // As many as are listed.
    assert_eq!(outcomes.len(), 30);
}

#[test]
fn each_run_begins_at_the_same_instant() {
    let result = explore(|| async {
        sleep(0.1).await?;
        Ok(get_running_loop()?.time())
    });
    let outcomes = result.schedules(100).outcomes().outcomes;
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].text, "0.1");
}

#[test]
fn a_limit_of_time_ends_a_search() {
    let result = explore(lost_update(2, 2)).schedules(u64::MAX).time_limit(0.05).run();
    assert!(result.failure.is_none() && result.schedules > 1);
    let proof =
        explore(lost_update(3, 9)).strategy(Strategy::Delays(9)).schedules(u64::MAX).time_limit(0.05).run().proof;
    assert!(proof.is_some_and(|proof| !proof.complete));
}
