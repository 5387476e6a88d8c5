//! Plain generators: every body, every sequence of three things to do with it.

use std::cell::OnceCell;
use std::rc::Rc;

use asyncio_generators::{Generator, GeneratorExit, GeneratorYielder, Resumed};
use asyncio_runtime::{Result, RuntimeError, ValueError};

use crate::{caught, got, line, note, sequences, show};

type Gen = Generator<i32, i32, i32>;
type Make = fn() -> Gen;
type Yielder = GeneratorYielder<i32, i32>;

async fn through(mut y: Yielder) -> Result<i32> {
    let body = async {
        got(y.yield_(1).await?);
        got(y.yield_(2).await?);
        Ok(3)
    };
    let outcome = body.await;
    note("finally");
    outcome
}

async fn catches(mut y: Yielder) -> Result<i32> {
    match y.yield_(1).await {
        Ok(sent) => got(sent),
        Err(error) if error.is::<ValueError>() => caught(&error),
        Err(error) => return Err(error),
    }
    got(y.yield_(2).await?);
    Ok(4)
}

async fn swallows(mut y: Yielder) -> Result<i32> {
    y.yield_(1).await.map_or_else(|error| caught(&error), got);
    Ok(5)
}

async fn stubborn(mut y: Yielder) -> Result<i32> {
    for n in 1..=3 {
        y.yield_(n).await.map_or_else(|error| caught(&error), got);
    }
    Ok(6)
}

async fn replaces(mut y: Yielder) -> Result<i32> {
    match y.yield_(1).await {
        Ok(sent) => got(sent),
        Err(error) => {
            caught(&error);
            return Err(RuntimeError::new("replaced").into());
        }
    }
    Ok(7)
}

async fn empty(_: Yielder) -> Result<i32> {
    Ok(8)
}

async fn delegates(mut y: Yielder) -> Result<i32> {
    let returned = y.yield_from(&Gen::new(through)).await?;
    note(format!("returned {}", returned.unwrap()));
    Ok(9)
}

/// A generator whose body resumes itself.
async fn again(me: Rc<OnceCell<Gen>>, mut y: Yielder) -> Result<i32> {
    let me = me.get().expect("set before it began");
    for error in [me.resume().unwrap_err(), me.throw(ValueError::new("x")).unwrap_err(), me.close().unwrap_err()] {
        note(format!("{error:?}"));
    }
    y.yield_(1).await?;
    Ok(0)
}

fn act(operation: &str, generator: &Gen) {
    let resumed = match operation {
        "next" => generator.resume(),
        "send" => generator.send(5),
        "throw" => generator.throw(ValueError::new("x")),
        "exit" => generator.throw(GeneratorExit),
        "close" => return note(show(generator.close(), |value| format!("closed {}", or_none(value)))),
        other => unreachable!("{other}"),
    };
    note(show(resumed, |resumed| match resumed {
        Resumed::Yielded(value) => format!("yield {value}"),
        Resumed::StopIteration(value) => format!("stop {}", or_none(value)),
    }));
}

fn or_none(value: Option<i32>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

pub(crate) fn scenarios() {
    let bodies: [(&str, Make); 7] = [
        ("through", || Gen::new(through)),
        ("catches", || Gen::new(catches)),
        ("swallows", || Gen::new(swallows)),
        ("stubborn", || Gen::new(stubborn)),
        ("replaces", || Gen::new(replaces)),
        ("empty", || Gen::new(empty)),
        ("delegates", || Gen::new(delegates)),
    ];
    for (name, make) in bodies {
        for operations in sequences::<3>(&["next", "send", "throw", "exit", "close"]) {
            let generator = make();
            operations.iter().for_each(|operation| act(operation, &generator));
            note("dropped");
            drop(generator);
            line(&[&[name], &operations[..]].concat());
        }
    }
    let me = Rc::new(OnceCell::new());
    let generator = Gen::new(|y| again(Rc::clone(&me), y));
    me.set(generator.clone()).unwrap();
    act("next", &generator);
    line(&["again"]);
    // Otherwise it would own itself.
    generator.close().unwrap();
}
