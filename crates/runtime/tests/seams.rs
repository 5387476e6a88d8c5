//! The seams and the loop's own callbacks: observer, scheduling policy, debug mode, descriptors, signals, the await graph.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::*;

#[derive(Default)]
struct Log(RefCell<Vec<String>>);

impl Observer for Log {
    fn event(&self, event: LoopEvent<'_>) {
        let (what, task) = match event {
            LoopEvent::TaskCreated(task) => ("created", task),
            LoopEvent::StepBegins(task) => ("begins", task),
            LoopEvent::StepEnds(task) => ("ends", task),
            LoopEvent::Woken(task) => ("woken", task),
            LoopEvent::CancelRequested { task, .. } => ("cancel requested", task),
            LoopEvent::TaskDone(task) => ("done", task),
            _ => return,
        };
        self.0.borrow_mut().push(format!("{} {what}", task.get_name()));
    }
}

#[test]
fn an_observer_sees_the_life_of_a_task() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let log = Rc::new(Log::default());
    event_loop.add_observer(Rc::clone(&log) as Rc<dyn Observer>);
    let task = event_loop.create_task(async { sleep(1).await }).unwrap();
    task.set_name("t");
    let cancelled = event_loop.create_task(async { sleep(9).await }).unwrap();
    cancelled.set_name("c");
    event_loop
        .call_later(0.5, move || {
            cancelled.cancel();
        })
        .unwrap();
    event_loop.run_until_complete(task).unwrap();
    let log = log.0.borrow();
    let of = |name: &str| -> Vec<&str> { log.iter().filter_map(|line| line.strip_prefix(name)).collect() };
    assert_eq!(of("t "), ["begins", "ends", "woken", "begins", "ends", "done"]);
    assert_eq!(of("c "), ["begins", "ends", "cancel requested", "woken", "begins", "ends", "done"]);
    assert_eq!(log.iter().filter(|line| line.ends_with(" created")).count(), 2);
}

#[test]
fn a_policy_chooses_among_calls_from_outside_too() {
    struct Second;
    impl SchedulingPolicy for Second {
        fn next(&mut self, ready: &Choices<'_>) -> usize {
            usize::from(ready.len() > 1)
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_scheduling_policy(Some(Box::new(Second)));
    let (note, order) = std::sync::mpsc::channel();
    let handle = event_loop.handle();
    for name in ["first", "second"] {
        let note = note.clone();
        handle.call_soon_threadsafe(move || note.send(name).unwrap()).unwrap();
    }
    event_loop.call_soon(move || note.send("ours").unwrap()).unwrap();
    event_loop.run_until_complete(async { sleep(1).await }).unwrap();
    assert_eq!(Vec::from_iter(order.try_iter()), ["second", "ours", "first"]);
}

#[test]
fn a_policy_chooses_who_runs_next() {
    struct LastFirst;
    impl SchedulingPolicy for LastFirst {
        fn next(&mut self, ready: &Choices<'_>) -> usize {
            ready.len() - 1
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_scheduling_policy(Some(Box::new(LastFirst)));
    let order: Rc<RefCell<Vec<u32>>> = Rc::default();
    // Callbacks and tasks alternate: they are stored separately, but have one common order.
    for i in 0..6 {
        let note = Rc::clone(&order);
        let run = move || note.borrow_mut().push(i);
        if i % 3 == 0 {
            event_loop.call_soon(run).unwrap();
        } else {
            let task = async move {
                run();
                Ok(())
            };
            drop(event_loop.create_task(task).unwrap());
        }
    }
    // It runs first, because it is the last; then it sleeps until the others have run.
    event_loop.run_until_complete(sleep(1)).unwrap();
    assert_eq!(*order.borrow(), [5, 4, 3, 2, 1, 0]);
}

#[test]
fn a_descriptor_calls_back_whenever_it_is_ready() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let event_loop = get_running_loop()?;
            let (mut writer, reader) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            let received = Rc::new(RefCell::new(Vec::new()));
            let enough = event_loop.create_future::<()>();
            let (sink, done, mut source) = (Rc::clone(&received), enough.clone(), reader.try_clone()?);
            event_loop.add_reader(&reader, move || {
                let mut byte = [0];
                source.read_exact(&mut byte).unwrap();
                sink.borrow_mut().push(byte[0]);
                if sink.borrow().len() == 3 {
                    done.set_result(()).unwrap();
                }
            })?;
            let writable = Rc::new(Cell::new(false));
            let flag = Rc::clone(&writable);
            event_loop.add_writer(&writer, move || flag.set(true))?;
            writer.write_all(b"abc")?;
            enough.await?;
            assert_eq!(*received.borrow(), b"abc");
            assert!(writable.get());
            assert!(event_loop.remove_writer(&writer)?);
            assert!(event_loop.remove_reader(&reader)?);
            assert!(!event_loop.remove_reader(&reader)?);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_descriptor_that_cannot_be_watched_is_an_error() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let file = std::fs::File::open("Cargo.toml").unwrap();
    assert!(event_loop.add_reader(&file, || ()).unwrap_err().is::<std::io::Error>());
}

// CPython: test_events.EventLoopTestsMixin.test_add_signal_handler,
// test_unix_events.SelectorEventLoopSignalTests.test_check_signal, test_add_signal_handler
#[test]
fn a_signal_calls_back_in_the_loop() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let event_loop = get_running_loop()?;
            let arrived = event_loop.create_future::<()>();
            let done = arrived.clone();
            // 12 is SIGUSR2.
            event_loop.add_signal_handler(12, move || {
                let _ = done.set_result(());
            })?;
            let pid = std::process::id().to_string();
            assert!(std::process::Command::new("kill").args(["-USR2", &pid]).status()?.success());
            arrived.await?;
            assert!(event_loop.remove_signal_handler(12));
            assert!(!event_loop.remove_signal_handler(12));
            // 9 is SIGKILL, which nobody can handle.
            assert_eq!(event_loop.add_signal_handler(9, || ()).unwrap_err().to_string(), "sig 9 cannot be caught");
            // As in `signal.valid_signals()` of CPython 3.15 on Linux: the C library reserves 32 and 33.
            for number in [-1, 0, 32, 33, 65, 1000] {
                let error = event_loop.add_signal_handler(number, || ()).unwrap_err();
                assert_eq!(format!("{error:?}"), format!("ValueError('invalid signal number {number}')"));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn real_time_signals_are_signals() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let event_loop = get_running_loop()?;
            for signal in [34, 64] {
                let arrived = event_loop.create_future::<()>();
                let tell = arrived.clone();
                event_loop.add_signal_handler(signal, move || drop(tell.set_result(())))?;
                io::kill(std::process::id(), signal)?;
                arrived.await?;
                assert!(event_loop.remove_signal_handler(signal));
            }
            Ok(())
        })
        .unwrap();
}

/// As on CPython, where the first handler is cancelled.
#[test]
fn a_second_handler_of_a_signal_replaces_the_first() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let event_loop = get_running_loop()?;
            let (arrived, called) = (event_loop.create_future::<()>(), Rc::new(Cell::new(false)));
            let (tell, note) = (arrived.clone(), Rc::clone(&called));
            event_loop.add_signal_handler(signal::SIGWINCH, move || note.set(true))?;
            event_loop.add_signal_handler(signal::SIGWINCH, move || drop(tell.set_result(())))?;
            io::kill(std::process::id(), signal::SIGWINCH)?;
            arrived.await?;
            sleep(0).await?;
            assert!(!called.get());
            assert!(event_loop.remove_signal_handler(signal::SIGWINCH));
            assert!(!event_loop.remove_signal_handler(signal::SIGWINCH));
            Ok(())
        })
        .unwrap();
}

