//! What goes through the pipes of a child.

use std::io::{self, Write};

use asyncio_runtime::{Result, TimeoutError, ValueError, create_task, gather, sleep, timeout};
use asyncio_subprocesses::subprocess::*;
use asyncio_subprocesses::*;

use crate::common::{cat, run};

/// More than any pipe holds.
const MUCH: usize = 4 << 20;

// CPython: test_subprocess.SubprocessMixin.test_stdin_stdout
#[test]
fn pipes_are_streams() {
    run(async {
        let mut process = cat().await?;
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.as_mut().unwrap());
        stdin.write("first\nsecond\n")?;
        stdin.drain().await?;
        assert_eq!(stdout.readline().await?, b"first\n");
        stdin.close();
        assert_eq!(stdout.read_to_end().await?, b"second\n");
        assert_eq!(process.wait().await?, 0);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_communicate, test_communicate_none_input, test_empty_input
#[test]
fn communicate_sends_and_reads_everything() {
    run(async {
        let mut process = cat().await?;
        assert_eq!(process.communicate_with("some data").await?, (Some(b"some data".to_vec()), None));
        assert_eq!(process.returncode(), Some(0));
        assert_eq!(cat().await?.communicate().await?, (Some(vec![]), None));
        assert_eq!(cat().await?.communicate_with("").await?, (Some(vec![]), None));
        // Without pipes it waits, and a second call finds nothing more, as in CPython.
        let mut process = create_subprocess_exec("true").await?;
        assert_eq!(process.communicate_with("nobody reads this").await?, (None, None));
        let mut process = cat().await?;
        process.communicate_with("x").await?;
        assert_eq!(process.communicate_with("y").await?, (Some(vec![]), None));
        Ok(())
    });
}

// CPython: test_events.SubprocessTestsMixin.test_subprocess_stderr
#[test]
fn megabytes_pass_in_all_directions_at_once() {
    let data: Vec<u8> = (0..MUCH).map(|i| (i % 251) as u8).collect();
    let expected = data.clone();
    let (stdout, stderr) = run(async move {
        let mut process = create_subprocess_shell("tee /dev/stderr").stdin(PIPE).stdout(PIPE).stderr(PIPE).await?;
        process.communicate_with(data).await
    });
    assert!(stdout.unwrap() == expected && stderr.unwrap() == expected);
}

// CPython: test_subprocess.SubprocessMixin.test_devstdin_input
#[test]
#[cfg(target_os = "linux")]
fn a_child_may_open_its_standard_input_by_name() {
    run(async {
        let mut process = create_subprocess_exec("cat").arg("/dev/stdin").stdin(PIPE).stdout(PIPE).await?;
        assert_eq!(process.communicate_with("abc").await?.0.unwrap(), b"abc");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_stdin_broken_pipe
#[test]
fn a_broken_pipe_is_told_to_who_writes() {
    run(async {
        let mut process =
            create_subprocess_shell("exec <&-; echo closed; exec sleep 3600").stdin(PIPE).stdout(PIPE).await?;
        assert_eq!(process.stdout.as_mut().unwrap().readline().await?, b"closed\n");
        let stdin = process.stdin.take().unwrap();
        stdin.write(vec![b'x'; MUCH])?;
        let error = stdin.drain().await.unwrap_err();
        // Which of the two depends on when it is noticed, as in CPython.
        let kind = error.downcast_ref::<io::Error>().unwrap().kind();
        assert!(matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset), "{error}");
        process.kill()
    });
}

// CPython: test_subprocess.SubprocessMixin.test_communicate_ignore_broken_pipe
#[test]
fn a_broken_pipe_is_no_error_of_communicate() {
    run(async {
        // The child ends without reading, while it reads, and after it has written something.
        for (line, says) in [("true", ""), ("head -c 100000 >/dev/null", ""), ("exec <&-; echo closed", "closed\n")] {
            let mut process = create_subprocess_shell(line).stdin(PIPE).stdout(PIPE).await?;
            let (stdout, _) = process.communicate_with(vec![b'x'; MUCH]).await?;
            assert_eq!(stdout.unwrap(), says.as_bytes());
            assert_eq!(process.returncode(), Some(0));
        }
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_pause_reading
#[test]
fn the_limit_is_for_lines_and_not_for_communicate() {
    run(async {
        let line = || create_subprocess_shell("printf %21d 7").stdout(PIPE).limit(10);
        assert_eq!(line().await?.communicate().await?.0.unwrap().len(), 21);
        let error = line().await?.stdout.unwrap().readline().await.unwrap_err();
        assert!(error.is::<ValueError>());
        Ok(())
    });
}

/// Nothing is read ahead: a child whose output is not read waits, and our memory does not grow.
#[test]
fn a_child_waits_for_its_reader() {
    run(async {
        let mut process =
            create_subprocess_shell("yes | head -c 1000000; echo done >&2").stdout(PIPE).stderr(PIPE).await?;
        let (mut stdout, mut stderr) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let told = create_task(async move { stderr.readline().await });
        sleep(0.05).await?;
        assert!(!told.done());
        assert_eq!(stdout.read_to_end().await?.len(), 1_000_000);
        assert_eq!(told.await?, b"done\n");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_read_stdout_after_process_exit
#[test]
fn output_is_there_after_the_end() {
    run(async {
        let mut process = create_subprocess_shell("yes | head -c 40000; exit 1").stdout(PIPE).await?;
        assert_eq!(process.wait().await?, 1);
        let (stdout, mut total) = (process.stdout.as_mut().unwrap(), 0);
        loop {
            match stdout.read(16384).await?.len() {
                0 => break,
                n => total += n,
            }
            sleep(0.001).await?;
        }
        assert_eq!(total, 40000);
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_subprocess_communicate_stdout
#[test]
fn many_communicate_at_once() {
    async fn says(text: String) -> Result<Vec<u8>> {
        let mut process = create_subprocess_exec("echo").arg(text).stdout(PIPE).await?;
        Ok(process.communicate().await?.0.unwrap())
    }
    run(async {
        let outputs: Vec<_> = (0..10).map(|i| format!("foo{i}")).collect();
        let said = gather(outputs.iter().cloned().map(says)).await?;
        let lines: Vec<_> = outputs.iter().map(|text| format!("{text}\n").into_bytes()).collect();
        assert_eq!(said, lines);
        Ok(())
    });
}

#[test]
fn a_cancelled_communicate_loses_nothing() {
    run(async {
        // Its standard error is open, so a read waits until something comes.
        let (near, mut far) = io::pipe()?;
        let line = "echo early; read -r line <&2; echo $line";
        let mut process = create_subprocess_shell(line).stdout(PIPE).stderr(near).await?;
        let error = timeout(0.05).run(async |_| process.communicate().await).await.unwrap_err();
        assert!(error.is::<TimeoutError>());
        far.write_all(b"late\n")?;
        assert_eq!(process.communicate().await?.0.unwrap(), b"early\nlate\n");
        Ok(())
    });
}

// CPython: test_events.SubprocessTestsMixin.test_subprocess_close_client_stream
#[test]
fn dropped_pipes_end_a_child_that_uses_them() {
    run(async {
        let Process { stdin, .. } = cat().await?;
        drop(stdin);
        let mut writes = create_subprocess_exec("yes").stdout(PIPE).await?;
        drop(writes.stdout.take());
        // SIGPIPE.
        assert_eq!(writes.wait().await?, -13);
        let mut reads = cat().await?;
        drop(reads.stdin.take());
        assert_eq!(reads.wait().await?, 0);
        Ok(())
    });
}

// CPython: test_events.SubprocessTestsMixin.test_subprocess_exec, test_subprocess_interactive, test_subprocess_kill
#[test]
fn a_child_answers_as_it_is_spoken_to_until_it_is_killed() {
    run(async {
        let mut process = cat().await?;
        let (stdin, mut stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        for piece in ["Python ", "The Winner"] {
            stdin.write(piece)?;
            assert_eq!(stdout.readexactly(piece.len()).await?, piece.as_bytes());
        }
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(stdout.read_to_end().await?, b"");
        assert_eq!(process.wait().await?, -9);
        Ok(())
    });
}

// CPython: test_events.SubprocessTestsMixin.test_subprocess_shell, test_subprocess_close_after_finish
#[test]
fn a_shell_has_the_pipes_that_were_asked_for_and_no_others() {
    run(async {
        let mut process = create_subprocess_shell("echo Python").stdin(PIPE).stdout(PIPE).stderr(PIPE).await?;
        process.stdin.take().unwrap().close();
        assert_eq!(process.wait().await?, 0);
        assert_eq!(process.stdout.as_mut().unwrap().read_to_end().await?, b"Python\n");
        assert_eq!(process.stderr.as_mut().unwrap().read_to_end().await?, b"");
        let process = create_subprocess_shell("exit 7").await?;
        assert!(process.stdin.is_none() && process.stdout.is_none() && process.stderr.is_none());
        assert_eq!(process.wait().await?, 7);
        Ok(())
    });
}
