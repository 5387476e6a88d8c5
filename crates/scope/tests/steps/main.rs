//! Gathered coroutines that borrow take the steps of tasks: the scenarios of `scenarios.py`, which wrote `expected.txt` on CPython 3.15.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};

use asyncio_runtime::{
    AnyTask, Clock, Result, Runner, RuntimeError, ValueError, create_task, current_task, get_running_loop, sleep,
};
use asyncio_scope::gather_scoped;

thread_local! {
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static TICK: Cell<u32> = const { Cell::new(0) };
    static CALLER: RefCell<Option<AnyTask>> = const { RefCell::new(None) };
}

fn note(what: impl std::fmt::Display) {
    EVENTS.with_borrow_mut(|events| events.push(format!("{} {what}", TICK.get())));
}

async fn pause(times: u32) -> Result<()> {
    for _ in 0..times {
        sleep(0).await?;
    }
    Ok(())
}

async fn forever() -> Result<()> {
    get_running_loop()?.create_future::<()>().await
}

#[derive(Clone, Copy)]
enum Kind {
    Returns,
    Pauses,
    Fails,
    FailsLate,
    CleansUp,
    Refuses,
    FailsToCleanUp,
    CancelsItself,
    CancelsTheCaller,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Returns, "returns"),
    (Kind::Pauses, "pauses"),
    (Kind::Fails, "fails"),
    (Kind::FailsLate, "fails_late"),
    (Kind::CleansUp, "cleans_up"),
    (Kind::Refuses, "refuses"),
    (Kind::FailsToCleanUp, "fails_to_clean_up"),
    (Kind::CancelsItself, "cancels_itself"),
    (Kind::CancelsTheCaller, "cancels_the_caller"),
];

/// What its coroutines borrow.
struct Names([String; 2]);

impl Names {
    async fn of_kind<'a>(&'a self, kind: Kind, name: &'a str) -> Result<&'a str> {
        match kind {
            Kind::Returns => {}
            Kind::Pauses => pause(2).await?,
            Kind::Fails => return Err(ValueError::new(name.to_owned()).into()),
            Kind::FailsLate => {
                pause(2).await?;
                return Err(ValueError::new(name.to_owned()).into());
            }
            Kind::CleansUp => {
                let end = forever().await;
                note(format_args!("{name} cleans up"));
                pause(2).await?;
                note(format_args!("{name} is clean"));
                end?;
            }
            Kind::Refuses => {
                assert!(forever().await.unwrap_err().is_cancelled());
                note(format_args!("{name} refuses"));
                pause(1).await?;
            }
            Kind::FailsToCleanUp => {
                assert!(forever().await.unwrap_err().is_cancelled());
                pause(1).await?;
                return Err(RuntimeError::new(name.to_owned()).into());
            }
            Kind::CancelsItself => {
                current_task()?.expect("a task of its own").cancel();
                pause(1).await?;
            }
            Kind::CancelsTheCaller => {
                let caller = CALLER.with_borrow(|caller| caller.clone()).expect("there is one");
                caller.cancel();
                note(format_args!("{name} cancels the caller"));
                pause(1).await?;
            }
        }
        Ok(name)
    }

    async fn noted(&self, kind: Kind, index: usize) -> Result<&str> {
        let name = self.0[index].as_str();
        note(format_args!("{name} begins"));
        let result = self.of_kind(kind, name).await;
        match &result {
            Ok(_) => note(format_args!("{name} returns")),
            Err(error) => note(format_args!("{name} raises {}", error.repr())),
        }
        result
    }

    async fn call(&self, [a, b]: [Kind; 2], settled: bool) -> Result<()> {
        let both = gather_scoped([self.noted(a, 0), self.noted(b, 1)]);
        let shown: Result<Vec<String>> = if settled {
            let outcomes = both.return_exceptions().await;
            let show = |outcome: Result<&str>| outcome.map_or_else(|error| error.repr(), str::to_owned);
            outcomes.map(|outcomes| outcomes.into_iter().map(show).collect())
        } else {
            both.await.map(|names| names.into_iter().map(str::to_owned).collect())
        };
        match shown {
            Ok(names) => note(format_args!("returned {}", names.join(", "))),
            Err(error) => note(format_args!("raised {}", error.repr())),
        }
        Ok(())
    }
}

async fn scenario(kinds: [(Kind, &'static str); 2], when: u32, settled: bool) -> Result<String> {
    TICK.set(0);
    let names = Names(["a".to_owned(), "b".to_owned()]);
    let caller = create_task(async move { names.call(kinds.map(|(kind, _)| kind), settled).await });
    CALLER.set(Some(caller.as_task()));
    for tick in 0..12 {
        if tick == when {
            caller.cancel();
        }
        sleep(0).await?;
        TICK.set(tick + 1);
    }
    while !caller.done() {
        caller.cancel();
        sleep(0).await?;
        TICK.set(TICK.get() + 1);
    }
    let settled = if settled { " settled" } else { "" };
    let [(_, a), (_, b)] = kinds;
    Ok(format!("{a} {b} {when}{settled} -> {}", EVENTS.take().join(", ")))
}

#[test]
fn coroutines_that_borrow_take_the_steps_of_tasks() {
    let check = async {
        let mut expected = include_str!("expected.txt").lines();
        for settled in [false, true] {
            for when in [0, 1, 2, 4, 5, 12] {
                for a in KINDS {
                    for b in KINDS {
                        assert_eq!(Some(scenario([a, b], when, settled).await?.as_str()), expected.next());
                    }
                }
            }
        }
        assert_eq!(expected.next(), None);
        Ok(())
    };
    Runner::new().clock(Clock::Virtual).run(check).unwrap();
}
