//! Hostile surroundings: standard error that is full or closed, and a system that refuses threads.
//!
//! Each test runs itself again as a child process, in which the program is `main`.

#[macro_use]
extern crate asyncio_testing;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{Command, Output, Stdio};

use asyncio_runtime::*;
#[cfg(all(target_os = "linux", not(asan)))]
use rustix::process::{Resource, Rlimit, setrlimit};

/// Runs `program` in a child: the test of this name, with standard error as given. `None` in the child.
fn child(test: &str, stderr: Stdio, program: impl FnOnce()) -> Option<Output> {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("IN_CHILD", "1").stderr(stderr);
    let output = command.output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains(" 1 passed;"),
        "{test:?} is not this test, or failed: {output:?}"
    );
    Some(output)
}

fn assert_says(output: Option<Output>, said: &str) {
    if let Some(output) = output {
        assert!(String::from_utf8_lossy(&output.stdout).contains(said), "{output:?}");
    }
}

/// Causes reports from everywhere: tasks, callbacks, destructors, other threads, and during an unwinding.
fn reports() {
    struct Unwinds;
    impl Drop for Unwinds {
        fn drop(&mut self) {
            drop(coroutine(sleep(1)));
        }
    }
    let result = run(async {
        drop(create_task(async { Err::<(), _>(ValueError::new("x").into()) }));
        let event_loop = get_running_loop()?;
        event_loop.call_soon(|| panic!("expected"))?;
        drop(coroutine(sleep(1)));
        let panics = create_task(async {
            let _unwinds = Unwinds;
            panic!("expected");
            #[expect(unreachable_code, reason = "the type of a coroutine")]
            Ok(())
        });
        to_thread(|| log::warning("from a thread")).await?;
        sleep(0.001).await?;
        drop(panics);
        current_task()?.unwrap().print_stack();
        Ok(1)
    });
    println!("{result:?}");
}

#[test]
fn a_full_standard_error_ends_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    assert_says(child("a_full_standard_error_ends_nothing", full.into(), reports), "Ok(1)");
}

#[test]
fn a_closed_standard_error_ends_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_says(child("a_closed_standard_error_ends_nothing", writer.into(), reports), "Ok(1)");
}

#[test]
fn what_comes_from_outside_is_escaped_and_what_repeats_is_counted() {
    let program = || {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let hostile = || async { Err::<(), _>(ValueError::new("\u{1b}[2Jboo\r\nRuntimeWarning: nothing").into()) };
        drop(event_loop.create_task(hostile()).unwrap().named("\u{1b}]0;me\u{7}"));
        for _ in 0..1000 {
            event_loop.call_exception_handler(&ExceptionContext::new("socket.send() raised exception."));
        }
        event_loop.run_until_complete(sleep(1)).unwrap();
    };
    let test = "what_comes_from_outside_is_escaped_and_what_repeats_is_counted";
    let Some(output) = child(test, Stdio::piped(), program) else { return };
    let written = String::from_utf8(output.stderr).unwrap();
    assert!(written.chars().all(|c| c == '\n' || !c.is_control()), "{written:?}");
    assert!(written.contains("name='\\x1b]0;me\\x07' coro="), "{written}");
    assert!(written.contains("\nexception: ValueError('\\x1b[2Jboo\\r\\nRuntimeWarning: nothing')\n"), "{written}");
    assert!(written.matches("socket.send() raised exception.").count() < 20, "{written}");
    assert!(written.contains("(reported 1000 times) socket.send() raised exception.\n"), "{written}");
}

/// From now on the system gives this process no memory for another thread's stack. (AddressSanitizer needs more than there is.)
#[cfg(all(target_os = "linux", not(asan)))]
fn no_more_threads() {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').next().unwrap().parse().unwrap();
    let limit = Some(pages * rustix::param::page_size() as u64 + (1 << 20));
    setrlimit(Resource::As, Rlimit { current: limit, maximum: limit }).unwrap();
    std::thread::Builder::new().spawn(|| ()).expect_err("there is no memory for a thread");
}

#[test]
#[cfg(all(target_os = "linux", not(asan)))]
fn a_program_whose_system_has_no_thread_left_keeps_its_result() {
    let program = || {
        let result = run(async {
            let answer = to_thread(|| 42).await?;
            no_more_threads();
            // The one existing thread does all the work.
            Ok(answer + to_thread(|| 1).await?)
        });
        println!("the result is {result:?}");
    };
    let test = "a_program_whose_system_has_no_thread_left_keeps_its_result";
    assert_says(child(test, Stdio::piped(), program), "the result is Ok(43)");
}

#[test]
#[cfg(all(target_os = "linux", not(asan)))]
fn a_job_for_which_the_system_has_no_thread_is_an_error() {
    let program = || {
        let result = run(async {
            no_more_threads();
            let error = to_thread(|| ()).await.unwrap_err();
            Ok(format!("{error:?}"))
        });
        println!("the result is {result:?}");
    };
    let test = "a_job_for_which_the_system_has_no_thread_is_an_error";
    assert_says(child(test, Stdio::piped(), program), "the result is Ok(\"RuntimeError(\\\"can't start new thread: ");
}

/// A call graph that cannot be printed is an error of the call.
#[test]
fn a_standard_output_that_is_full_or_closed_is_an_error() {
    let program = || {
        let own = rustix::io::dup(rustix::stdio::stdout()).unwrap();
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let printed = [full.into(), OwnedFd::from(closed)].map(|stdout| {
            rustix::stdio::dup2_stdout(&stdout).unwrap();
            run(async { print_call_graph(None) }).map_err(|error| error.to_string())
        });
        // The test harness needs it again.
        rustix::stdio::dup2_stdout(&own).unwrap();
        let [full, closed] = printed.map(Result::unwrap_err);
        assert!(full.contains("No space left on device"), "{full}");
        assert!(closed.contains("Broken pipe"), "{closed}");
    };
    child("a_standard_output_that_is_full_or_closed_is_an_error", Stdio::inherit(), program);
}
