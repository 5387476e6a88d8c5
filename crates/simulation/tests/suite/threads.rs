//! Jobs of thread pools as a part of the schedule.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use asyncio_runtime::{
    Clock, Result, Runner, ThreadPoolExecutor, create_task, get_running_loop, run_coroutine_threadsafe, sleep, time,
    to_thread, wait_for,
};
use asyncio_simulation::{Exploration, Failure, Fault, Schedule, explore};

/// The results that a program can return, in order.
fn texts(result: Exploration) -> Vec<String> {
    let mut all: Vec<_> = result.outcomes.into_iter().map(|outcome| outcome.text).collect();
    all.sort_unstable();
    all
}

/// The last job to finish wins. First in, first out, that is the second job.
async fn last_one_wins() -> Result<()> {
    let winner = Arc::new(Mutex::new(""));
    let job = |name: &'static str| {
        let winner = Arc::clone(&winner);
        to_thread(move || *winner.lock().unwrap() = name)
    };
    let (first, second) = (create_task(job("first")), create_task(job("second")));
    first.await?;
    second.await?;
    assert_eq!(*winner.lock().unwrap(), "second", "it was overtaken");
    Ok(())
}

/// Returns the failure of a program and its token, after repeating it 50 times by that.
fn repeated<M: Future<Output = Result<()>> + 'static>(program: impl Fn() -> M + Sync + Copy) -> (String, String) {
    let result = explore(program).run();
    let found = result.failure.expect("it fails in another order");
    assert!(found.after > 0, "{}", found.failure);
    let token = found.schedule.to_string();
    let schedule: Schedule = token.parse().unwrap();
    for _ in 0..50 {
        let again = explore(program).replay(&schedule).failure.expect("it fails again");
        assert_eq!((&again.failure, &again.timeline), (&found.failure, &found.timeline));
    }
    (found.failure.to_string(), token)
}

#[test]
fn a_race_of_two_jobs_is_found_and_repeated() {
    let (failure, token) = repeated(last_one_wins);
    assert!(failure.contains(": assertion `left == right` failed: it was overtaken"), "{failure}");
    // The second task runs first, and so does its job.
    assert_eq!(token, "1:fence:dev:1=1/2");
    // That is not the only way: the first job may take longer.
    let slow: Schedule = "1:fence:dev:+1:time:dev:job.0=3/10".parse().unwrap();
    let found = explore(last_one_wins).replay(&slow).failure.expect("it was overtaken");
    assert!(found.story.contains("before step 2, a thread: a job goes on after 2 steps\n"), "{}", found.story);
}

/// The table is read after a while, within which it is usually loaded.
async fn read_too_early(mended: bool) -> Result<()> {
    let table = Arc::new(AtomicU32::new(0));
    let load = create_task(to_thread({
        let table = Arc::clone(&table);
        move || table.store(7, Ordering::Relaxed)
    }));
    sleep(0.1).await?;
    if mended {
        (&load).await?;
    }
    assert_eq!(table.load(Ordering::Relaxed), 7, "it is not loaded yet");
    load.await
}

#[test]
fn a_job_that_takes_longer_is_found_and_repeated() {
    let (failure, token) = repeated(|| read_too_early(false));
    assert!(failure.contains("it is not loaded yet"), "{failure}");
    assert_eq!(token, "1:fence:dev:+1:time:dev:job.0=8/10");
    explore(|| read_too_early(true)).schedules(2_000).check();
    // In virtual time: three seconds more take no real time.
    let schedule = "1:fence:dev:+1:time:dev:job.0=9/10".parse().unwrap();
    let result = explore(|| read_too_early(true)).replay(&schedule);
    assert!(result.failure.is_none(), "{result}");
}

/// A job tells the loop that it is half done, and then ends. Another task counts what it was told.
async fn progress(mended: bool) -> Result<()> {
    let (told, handle) = (Arc::new(Mutex::new(Vec::new())), get_running_loop()?.handle());
    let notes = Arc::clone(&told);
    let job = create_task(to_thread(move || {
        for percent in [50, 100] {
            let notes = Arc::clone(&notes);
            handle.call_soon_threadsafe(move || notes.lock().unwrap().push(percent)).unwrap();
        }
    }));
    if mended {
        (&job).await?;
    } else {
        sleep(0.01).await?; // long enough, it seems
    }
    let seen = told.lock().unwrap().len();
    job.await?;
    assert_eq!(seen, 2, "it is not told of the end");
    Ok(())
}

#[test]
fn calls_of_a_job_are_choices() {
    let (failure, token) = repeated(|| progress(false));
    assert!(failure.contains("it is not told of the end"), "{failure}");
    let schedule: Schedule = token.parse().unwrap();
    assert_eq!(schedule.mishaps().unwrap().iter().map(|mishap| mishap.fault).collect::<Vec<_>>(), [Fault::Job]);
    explore(|| progress(true)).schedules(1_000).check();
}

