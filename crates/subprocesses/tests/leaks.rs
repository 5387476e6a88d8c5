//! No child and no descriptor stays behind, whatever is cancelled or dropped, and however many there are. Alone in its
//! process, because it counts them.
#![cfg(target_os = "linux")]

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::fs;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use asyncio_runtime::{Clock, Result, Runner, Task, create_task, gather, sleep};
use asyncio_subprocesses::subprocess::*;
use asyncio_subprocesses::*;

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The number of children of this process, zombies included.
fn children() -> usize {
    let parent = |stat: String| stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    stats.filter_map(parent).filter(|parent: &u32| *parent == std::process::id()).count()
}

/// Runs a program in a loop of its own, and checks that no child and no descriptor is left.
fn leaves_nothing(what: &str, main: impl Future<Output = Result<()>> + 'static) {
    let before = (children(), descriptors());
    Runner::new().clock(Clock::Real).run(main).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((children(), descriptors()), before, "{what}");
}

/// Runs the loop until no child is left.
async fn until_no_child_is_left() -> Result<()> {
    let begun = Instant::now();
    while children() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "a child stays");
        sleep(0.001).await?;
    }
    Ok(())
}

/// A start, traffic in all directions, and an end.
async fn whole_life() -> Result<()> {
    let line = "cat; cat /dev/null; echo end >&2; exit 3";
    let mut process = create_subprocess_shell(line).stdin(PIPE).stdout(PIPE).stderr(PIPE).await?;
    let input = vec![b'x'; 300_000];
    assert_eq!(process.communicate_with(&input).await?, (Some(input), Some(b"end\n".to_vec())));
    assert_eq!(process.wait().await?, 3);
    Ok(())
}

/// Runs `whole_life` and calls `end` with its task at the n-th wait. Returns whether it waited that often.
async fn interrupted(n: usize, end: fn(&Task<()>)) -> Result<bool> {
    let waits = Rc::new(Cell::new(0));
    let count = Rc::clone(&waits);
    let task = create_task(async move {
        let mut life = pin!(whole_life());
        poll_fn(|cx| {
            let polled = life.as_mut().poll(cx);
            if polled.is_pending() {
                count.set(count.get() + 1);
            }
            polled
        })
        .await
    });
    loop {
        if waits.get() >= n {
            end(&task);
            break;
        }
        if task.done() {
            break;
        }
        sleep(0).await?;
    }
    match task.await {
        Err(error) if !error.is_cancelled() => Err(error),
        ended => Ok(ended.is_err()),
    }
}

// CPython: test_subprocess.SubprocessMixin.test_popen_error, test_popen_error_with_stdin_pipe,
// test_subprocess_read_pipe_cancelled, test_subprocess_write_pipe_cancelled, test_subprocess_read_write_pipe_cancelled
#[test]
fn nothing_stays_behind() {
    // Descriptors that the standard library opens once for itself.
    drop(io::pipe().unwrap());
    assert_eq!(children(), 0);

    leaves_nothing("a program that does not exist", async {
        for _ in 0..10 {
            let command = create_subprocess_exec("no-such-program").stdin(PIPE).stdout(PIPE).stderr(STDOUT);
            assert!(command.await.is_err());
            assert!(create_subprocess_exec("no-such-program").await.is_err());
        }
        Ok(())
    });
    leaves_nothing("one after the other", async {
        for _ in 0..10 {
            whole_life().await?;
        }
        // The pipes of the last one are closed in the next iteration.
        sleep(0).await?;
        let open = descriptors();
        let process = create_subprocess_exec("true").await?;
        process.wait().await?;
        // The handle still exists, the descriptor that reported the end does not.
        assert_eq!((children(), descriptors()), (0, open));
        Ok(())
    });
    leaves_nothing("handles that are dropped", async {
        for _ in 0..20 {
            create_subprocess_exec("cat").stdin(PIPE).stdout(PIPE).await?;
            create_subprocess_shell("exit 1").await?;
        }
        until_no_child_is_left().await
    });
    leaves_nothing("a loop that closes while children run", async {
        for _ in 0..5 {
            create_subprocess_exec("sleep").arg("3600").await?;
            let process = create_subprocess_exec("sleep").arg("3600").stdin(PIPE).stdout(PIPE).await?;
            create_task(async move { process.wait().await.map(drop) });
        }
        assert_eq!(children(), 10);
        Ok(())
    });
    for (what, end) in [
        ("cancelled at every wait", (|task| _ = task.cancel()) as fn(&Task<()>)),
        ("dropped at every wait", |task| _ = task.abort()),
    ] {
        leaves_nothing(what, async move {
            let mut n = 1;
            while interrupted(n, end).await? {
                until_no_child_is_left().await?;
                n += 1;
            }
            // Eight for the start, and then some.
            assert!(n > 9, "only {n} waits");
            Ok(())
        });
    }
    leaves_nothing("a cancellation of a cancellation", async {
        let task = create_task(create_subprocess_exec("sleep").arg("3600").stdin(PIPE));
        sleep(0).await?;
        task.cancel();
        sleep(0).await?;
        task.cancel();
        assert!(task.await.is_err());
        until_no_child_is_left().await
    });
    leaves_nothing("two hundred at once", async {
        let started = gather((0..200).map(|_| create_subprocess_exec("cat").stdin(PIPE).stdout(PIPE))).await?;
        assert_eq!(children(), 200);
        let lives = started.into_iter().enumerate().map(async |(i, mut process): (usize, Process)| {
            let said = process.communicate_with(i.to_string()).await?.0.unwrap();
            Ok(said == i.to_string().as_bytes() && process.returncode() == Some(0))
        });
        let outcomes = gather(lives).await?;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome).count(), 200);
        assert_eq!(children(), 0);
        Ok(())
    });
}
