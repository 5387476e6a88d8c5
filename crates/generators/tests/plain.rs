//! Plain generators: next, send, throw, close, return values, delegation, and what goes wrong. The expectations are what
//! CPython 3.15 does.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio_generators::{Generator, GeneratorExit, GeneratorYielder, Resumed};
use asyncio_runtime::{Error, Result, RuntimeError, ValueError, sleep};

fn numbers(last: u32) -> Generator<u32> {
    Generator::new(async move |mut y| y.yield_each(1..=last).await)
}

#[test]
fn nothing_runs_before_the_first_next() {
    let ran = Rc::new(Cell::new(false));
    let seen = Rc::clone(&ran);
    let mut generator = Generator::<u32>::new(async move |mut y| {
        seen.set(true);
        y.yield_(1).await.map(drop)
    });
    assert!(!ran.get());
    assert_eq!(generator.next().unwrap().unwrap(), 1);
    assert!(ran.get());
}

#[test]
fn it_stops_half_way_and_goes_on() {
    let mut generator = numbers(5);
    let first: Result<Vec<u32>> = generator.by_ref().take(2).collect();
    assert_eq!(first.unwrap(), [1, 2]);
    let rest: Result<Vec<u32>> = generator.collect();
    assert_eq!(rest.unwrap(), [3, 4, 5]);
}

#[test]
fn the_returned_value_comes_once() {
    let generator: Generator<u32, (), &str> = Generator::new(async |mut y| {
        y.yield_(1).await?;
        Ok("end")
    });
    assert_eq!(generator.resume().unwrap(), Resumed::Yielded(1));
    assert_eq!(generator.resume().unwrap(), Resumed::StopIteration(Some("end")));
    assert_eq!(generator.resume().unwrap(), Resumed::StopIteration(None));
    assert!(generator.send(()).is_ok(), "sending to what has ended is no error");
}

#[test]
fn a_value_can_only_be_sent_to_a_yield() {
    let generator: Generator<Option<u32>, u32> = Generator::new(async |mut y| {
        let mut sent = None;
        loop {
            sent = y.yield_(sent).await?;
        }
    });
    let error = generator.send(5).unwrap_err();
    assert_eq!(format!("{error:?}"), "TypeError(\"can't send non-None value to a just-started generator\")");
    assert_eq!(generator.resume().unwrap(), Resumed::Yielded(None));
    assert_eq!(generator.send(5).unwrap(), Resumed::Yielded(Some(5)));
    assert_eq!(generator.resume().unwrap(), Resumed::Yielded(None));
}

/// In Python a body cannot leave a `yield` before the answer comes.
#[test]
fn the_answer_to_a_yield_that_was_dropped_does_not_answer_the_next() {
    let generator: Generator<u32, &str, &str> = Generator::new(async |mut y| {
        let (mut left, mut answered) = (y.yield_(1), false);
        poll_fn(|cx| match std::mem::replace(&mut answered, true) {
            false => Pin::new(&mut left).poll(cx).map(drop),
            true => Poll::Ready(()),
        })
        .await;
        let mut next = y.yield_(2);
        // Polled once more before it is answered, as by a `join`.
        let answer = poll_fn(|cx| match Pin::new(&mut next).poll(cx) {
            Poll::Pending => Pin::new(&mut next).poll(cx),
            ready => ready,
        });
        Ok(answer.await?.expect("a value was sent"))
    });
    assert_eq!(generator.resume().unwrap(), Resumed::Yielded(1));
    assert_eq!(generator.send("for the first").unwrap(), Resumed::Yielded(2));
    assert_eq!(generator.send("for the second").unwrap(), Resumed::StopIteration(Some("for the second")));
}

#[test]
fn what_is_thrown_can_be_caught_or_ends_it() {
    async fn stubborn(mut y: GeneratorYielder<String>) -> Result<()> {
        let mut word = "first".to_owned();
        loop {
            match y.yield_(word).await {
                Ok(_) => word = "next".to_owned(),
                Err(error) if error.is::<ValueError>() => word = format!("caught {error}"),
                Err(error) => return Err(error),
            }
        }
    }
    let generator = Generator::new(stubborn);
    generator.resume().unwrap();
    assert_eq!(generator.throw(ValueError::new("x")).unwrap(), Resumed::Yielded("caught x".to_owned()));
    let error: Error = RuntimeError::new("enough").into();
    assert!(generator.throw(error.clone()).unwrap_err().same(&error));
    assert_eq!(generator.resume().unwrap(), Resumed::StopIteration(None));
    assert!(generator.throw(error.clone()).unwrap_err().same(&error), "one that has ended raises it too");

    let fresh = numbers(3);
    assert!(fresh.throw(error.clone()).unwrap_err().same(&error));
    assert_eq!(fresh.resume().unwrap(), Resumed::StopIteration(None), "it ended without having begun");
}

/// Yields once. When it is closed it does what `on_exit` says, and notes that it was closed.
fn closing(on_exit: impl FnOnce(Error) -> Result<u32> + 'static, told: &Rc<Cell<bool>>) -> Generator<u32, (), u32> {
    let told = Rc::clone(told);
    Generator::new(async move |mut y| {
        let error = y.yield_(1).await.unwrap_err();
        told.set(error.is::<GeneratorExit>());
        on_exit(error)
    })
}

