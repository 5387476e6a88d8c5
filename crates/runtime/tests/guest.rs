//! A loop that a host drives: it asks the host to run it when it must, and runs as it would alone.
//!
//! The corpus of `conform`, which also runs hosted, shows that the steps are the same.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use asyncio::io::AsyncFd;
use asyncio::{Clock, EventLoop, Guest, Result, Runner, create_task, sleep, to_thread};
use rustix::event::{PollFd, PollFlags, poll};

/// Drives a guest to its end with the system's `poll` as the host, and returns the result.
fn polled<T>(event_loop: &EventLoop, mut guest: Guest<T>) -> Result<T> {
    let watched = event_loop.watched().unwrap();
    loop {
        if let Poll::Ready(result) = guest.run_ready() {
            return result;
        }
        let timeout = guest.next_timeout().map(|seconds| Duration::from_secs_f64(seconds).try_into().unwrap());
        poll(&mut [PollFd::new(&watched, PollFlags::IN)], timeout.as_ref()).unwrap();
    }
}

#[test]
fn one_iteration_runs_what_is_ready_and_no_more() {
    let runner = Runner::new().clock(Clock::Virtual);
    let order = Rc::new(RefCell::new(Vec::new()));
    let mut guest = runner
        .host({
            let order = Rc::clone(&order);
            async move {
                for name in ["a", "b"] {
                    let order = Rc::clone(&order);
                    drop(create_task(async move {
                        order.borrow_mut().push(name);
                        sleep(0).await?;
                        order.borrow_mut().push(name);
                        Ok(())
                    }));
                }
                sleep(3600).await
            }
        })
        .unwrap();
    let mut seen = Vec::new();
    loop {
        seen.push(order.borrow().len());
        if guest.run_once().is_ready() {
            break;
        }
        assert_eq!(guest.next_timeout(), Some(0.0), "virtual time waits for nothing");
    }
    // Main, its tasks twice, the timer, main again, and the callback that stops the loop.
    assert_eq!(seen, [0, 0, 2, 4, 4, 4]);
    assert_eq!(*order.borrow(), ["a", "b", "a", "b"]);
}

#[test]
fn a_host_waits_for_the_next_timer() {
    let runner = Runner::new().clock(Clock::Real);
    let mut guest = runner.host(sleep(3600)).unwrap();
    assert_eq!(guest.next_timeout(), Some(0.0), "the first step is ready");
    assert!(guest.run_ready().is_pending());
    assert!(guest.next_timeout().is_some_and(|seconds| seconds > 0.0 && seconds <= 3600.0));
    assert!(guest.run_once().is_pending(), "it does not wait itself");
    drop(guest);
    let mut closing = runner.host_closing().unwrap();
    assert!(closing.run_ready().is_ready());
}

#[test]
fn what_a_host_does_itself_wakes_the_loop() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    event_loop.on_wake(move || _ = count.fetch_add(1, Ordering::SeqCst)).unwrap();
    assert!(event_loop.on_wake(|| ()).is_err(), "there is one host");
    let pressed = event_loop.create_future();
    let button = pressed.clone();
    let mut guest = event_loop.host(async move { pressed.await }).unwrap();
    assert!(guest.run_ready().is_pending());
    assert_eq!(guest.next_timeout(), None, "there is no timer");
    assert_eq!(woken.load(Ordering::SeqCst), 0);
    button.set_result("pressed").unwrap();
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    assert_eq!(guest.next_timeout(), Some(0.0));
    assert!(matches!(guest.run_ready(), Poll::Ready(Ok("pressed"))));
}

#[test]
fn another_thread_wakes_the_host() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let (tell, told) = mpsc::channel();
    event_loop.on_wake(move || tell.send(()).unwrap()).unwrap();
    let answer = event_loop.create_future();
    let handle = event_loop.handle();
    let mut guest = event_loop
        .host({
            let answer = answer.clone();
            async move { answer.await }
        })
        .unwrap();
    assert!(guest.run_ready().is_pending());
    // A future stays in its thread, so the call finds it there.
    thread_local!(static ANSWER: Cell<Option<asyncio::Future<u32>>> = const { Cell::new(None) });
    ANSWER.set(Some(answer));
    let thread = thread::spawn(move || {
        handle.call_soon_threadsafe(|| ANSWER.take().unwrap().set_result(42).unwrap()).unwrap();
    });
    told.recv().unwrap();
    assert!(matches!(guest.run_ready(), Poll::Ready(Ok(42))));
    thread.join().unwrap();
}

#[test]
fn descriptors_threads_and_timers_end_the_wait_of_a_host_that_watches_one_descriptor() {
    for clock in [Clock::Real, Clock::Virtual] {
        let runner = Runner::new().clock(clock);
        let event_loop = runner.get_loop().unwrap();
        let guest = runner.host(async {
            let (mut near, far) = UnixStream::pair()?;
            let far = AsyncFd::new(far)?;
            let writes = create_task(to_thread(move || near.write_all(b"hello")));
            let mut bytes = [0; 8];
            let n = far.read_with(|mut far| far.read(&mut bytes)).await?;
            writes.await??;
            sleep(0.001).await?;
            Ok(n)
        });
        assert_eq!(polled(&event_loop, guest.unwrap()).unwrap(), 5);
    }
}

#[test]
fn a_stopped_loop_and_a_deadlock_end_the_run_as_they_do_alone() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let stopping = event_loop.clone();
    let stops = async move {
        stopping.stop();
        sleep(1).await
    };
    let mut guest = event_loop.host(stops).unwrap();
    assert!(
        matches!(guest.run_ready(), Poll::Ready(Err(error)) if error.to_string().starts_with("Event loop stopped"))
    );
    let never = event_loop.create_future::<()>();
    let mut guest = event_loop.host(never).unwrap();
    assert!(matches!(guest.run_ready(), Poll::Ready(Err(error)) if error.to_string().starts_with("deadlock")));
}

#[test]
fn a_run_that_is_given_up_stops_no_later_one() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let future = event_loop.create_future();
    drop(event_loop.host(future.clone()).unwrap());
    let result = event_loop.run_until_complete(async move {
        future.set_result(())?;
        sleep(1).await
    });
    result.unwrap();
}

#[test]
fn a_closing_that_is_dropped_does_the_rest_at_once() {
    let runner = Runner::new().clock(Clock::Virtual);
    let event_loop = runner.get_loop().unwrap();
    let cleaned = Rc::new(Cell::new(false));
    let clean = Rc::clone(&cleaned);
    runner
        .run(async {
            drop(create_task(async move {
                let slept = sleep(3600).await;
                sleep(0).await?;
                clean.set(true);
                slept
            }));
            sleep(0).await
        })
        .unwrap();
    let mut closing = runner.host_closing().unwrap();
    assert!(closing.run_once().is_pending());
    assert!(!cleaned.get());
    drop(closing);
    assert!(cleaned.get() && event_loop.is_closed());
}