/// A job gives up its turn between its two calls.
#[test]
fn the_loop_may_run_between_two_calls() {
    let program = || async {
        let (order, handle) = (Arc::new(Mutex::new(String::new())), get_running_loop()?.handle());
        let (notes, mine) = (Arc::clone(&order), Arc::clone(&order));
        let job = create_task(to_thread(move || {
            for name in ['a', 'b'] {
                let notes = Arc::clone(&notes);
                handle.call_soon_threadsafe(move || notes.lock().unwrap().push(name)).unwrap();
            }
        }));
        sleep(0.01).await?;
        mine.lock().unwrap().push('-');
        job.await?;
        Ok(order.lock().unwrap().clone())
    };
    assert_eq!(texts(explore(program).schedules(2_000).outcomes()), ["\"-ab\"", "\"a-b\"", "\"ab-\""]);
}

#[test]
fn a_job_that_asks_the_loop_goes_on() {
    let program = || async {
        let (handle, answers) = (get_running_loop()?.handle(), Arc::new(Mutex::new(Vec::new())));
        let asked = Arc::clone(&answers);
        to_thread(move || {
            // It waits for a coroutine, for a call, and for time.
            let answer = run_coroutine_threadsafe(
                async || {
                    sleep(0.5).await?;
                    Ok(1)
                },
                &handle,
            )?;
            asked.lock().unwrap().push(answer.result(None)?);
            let (tell, told) = mpsc::channel();
            handle.call_soon_threadsafe(move || tell.send(2).unwrap())?;
            asked.lock().unwrap().push(told.recv()?);
            time::sleep(1000);
            asked.lock().unwrap().push(3);
            Ok::<_, asyncio_runtime::Error>(())
        })
        .await??;
        Ok(answers.lock().unwrap().clone())
    };
    assert_eq!(texts(explore(program).schedules(300).outcomes()), ["[1, 2, 3]"]);
}

#[test]
fn a_timeout_may_come_before_the_end_of_a_job() {
    let program = || async { wait_for(to_thread(|| ()), 1).await };
    let (failure, token) = repeated(program);
    assert_eq!(failure, "main raised TimeoutError()");
    assert_eq!(token, "1:fence:dev:+1:time:dev:job.0=9/10");
}

/// The jobs of a pool with one thread run one after the other, in order, whatever turns the tape gives them.
#[test]
fn jobs_that_wait_for_a_thread_keep_their_order() {
    let program = || async {
        let (pool, order) = (ThreadPoolExecutor::new(1)?, Arc::new(Mutex::new(String::new())));
        let event_loop = get_running_loop()?;
        let jobs = ['a', 'b', 'c'].map(|name| {
            let order = Arc::clone(&order);
            event_loop.run_in_executor(Some(&pool), move || order.lock().unwrap().push(name)).unwrap()
        });
        for job in jobs {
            job.await?;
        }
        pool.shutdown(true, false);
        Ok(order.lock().unwrap().clone())
    };
    assert_eq!(texts(explore(program).schedules(300).outcomes()), ["\"abc\""]);
}

/// Such a program blocks its loop, which must not block the jobs.
#[test]
fn a_loop_that_blocks_for_a_job_lets_it_run() {
    let program = || async {
        let pool = ThreadPoolExecutor::new(2)?;
        let (one, two) = (pool.submit(|| 1)?, pool.submit(|| 2)?);
        let sum = two.result(None)? + one.result(None)?;
        let left = pool.submit(|| 3)?;
        pool.shutdown(true, false);
        Ok(sum + left.take()?)
    };
    assert_eq!(texts(explore(program).schedules(100).outcomes()), ["6"]);
}

