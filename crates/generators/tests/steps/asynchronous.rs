//! Asynchronous generators: every body, every sequence of three things to do with it; two at once; cancelled; abandoned.

use asyncio_generators::{AsyncGenerator, AsyncGeneratorYielder, GeneratorExit};
use asyncio_iterators::{AsyncIterator, StopAsyncIteration};
use asyncio_runtime::{Result, Runner, RuntimeError, ValueError, create_task, gather, get_running_loop, sleep, wait};

use crate::{TICK, caught, got, line, note, sequences, show};

type Gen = AsyncGenerator<i32, i32>;
type Make = fn() -> Gen;
type Yielder = AsyncGeneratorYielder<i32, i32>;

async fn pause() -> Result<()> {
    sleep(0).await
}

async fn through(mut y: Yielder) -> Result<()> {
    let body = async {
        pause().await?;
        got(y.yield_(1).await?);
        pause().await?;
        got(y.yield_(2).await?);
        pause().await
    };
    let outcome = body.await;
    note("finally");
    pause().await?;
    note("cleaned up");
    outcome
}

async fn catches(mut y: Yielder) -> Result<()> {
    let body = async {
        pause().await?;
        y.yield_(1).await
    };
    match body.await {
        Ok(sent) => got(sent),
        Err(error) if error.is::<ValueError>() => {
            caught(&error);
            pause().await?;
        }
        Err(error) => return Err(error),
    }
    got(y.yield_(2).await?);
    Ok(())
}

async fn swallows(mut y: Yielder) -> Result<()> {
    let body = async {
        pause().await?;
        y.yield_(1).await
    };
    body.await.map_or_else(|error| caught(&error), got);
    pause().await
}

async fn stubborn(mut y: Yielder) -> Result<()> {
    for n in 1..=3 {
        let body = async {
            pause().await?;
            y.yield_(n).await
        };
        body.await.map_or_else(|error| caught(&error), got);
    }
    Ok(())
}

async fn replaces(mut y: Yielder) -> Result<()> {
    let body = async {
        got(y.yield_(1).await?);
        pause().await
    };
    if let Err(error) = body.await {
        caught(&error);
        pause().await?;
        return Err(RuntimeError::new("replaced").into());
    }
    Ok(())
}

async fn empty(_: Yielder) -> Result<()> {
    Ok(())
}

const BODIES: [(&str, Make); 6] = [
    ("async_through", || Gen::new(through)),
    ("async_catches", || Gen::new(catches)),
    ("async_swallows", || Gen::new(swallows)),
    ("async_stubborn", || Gen::new(stubborn)),
    ("async_replaces", || Gen::new(replaces)),
    ("async_empty", || Gen::new(empty)),
];
const OPERATIONS: [&str; 5] = ["anext", "asend", "athrow", "aexit", "aclose"];

async fn act(operation: &str, mut generator: Gen, who: &str) {
    let resumed = match operation {
        "anext" => generator.anext().await,
        "asend" => generator.asend(5).await,
        "athrow" => generator.athrow(ValueError::new("x")).await,
        "aexit" => generator.athrow(GeneratorExit).await,
        "aclose" => {
            let closed = generator.aclose().await;
            return end(who, closed.map(|()| "closed".to_owned()));
        }
        other => unreachable!("{other}"),
    };
    end(who, resumed.map(|item| item.map_or_else(|| "end".to_owned(), |value| format!("yield {value}"))));
}

fn end(who: &str, result: Result<String>) {
    let ended = matches!(&result, Err(error) if error.is::<StopAsyncIteration>());
    let what = if ended { "end".to_owned() } else { show(result, |text| text) };
    note(format!("{who}{what}"));
}

/// Runs a scenario in a loop of its own that counts its iterations.
fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) {
    fn count() {
        if let Some(tick) = TICK.get() {
            TICK.set(Some(tick + 1));
            get_running_loop().unwrap().call_soon(count).unwrap();
        }
    }
    let runner = Runner::new();
    let event_loop = runner.get_loop().unwrap();
    event_loop.set_exception_handler(Some(Box::new(|context| {
        let message = context.message.split(" <").next().unwrap();
        note(format!("reported {message} {:?}", context.exception.as_ref().unwrap()));
    })));
    TICK.set(Some(0));
    event_loop.call_soon(count).unwrap();
    let kept = runner.run(main).unwrap();
    note("main ends");
    runner.close();
    TICK.set(None);
    drop(kept);
}

async fn one(make: Make, operations: [&'static str; 3], keeps: bool) -> Result<Option<Gen>> {
    let generator = make();
    for operation in operations {
        act(operation, generator.clone(), "").await;
    }
    if keeps {
        return Ok(Some(generator));
    }
    note("dropped");
    drop(generator);
    pause().await?;
    pause().await?;
    Ok(None)
}

async fn two_at_once(before: &[&str], first: &'static str, second: &'static str) -> Result<()> {
    let generator = Gen::new(through);
    for operation in before {
        act(operation, generator.clone(), "").await;
    }
    let step = |operation, who| {
        let generator = generator.clone();
        async move {
            act(operation, generator, who).await;
            Ok(())
        }
    };
    gather([step(first, "first "), step(second, "second ")]).await.map(drop)
}

async fn cancelled(make: Make, before: &[&str], operation: &'static str) -> Result<()> {
    let generator = make();
    for operation in before {
        act(operation, generator.clone(), "").await;
    }
    let theirs = generator.clone();
    let task = create_task(async move {
        act(operation, theirs, "").await;
        Ok(())
    });
    pause().await?;
    note(format!("cancel {}", if task.cancel() { "True" } else { "False" }));
    wait(&[task]).await.map(drop)
}

/// Three generators that are left at a yield. The one in the middle fails when it is closed.
async fn several(keeps: bool) -> Result<Option<[Gen; 3]>> {
    let all = [Gen::new(through), Gen::new(replaces), Gen::new(swallows)];
    for generator in &all {
        act("anext", generator.clone(), "").await;
    }
    note(if keeps { "kept" } else { "dropped" });
    Ok(keeps.then_some(all))
}

pub(crate) fn scenarios() {
    for (name, make) in BODIES {
        for (i, operations) in sequences::<3>(&OPERATIONS).into_iter().enumerate() {
            let keeps = i % 2 == 1;
            run(one(make, operations, keeps));
            line(&[&[name], &operations[..], &[if keeps { "kept" } else { "dropped" }]].concat());
        }
    }
    for before in [&[][..], &["anext"]] {
        for [first, second] in sequences::<2>(&OPERATIONS) {
            run(async move { two_at_once(before, first, second).await });
            line(&[&["at once"], before, &[first, second]].concat());
        }
    }
    for (name, make) in BODIES {
        for before in [&[][..], &["anext"]] {
            for operation in OPERATIONS {
                run(cancelled(make, before, operation));
                line(&[&["cancelled", name], before, &[operation]].concat());
            }
        }
    }
    for (keeps, how) in [(false, "dropped"), (true, "kept")] {
        run(several(keeps));
        line(&["several", how]);
    }
}
