//! Reports from descriptors as a part of the schedule: signals, children, bytes.

use std::cell::Cell;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio::signal::SIGUSR1;
use asyncio::{Result, create_task, get_running_loop, io, sleep, subprocess};
use asyncio_simulation::{Fault, Schedule, explore};

/// Explores a program that fails, and repeats the failure this many times by its token, which it returns.
fn repeated<M: Future<Output = Result<()>> + 'static>(times: u32, program: impl Fn() -> M + Sync + Copy) -> String {
    // One run after the other, because a signal goes to all loops of the process that handle it. The first schedule of this seed
    // fails.
    let result = explore(program).seed(20).threads(1).schedules(200).run();
    let found = result.failure.expect("it fails where the report is late");
    assert!(found.after > 0, "{}", found.failure);
    assert!(found.failure.to_string().contains("it was not heard of"), "{}", found.failure);
    let token = found.schedule.to_string();
    let schedule: Schedule = token.parse().unwrap();
    for _ in 0..times {
        let again = explore(program).replay(&schedule).failure.expect("it fails again");
        assert_eq!((&again.failure, &again.timeline), (&found.failure, &found.timeline));
    }
    assert!(schedule.mishaps().unwrap().iter().all(|mishap| mishap.fault == Fault::Report), "{token}");
    assert!(found.story.contains("the system: what was found comes with the next look"), "{}", found.story);
    token
}

/// It sends itself a signal, and assumes that the handler runs within 300 ms.
async fn signalled(mended: bool) -> Result<()> {
    let (event_loop, heard) = (get_running_loop()?, Rc::new(Cell::new(false)));
    let hears = event_loop.create_future();
    let (notes, told) = (Rc::clone(&heard), hears.clone());
    event_loop.add_signal_handler(SIGUSR1, move || {
        notes.set(true);
        told.set_result(()).unwrap();
    })?;
    io::kill(std::process::id(), SIGUSR1)?;
    if mended {
        hears.await?;
    } else {
        sleep(0.3).await?;
    }
    event_loop.remove_signal_handler(SIGUSR1);
    assert!(heard.get(), "it was not heard of");
    Ok(())
}

#[test]
fn a_signal_may_be_heard_of_late() {
    assert_eq!(repeated(50, || signalled(false)), "1:fence:dev:+1:time:dev:report.0=1/2");
    explore(|| signalled(true)).threads(1).schedules(200).check();
}

/// A child ends at once, and the program checks for that after a while.
async fn child_that_has_ended(mended: bool) -> Result<()> {
    let child = subprocess::create_subprocess_exec("true").await?;
    sleep(20).await?;
    let ended = child.returncode().is_some();
    child.wait().await?;
    assert!(ended || mended, "it was not heard of");
    Ok(())
}

#[test]
fn the_end_of_a_child_may_be_heard_of_late() {
    assert_eq!(repeated(50, || child_that_has_ended(false)), "1:fence:dev:+1:time:dev:report.0=1/2");
    explore(|| child_that_has_ended(true)).threads(1).schedules(30).check();
}

/// Bytes that have arrived may be found after the next timer, but none are lost.
async fn bytes(mended: bool) -> Result<()> {
    let (near, mut far) = UnixStream::pair()?;
    let near = io::AsyncFd::new(near)?;
    let reading = create_task(async move {
        let mut buffer = [0; 8];
        near.read_with(|mut socket| std::io::Read::read(&mut socket, &mut buffer)).await
    });
    sleep(0).await?;
    far.write_all(b"abc")?;
    sleep(5).await?;
    let done = reading.done();
    assert_eq!(reading.await?, 3);
    assert!(done || mended, "it was not heard of");
    Ok(())
}

#[test]
fn bytes_may_be_found_late() {
    repeated(20, || bytes(false));
    explore(|| bytes(true)).threads(1).schedules(200).check();
}
