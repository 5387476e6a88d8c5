//! How children end: by themselves, by a signal, with their loop.

use std::cell::RefCell;
use std::io::{self, Read};
use std::process::Command;
use std::rc::Rc;

use asyncio_runtime::{
    CancelledError, Clock, Error, EventLoop, ExceptionContext, Result, Runner, create_task, gather, get_running_loop,
    sleep, wait_for,
};
use asyncio_subprocesses::subprocess::*;
use asyncio_subprocesses::*;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, test_kill_process, waitid, waitpid};

use crate::common::{blocked, cat, run};

const SIGKILL: i32 = 9;
const SIGUSR1: i32 = 10;
const SIGTERM: i32 = 15;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

fn pid(process: &Process) -> Pid {
    Pid::from_raw(process.pid() as i32).unwrap()
}

/// A child that has ended with this status, without the loop having noticed.
async fn ended(returncode: i32) -> Result<Process> {
    let (near, far) = io::pipe()?;
    let process = create_subprocess_shell("read -r _; exit $0").arg(returncode.to_string()).stdin(near).await?;
    drop(far);
    waitid(WaitId::Pid(pid(&process)), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).map_err(io::Error::from)?;
    assert_eq!(process.returncode(), None);
    Ok(process)
}

fn is_gone(process: &Process) -> bool {
    test_kill_process(pid(process)).is_err()
}

