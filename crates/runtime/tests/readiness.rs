//! Waits for a descriptor that end early, are polled by hand, or are calls: which are still in line, and which may continue.

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::future::{Future as StdFuture, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// A pair of sockets. The near one already knows that there is nothing to read.
fn empty() -> Result<(UnixStream, AsyncFd<UnixStream>)> {
    let (far, near) = UnixStream::pair()?;
    let near = AsyncFd::new(near)?;
    assert!(near.try_read_with(|mut socket| socket.read(&mut [0])).is_err());
    assert!(!near.registration().is_readable());
    Ok((far, near))
}

#[test]
fn polling_a_descriptor_that_is_closed_is_an_error() {
    virtually(async {
        let (_far, near) = empty()?;
        let registration = near.registration().clone();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(registration.poll_readable(&mut cx).is_pending());
        drop(near);
        for polled in [registration.poll_readable(&mut cx), registration.poll_writable(&mut cx)] {
            assert!(matches!(polled, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::NotConnected));
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_call_for_a_descriptor_that_is_ready_waits_for_no_event() {
    virtually(async {
        let (_far, near) = empty()?;
        let called = Rc::new(Cell::new(false));
        let note = Rc::clone(&called);
        assert!(near.try_write_with(|mut socket| socket.write(b"x")).is_ok());
        // The event that reports this came earlier.
        sleep(1).await?;
        near.registration().call_when_writable(move || note.set(true))?;
        assert!(!called.get(), "it comes from the loop");
        sleep(0).await?;
        assert!(called.get());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_call_that_waits_for_a_descriptor_is_not_made_when_that_is_closed() {
    virtually(async {
        let (_far, near) = empty()?;
        near.registration().call_when_readable(|| panic!("it is called"))?;
        drop(near);
        sleep(1).await
    })
    .unwrap();
}

#[test]
fn a_wait_that_was_cancelled_can_be_polled_anew() {
    virtually(async {
        let (mut far, near) = empty()?;
        let task = create_task(async move {
            let mut readable = near.readable();
            assert!((&mut readable).await.unwrap_err().is_cancelled());
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut readable).poll(cx).is_pending()));
            assert!(polled.await, "there is nothing to read");
            readable.await
        });
        sleep(0).await?;
        task.cancel();
        sleep(0).await?;
        far.write_all(b"x")?;
        task.await
    })
    .unwrap();
}

#[test]
fn a_wait_that_is_dropped_is_no_wait_for_virtual_time() {
    virtually(async {
        let (_far, near) = empty()?;
        let mut readable = Box::pin(near.readable());
        assert!(poll_fn(|cx| Poll::Ready(readable.as_mut().poll(cx).is_pending())).await);
        drop(readable);
        // Virtual time does not jump while a task waits for a descriptor.
        sleep(1e6).await
    })
    .unwrap();
}

#[test]
fn a_task_that_has_waited_may_go_on_for_as_long_as_any() {
    virtually(async {
        const FEW: usize = 20;
        let (mut far, near) = empty()?;
        let read = async || near.read_with(|mut socket| socket.read(&mut [0])).await;
        let steps = Rc::new(Cell::new(0));
        let counted = Rc::clone(&steps);
        let counting = create_task(async move {
            loop {
                counted.set(counted.get() + 1);
                sleep(0).await?;
            }
            #[allow(unreachable_code)]
            Ok(())
        });
        for _ in 0..4 {
            far.write_all(&[0; FEW])?;
            // It has to wait for the first byte. The others have already arrived.
            read().await?;
            let before = steps.get();
            for _ in 1..FEW {
                read().await?;
            }
            assert_eq!(steps.get(), before, "it has given way");
            assert!(near.try_read_with(|mut socket| socket.read(&mut [0])).is_err());
        }
        counting.cancel();
        Ok(())
    })
    .unwrap();
}

struct Counts(AtomicU32);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn of_the_wakers_that_have_polled_the_last_one_alone_is_woken() {
    virtually(async {
        let (mut far, near) = empty()?;
        let wakers = [(); 3].map(|()| Arc::new(Counts(AtomicU32::new(0))));
        for waker in &wakers {
            assert!(near.poll_readable(&mut Context::from_waker(&Arc::clone(waker).into())).is_pending());
        }
        far.write_all(b"x")?;
        near.readable().await?;
        sleep(0).await?;
        assert_eq!(wakers.map(|waker| waker.0.load(Ordering::Relaxed)), [0, 0, 1]);
        Ok(())
    })
    .unwrap();
}
