//! What asynchronous iterators promise: order, one at a time, ends that stay ends, nothing lost in between. Cases of
//! CPython's `test_asyncgen` name their origin.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_iterators::{
    AsyncIterator, StopAsyncIteration, aiter, anext, anext_or, await_each, from_iter, from_stream, into_stream,
};
use asyncio_runtime::{Clock, Result, Runner, ValueError, create_task, sleep};
use futures_lite::{StreamExt as _, stream};

fn run<T: 'static>(program: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(program)
}

/// Counts to `last`, a second each; raises at `fails`.
struct Count {
    now: u32,
    last: u32,
    fails: u32,
}

impl Count {
    fn to(last: u32) -> Self {
        Self { now: 0, last, fails: u32::MAX }
    }
}

impl AsyncIterator for Count {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.now == self.last {
            return Ok(None);
        }
        sleep(1).await?;
        self.now += 1;
        if self.now == self.fails {
            return Err(ValueError::new("the third is broken").into());
        }
        Ok(Some(self.now))
    }
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_python_async_iterator_anext
#[test]
fn anext_raises_at_the_end_unless_there_is_a_default() {
    run(async {
        let mut count = Count::to(2);
        assert_eq!(anext(&mut count).await?, 1);
        assert_eq!(anext_or(&mut count, 9).await?, 2);
        assert_eq!(anext_or(&mut count, 9).await?, 9);
        assert!(anext(&mut count).await.unwrap_err().is::<StopAsyncIteration>());
        assert_eq!(count.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_anext_await_raises
#[test]
fn an_error_comes_out_of_anext_and_of_collect() {
    run(async {
        let broken = || Count { fails: 3, ..Count::to(9) };
        assert_eq!(broken().map(|n| n).collect::<Vec<_>>().await.unwrap_err().to_string(), "the third is broken");
        let mut count = broken();
        anext(&mut count).await?;
        anext(&mut count).await?;
        assert!(anext_or(&mut count, 0).await.unwrap_err().is::<ValueError>());
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_aiter_idempotent
#[test]
fn the_iterator_of_an_iterator_is_itself() {
    run(async {
        let mut count = Count::to(3);
        assert_eq!(aiter(aiter(&mut count)).anext().await?, Some(1));
        assert_eq!(count.anext().await?, Some(2));
        Ok(())
    })
    .unwrap();
}

#[test]
fn comprehensions_collect_into_list_set_and_dict() {
    run(async {
        let list: Vec<u32> = Count::to(6).filter(|n| n % 2 == 0).map(|n| 10 * n).collect().await?;
        assert_eq!(list, [20, 40, 60]);
        let set: BTreeSet<u32> = Count::to(6).map(|n| n % 3).collect().await?;
        assert_eq!(set, [0, 1, 2].into());
        let dict: HashMap<usize, u32> = Count::to(3).enumerate().collect().await?;
        assert_eq!(dict, [(0, 1), (1, 2), (2, 3)].into());
        let doubled: Vec<u32> = Count::to(2).then(async |n| sleep(1).await.map(|()| 2 * n)).collect().await?;
        assert_eq!(doubled, [2, 4]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn iterating_is_sequential_and_lets_others_run() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&log);
    run(async move {
        let ticks = Rc::clone(&seen);
        create_task(async move {
            for _ in 0..4 {
                sleep(1).await?;
                ticks.borrow_mut().push("tick");
            }
            Ok(())
        });
        let mut count = Count::to(2);
        while count.anext().await?.is_some() {
            seen.borrow_mut().push("item");
            sleep(1).await?;
            seen.borrow_mut().push("handled");
        }
        sleep(1).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["item", "tick", "handled", "tick", "item", "tick", "handled", "tick"]);
}

#[test]
fn coroutines_are_awaited_one_after_the_other() {
    let took = run(async {
        let start = asyncio_runtime::time::perf_counter();
        let results: Vec<u32> = await_each((0..5).map(async |n| sleep(1).await.map(|()| n))).collect().await?;
        assert_eq!(results, [0, 1, 2, 3, 4]);
        Ok(asyncio_runtime::time::perf_counter() - start)
    });
    assert_eq!(took.unwrap(), 5.0);
}

#[test]
fn a_failed_awaitable_ends_the_comprehension_and_the_rest_never_starts() {
    run(async {
        let started = RefCell::new(Vec::new());
        let works = (0..4).map(|n| {
            let started = &started;
            async move {
                started.borrow_mut().push(n);
                if n == 1 { Err(ValueError::new("one").into()) } else { Ok(n) }
            }
        });
        assert!(await_each(works).collect::<Vec<_>>().await.is_err());
        assert_eq!(*started.borrow(), [0, 1]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn zip_ends_with_the_shorter_and_keeps_its_half_when_dropped() {
    run(async {
        let pairs: Vec<_> = Count::to(2).zip(from_iter("abc".chars())).collect().await?;
        assert_eq!(pairs, [(1, 'a'), (2, 'b')]);

        let mut zip = from_iter("xy".chars()).zip(Count::to(2));
        let dropped = pin!(zip.anext()).poll(&mut Context::from_waker(Waker::noop())).is_pending();
        assert!(dropped, "the second iterator sleeps");
        assert_eq!(zip.anext().await?, Some(('x', 1)));
        assert_eq!(zip.anext().await?, Some(('y', 2)));
        assert_eq!(zip.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// As the built-in `zip` of Python.
#[test]
fn zip_does_not_ask_the_second_when_the_first_has_ended() {
    run(async {
        let mut second = Count::to(3);
        assert_eq!(from_iter("x".chars()).zip(&mut second).collect::<Vec<_>>().await?, [('x', 1)]);
        assert_eq!(second.anext().await?, Some(2));
        Ok(())
    })
    .unwrap();
}

#[test]
fn enumerate_counts_from_zero() {
    run(async {
        assert_eq!(from_iter("ab".chars()).enumerate().collect::<Vec<_>>().await?, [(0, 'a'), (1, 'b')]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_loop_can_go_on_with_its_iterator() {
    run(async {
        let items = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&items);
        let task = create_task(async move {
            let mut count = Count::to(3);
            loop {
                match count.anext().await {
                    Ok(Some(n)) => log.borrow_mut().push(n),
                    Ok(None) => return Ok(()),
                    Err(error) if error.is_cancelled() => log.borrow_mut().push(0),
                    Err(error) => return Err(error),
                }
            }
        });
        sleep(1.5).await?;
        task.cancel();
        task.await?;
        assert_eq!(*items.borrow(), [1, 0, 2, 3]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stream_gives_what_the_iterator_gives_and_ends_for_good() {
    run(async {
        let items: Vec<u32> = from_stream(into_stream(Count::to(3))).collect().await?;
        assert_eq!(items, [1, 2, 3]);

        let mut broken = from_stream(into_stream(Count { fails: 1, ..Count::to(3) }));
        assert!(broken.anext().await.unwrap_err().is::<ValueError>());
        assert_eq!(broken.anext().await?, None);
        assert_eq!(broken.anext().await?, None);

        let mut ends = [Some(Ok::<_, ValueError>(1)), None, Some(Ok(2))].into_iter();
        let mut resumed = from_stream(stream::poll_fn(move |_| Poll::Ready(ends.next().flatten())));
        assert_eq!(resumed.anext().await?, Some(1));
        assert_eq!((resumed.anext().await?, resumed.anext().await?), (None, None));

        let mut empty = pin!(into_stream(from_iter(0..0)));
        for _ in 0..2 {
            assert_eq!(empty.next().await.transpose()?, None);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn no_loop_is_needed_when_nothing_waits() {
    let mut sum = pin!(from_iter(1..=100_000_u64).filter(|n| n % 2 == 0).map(|n| vec![n]).collect::<Vec<_>>());
    let Poll::Ready(Ok(items)) = sum.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing to wait for");
    };
    assert_eq!(items.len(), 50_000);
}
