//! `test_events`: calls from other threads, executors and signals; and the signals of `test_unix_events`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use asyncio_runtime::*;

use crate::support::*;

const SIGHUP: i32 = 1;
const SIGALRM: i32 = 14;

// CPython: test_events.EventLoopTestsMixin.test_call_soon_threadsafe, test_call_soon_threadsafe_same_thread
#[test]
fn what_a_thread_has_handed_in_comes_before_what_is_queued_after_it() {
    for elsewhere in [true, false] {
        let event_loop = new_loop();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (handle, hello) = (event_loop.handle(), Arc::clone(&order));
        let hand_in = move || handle.call_soon_threadsafe(move || hello.lock().unwrap().push("hello")).unwrap();
        if elsewhere {
            thread::spawn(hand_in).join().unwrap();
        } else {
            hand_in();
        }
        let (stop, world) = (event_loop.clone(), Arc::clone(&order));
        let last = move || {
            world.lock().unwrap().push("world");
            stop.stop();
        };
        event_loop.call_soon(last).unwrap();
        event_loop.run_forever().unwrap();
        assert_eq!(*order.lock().unwrap(), ["hello", "world"], "elsewhere: {elsewhere}");
    }
}

/// Counts the passes of a loop.
#[derive(Default)]
struct Passes(Cell<u32>);

impl Observer for Passes {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::PassBegins(_) = event {
            self.0.set(self.0.get() + 1);
        }
    }
}

// CPython: test_events.EventLoopTestsMixin.test_timeout_rounding
#[test]
fn a_loop_does_not_wake_too_early_for_a_timer() {
    let passes = Rc::new(Passes::default());
    let event_loop = EventLoop::with_clock(Clock::Real);
    event_loop.add_observer(Rc::clone(&passes) as Rc<dyn Observer>);
    let sleeps = async {
        for seconds in [1e-2, 1e-4, 1e-6, 1e-8, 1e-10] {
            sleep(seconds).await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(sleeps).unwrap();
    // Twelve would do: two for each sleep, and two for the task.
    assert!(passes.0.get() <= 20, "{} passes", passes.0.get());
}

// CPython: test_events.EventLoopTestsMixin.test_run_in_executor
#[test]
fn an_executor_has_threads_of_its_own() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let job = event_loop.run_in_executor(None, || ("yo", thread::current().id())).unwrap();
    let (result, id) = event_loop.run_until_complete(job).unwrap();
    assert_eq!(result, "yo");
    assert_ne!(id, thread::current().id());
}

// CPython: test_events.EventLoopTestsMixin.test_run_in_executor_cancel
#[test]
fn a_job_that_nobody_waits_for_any_more_ends_without_the_loop() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let reports = reports(&event_loop);
    let (go, wait_for_go) = std::sync::mpsc::channel::<()>();
    let (send, told) = std::sync::mpsc::channel();
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let job = move || {
        send.send("begun").unwrap();
        wait_for_go.recv().unwrap();
        send.send("done").unwrap();
    };
    let future = event_loop.run_in_executor(Some(&pool), job).unwrap();
    let called = Rc::new(Cell::new(0));
    let counter = Rc::clone(&called);
    let _ = future.add_done_callback(move |_| counter.set(counter.get() + 1));
    assert_eq!(told.recv(), Ok("begun"));
    assert!(future.cancel());
    run_briefly(&event_loop);
    event_loop.close().unwrap();
    go.send(()).unwrap();
    assert_eq!(told.recv(), Ok("done"));
    pool.shutdown(true, false);
    assert!(future.cancelled());
    assert_eq!((called.get(), reports.take()), (1, vec![]));
}

// CPython: test_unix_events.SelectorEventLoopSignalTests.test_add_signal_handler_install_error2,
// test_add_signal_handler_install_error3
#[test]
fn a_signal_that_cannot_be_caught_is_refused_whether_another_is_handled_or_not() {
    const SIGKILL: i32 = 9;
    for handled in [false, true] {
        let event_loop = new_loop();
        if handled {
            event_loop.add_signal_handler(SIGHUP, || ()).unwrap();
        }
        let error = raised(event_loop.add_signal_handler(SIGKILL, || ()));
        assert_eq!(error, "RuntimeError('sig 9 cannot be caught')");
        assert!(!event_loop.remove_signal_handler(SIGKILL));
        assert_eq!(event_loop.remove_signal_handler(SIGHUP), handled);
    }
}