#[test]
fn closing_raises_generator_exit() {
    let told = Rc::new(Cell::new(false));
    for (generator, outcome) in [
        (closing(Err, &told), Ok(None)),
        (closing(|_| Ok(5), &told), Ok(Some(5))),
        (closing(|_| Err(ValueError::new("broken").into()), &told), Err("broken".to_owned())),
    ] {
        generator.resume().unwrap();
        assert_eq!(generator.close().map_err(|error| error.to_string()), outcome);
        assert!(told.replace(false));
        assert_eq!(generator.close().unwrap(), None, "closing twice is fine");
        assert_eq!(generator.resume().unwrap(), Resumed::StopIteration(None));
    }
    let fresh = closing(Err, &told);
    assert_eq!(fresh.close().unwrap(), None);
    assert!(!told.get(), "what has not begun has nothing to clean up");
}

#[test]
fn one_that_yields_when_closed_has_ignored_it() {
    let generator = Generator::<u32>::new(async |mut y| {
        let _ = y.yield_(1).await;
        y.yield_(2).await.map(drop)
    });
    generator.resume().unwrap();
    let error = generator.close().unwrap_err();
    assert_eq!(format!("{error:?}"), "RuntimeError('generator ignored GeneratorExit')");
    assert_eq!(generator.close().unwrap(), None);
}

#[test]
fn dropping_the_last_handle_closes_it() {
    let told = Rc::new(Cell::new(false));
    let generator = closing(Err, &told);
    let other = generator.clone();
    generator.resume().unwrap();
    drop(generator);
    assert!(!told.get());
    drop(other);
    assert!(told.get());
}

#[test]
fn a_generator_cannot_resume_itself() {
    let itself: Rc<RefCell<Option<Generator<String>>>> = Rc::default();
    let me = Rc::clone(&itself);
    let mut generator = Generator::new(async move |mut y| {
        let me = me.take().expect("put there below");
        for error in [me.resume().unwrap_err(), me.close().unwrap_err()] {
            y.yield_(format!("{error:?}")).await?;
        }
        Ok(())
    });
    itself.replace(Some(generator.clone()));
    for _ in 0..2 {
        assert_eq!(generator.next().unwrap().unwrap(), "ValueError('generator already executing')");
    }
    assert!(generator.next().is_none());
}

#[test]
fn a_panic_ends_it() {
    let mut generator = Generator::<u32>::new(async |mut y| {
        y.yield_(1).await?;
        panic!("expected");
    });
    generator.resume().unwrap();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| generator.resume())).is_err());
    assert!(generator.next().is_none());
}

#[test]
fn only_an_asynchronous_generator_can_await() {
    let mut generator = Generator::<u32>::new(async |mut y| {
        std::future::pending::<()>().await;
        y.yield_(1).await.map(drop)
    });
    let error = generator.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "a generator cannot await, an asynchronous one can");
    assert!(generator.next().is_none());

    let mut sleeper = Generator::<u32>::new(async |_| sleep(1).await);
    assert_eq!(sleeper.next().unwrap().unwrap_err().to_string(), "no running event loop");
}

#[test]
fn delegation_passes_everything_on() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&log);
    let inner: Generator<u32, &str, &str> = Generator::new(async move |mut y| {
        for n in 1.. {
            match y.yield_(n).await {
                Ok(Some("stop")) => return Ok("stopped"),
                Ok(sent) => note.borrow_mut().push(format!("{sent:?}")),
                Err(error) if error.is::<ValueError>() => note.borrow_mut().push(format!("{error:?}")),
                Err(error) => {
                    note.borrow_mut().push(format!("{error:?}"));
                    return Err(error);
                }
            }
        }
        unreachable!()
    });
    let delegate = inner.clone();
    let outer: Generator<u32, &str, String> = Generator::new(async move |mut y| {
        let returned = y.yield_from(&delegate).await?;
        y.yield_(100).await?;
        Ok(format!("inner {returned:?}"))
    });
    assert_eq!(outer.resume().unwrap(), Resumed::Yielded(1));
    assert_eq!(outer.send("hello").unwrap(), Resumed::Yielded(2));
    assert_eq!(outer.throw(ValueError::new("v")).unwrap(), Resumed::Yielded(3));
    assert_eq!(outer.send("stop").unwrap(), Resumed::Yielded(100));
    assert_eq!(outer.resume().unwrap(), Resumed::StopIteration(Some("inner Some(\"stopped\")".to_owned())));
    assert_eq!(*log.borrow(), ["Some(\"hello\")", "ValueError('v')"]);
}

#[test]
fn closing_the_outer_generator_closes_the_inner_first() {
    let told = Rc::new(Cell::new(false));
    let inner = closing(Err, &told);
    let outer = Generator::<u32>::new(async move |mut y| y.yield_from(&inner).await.map(drop));
    outer.resume().unwrap();
    outer.close().unwrap();
    assert!(told.get());
}

#[test]
fn it_prints_as_in_python() {
    assert!(format!("{:?}", numbers(1)).starts_with("<generator object numbers at 0x"));
}

/// Like Python's `None`, which can be sent to a generator that has not started.
#[test]
fn a_value_that_says_nothing_may_be_sent_at_the_beginning() {
    assert_eq!(numbers(1).send(()).unwrap(), Resumed::Yielded(1));
}

#[test]
fn a_chain_of_generators_that_own_the_next_is_closed_one_by_one() {
    const MANY: usize = 100_000;
    let closed = Rc::new(Cell::new(0));
    for started in [true, false] {
        let chain = (0..MANY).fold(None, |next: Option<Generator<u32>>, _| {
            let closed = Rc::clone(&closed);
            let generator = Generator::<u32>::new(async move |mut y| {
                let _next = next;
                let outcome = y.yield_(1).await;
                closed.set(closed.get() + usize::from(outcome.as_ref().is_err_and(Error::is::<GeneratorExit>)));
                outcome.map(drop)
            });
            if started {
                generator.resume().unwrap();
            }
            Some(generator)
        });
        drop(chain);
        assert_eq!(closed.take(), if started { MANY } else { 0 });
    }
}
