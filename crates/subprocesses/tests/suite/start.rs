//! How children start: arguments, environment, directory, redirections, and what is said when they do not.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use asyncio_runtime::{EventLoop, Result, ValueError, create_task, get_running_loop, run as run_any, to_thread};
use asyncio_subprocesses::subprocess::*;
use asyncio_subprocesses::*;

use crate::common::{blocked, cat, output, run, shell_output};

// CPython: test_subprocess.SubprocessMixin.test_shell, test_events.SubprocessTestsMixin.test_subprocess_exitcode
#[test]
fn the_shell_gives_its_status() {
    run(async {
        assert_eq!(create_subprocess_shell("exit 7").await?.wait().await?, 7);
        assert_eq!(create_subprocess_shell("no-such-program 2>/dev/null").await?.wait().await?, 127);
        Ok(())
    });
}

#[test]
fn exec_has_no_shell_and_the_shell_takes_arguments() {
    run(async {
        let plain = create_subprocess_exec("echo").args(["$HOME", "*", "; exit 3"]);
        assert_eq!(output(plain).await?, "$HOME * ; exit 3\n");
        assert_eq!(shell_output("A=there; echo hello $A | wc -w | tr -d ' '").await?, "2\n");
        let safe = create_subprocess_shell("echo \"<$0> <$1>\"").args(["$(exit 3)", "a b"]);
        assert_eq!(output(safe).await?, "<$(exit 3)> <a b>\n");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_create_subprocess_exec_with_path
#[test]
fn paths_are_programs_and_arguments() {
    run(async {
        let program = create_subprocess_exec(Path::new("/bin/sh")).args(["-c", "echo \"$0\""]);
        assert_eq!(output(program.arg(Path::new("."))).await?, ".\n");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_create_subprocess_env_shell, test_create_subprocess_env_exec
#[test]
fn the_environment_is_changed_or_replaced() {
    run(async {
        assert_eq!(output(create_subprocess_shell("echo $FOO").env("FOO", "bar")).await?, "bar\n");
        assert_eq!(output(create_subprocess_exec("printenv").arg("FOO").env("FOO", "baz")).await?, "baz\n");
        let only = create_subprocess_exec("/usr/bin/env").env_clear().envs([("A", "1"), ("B", "2")]);
        assert_eq!(output(only.env_remove("B")).await?, "A=1\n");
        Ok(())
    });
}

#[test]
fn the_working_directory_is_chosen() {
    run(async {
        assert_eq!(output(create_subprocess_exec("pwd").current_dir("/")).await?, "/\n");
        Ok(())
    });
}

// CPython: test_subprocess.SubprocessMixin.test_start_new_session,
// test_events.SubprocessTestsMixin.test_subprocess_wait_no_same_group
#[test]
fn a_command_of_the_standard_library_brings_its_own_settings() {
    run(async {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 8"]);
        // SAFETY: between fork and exec only what is safe in a signal handler may be called; setsid is one system call.
        unsafe { command.pre_exec(|| rustix::process::setsid().map(drop).map_err(Into::into)) };
        assert_eq!(CreateSubprocess::from(command).await?.wait().await?, 8);

        let mut piped = Command::new("echo");
        piped.arg("through a pipe of the command").stdout(std::process::Stdio::piped());
        let (stdout, _) = CreateSubprocess::from(piped).await?.communicate().await?;
        assert_eq!(stdout.unwrap(), b"through a pipe of the command\n");

        let group = blocked().process_group(0).await?;
        let pid = rustix::process::Pid::from_raw(group.pid() as i32);
        assert_eq!(rustix::process::getpgid(pid)?, pid.unwrap());
        group.kill()
    });
}

// CPython: test_subprocess.SubprocessMixin.test_devnull_input, test_devnull_output, test_devnull_error
#[test]
fn the_null_device_is_empty_and_swallows_everything() {
    run(async {
        let mut process = create_subprocess_exec("cat").stdin(DEVNULL).stdout(PIPE).stderr(PIPE).await?;
        assert_eq!(process.communicate().await?, (Some(vec![]), Some(vec![])));
        let line = "cat; echo error >&2";
        let mut process = create_subprocess_shell(line).stdin(PIPE).stdout(DEVNULL).stderr(PIPE).await?;
        assert_eq!(process.communicate_with("abc").await?, (None, Some(b"error\n".to_vec())));
        let mut process = create_subprocess_shell(line).stdin(PIPE).stdout(PIPE).stderr(DEVNULL).await?;
        assert_eq!(process.communicate_with("abc").await?, (Some(b"abc".to_vec()), None));
        let mut process = create_subprocess_shell(line).stdin(DEVNULL).stdout(DEVNULL).stderr(STDOUT).await?;
        assert_eq!(process.communicate().await?, (None, None));
        Ok(())
    });
}

// CPython: test_events.SubprocessTestsMixin.test_subprocess_stderr_redirect_to_stdout
#[test]
fn the_standard_error_goes_where_the_output_goes() {
    run(async {
        let line = "echo out; echo err >&2; echo out";
        let mut process = create_subprocess_shell(line).stdout(PIPE).stderr(STDOUT).await?;
        assert!(process.stderr.is_none());
        assert_eq!(process.communicate().await?, (Some(b"out\nerr\nout\n".to_vec()), None));

        let mut file = tempfile::tempfile()?;
        let process = create_subprocess_shell(line).stdout(file.try_clone()?).stderr(STDOUT).await?;
        assert_eq!(process.wait().await?, 0);
        let mut written = String::new();
        file.rewind()?;
        file.read_to_string(&mut written)?;
        assert_eq!(written, "out\nerr\nout\n");

        // Inherited: the child checks whether both lead to the same file.
        let same = "test /proc/self/fd/1 -ef /proc/self/fd/2 || test ! -e /proc/self/fd/1";
        assert_eq!(create_subprocess_shell(same).stderr(STDOUT).await?.wait().await?, 0);
        Ok(())
    });
}

#[test]
fn files_and_pipes_of_ones_own_are_given() {
    run(async {
        let mut file = tempfile::tempfile()?;
        file.write_all(b"three\nlittle\nlines\n")?;
        file.rewind()?;
        let (near, far) = std::io::pipe()?;
        let sort = create_subprocess_exec("sort").stdin(file).stdout(far).await?;
        let mut head = create_subprocess_exec("head").args(["-n", "1"]).stdin(near).stdout(PIPE).await?;
        assert_eq!(head.communicate().await?.0.unwrap(), b"lines\n");
        assert_eq!((sort.wait().await?, head.wait().await?), (0, 0));
        Ok(())
    });
}

/// The order of tasks is asyncio's: CPython 3.13 prints the same numbers.
#[test]
fn starting_takes_as_many_iterations_as_in_asyncio() {
    async fn iterations(command: CreateSubprocess) -> Result<u32> {
        fn tick(event_loop: EventLoop, count: Rc<Cell<u32>>) {
            count.set(count.get() + 1);
            let again = event_loop.clone();
            // Refused when the loop is closed.
            let _ = event_loop.call_soon(move || tick(again, count));
        }
        let (event_loop, count) = (get_running_loop()?, Rc::new(Cell::new(0)));
        let (again, ticks) = (event_loop.clone(), Rc::clone(&count));
        event_loop.call_soon(move || tick(again, ticks))?;
        let _process = command.await?;
        Ok(count.get())
    }
    for (expected, command) in [
        (2, blocked()),
        (4, blocked().stdin(PIPE)),
        (4, blocked().stdout(PIPE)),
        (6, blocked().stdin(PIPE).stdout(PIPE)),
        (8, blocked().stdin(PIPE).stdout(PIPE).stderr(PIPE)),
    ] {
        assert_eq!(run(async { create_task(iterations(command)).await }), expected);
    }
}

#[test]
fn errors_name_what_is_at_fault() {
    run(async {
        let file = tempfile::NamedTempFile::new()?;
        let path = file.path().to_str().unwrap();
        for (command, expected) in [
            (create_subprocess_exec("nope"), "[Errno 2] No such file or directory: 'nope'".to_owned()),
            (create_subprocess_exec("ls -l"), "[Errno 2] No such file or directory: 'ls -l'".to_owned()),
            (create_subprocess_exec("./nope"), "[Errno 2] No such file or directory: './nope'".to_owned()),
            (create_subprocess_exec("/tmp"), "[Errno 13] Permission denied: '/tmp'".to_owned()),
            (create_subprocess_exec(path), format!("[Errno 13] Permission denied: '{path}'")),
            (blocked().current_dir("/nope"), "[Errno 2] No such file or directory: '/nope'".to_owned()),
            (blocked().current_dir(""), "[Errno 2] No such file or directory: ''".to_owned()),
            (blocked().current_dir(path), format!("[Errno 20] Not a directory: '{path}'")),
            (
                create_subprocess_exec("nope").current_dir("/nope"),
                "[Errno 2] No such file or directory: '/nope'".to_owned(),
            ),
            (blocked().arg("x".repeat(3_000_000)), "[Errno 7] Argument list too long: 'sleep'".to_owned()),
        ] {
            let error = command.await.unwrap_err();
            assert!(error.is::<std::io::Error>());
            assert_eq!(error.to_string(), expected);
        }
        for (command, expected) in [
            (create_subprocess_exec("a\0b"), "embedded null byte"),
            (blocked().arg("a\0b"), "embedded null byte"),
            (blocked().env("a=b", "c"), "illegal environment variable name"),
            (blocked().limit(0), "Limit cannot be <= 0"),
            (blocked().stdin(STDOUT), "STDOUT is only for the standard error"),
            (blocked().stdout(STDOUT), "STDOUT is only for the standard error"),
        ] {
            let error = command.await.unwrap_err();
            assert!(error.is::<ValueError>());
            assert_eq!(error.to_string(), expected);
        }
        Ok(())
    });
}

#[test]
fn a_loop_in_any_thread_has_children() {
    fn in_thread() -> Result<(i32, Vec<u8>)> {
        run_any(async {
            let mut process = cat().await?;
            let (stdout, _) = process.communicate_with("some data").await?;
            Ok((process.wait().await?, stdout.unwrap()))
        })
    }
    let outcome = run(async { to_thread(in_thread).await? });
    assert_eq!(outcome, (0, b"some data".to_vec()));
}

/// asyncio issue 209: if a second child inherits the first one's pipe, that one never reaches its end.
// CPython: test_subprocess.SubprocessMixin.test_stdin_not_inheritable
#[test]
fn no_child_has_the_pipes_of_another() {
    run(async {
        let mut first = cat().await?;
        let other = blocked().await?;
        assert_eq!(first.communicate_with("abc").await?.0.unwrap(), b"abc");
        other.kill()
    });
}

#[test]
fn a_descriptor_that_is_given_is_closed_here() {
    run(async {
        let (mut near, far) = std::io::pipe()?;
        assert_eq!(create_subprocess_exec("true").stdout(far).await?.wait().await?, 0);
        assert_eq!(near.read(&mut [0])?, 0);
        let kept = File::open("/dev/null")?;
        create_subprocess_exec("true").stdin(kept.try_clone()?).await?.wait().await?;
        assert!(kept.metadata().is_ok());
        Ok(())
    });
}
