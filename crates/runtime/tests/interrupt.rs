//! Ctrl-C: this program starts itself as a child, interrupts that, and checks how it ends.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;

use asyncio_runtime::*;
use libtest_mimic::{Arguments, Trial};

/// Says that it is ready to be interrupted, then waits.
async fn wait_long() -> Result<()> {
    println!("ready");
    sleep(60).await
}

/// What the child does, by name.
fn child(name: &str) -> Result<()> {
    match name {
        "cancels_main" => run(async {
            let result = wait_long().await;
            println!("cleanup after {:?}", result.as_ref().unwrap_err());
            sleep(0.01).await?;
            println!("cleaned up");
            result
        }),
        "cancels_the_future_that_main_waits_for" => {
            let runner = Runner::new();
            let future = runner.get_loop()?.create_future::<()>();
            // Otherwise the loop would report that nothing is left to wait for.
            runner.get_loop()?.call_later(60, || ())?;
            let awaited = future.clone();
            let result = runner.run(async move {
                println!("ready");
                let result = awaited.await;
                println!("{:?}", result.as_ref().unwrap_err());
                result
            });
            println!("future cancelled: {}", future.cancelled());
            result
        }
        "a_cancelled_main_stays_cancelled" => run(async {
            let main = current_task()?.unwrap();
            create_task(async move {
                sleep(0).await?;
                main.cancel();
                interrupt(std::process::id());
                Ok(())
            });
            sleep(10).await
        }),
        "main_may_refuse" => run(async {
            let _ = wait_long().await;
            println!("refused");
            Ok(())
        }),
        "wakes_a_busy_loop" => run(async {
            println!("ready");
            loop {
                sleep(0).await?;
            }
        }),
        "second_one_kills" => run(async {
            let _ = wait_long().await;
            println!("ready");
            std::thread::sleep(std::time::Duration::from_secs(60));
            Ok(())
        }),
        "default_is_back_after_run" => {
            run(async { Ok(()) })?;
            println!("ready");
            std::thread::sleep(std::time::Duration::from_secs(60));
            Ok(())
        }
        "own_handler_has_precedence" => {
            let runner = Runner::new();
            let event_loop = runner.get_loop()?;
            let arrived = event_loop.create_future::<()>();
            let handled = arrived.clone();
            event_loop.add_signal_handler(2, move || {
                println!("handled");
                handled.set_result(()).unwrap();
            })?;
            runner.run(async {
                println!("ready");
                arrived.await
            })
        }
        "own_handler_comes_too_late" => run(async {
            interrupt(std::process::id());
            get_running_loop()?.add_signal_handler(2, || println!("handled"))?;
            let slept = sleep(60).await;
            println!("{:?}", slept.as_ref().unwrap_err());
            slept
        }),
        "own_handler_takes_over_while_main_runs" => run(async {
            let event_loop = get_running_loop()?;
            let presses = Rc::new(Cell::new(0));
            let counter = Rc::clone(&presses);
            event_loop.add_signal_handler(2, move || counter.set(counter.get() + 1))?;
            for press in 1..=2 {
                println!("ready");
                while presses.get() < press {
                    sleep(0.001).await?;
                }
            }
            event_loop.remove_signal_handler(2);
            println!("ready");
            sleep(60).await
        }),
        name => panic!("unknown child {name}"),
    }
}