/// To the system, process 0 means the group of the caller. Signal 0 only checks whether a signal could be sent.
#[test]
fn a_signal_is_sent_to_one_process_and_never_to_a_group() {
    io::kill(std::process::id(), 0).unwrap();
    for pid in [0, u32::MAX, 1 << 31] {
        let error = io::kill(pid, 0).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::SRCH.raw_os_error()), "{pid}");
    }
}

// CPython: test_unix_events.SelectorEventLoopSignalTests.test_remove_signal_handler
#[test]
fn a_real_time_signal_that_nobody_handles_any_more_ends_the_process() {
    if std::env::var_os("IN_CHILD").is_some() {
        let event_loop = new_event_loop();
        event_loop.add_signal_handler(40, || ()).unwrap();
        assert!(event_loop.remove_signal_handler(40));
        io::kill(std::process::id(), 40).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(60));
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_real_time_signal_that_nobody_handles_any_more_ends_the_process"]).env("IN_CHILD", "1");
    let status = child.stdout(std::process::Stdio::null()).status().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(40), "{status:?}");
}

#[test]
fn the_await_graph_tells_who_waits_for_whom() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let inner = create_task(async { sleep(1).await }).named("inner");
            let awaited = inner.clone();
            let middle = create_task(async move { gather([awaited]).await.map(drop) }).named("middle");
            let outer = create_task(async move { middle.await }).named("outer");
            sleep(0.5).await?;
            let graph = capture_call_graph(Some(&inner))?.unwrap();
            assert_eq!(graph.call_stack.len(), 1);
            assert_eq!(graph.awaited_by.len(), 1);
            assert_eq!(graph.awaited_by[0].awaited_by.len(), 1);
            let text = format_call_graph(Some(&inner))?;
            let names: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("* Task(name='")).collect();
            assert_eq!(names.len(), 3, "{text}");
            assert!(
                names[0].starts_with("inner'") && names[1].starts_with("middle'") && names[2].starts_with("outer'")
            );
            let own = capture_call_graph(None)?.unwrap();
            assert!(own.awaited_by.is_empty());
            outer.await
        })
        .unwrap();
}
