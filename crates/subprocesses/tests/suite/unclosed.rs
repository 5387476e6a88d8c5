//! What debug mode reports about children that the program leaves running. The reports go to standard error, so the test runs
//! itself as a child process.

use asyncio_runtime::{Clock, Result, Runner};

use crate::common::{blocked, cat};

fn run<T: 'static>(debug: bool, main: impl Future<Output = Result<T>> + 'static) -> T {
    Runner::new().clock(Clock::Real).debug(debug).run(main).unwrap()
}

#[test]
fn a_child_that_is_left_running_is_told_of_in_debug_mode() {
    let test = "unclosed::a_child_that_is_left_running_is_told_of_in_debug_mode";
    if std::env::var_os("IN_CHILD").is_some() {
        run(false, async { blocked().await.map(drop) });
        run(true, async {
            // Ended before it is dropped.
            let process = blocked().await?;
            process.kill()?;
            process.wait().await?;
            // The end of its input, and of its output, is how this one ends.
            let mut process = cat().await?;
            drop(process.stdin.take());
            assert_eq!(process.communicate().await?.0.unwrap(), b"");
            Ok(())
        });
        println!("left {}", run(true, async { Ok(blocked().await?.pid()) }));
        // The loop closes, which kills it; dropped afterwards it has ended.
        println!("left {}", run(true, blocked()).pid());
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", test, "--nocapture"]).env("IN_CHILD", "1").output().unwrap();
    let stdout = String::from_utf8(child.stdout).unwrap();
    assert!(stdout.contains(" 1 passed;"), "{stdout}");
    let pids: Vec<&str> = stdout.lines().filter_map(|line| line.rsplit_once("left ")).map(|(_, pid)| pid).collect();
    let expected: Vec<String> =
        pids.iter().map(|pid| format!("ResourceWarning: unclosed transport <Process {pid} running>")).collect();
    let stderr = String::from_utf8(child.stderr).unwrap();
    let said: Vec<&str> = stderr.lines().filter(|line| line.starts_with("ResourceWarning")).collect();
    assert_eq!((pids.len(), said), (2, expected.iter().map(String::as_str).collect()));
}
