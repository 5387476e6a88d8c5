//! Time as a part of the schedule: deadlines that pass while something is ready, and timers that become due together.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_runtime::{Clock, Result, Runner, create_task, gather, get_running_loop, sleep, wait_for};
use asyncio_simulation::{Failure, Fault, Schedule, Strategy, explore};

/// A permit is taken, and returned after the work. A timeout in between loses it, unless the program is `mended`. The work
/// takes steps but no time, so the timeout never comes while time stands still.
async fn permit_lost_by_a_timeout(mended: bool) -> Result<()> {
    let free = Rc::new(Cell::new(1));
    let permits = Rc::clone(&free);
    let others = create_task(async {
        for _ in 0..20 {
            sleep(0).await?;
        }
        Ok(())
    });
    let worked = wait_for(
        async move {
            permits.set(permits.get() - 1);
            let mut worked = Ok(());
            for _ in 0..3 {
                worked = worked.and(sleep(0).await);
            }
            if mended || worked.is_ok() {
                permits.set(permits.get() + 1);
            }
            worked
        },
        0.5,
    );
    let _ = worked.await;
    others.await?;
    assert_eq!(free.get(), 1, "a permit is lost");
    Ok(())
}

#[test]
fn a_deadline_that_passes_while_others_are_ready_is_found_shrunk_and_replayed() {
    let faulty = || permit_lost_by_a_timeout(false);
    // No order of steps shows it.
    for strategy in [Strategy::Mixed, Strategy::Delays(2)] {
        let result = explore(faulty).strategy(strategy).schedules(3_000).run();
        assert!(result.failure.is_none(), "{strategy:?}: {result}");
    }
    let found = explore(faulty).slow_steps(1.0).run().failure.expect("the timeout may come in between");
    assert!(found.failure.to_string().contains(": a permit is lost"), "{}", found.failure);
    // The deadline passes in the second iteration in which it can, and no order is changed.
    let token = found.schedule.to_string();
    assert_eq!(token, "1:fence:dev:+1:time:dev:busy.1=1/2");
    assert!(found.story.contains("time: the next timer is due before the steps that are ready\n"), "{}", found.story);
    assert!(found.timeline.contains("!       time: the next timer is due"), "{}", found.timeline);
    let schedule: Schedule = token.parse().unwrap();
    let again = explore(faulty).replay(&schedule).failure.expect("it fails again");
    assert_eq!((again.failure, again.timeline), (found.failure, found.timeline));
    explore(|| permit_lost_by_a_timeout(true)).slow_steps(1.0).schedules(5_000).check();
    // Each step may be slow, but not slow enough.
    explore(faulty).slow_steps(0.4).schedules(3_000).check();
}

#[test]
fn a_report_says_that_time_had_a_part_in_it() {
    let text = explore(|| permit_lost_by_a_timeout(false)).slow_steps(1.0).run().to_string();
    assert!(text.contains(" with 5 deviations and 1 fault of time\n"), "{text}");
    assert!(text.contains("to repeat it: ASYNCIO_SCHEDULE=1:fence:dev:+1:time:dev:busy.1=1/2\n"), "{text}");
}

/// Two timers that are a millisecond apart. A loop that wakes up late finds both due, so that their tasks are ready together.
#[test]
fn timers_that_are_close_wake_tasks_in_any_order() {
    let race = || async {
        let order: Rc<RefCell<String>> = Rc::default();
        let note = |name: char, seconds: f64| {
            let order = Rc::clone(&order);
            async move {
                sleep(seconds).await?;
                order.borrow_mut().push(name);
                Ok(())
            }
        };
        gather([note('a', 0.1), note('b', 0.101), note('c', 0.4)]).await?;
        Ok(order.take())
    };
    let outputs = |slack: f64| {
        let outcomes = explore(race).slow_steps(slack).schedules(4_000).outcomes().outcomes;
        let mut all: Vec<_> =
            outcomes.into_iter().map(|outcome| (outcome.text.replace('"', ""), outcome.schedule)).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    };
    let texts = |slack| outputs(slack).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    assert_eq!(texts(0.0), ["abc"]);
    assert_eq!(texts(0.1), ["abc", "bac"]);
    assert_eq!(texts(3.0), ["abc", "acb", "bac", "bca", "cab", "cba"]);
    let swapped = outputs(0.1).pop().unwrap().1;
    // It is enough that one sleep of the loop is a millisecond late, and that the two tasks change places.
    let late = swapped.mishaps().unwrap();
    assert_eq!((late.len(), late[0].fault, late[0].index), (1, Fault::Late, 1), "{swapped}");
    assert_eq!(swapped.deviations().unwrap().len(), 1, "{swapped}");
}