/// A job that nothing waits for ends with the program.
#[test]
fn a_job_that_nothing_waits_for_ends() {
    static ENDED: AtomicU32 = AtomicU32::new(0);
    let program = || async {
        let pending = create_task(to_thread(|| ENDED.fetch_add(1, Ordering::Relaxed)));
        sleep(0).await?;
        pending.cancel();
        let _ = pending.await;
        Ok(())
    };
    explore(program).schedules(200).check();
    assert!(ENDED.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_panic_in_a_job_has_its_location() {
    let found = explore(|| to_thread(|| panic!("expected in a job"))).run().failure.expect("it panics");
    let Failure::Panic { message, at, .. } = found.failure else { panic!("no panic") };
    assert_eq!(message, "expected in a job");
    assert!(at.starts_with("crates/simulation/tests/suite/threads.rs:"), "{at}");
}

/// As under `ASYNCIO_SCHEDULE`: a loop outside `explore`.
#[test]
fn a_token_is_followed_by_any_loop() {
    let order = |token: &'static str| {
        let follow = move || {
            token.parse::<Schedule>().unwrap().follow();
            let main = async {
                let order: Rc<RefCell<String>> = Rc::default();
                let note = |name: char| {
                    let order = Rc::clone(&order);
                    create_task(async move {
                        to_thread(|| ()).await?;
                        order.borrow_mut().push(name);
                        Ok(())
                    })
                };
                let tasks = ['a', 'b', 'c'].map(note);
                for task in tasks {
                    task.await?;
                }
                Ok(order.take())
            };
            Runner::new().clock(Clock::Virtual).run(main).unwrap()
        };
        std::thread::spawn(follow).join().unwrap()
    };
    for _ in 0..20 {
        assert_eq!(order("1:fence:dev:"), "abc");
        assert_eq!(order("1:fence:dev:+1:time:dev:job.0=9/10"), "bca");
        assert_eq!(order("1:fence:dev:+1:time:dev:job.0=9/10,job.1=8/10"), "cba");
    }
}

/// The job waits for something that only the loop's thread will do, in a way that no conductor sees.
#[test]
fn a_job_that_does_not_report_does_not_hold_up_the_program() {
    let program = || async {
        let (tell, told) = mpsc::channel();
        let job = create_task(to_thread(move || told.recv()));
        sleep(1).await?;
        tell.send(7)?;
        Ok(job.await??)
    };
    let result = explore(program).schedules(1).outcomes();
    assert_eq!(texts(result), ["7"]);
}

/// A job of this loop calls another loop, whose thread has no conductor.
#[test]
fn a_job_may_ask_another_loop() {
    let program = || async {
        let (tell, told) = mpsc::channel();
        let other = std::thread::spawn(move || {
            let event_loop = asyncio_runtime::new_event_loop();
            tell.send((event_loop.handle(), 7)).unwrap();
            event_loop.run_forever().unwrap();
        });
        let (handle, number) = told.recv()?;
        let asked = handle.clone();
        let answer = to_thread(move || run_coroutine_threadsafe(async move || Ok(number), &asked)?.result(None));
        let answer = answer.await??;
        // It runs until then, however late the job is.
        handle.call_soon_threadsafe(|| get_running_loop().unwrap().stop())?;
        other.join().unwrap();
        Ok(answer)
    };
    assert_eq!(texts(explore(program).schedules(20).outcomes()), ["7"]);
}

#[test]
fn a_search_with_jobs_does_not_depend_on_the_number_of_threads() {
    let found = |threads| {
        let found = explore(|| read_too_early(false)).seed(5).threads(threads).run().failure.expect("it is easy");
        (found.after, found.deviations, found.mishaps, found.schedule)
    };
    assert_eq!(found(1), found(4));
}

/// Virtual time stands still while the task polls, so the three seconds that the job takes more never pass.
#[test]
fn a_task_that_polls_until_a_job_is_done_does_not_do_so_forever() {
    let poll = || async {
        let job = create_task(to_thread(|| "read"));
        while !job.done() {
            sleep(0).await?;
        }
        job.await
    };
    let late: Schedule = "1:fence:dev:+1:time:dev:job.0=9/10".parse().unwrap();
    let again = explore(poll).replay(&late);
    assert!(again.failure.is_none(), "{:?}", again.failure);
    explore(poll).schedules(200).check();
}

/// The other jobs begin their delays while the first one waits.
#[test]
fn a_task_that_polls_and_submits_more_jobs_does_not_do_so_forever() {
    let poll = || async {
        let job = create_task(to_thread(|| "read"));
        let mut others = Vec::new();
        let mut rounds = 0;
        while !job.done() {
            rounds += 1;
            if rounds % 500 == 0 {
                others.push(create_task(to_thread(|| ())));
            }
            sleep(0).await?;
        }
        for other in others {
            other.await?;
        }
        assert!(rounds <= 1_500, "{rounds} rounds");
        job.await
    };
    let late: Schedule = "1:fence:dev:+1:time:dev:job.0=9/10,job.1=9/10,job.2=9/10".parse().unwrap();
    let again = explore(poll).replay(&late);
    assert!(again.failure.is_none(), "{:?}", again.failure);
}

/// The limit of a job's wait is in the time of the loop.
#[test]
fn a_job_waits_with_a_limit() {
    let program = |seconds: f64| {
        move || async move {
            let handle = get_running_loop()?.handle();
            let waits = to_thread(move || {
                let answer = run_coroutine_threadsafe(async move || sleep(seconds).await, &handle).unwrap();
                answer.result(60).is_ok() || !answer.cancel()
            });
            waits.await
        }
    };
    for (seconds, outcomes) in [(10.0, ["true"]), (600.0, ["false"])] {
        let result = explore(program(seconds)).schedules(100).allow_leaked_tasks().outcomes();
        assert_eq!(texts(result), outcomes);
    }
}

/// What a job has waited for before, and given up, does not begin the limit of its next wait anew.
#[test]
fn the_end_of_an_earlier_wait_leaves_the_limit_as_it_is() {
    let program = || async {
        let handle = get_running_loop()?.handle();
        let waits = to_thread(move || {
            let begin = |seconds: f64| run_coroutine_threadsafe(async move || sleep(seconds).await, &handle).unwrap();
            let (early, late) = (begin(400.0), begin(800.0));
            assert!(early.result(100).is_err());
            // From 100 to 700 or so; the early one ends meanwhile.
            late.result(600).is_ok()
        });
        waits.await
    };
    let result = explore(program).schedules(100).allow_leaked_tasks().outcomes();
    assert_eq!(texts(result), ["false"]);
}
