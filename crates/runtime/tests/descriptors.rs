//! Descriptors in the loop: `AsyncFd` remembers readiness, loses no wake-up, and leaves no waiter hanging.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

fn pair() -> Result<(UnixStream, AsyncFd<UnixStream>)> {
    let (far, near) = UnixStream::pair()?;
    Ok((far, AsyncFd::new(near)?))
}

async fn read(io: &AsyncFd<UnixStream>, most: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0; most];
    let n = io.read_with(|mut socket| socket.read(&mut buffer)).await?;
    if 0 < n && n < most {
        io.short_read();
    }
    buffer.truncate(n);
    Ok(buffer)
}

/// Makes the loop notice what has happened to the descriptors.
async fn settle() -> Result<()> {
    for _ in 0..64 {
        sleep(0).await?;
    }
    Ok(())
}

#[test]
fn what_is_there_is_read_without_suspending() {
    virtually(async {
        let (mut far, near) = pair()?;
        far.write_all(b"abc")?;
        let steps = Rc::new(Cell::new(0));
        let counter = Rc::clone(&steps);
        get_running_loop()?.call_soon(move || counter.set(1))?;
        assert_eq!(read(&near, 2).await?, b"ab");
        assert!(near.registration().is_readable());
        assert_eq!(read(&near, 2).await?, b"c");
        assert!(cfg!(not(target_os = "linux")) || !near.registration().is_readable());
        assert_eq!(steps.get(), 0, "the loop went on meanwhile");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_short_write_says_nothing_about_reading() {
    virtually(async {
        let (mut far, near) = pair()?;
        far.write_all(b"abc")?;
        assert_eq!(read(&near, 2).await?, b"ab");
        let much = vec![0; 1 << 24];
        assert!(near.write_with(|mut socket| socket.write(&much)).await? < much.len());
        near.short_write();
        assert!(near.registration().is_readable());
        let waits = poll_fn(|cx| Poll::Ready(near.poll_writable(cx).is_pending())).await;
        assert_eq!(waits, cfg!(target_os = "linux"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn everybody_who_waits_is_woken_in_the_order_of_coming() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&order);
    virtually(async move {
        let (mut far, near) = pair()?;
        assert!(near.try_read_with(|mut socket| socket.read(&mut [0])).is_err());
        let mut tasks = Vec::new();
        for name in ["first", "second", "third"] {
            let (log, readable) = (Rc::clone(&log), near.readable());
            tasks.push(create_task(async move {
                readable.await?;
                log.borrow_mut().push(name);
                Ok(())
            }));
        }
        sleep(0).await?;
        far.write_all(b"x")?;
        gather(tasks).await?;
        Ok(())
    })
    .unwrap();
    assert_eq!(*order.borrow(), ["first", "second", "third"]);
}

#[test]
fn a_descriptor_closed_under_a_waiter_is_an_error() {
    virtually(async {
        let (_far, near) = pair()?;
        assert!(near.try_read_with(|mut socket| socket.read(&mut [0])).is_err());
        let waiting = create_task(near.readable());
        let given_back = create_task(near.readable());
        sleep(0).await?;
        drop(near.into_inner());
        for task in [waiting, given_back] {
            let error = task.await.unwrap_err();
            assert_eq!(error.downcast_ref::<io::Error>().map(io::Error::kind), Some(io::ErrorKind::NotConnected));
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_descriptor_may_outlive_its_loop() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let (far, near, readable) = event_loop
        .run_until_complete(async {
            let (far, near) = pair()?;
            let _ = near.try_read_with(|mut socket| socket.read(&mut [0]));
            let readable = near.readable();
            Ok((far, near, readable))
        })
        .unwrap();
    event_loop.close().unwrap();
    let other = EventLoop::with_clock(Clock::Virtual);
    assert!(other.run_until_complete(readable).is_err());
    assert!(near.try_write_with(|mut socket| socket.write(b"x")).is_err());
    assert!(other.run_until_complete(async move { near.registration().call_when_writable(|| ()) }).is_err());
    drop(far);
}

// CPython: test_events.EventLoopTestsMixin.test_prompt_cancellation,
// test_sock_lowlevel.BaseSockTestsMixin.test_sock_client_racing
#[test]
fn a_cancelled_wait_loses_nothing() {
    virtually(async {
        let (mut far, near) = pair()?;
        let near = Rc::new(near);
        for woken_before in [false, true] {
            let reader = Rc::clone(&near);
            let task = create_task(async move { read(&reader, 8).await });
            settle().await?;
            if woken_before {
                far.write_all(b"kept")?;
            }
            task.cancel();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        assert_eq!(read(&near, 8).await?, b"kept");
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_that_was_woken_and_cancelled_loses_nothing() {
    virtually(async {
        let (mut far, near) = pair()?;
        let near = Rc::new(near);
        let reader = Rc::clone(&near);
        let task = create_task(async move { read(&reader, 8).await });
        sleep(0).await?;
        far.write_all(b"kept")?;
        // Cancelled in the iteration in which it was woken, after its wake-up.
        let (watched, event_loop) = (task.clone(), get_running_loop()?);
        near.readable().await?;
        event_loop.call_soon(move || _ = watched.cancel())?;
        match task.await {
            Ok(bytes) => assert_eq!(bytes, b"kept"),
            Err(error) => {
                assert!(error.is_cancelled());
                assert_eq!(read(&near, 8).await?, b"kept");
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_can_be_polled_anew_and_given_up() {
    virtually(async {
        let (mut far, near) = pair()?;
        let reading = create_task(async move {
            let mut readable = near.readable();
            let mut got = Vec::new();
            loop {
                (&mut readable).await?;
                match near.try_read_with(|mut socket| socket.read(&mut [0; 8])) {
                    Ok(0) => return Ok(got),
                    Ok(n) => got.push(n),
                    Err(_) if got.len() == 2 => {
                        let waits = poll_fn(|cx| Poll::Ready(Pin::new(&mut readable).poll(cx).is_pending())).await;
                        assert!(waits);
                        // Virtual time would not jump while a task waits for a descriptor.
                        readable.give_up();
                        sleep(1e6).await?;
                    }
                    Err(_) => {}
                }
            }
        });
        for message in ["one", "twice"] {
            sleep(0).await?;
            far.write_all(message.as_bytes())?;
            settle().await?;
        }
        sleep(5e5).await?;
        drop(far);
        assert_eq!(reading.await?, [3, 5]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_who_leaves_from_the_middle_and_one_who_comes_later_keep_the_order() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&order);
    virtually(async move {
        let (mut far, near) = pair()?;
        while near.try_read_with(|mut socket| socket.read(&mut [0; 8])).is_ok() {}
        let near = Rc::new(near);
        let wait = |name: u32| {
            let (near, log) = (Rc::clone(&near), Rc::clone(&log));
            create_task(async move {
                near.readable().await?;
                log.borrow_mut().push(name);
                Ok(())
            })
        };
        let tasks: Vec<_> = (0..4).map(wait).collect();
        sleep(0).await?;
        tasks[0].cancel();
        tasks[2].cancel();
        let late = wait(4);
        sleep(0).await?;
        far.write_all(b"now")?;
        late.await?;
        assert!(tasks[0].cancelled() && tasks[2].cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(*order.borrow(), [1, 3, 4]);
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_read_ready_tryagain
#[test]
fn one_that_is_registered_as_it_is_stays_in_its_mode() {
    virtually(async {
        let (far, near) = UnixStream::pair()?;
        let io = AsyncFd::unchanged(near)?;
        let mode = rustix::fs::fcntl_getfl(&io).map_err(io::Error::from)?;
        assert!(!mode.contains(rustix::fs::OFlags::NONBLOCK));
        let over = Rc::new(Cell::new(false));
        let seen = Rc::clone(&over);
        let closing = create_task(async move {
            over.set(true);
            drop(far);
            Ok(())
        });
        let mut looks = 0;
        // Nothing is read: the end of the other one is an event as any other.
        io.read_with(|_| {
            looks += 1;
            if seen.get() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
        })
        .await?;
        closing.await?;
        assert_eq!(looks, 2);
        Ok(())
    })
    .unwrap();
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_read_ready_tryagain_interrupted
#[test]
fn an_operation_that_was_interrupted_is_repeated() {
    virtually(async {
        let (mut far, near) = pair()?;
        far.write_all(b"data")?;
        let mut attempts = 0;
        let mut buffer = [0; 8];
        let read = near.read_with(|mut socket| {
            attempts += 1;
            if attempts < 3 { Err(io::ErrorKind::Interrupted.into()) } else { socket.read(&mut buffer) }
        });
        assert_eq!((read.await?, attempts), (4, 3));
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_tasks_that_are_always_ready_do_not_keep_the_loop_from_looking_at_descriptors() {
    // Each iteration takes more steps than may pass between two looks.
    const TASKS: usize = 100;
    virtually(async {
        let (mut far, near) = pair()?;
        let reading = create_task(async move { read(&near, 8).await });
        let over = Rc::new(Cell::new(false));
        let busy: Vec<_> = (0..TASKS)
            .map(|_| {
                let over = Rc::clone(&over);
                create_task(async move {
                    while !over.get() {
                        sleep(0).await?;
                    }
                    Ok(())
                })
            })
            .collect();
        sleep(0).await?;
        far.write_all(b"now")?;
        // One iteration to look, one for the event, and one for the step of the waiting task.
        for _ in 0..3 {
            sleep(0).await?;
        }
        assert!(reading.done(), "it was not looked at");
        over.set(true);
        gather(busy).await?;
        assert_eq!(reading.await?, b"now");
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_end_that_came_with_the_data_is_noticed() {
    // A short read would mean that nothing is left, but the event that reported the data also reported that the peer has gone.
    virtually(async {
        let (mut far, near) = pair()?;
        let near = Rc::new(near);
        let reader = Rc::clone(&near);
        let task = create_task(async move {
            reader.readable().await?;
            assert!(reader.try_read_with(|mut socket| socket.read(&mut [0])).is_err());
            reader.readable().await
        });
        sleep(0).await?;
        far.write_all(b"last words")?;
        far.shutdown(Shutdown::Write)?;
        task.await?;
        assert_eq!(read(&near, 100).await?, b"last words");
        assert_eq!(read(&near, 100).await?, b"");
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_event_that_comes_with_a_thread_s_wake_up_is_not_lost() {
    virtually(async {
        for _ in 0..50 {
            let (mut far, near) = pair()?;
            let sending = to_thread(move || {
                far.write_all(b"from a thread")?;
                far.shutdown(Shutdown::Write).map(|()| far)
            });
            let receiving = create_task(async move {
                let bytes = read(&near, 100).await?;
                assert_eq!(read(&near, 100).await?, b"");
                Ok(bytes)
            });
            let (sent, bytes) = gather!(sending, receiving).await?;
            drop(sent?);
            assert_eq!(bytes, b"from a thread");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn virtual_time_waits_for_a_descriptor_only_if_somebody_does() {
    virtually(async {
        let (mut far, near) = pair()?;
        let _ = near.try_read_with(|mut socket| socket.read(&mut [0]));
        let event_loop = get_running_loop()?;
        // Nothing waits for a descriptor: an hour passes at once.
        sleep(3600).await?;
        let start = event_loop.time();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(5));
            far.write_all(b"x")
        });
        assert_eq!(wait_for(read(&near, 1), 3600).await?, b"x");
        assert_eq!(event_loop.time(), start, "time has jumped over the data");
        thread.join().unwrap()?;
        Ok(())
    })
    .unwrap();
}

// CPython: test_unix_events.TestFunctional.test_add_reader_or_writer_transport_fd
#[test]
fn a_descriptor_is_watched_in_one_way_at_a_time() {
    virtually(async {
        let (_far, near) = pair()?;
        let event_loop = get_running_loop()?;
        let error = event_loop.add_reader(near.get_ref(), || ()).unwrap_err();
        assert!(error.to_string().ends_with("is watched by this event loop already"), "{error}");
        let near = near.into_inner();
        event_loop.add_reader(&near, || ())?;
        let error = AsyncFd::new(near.try_clone()?).map(drop);
        assert!(error.is_ok(), "a duplicate is another descriptor");
        let error = AsyncFd::new(&near).unwrap_err();
        assert!(error.to_string().ends_with("is watched by this event loop already"), "{error}");
        event_loop.remove_reader(&near)?;
        AsyncFd::new(&near)?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_cannot_be_waited_for_is_an_error() {
    virtually(async {
        assert!(AsyncFd::new(std::fs::File::open("Cargo.toml")?).unwrap_err().is::<io::Error>());
        Ok(())
    })
    .unwrap();
    let (_far, near) = UnixStream::pair().unwrap();
    assert_eq!(AsyncFd::new(near).unwrap_err().to_string(), "no running event loop");
}

#[test]
fn a_busy_loop_still_looks_at_its_descriptors() {
    let ran = Runner::new().clock(Clock::Real).run(async {
        let (mut far, near) = pair()?;
        let reading = create_task(async move { read(&near, 8).await });
        sleep(0).await?;
        far.write_all(b"x")?;
        let mut turns = 0;
        while !reading.done() {
            sleep(0).await?;
            turns += 1;
            assert!(turns < 1000, "the descriptor was never looked at");
        }
        assert_eq!(reading.await?, b"x");
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn a_task_that_never_has_to_wait_gives_way() {
    virtually(async {
        let (mut far, near) = pair()?;
        far.write_all(&[0; 5000])?;
        let others = Rc::new(Cell::new(0));
        let turns = Rc::clone(&others);
        let other = create_task(async move {
            loop {
                turns.set(turns.get() + 1);
                sleep(0).await?;
            }
            #[allow(unreachable_code)]
            Ok(())
        });
        for _ in 0..1000 {
            read(&near, 1).await?;
        }
        assert!(others.get() >= 10, "the other task had {} turns", others.get());
        for _ in 0..1000 {
            poll_fn(|cx| near.poll_read_with(cx, |mut socket| socket.read(&mut [0]))).await?;
        }
        assert!(others.get() >= 20, "the other task had {} turns", others.get());
        other.cancel();
        Ok(())
    })
    .unwrap();
}

#[test]
fn poll_functions_wake_the_last_waker_given() {
    virtually(async {
        let (mut far, near) = pair()?;
        let near = Rc::new(near);
        let poll = |near: Rc<AsyncFd<UnixStream>>| async move {
            let mut byte = [0];
            poll_fn(|cx| near.poll_read_with(cx, |mut socket| socket.read(&mut byte))).await?;
            Ok(byte[0])
        };
        // A foreign future that is dropped leaves its waker behind; the next one replaces it.
        let first = create_task(cancellable(poll(Rc::clone(&near))));
        sleep(0).await?;
        first.cancel();
        assert!(first.await.unwrap_err().is_cancelled());
        let second = create_task(poll(Rc::clone(&near)));
        sleep(0).await?;
        far.write_all(b"x")?;
        assert_eq!(second.await?, b'x');
        // Closed while a poll function waits: also an error.
        let (_far, near) = pair()?;
        let near = Rc::new(RefCell::new(Some(near)));
        let polled = Rc::clone(&near);
        let third = create_task(async move {
            poll_fn(|cx| match &*polled.borrow() {
                Some(near) => near.poll_read_with(cx, |mut socket| socket.read(&mut [0])),
                None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            })
            .await?;
            Ok(())
        });
        sleep(0).await?;
        drop(near.take());
        assert!(third.await.is_err());
        Ok(())
    })
    .unwrap();
}

/// Fills the socket's buffer.
fn fill(io: &AsyncFd<UnixStream>) -> usize {
    let mut filled = 0;
    while let Ok(n) = io.try_write_with(|mut socket| socket.write(&[0; 65536])) {
        filled += n;
    }
    filled
}

#[test]
fn a_call_comes_when_there_is_room_again() {
    virtually(async {
        let (mut far, near) = pair()?;
        let event_loop = get_running_loop()?;
        let there = event_loop.create_future::<()>();
        let room = there.clone();
        near.registration().call_when_writable(move || room.set_result(()).unwrap())?;
        assert!(!there.done(), "it was called at once, not from the loop");
        there.await?;
        let mut filled = fill(&near);
        let there = event_loop.create_future::<()>();
        let room = there.clone();
        near.registration().call_when_writable(move || room.set_result(()).unwrap())?;
        settle().await?;
        assert!(!there.done());
        while filled > 0 {
            filled -= far.read(&mut [0; 65536])?;
        }
        there.await?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_call_is_dropped_with_its_descriptor_and_with_the_loop() {
    let token = Rc::new(());
    let held = || Rc::clone(&token);
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let (one, two) = (held(), held());
    let kept = event_loop
        .run_until_complete(async move {
            let (far, near) = pair()?;
            fill(&near);
            near.registration().call_when_writable(move || drop(one))?;
            drop((far, near));
            let (far, near) = pair()?;
            fill(&near);
            // It keeps its own descriptor alive, like a writer that flushes in the background.
            let near = Rc::new(near);
            let itself = Rc::clone(&near);
            near.registration().call_when_writable(move || drop((two, itself)))?;
            Ok(far)
        })
        .unwrap();
    assert_eq!(Rc::strong_count(&token), 2);
    event_loop.close().unwrap();
    assert_eq!(Rc::strong_count(&token), 1);
    drop(kept);
}

#[test]
fn a_panic_in_a_call_goes_to_the_exception_handler() {
    asyncio_testing::expect_panics("no");
    let reports = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    virtually(async move {
        let event_loop = get_running_loop()?;
        event_loop
            .set_exception_handler(Some(Box::new(move |context| sink.borrow_mut().push(context.message.clone()))));
        let (mut far, near) = pair()?;
        let filled = fill(&near);
        near.registration().call_when_writable(|| panic!("no"))?;
        far.read_exact(&mut vec![0; filled])?;
        while near.try_write_with(|mut socket| socket.write(b"x")).is_err() {
            sleep(0.001).await?;
        }
        settle().await
    })
    .unwrap();
    assert_eq!(reports.borrow().len(), 1);
    assert!(reports.borrow()[0].starts_with("Exception in callback"));
}