// CPython: test_events.EventLoopTestsMixin.test_signal_handling_while_selecting
#[test]
fn a_signal_ends_the_sleep_of_the_loop() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let caught = Rc::new(Cell::new(0));
    let (count, stop) = (Rc::clone(&caught), event_loop.clone());
    let handler = move || {
        count.set(count.get() + 1);
        stop.stop();
    };
    event_loop.add_signal_handler(SIGALRM, handler).unwrap();
    let stop = event_loop.clone();
    event_loop.call_later(60, move || stop.stop()).unwrap();
    // By then the loop is most likely asleep.
    let sending = thread::spawn(|| {
        thread::sleep(std::time::Duration::from_millis(20));
        io::kill(std::process::id(), SIGALRM).unwrap();
    });
    event_loop.run_forever().unwrap();
    sending.join().unwrap();
    assert_eq!(caught.get(), 1);
}

// CPython: test_unix_events.SelectorEventLoopSignalTests.test_close
#[test]
fn a_loop_that_closes_gives_its_signals_back() {
    let test = "events::a_loop_that_closes_gives_its_signals_back";
    if std::env::var_os("IN_CHILD").is_some() {
        let event_loop = new_loop();
        for signal in [SIGHUP, SIGALRM] {
            event_loop.add_signal_handler(signal, || ()).unwrap();
        }
        event_loop.close().unwrap();
        let signal = std::env::var("SIGNAL").unwrap().parse().unwrap();
        io::kill(std::process::id(), signal).unwrap();
        thread::sleep(std::time::Duration::from_secs(60));
        return;
    }
    for signal in [SIGHUP, SIGALRM] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test]).env("IN_CHILD", "1").env("SIGNAL", signal.to_string());
        let status = child.stdout(std::process::Stdio::null()).status().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal), "{status:?}");
    }
}

/// Runs a loop to which another thread submits a callback. When that has begun, the thread does something with its handle.
/// Returns what the thread saw, and how often the callback ran.
fn while_it_runs<T: Send + 'static>(look: impl FnOnce(&ThreadSafeHandle) -> T + Send + 'static) -> ((T, bool), u32) {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let (runs, finished) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, finish, handle) = (Arc::clone(&runs), Arc::clone(&finished), event_loop.handle());
    let (begin, begun) = std::sync::mpsc::channel();
    // The callback may end once the other thread is most likely waiting for it.
    let callback = move || {
        begin.send(()).unwrap();
        thread::sleep(std::time::Duration::from_millis(50));
        counter.fetch_add(1, Ordering::SeqCst);
        finish.store(true, Ordering::SeqCst);
    };
    let stop = event_loop.create_future::<()>();
    let seen = event_loop
        .run_until_complete(async move {
            STOP.set(Some(stop.clone()));
            let outside = thread::spawn(move || {
                let call = handle.call_soon_threadsafe_cancellable(callback).unwrap();
                begun.recv().unwrap();
                let seen = (look(&call), finished.load(Ordering::SeqCst));
                handle.call_soon_threadsafe(|| STOP.take().unwrap().set_result(()).unwrap()).unwrap();
                seen
            });
            stop.await?;
            Ok(outside.join().unwrap())
        })
        .unwrap();
    (seen, runs.load(Ordering::SeqCst))
}

thread_local! {
    /// The future that ends the loop of this thread.
    static STOP: RefCell<Option<Future<()>>> = const { RefCell::new(None) };
    /// The callback that cancels itself.
    static CALL: RefCell<Option<ThreadSafeHandle>> = const { RefCell::new(None) };
}

// CPython: test_events.EventLoopTestsMixin.test_call_soon_threadsafe_handle_block_check_cancelled,
// test_call_soon_threadsafe_handle_block_cancellation
#[test]
fn who_cancels_a_callback_that_runs_waits_for_its_end() {
    assert_eq!(while_it_runs(ThreadSafeHandle::cancelled), ((false, true), 1));
    assert_eq!(while_it_runs(ThreadSafeHandle::cancel), (((), true), 1));
}

// CPython: test_events.EventLoopTestsMixin.test_call_soon_threadsafe_handle_cancel_same_thread
#[test]
fn a_callback_that_cancels_itself_runs_to_its_end() {
    virtually(async {
        let (send, told) = std::sync::mpsc::channel();
        let callback = move || {
            let call = CALL.take().unwrap();
            call.cancel();
            send.send(call.cancelled()).unwrap();
        };
        let call = get_running_loop()?.handle().call_soon_threadsafe_cancellable(callback)?;
        CALL.set(Some(call.clone()));
        sleep(0).await?;
        assert_eq!(told.try_recv(), Ok(true));
        assert!(call.cancelled());
        Ok(())
    })
    .unwrap();
}

/// A callback that panicked has ended, too.
#[test]
fn a_callback_that_has_panicked_can_be_cancelled() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let call = event_loop.handle().call_soon_threadsafe_cancellable(|| panic!("expected")).unwrap();
    run_briefly(&event_loop);
    assert_eq!(reports.take().len(), 1);
    let elsewhere = move || {
        assert!(!call.cancelled());
        call.cancel();
        call.cancelled()
    };
    assert!(thread::spawn(elsewhere).join().unwrap());
}
