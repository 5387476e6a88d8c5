//! What a trace shows of tasks, waits, wake-ups, cancellations, callbacks and timers.

#[macro_use]
extern crate asyncio_testing;

mod reader;

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;
use asyncio_trace::Trace;

use crate::reader::{Read, complete};

/// The trace of a program that runs in a loop of its own.
fn trace_of<T: 'static>(clock: Clock, program: impl std::future::Future<Output = Result<T>> + 'static) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let event_loop = EventLoop::with_clock(clock);
    Trace::create(&file).unwrap().watch(&event_loop);
    let main = event_loop.create_task(program).unwrap().named("main");
    event_loop.run_until_complete(main).unwrap();
    event_loop.close().unwrap();
    std::fs::read_to_string(&file).unwrap()
}

fn read<T: 'static>(program: impl std::future::Future<Output = Result<T>> + 'static) -> Read {
    complete(&trace_of(Clock::Virtual, program))
}

/// What a task waited on after each of its steps, and in which line relative to the first.
fn waits(read: &Read, task: &str) -> Vec<String> {
    let ends =
        read.events.iter().filter(|event| (event["ph"] == "E" || event["ph"] == "X") && read.track(event) == task);
    let text = |event: &serde_json::Value| {
        let of = |name: &str| event["args"][name].as_u64().map(|track| read.task(track));
        let on = event["args"]["waits_on"].as_str()?;
        let on = of("task").map_or(on.to_owned(), |task| format!("{on}: {task}"));
        Some(of("held_by").map_or(on.clone(), |task| format!("{on}, held by {task}")))
    };
    ends.filter_map(text).collect()
}

async fn baker() -> Result<()> {
    sleep(2).await
}

async fn customer(baker: Task<()>) -> Result<()> {
    baker.await
}

#[test]
fn tasks_have_tracks_and_say_what_they_wait_on() {
    let read = read(async {
        let baker = create_task(baker()).named("Ada");
        let customer = create_task(customer(baker)).named("Bo");
        sleep(0).await?;
        gather([customer]).await
    });
    assert_eq!(waits(&read, "Ada"), ["a timer"]);
    assert_eq!(waits(&read, "Bo"), ["a task: Ada"]);
    assert_eq!(waits(&read, "main"), ["nothing", "a group"]);
    assert_eq!(read.flows("creates"), ["main -> Ada", "main -> Bo"]);
    assert_eq!(read.flows("wakes")[..2], ["passes -> Ada", "Ada -> Bo"]);
    assert!(read.tracks.values().any(|track| track == "Bo customer"));
    let ends: Vec<_> = read.named("finished").map(|(track, _)| track).collect();
    assert_eq!(ends[..2], ["Ada", "Bo"]);
    let places = read.events.iter().filter_map(|event| event["args"]["at"].as_str());
    assert!(places.into_iter().all(|place| place.contains("tests/trace.rs:")));
}

#[test]
fn the_holder_of_a_lock_is_named() {
    let read = read(async {
        let line = Rc::new(WaitQueue::new("Lock"));
        let waiting = Rc::clone(&line);
        let waiter = create_task(async move { waiting.wait().await }).named("Bo");
        line.set_acquired();
        sleep(1).await?;
        line.wake_one();
        waiter.await
    });
    assert_eq!(waits(&read, "Bo"), ["Lock, held by main"]);
    assert!(read.flows("wakes").iter().any(|flow| flow == "main -> Bo"));
}

#[test]
fn a_cancellation_is_a_flow_and_says_through_whom_it_came() {
    let read = read(async {
        let baker = create_task(baker()).named("Ada");
        let customer = create_task(customer(baker)).named("Bo");
        sleep(0).await?;
        sleep(0).await?;
        customer.cancel();
        customer.await.unwrap_err();
        Ok(())
    });
    let requests: Vec<_> = read.named("cancel requested").collect();
    let through = |index: usize| requests[index].1["args"]["through"].as_u64().map(|track| read.task(track));
    assert_eq!(requests.iter().map(|(track, _)| *track).collect::<Vec<_>>(), ["Bo", "Ada"]);
    assert_eq!((through(0), through(1)), (None, Some("Bo")));
    assert_eq!(read.flows("cancels").len(), 2);
    assert!(read.flows("cancels").iter().all(|flow| flow.starts_with("main ")));
    assert_eq!(read.named("cancelled").count(), 2);
}

#[test]
fn callbacks_and_timers_are_slices_that_know_their_cause() {
    fn ring() {}
    let read = read(async {
        let event_loop = get_running_loop()?;
        event_loop.call_soon(ring)?;
        event_loop.call_later(1, ring)?;
        event_loop.call_later(1, ring)?.cancel();
        timeout(5).run(async |_| sleep(3).await).await
    });
    assert_eq!(read.named("ring()").count(), 2);
    assert_eq!(read.flows("calls")[..1], ["main -> passes"]);
    let timers = read.flows("sets timer");
    assert_eq!(timers.iter().filter(|flow| flow.ends_with("-> passes")).count(), 2, "{timers:?}");
    assert_eq!(timers.iter().filter(|flow| flow.ends_with("-> nothing")).count(), 2, "{timers:?}");
    let jumps: Vec<_> = read.named("time jumps").map(|(_, event)| event["args"]["to"].as_f64().unwrap()).collect();
    assert_eq!(jumps.len(), 2);
    assert_eq!(jumps[1] - jumps[0], 2.0);
    assert!(read.named("pass").count() >= 4);
}