fn interrupt(process: u32) {
    let sent = Command::new("kill").args(["-INT", &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

struct Running {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(name: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("INTERRUPT_CHILD", name)
            .env_remove("ASYNCIO_CLOCK")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Presses Ctrl-C once the child is ready for it.
    fn interrupt(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        interrupt(self.child.id());
    }

    fn finish(mut self) -> (String, String, ExitStatus) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.output.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (stdout, stderr, self.child.wait().unwrap())
    }
}

fn killed_by_the_signal(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(2)
}

/// Starts this program as a child, interrupts it, and returns its output and status, within the time limit of tests.
fn interrupted(name: &'static str, times: u32) -> (String, String, ExitStatus) {
    let _guard = asyncio_testing::begin(name);
    let mut running = Running::start(name);
    for _ in 0..times {
        running.interrupt();
    }
    running.finish()
}

fn trials() -> Vec<Trial> {
    vec![
        Trial::test("cancels_main", || {
            let (stdout, stderr, status) = interrupted("cancels_main", 1);
            assert_eq!(stdout, "cleanup after CancelledError()\ncleaned up\n");
            assert_eq!((stderr.as_str(), status.code()), ("Error: KeyboardInterrupt()\n", Some(1)));
            Ok(())
        }),
        // CPython: test_runners.RunnerTests.test_interrupt_wait
        Trial::test("cancels_the_future_that_main_waits_for", || {
            let (stdout, stderr, status) = interrupted("cancels_the_future_that_main_waits_for", 1);
            assert_eq!(stdout, "CancelledError()\nfuture cancelled: true\n");
            assert_eq!((stderr.as_str(), status.code()), ("Error: KeyboardInterrupt()\n", Some(1)));
            Ok(())
        }),
        Trial::test("main_may_refuse", || {
            let (stdout, _, status) = interrupted("main_may_refuse", 1);
            assert_eq!((stdout.as_str(), status.code()), ("refused\n", Some(0)));
            Ok(())
        }),
        // CPython: test_runners.RunnerTests.test_interrupt_call_soon
        Trial::test("wakes_a_busy_loop", || {
            let (_, stderr, status) = interrupted("wakes_a_busy_loop", 1);
            assert_eq!((stderr.as_str(), status.code()), ("Error: KeyboardInterrupt()\n", Some(1)));
            Ok(())
        }),
        // CPython: test_runners.RunnerTests.test_interrupt_cancelled_task
        Trial::test("a_cancelled_main_stays_cancelled", || {
            let (_, stderr, status) = interrupted("a_cancelled_main_stays_cancelled", 0);
            assert_eq!((stderr.as_str(), status.code()), ("Error: CancelledError()\n", Some(1)));
            Ok(())
        }),
        Trial::test("second_one_kills", || {
            let (_, _, status) = interrupted("second_one_kills", 2);
            assert!(killed_by_the_signal(status), "{status}");
            Ok(())
        }),
        Trial::test("default_is_back_after_run", || {
            let (_, _, status) = interrupted("default_is_back_after_run", 1);
            assert!(killed_by_the_signal(status), "{status}");
            Ok(())
        }),
        // As in CPython, where it is a handler that raises KeyboardInterrupt that is then put back.
        // CPython: test_unix_events.SelectorEventLoopSignalTests.test_remove_signal_handler_2
        Trial::test("own_handler_takes_over_while_main_runs", || {
            let (_, _, status) = interrupted("own_handler_takes_over_while_main_runs", 3);
            assert!(killed_by_the_signal(status), "{status}");
            Ok(())
        }),
        // What CPython does.
        Trial::test("own_handler_comes_too_late", || {
            let (stdout, stderr, status) = interrupted("own_handler_comes_too_late", 0);
            assert_eq!(stdout, "CancelledError()\n");
            assert_eq!((stderr.as_str(), status.code()), ("Error: KeyboardInterrupt()\n", Some(1)));
            Ok(())
        }),
        Trial::test("own_handler_has_precedence", || {
            let (stdout, _, status) = interrupted("own_handler_has_precedence", 1);
            assert_eq!((stdout.as_str(), status.code()), ("handled\n", Some(0)));
            Ok(())
        }),
    ]
}

fn main() -> Result<()> {
    match std::env::var("INTERRUPT_CHILD") {
        Ok(name) => child(&name),
        Err(_) => libtest_mimic::run(&Arguments::from_args(), trials()).exit(),
    }
}
