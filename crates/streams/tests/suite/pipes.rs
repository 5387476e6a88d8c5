//! Streams over pipes.

use std::io::{ErrorKind, Read, Write};
use std::process::Command;

use asyncio_runtime::{Result, create_task, sleep, wait_for};
use asyncio_streams::{connect_read_pipe, connect_write_pipe};

use crate::common::{io_kind, pattern, run};

#[test]
fn megabytes_go_through_a_pipe() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let (mut reader, writer) = (connect_read_pipe(near, None)?, connect_write_pipe(far)?);
        let bytes = pattern(4 << 20);
        let sent = bytes.clone();
        let sending = create_task(async move {
            for chunk in sent.chunks(50_000) {
                writer.write(chunk)?;
                writer.drain().await?;
            }
            writer.close();
            writer.wait_closed().await
        });
        assert!(reader.read_to_end().await? == bytes);
        sending.await
    });
}

#[test]
fn the_end_of_a_pipe_s_data_closes_it() {
    run(async {
        let (mut near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        assert!(writer.can_write_eof());
        let bytes = pattern(1 << 20);
        writer.write(&bytes)?;
        writer.write_eof()?;
        let thread = std::thread::spawn(move || {
            let mut received = Vec::new();
            near.read_to_end(&mut received).map(|_| received)
        });
        writer.wait_closed().await?;
        assert!(writer.is_closing());
        assert!(thread.join().unwrap()? == bytes);
        Ok(())
    });
}

#[test]
fn a_pipe_that_nobody_reads_is_broken() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        writer.write(vec![0; 1 << 20])?;
        let draining = create_task({
            let writer = writer.clone();
            async move { writer.drain().await }
        });
        sleep(0).await?;
        assert!(!draining.done());
        drop(near);
        assert_eq!(io_kind(&draining.await.unwrap_err()), Some(ErrorKind::BrokenPipe));
        assert_eq!(io_kind(&writer.wait_closed().await.unwrap_err()), Some(ErrorKind::BrokenPipe));
        Ok(())
    });
}

#[test]
fn small_pieces_arrive_one_by_one() {
    run(async {
        let (near, mut far) = std::io::pipe()?;
        let mut reader = connect_read_pipe(near, Some(10))?;
        for word in ["one\n", "two\n"] {
            assert!(wait_for(reader.readline(), 0.001).await.is_err());
            far.write_all(word.as_bytes())?;
            assert_eq!(reader.readline().await?, word.as_bytes());
        }
        far.write_all(b"longer than ten bytes\n")?;
        assert!(reader.readline().await.is_err());
        drop(far);
        assert_eq!(reader.read_to_end().await?, b"");
        let refused: Result<_> = connect_read_pipe(std::io::pipe()?.0, Some(0));
        assert!(refused.is_err());
        Ok(())
    });
}

#[test]
fn the_output_of_a_child_is_read_whatever_the_limit() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let mut reader = connect_read_pipe(near, Some(1))?;
        let mut child = Command::new("printf").arg("data").stdout(far).spawn()?;
        child.wait()?;
        assert_eq!(reader.read_to_end().await?, b"data");
        Ok(())
    });
}

#[test]
fn a_regular_file_cannot_be_waited_for() {
    run(async {
        let error = connect_read_pipe(std::fs::File::open("Cargo.toml")?, None).unwrap_err();
        assert!(error.is::<std::io::Error>());
        Ok(())
    });
}