/// The end of a wait and its timeout may be due in the same iteration.
#[test]
fn a_timeout_may_be_due_with_what_it_limits() {
    let fetch = || async { Ok(wait_for(sleep(0.1), 0.101).await.is_ok()) };
    let of = |slack: f64| {
        let outcomes = explore(fetch).slow_steps(slack).schedules(1_000).outcomes().outcomes;
        outcomes.into_iter().map(|outcome| outcome.text).collect::<Vec<_>>()
    };
    assert_eq!(of(0.0), ["true"]);
    // The sleep has ended and the task is woken, but before it runs, the timeout cancels it: a `TimeoutError`.
    assert_eq!(of(0.02), ["true", "false"]);
}

/// First in, first out is the same run with time as without, and a token without a part about time still gives the same run.
#[test]
fn tokens_without_a_part_about_time_keep_their_meaning() {
    // In a thread of its own: how a deadline is rounded depends on where the virtual clock of the thread begins.
    fn choices(token: &str) -> (Vec<(usize, usize)>, f64) {
        let schedule: Schedule = token.parse().unwrap();
        std::thread::spawn(move || chosen(&schedule)).join().unwrap()
    }
    fn chosen(schedule: &Schedule) -> (Vec<(usize, usize)>, f64) {
        let told: Rc<RefCell<Vec<(usize, usize)>>> = Rc::default();
        let notes = Rc::clone(&told);
        let policy = schedule.policy(move |len, index| notes.borrow_mut().push((len, index)));
        let runner = Runner::new().clock(Clock::Virtual).scheduling_policy(policy);
        let end = runner.run(async {
            let begun = get_running_loop()?.time();
            let ticks = |seconds: f64| async move {
                for _ in 0..5 {
                    sleep(seconds).await?;
                    sleep(0).await?;
                }
                Ok(())
            };
            gather([ticks(0.1), ticks(0.05), ticks(0.02)]).await?;
            Ok(((get_running_loop()?.time() - begun) * 1e6).round())
        });
        (told.take(), end.unwrap())
    }
    let fifo = choices("1:fence:dev:");
    assert!(fifo.0.iter().all(|(_, index)| *index == 0));
    assert_eq!(fifo.1, 5e5);
    for seed in 0..20 {
        let orders = format!("1:fence:walk:{seed}");
        let plain = choices(&orders);
        assert_eq!(plain.1, 5e5);
        assert_eq!(choices(&format!("{orders}+1:net:walk:{seed}")), plain);
    }
    // Tokens with such a part give other runs: later, in other iterations.
    let late = choices("1:fence:dev:+1:time:dev:late.0=2/5");
    assert_eq!((late.1, late.0 == fifo.0), (5e5, false));
    assert!((0..20).any(|seed| choices(&format!("1:fence:dev:+1:time:walk:{seed}")).0 != fifo.0));
}

#[test]
fn what_does_not_fit_is_refused() {
    let stale = |token: &str| {
        let found = explore(|| permit_lost_by_a_timeout(true)).replay(&token.parse().unwrap()).failure;
        match found.map(|found| found.failure) {
            Some(Failure::Stale(why)) => why,
            other => panic!("{token}: {other:?}"),
        }
    };
    let why = stale("1:fence:dev:+1:time:dev:busy.900=1/2");
    assert!(why.contains("questions about busy, the schedule answers number 900"), "{why}");
    let why = stale("1:fence:dev:+1:time:dev:busy.0=1/3");
    assert_eq!(why, "question 0 about busy has 2 answers, the schedule says 3");
}

#[test]
fn a_search_with_time_does_not_depend_on_the_number_of_threads() {
    let found = |threads| {
        let search = explore(|| permit_lost_by_a_timeout(false)).slow_steps(1.0).seed(11).threads(threads);
        let found = search.run().failure.expect("it is easy");
        (found.after, found.deviations, found.mishaps, found.schedule)
    };
    assert_eq!(found(1), found(4));
}