// CPython: test_subprocess.SubprocessMixin.test_kill, test_terminate,
// test_events.SubprocessTestsMixin.test_subprocess_terminate
#[test]
fn a_signal_ends_a_child_and_is_its_return_code() {
    run(async {
        let process = blocked().await?;
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(process.wait().await?, -SIGKILL);
        let process = blocked().await?;
        process.terminate()?;
        assert_eq!(process.wait().await?, -SIGTERM);
        assert_eq!(process.returncode(), Some(-SIGTERM));
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_send_signal,
// test_events.SubprocessTestsMixin.test_subprocess_send_signal
#[test]
fn any_signal_can_be_sent() {
    run(async {
        let mut process = create_subprocess_shell("echo sleeping; exec sleep 3600").stdout(PIPE).await?;
        assert_eq!(process.stdout.as_mut().unwrap().readline().await?, b"sleeping\n");
        // Like CPython 3.15: signal 0 only checks that the process exists, and the system refuses a number that is no
        // signal.
        process.send_signal(0)?;
        for wrong in [-1, 65, 1000] {
            let error = process.send_signal(wrong).unwrap_err();
            let error = error.downcast_ref::<std::io::Error>().unwrap();
            assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::INVAL.raw_os_error()));
        }
        // Not a signal that a child may ignore, as with SIGHUP after `nohup`.
        process.send_signal(SIGUSR1)?;
        assert_eq!(process.wait().await?, -SIGUSR1);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessTransportTests.test_proc_exited
#[test]
fn a_child_that_has_ended_gets_no_signal() {
    run(async {
        let process = create_subprocess_shell("exit 6").await?;
        assert_eq!(process.wait().await?, 6);
        assert_eq!(process.returncode(), Some(6));
        for refused in [process.send_signal(SIGTERM), process.terminate(), process.kill()] {
            let error = refused.unwrap_err();
            assert!(error.is::<ProcessLookupError>());
            assert_eq!(error.to_string(), format!("process {} has ended", process.pid()));
        }
        assert_eq!(process.to_string(), format!("<Process {}>", process.pid()));
        Ok(())
    });
}

/// As in CPython: between its end and the moment when the loop notices it, a signal does nothing.
// CPython: test_subprocess.SubprocessMixin.test_subprocess_send_signal_race,
// SubprocessThreadedWatcherTests.test_pid_not_reaped_before_exit_published
#[test]
fn a_signal_to_a_child_that_is_just_ending_does_nothing() {
    run(async {
        let process = ended(5).await?;
        process.kill()?;
        assert_eq!(process.wait().await?, 5);
        for _ in 0..10 {
            let process = create_subprocess_exec("sleep").arg("0.01").await?;
            sleep(0.01).await?;
            match process.send_signal(SIGUSR1) {
                Err(error) if !error.is::<ProcessLookupError>() => return Err(error),
                _ => assert!([0, -SIGUSR1].contains(&process.wait().await?)),
            }
        }
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_subprocess_concurrent_wait
#[test]
fn many_wait_for_one_child() {
    run(async {
        let mut process = cat().await?;
        let before = gather((0..10).map(|_| process.wait()));
        assert_eq!(process.communicate_with("some data").await?.0.unwrap(), b"some data");
        assert_eq!(before.await?, [0; 10]);
        assert_eq!(gather((0..10).map(|_| process.wait())).await?, [0; 10]);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_cancel_process_wait
#[test]
fn a_wait_is_cancelled_and_the_child_runs_on() {
    run(async {
        let process = blocked().await?;
        let task = create_task(process.wait());
        let cancel = task.clone();
        get_running_loop()?.call_soon(move || _ = cancel.cancel())?;
        assert!((&task).await.unwrap_err().is::<CancelledError>());
        assert!(!task.cancel());
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(process.wait().await?, -SIGKILL);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_cancel_make_subprocess_transport_exec, test_cancel_post_init
#[test]
fn a_start_is_cancelled_and_the_child_is_gone() {
    run(async {
        let (mut near, far) = io::pipe()?;
        let task = create_task(blocked().stdout(far));
        let cancel = task.clone();
        get_running_loop()?.call_soon(move || _ = cancel.cancel())?;
        assert!(task.await.unwrap_err().is_cancelled());
        // The child had the other end.
        assert_eq!(near.read(&mut [0])?, 0);
        Ok(())
    });
}

/// The shell leaves a child behind that has its output. CPython 3.13 waits for that one, too, later versions do not
/// (issue 119710).
// CPython: test_subprocess.SubprocessMixin.test_kill_issue43884, test_wait_even_if_pipe_is_open
#[test]
fn a_wait_is_for_the_process_and_not_for_its_pipes() {
    run(async {
        let (near, far) = io::pipe()?;
        let line = "exec 3<&0; cat <&3 & echo started; exec sleep 3600";
        let mut process = create_subprocess_shell(line).stdin(near).stdout(PIPE).await?;
        assert_eq!(process.stdout.as_mut().unwrap().readline().await?, b"started\n");
        process.kill()?;
        assert_eq!(process.wait().await?, -SIGKILL);
        let rest = create_task(async move { process.stdout.unwrap().read_to_end().await });
        sleep(0.01).await?;
        assert!(!rest.done());
        drop(far);
        assert_eq!(rest.await?, b"");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_close_kill_running
#[test]
fn a_loop_that_closes_kills_its_children() {
    let (kept, dropped) = run(async {
        let (kept, dropped) = (blocked().await?, blocked().stdin(PIPE).stdout(PIPE).await?);
        Ok((kept, Pid::from_raw(dropped.pid() as i32).unwrap()))
    });
    assert_eq!(kept.returncode(), Some(-SIGKILL));
    assert!(is_gone(&kept) && test_kill_process(dropped).is_err());
    assert!(kept.kill().unwrap_err().is::<ProcessLookupError>());
}

// CPython: test_subprocess.SubprocessMixin.test_close_dont_kill_finished
#[test]
fn a_loop_that_closes_does_not_kill_who_has_ended() {
    let process = run(ended(3));
    assert_eq!(process.returncode(), Some(3));
    assert!(is_gone(&process));
}

#[test]
fn a_loop_may_be_run_in_pieces() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let process = event_loop.run_until_complete(create_subprocess_shell("exit 4")).unwrap();
    assert_eq!(event_loop.run_until_complete(process.wait()).unwrap(), 4);
    event_loop.close().unwrap();
    assert_eq!(process.returncode(), Some(4));
}

#[test]
fn a_status_that_somebody_else_has_taken_is_unknown() {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    let (returncode, pid) = run(async move {
        let handler = move |context: &ExceptionContext| sink.borrow_mut().push(context.to_string());
        get_running_loop()?.set_exception_handler(Some(Box::new(handler)));
        let process = ended(3).await?;
        waitpid(Some(pid(&process)), WaitOptions::empty()).map_err(io::Error::from)?;
        // No process has its number any more.
        process.terminate()?;
        Ok((process.wait().await?, process.pid()))
    });
    assert_eq!(returncode, 255);
    let expected = format!("child process pid {pid} exit status already read: will report returncode 255");
    assert_eq!(*reports.borrow(), [expected]);
}

#[test]
fn virtual_time_does_not_jump_while_a_child_runs() {
    let runner = Runner::new().clock(Clock::Virtual);
    let (returncode, passed) = runner
        .run(async {
            let event_loop = get_running_loop()?;
            let begun = event_loop.time();
            let process = create_subprocess_exec("sleep").arg("0.05").await?;
            let returncode = wait_for(process.wait(), 3600).await?;
            let passed = event_loop.time() - begun;
            // And afterwards it does.
            sleep(86400).await?;
            Ok((returncode, passed))
        })
        .unwrap();
    assert_eq!(returncode, 0);
    assert!(passed < 3600.0);
}

#[test]
fn outside_a_loop_nothing_is_started() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("rm");
    command.arg(file.path());
    let mut future = Box::pin(CreateSubprocess::from(command));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(refused) = future.as_mut().poll(&mut context) else { panic!("it waits") };
    let error: Error = refused.unwrap_err();
    assert_eq!(error.to_string(), "no running event loop");
    assert!(file.path().exists());
}

#[test]
fn a_wait_may_outlive_the_handle() {
    run(async {
        let wait = create_subprocess_shell("exit 9").await?.wait();
        assert_eq!(wait.await?, 9);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessThreadedWatcherTests.test_stopped_child_does_not_block_event_loop
#[test]
fn a_child_that_is_stopped_has_not_ended() {
    run(async {
        let process = blocked().await?;
        process.send_signal(SIGSTOP)?;
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid(&process)), stopped).map_err(io::Error::from)?;
        for _ in 0..3 {
            sleep(0.01).await?;
        }
        assert_eq!(process.returncode(), None);
        process.send_signal(SIGCONT)?;
        process.kill()?;
        assert_eq!(process.wait().await?, -SIGKILL);
        Ok(())
    });
}