#[test]
fn an_eager_task_is_a_slice_within_that_of_its_creator() {
    let read = read(async {
        get_running_loop()?.set_task_factory(TaskFactory::Eager);
        let eager = create_task(async { Ok(()) });
        assert!(eager.done());
        sleep(1).await
    });
    assert_eq!(read.named("finished").count(), 2);
}

#[test]
fn an_error_is_told_and_stays_unseen() {
    for debug in [false, true] {
        let reported = Rc::new(Cell::new(0));
        let counted = Rc::clone(&reported);
        let read = read(async move {
            let event_loop = get_running_loop()?;
            event_loop.set_debug(debug);
            event_loop.set_exception_handler(Some(Box::new(move |context| {
                assert_eq!(context.message, "Task exception was never retrieved");
                counted.set(counted.get() + 1);
            })));
            drop(create_task(async { Err::<(), _>(ValueError::new("it \"broke\"").into()) }).named("Ada"));
            sleep(1).await
        });
        assert_eq!(reported.get(), 1);
        let failed: Vec<_> = read.named("failed").map(|(_, event)| event["args"]["error"].as_str().unwrap()).collect();
        assert_eq!(failed, ["ValueError('it \"broke\"')"]);
    }
}

#[test]
fn a_trace_of_the_virtual_clock_is_the_same_each_time() {
    async fn program() -> Result<()> {
        let tasks: Vec<_> = (0..5).map(|n| create_task(sleep(f64::from(n) / 10.0))).collect();
        for task in tasks {
            task.await?;
        }
        Ok(())
    }
    // Default names count all tasks of the process, including those of other tests, and other tests may print.
    let own = |mut read: Read| {
        read.events.retain(|event| event["name"] != "thread_name");
        let args = read.events.iter_mut().filter_map(|event| event.get_mut("args")?.as_object_mut());
        args.for_each(|args| drop(args.remove("printed")));
        read.events.retain(|event| event["args"].as_object().is_none_or(|args| !args.is_empty()));
        read.events
    };
    let first = own(read(program()));
    assert_eq!(first, own(read(program())));
    let span = first.last().unwrap()["ts"].as_f64().unwrap();
    assert!((400_000.0..401_000.0).contains(&span), "the virtual time, and a microsecond an event: {span}");
}

#[test]
fn the_real_clock_says_how_long_a_step_was_queued() {
    let read = complete(&trace_of(Clock::Real, async { create_task(sleep(0.001)).await }));
    let queued = read.named("step").filter(|(_, event)| event["args"]["ready_us"].is_number()).count();
    assert_eq!(queued, read.named("step").count());
    assert!(read.named("idle").count() > 0);
}

#[test]
fn a_task_that_another_thread_wakes_has_no_flow_but_an_instant() {
    let (send, receive) = std::sync::mpsc::channel::<std::task::Waker>();
    let thread = std::thread::spawn(move || receive.recv().expect("a waker").wake());
    let read = complete(&trace_of(Clock::Real, async move {
        let mut send = Some(send);
        std::future::poll_fn(move |cx| {
            let Some(send) = send.take() else { return std::task::Poll::Ready(()) };
            let waker = cx.waker().clone();
            // The step has ended when the thread gets the waker.
            get_running_loop().unwrap().call_soon(move || send.send(waker).unwrap()).unwrap();
            std::task::Poll::Pending
        })
        .await;
        Ok(())
    }));
    thread.join().unwrap();
    assert_eq!(read.named("woken").map(|(track, _)| track).collect::<Vec<_>>(), ["main"]);
    assert_eq!(waits(&read, "main"), ["a future of another crate"]);
}

#[test]
fn several_loops_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let trace = Trace::create(&file).unwrap();
    let run = |trace: &Trace| {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        trace.watch(&event_loop);
        event_loop.run_until_complete(sleep(1)).unwrap();
        event_loop.close().unwrap();
    };
    // One after the other: the file is complete after each.
    for count in 1..=2 {
        run(&trace);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(complete(&text).named("process_name").count(), count);
    }
    // In several threads at once.
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| (0..5).for_each(|_| run(&trace)))));
    });
    let read = complete(&std::fs::read_to_string(&file).unwrap());
    assert_eq!(read.named("process_name").count(), 22);
}

#[test]
fn memory_does_not_grow_with_the_length_of_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    Trace::create(&file).unwrap().watch(&event_loop);
    let grown = event_loop.run_until_complete({
        let file = file.clone();
        async move {
            let mut lengths = Vec::new();
            for _ in 0..4 {
                for _ in 0..2_000 {
                    create_task(sleep(0)).await?;
                }
                lengths.push(std::fs::metadata(&file)?.len());
            }
            Ok(lengths)
        }
    });
    // Everything is in the file, except what fits into eight buffers of 512 records.
    let grown = grown.unwrap();
    event_loop.close().unwrap();
    let all = std::fs::metadata(&file).unwrap().len();
    assert!(grown.windows(2).all(|pair| pair[1] > pair[0] + 1_000_000), "{grown:?}");
    assert!(all - grown[3] < 1_000_000, "{all} after {grown:?}");
    let read = complete(&std::fs::read_to_string(&file).unwrap());
    assert_eq!(read.named("finished").count(), 8_001);
}

#[test]
fn no_future_is_kept_alive() {
    struct Gone(Rc<Cell<bool>>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let gone = Rc::new(Cell::new(false));
    let flag = Gone(Rc::clone(&gone));
    read(async move {
        let future = get_running_loop()?.create_future::<Gone>();
        let waiter = create_task({
            let future = future.clone();
            async move { future.await }
        });
        sleep(0).await?;
        future.set_result(flag)?;
        drop(waiter.await?);
        drop(future);
        assert!(gone.get());
        Ok(())
    });
}
