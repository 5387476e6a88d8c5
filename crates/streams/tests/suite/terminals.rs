//! Streams over terminals: the cases of `test_events`, with a pair of pseudo-terminals.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

use asyncio_runtime::{Result, sleep};
use asyncio_streams::{connect_read_pipe, connect_write_pipe};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::common::run;

/// The controlling side of a terminal, and the terminal itself, which passes on every byte unchanged.
fn terminal() -> Result<(File, File)> {
    let open = || {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        Ok((master, name))
    };
    let (master, name): (OwnedFd, _) = open().map_err(|error: rustix::io::Errno| std::io::Error::from(error))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(OFlags::NOCTTY.bits() as i32);
    let slave = options.open(OsStr::from_bytes(name.to_bytes()))?;
    let raw = || {
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)
    };
    raw().map_err(std::io::Error::from)?;
    Ok((File::from(master), slave))
}

fn read(mut from: &File, most: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0; most];
    let n = from.read(&mut buffer)?;
    buffer.truncate(n);
    Ok(buffer)
}

// CPython: test_events.EventLoopTestsMixin.test_read_pty_output, UnixPipeObjectSupportTests.test_read_character_device
#[test]
fn what_a_terminal_s_program_prints_is_read_piece_by_piece() {
    run(async {
        let (master, mut slave) = terminal()?;
        let mut reader = connect_read_pipe(master, None)?;
        for piece in [&b"1"[..], b"2345"] {
            slave.write_all(piece)?;
            assert_eq!(reader.readexactly(piece.len()).await?, piece);
        }
        drop(reader);
        sleep(0).await?;
        // No program shows the terminal any more.
        assert_eq!(slave.write(b"6").unwrap_err().raw_os_error(), Some(libc::EIO));
        Ok(())
    });
}

// CPython: test_unix_events.UnixReadPipeTransportTests.test__read_ready_error
#[test]
fn the_error_of_a_terminal_without_programs_comes_out_of_every_read() {
    run(async {
        let (master, mut slave) = terminal()?;
        let mut reader = connect_read_pipe(master, None)?;
        slave.write_all(b"ab")?;
        assert_eq!(reader.read(5).await?, b"ab");
        drop(slave);
        for _ in 0..2 {
            let error = reader.read(5).await.unwrap_err();
            assert_eq!(error.downcast_ref().and_then(std::io::Error::raw_os_error), Some(libc::EIO));
        }
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_write_pty, UnixPipeObjectSupportTests.test_write_character_device
#[test]
fn what_is_written_to_a_terminal_is_shown() {
    run(async {
        let (master, slave) = terminal()?;
        let writer = connect_write_pipe(slave)?;
        for piece in [&b"1"[..], b"2345"] {
            writer.write(piece)?;
            writer.drain().await?;
            assert_eq!(read(&master, 10)?, piece);
            assert!(!writer.is_closing());
        }
        writer.close();
        writer.wait_closed().await?;
        assert!(writer.is_closing());
        // No process has it open any more.
        assert_eq!((&master).read(&mut [0]).unwrap_err().raw_os_error(), Some(libc::EIO));
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_bidirectional_pty
#[test]
fn a_terminal_is_read_and_written_at_the_same_time() {
    run(async {
        let (mut master, slave) = terminal()?;
        let writer = connect_write_pipe(slave.try_clone()?)?;
        let mut reader = connect_read_pipe(slave, None)?;
        for (shown, typed) in [(&b"1"[..], &b"a"[..]), (b"2345", b"bcde")] {
            writer.write(shown)?;
            writer.drain().await?;
            assert_eq!(read(&master, 10)?, shown);
            master.write_all(typed)?;
            assert_eq!(reader.readexactly(typed.len()).await?, typed);
            assert!(!writer.is_closing());
        }
        drop(reader);
        writer.close();
        writer.wait_closed().await
    });
}
