//! The traits of `futures_io`: what libraries of others see.

use std::io::ErrorKind;

use asyncio_runtime::{cancellable, create_task, gather, sleep};
use asyncio_streams::{Duplex, StreamReader};
use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, copy};

use crate::common::{half_pair, pair, pattern, reset, run};

#[test]
fn bytes_are_copied_both_ways() {
    run(async {
        let (near, far) = (pair()?, pattern(3 << 20));
        let ((reader, writer), (far_reader, far_writer)) = near;
        let echo = create_task(async move {
            let mut writer = far_writer;
            copy(far_reader, &mut writer).await?;
            Ok(AsyncWriteExt::close(&mut writer).await?)
        });
        let (sent, mut stream) = (far.clone(), Duplex::new(reader, writer));
        let mut writer = stream.writer().clone();
        let sending = create_task(async move {
            writer.write_all(&sent).await?;
            writer.flush().await?;
            assert_eq!(writer.get_write_buffer_size(), 0);
            Ok(AsyncWriteExt::close(&mut writer).await?)
        });
        let mut back = Vec::new();
        stream.read_to_end(&mut back).await?;
        assert!(back == far);
        gather([echo, sending]).await?;
        Ok(())
    });
}

#[test]
fn lines_and_our_own_reads_mix() {
    run(async {
        let ((mut reader, _w), (_r, mut writer)) = pair()?;
        writer.write_all(b"one\ntwo\nthree\nfour").await?;
        drop((_r, writer));
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        assert_eq!(line, "one\n");
        assert_eq!(reader.readline().await?, b"two\n");
        let mut some = [0; 3];
        reader.read_exact(&mut some).await?;
        assert_eq!(&some, b"thr");
        assert_eq!(reader.readuntil("\n").await?, b"ee\n");
        let mut rest = String::new();
        reader.read_to_string(&mut rest).await?;
        assert_eq!(rest, "four");
        Ok(())
    });
}

#[test]
fn a_fed_reader_is_one_too() {
    run(async {
        let mut reader = StreamReader::new(10)?;
        let feeder = reader.feeder().unwrap();
        let reading = create_task(async move {
            let mut all = String::new();
            reader.read_to_string(&mut all).await?;
            Ok(all)
        });
        for word in ["fed ", "in ", "pieces"] {
            sleep(0).await?;
            feeder.feed_data(word.as_bytes());
        }
        feeder.feed_eof();
        assert_eq!(reading.await?, "fed in pieces");
        Ok(())
    });
}

#[test]
fn a_writer_that_is_full_is_pending_and_can_be_cancelled() {
    run(async {
        let (mut plain, (_reader, writer)) = half_pair()?;
        let mut endless = writer.clone();
        let task = create_task(cancellable(async move {
            loop {
                endless.write_all(&[1; 10_000]).await.unwrap();
            }
        }));
        while writer.get_write_buffer_size() <= 64 * 1024 {
            sleep(0).await?;
        }
        sleep(0.001).await?;
        assert!(writer.get_write_buffer_size() <= 64 * 1024 + 10_000);
        task.cancel();
        let ended: Result<(), _> = task.await;
        assert!(ended.unwrap_err().is_cancelled());
        let thread = std::thread::spawn(move || std::io::copy(&mut plain, &mut std::io::sink()));
        let mut flushing = writer.clone();
        flushing.flush().await?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        writer.close();
        writer.wait_closed().await?;
        drop(thread.join().unwrap());
        Ok(())
    });
}

#[test]
fn errors_keep_their_kind() {
    run(async {
        let (plain, (mut reader, mut writer)) = half_pair()?;
        let waiting = create_task(async move { Ok((AsyncReadExt::read(&mut reader, &mut [0]).await, reader)) });
        sleep(0).await?;
        reset(plain)?;
        let (read, mut reader) = waiting.await?;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
        sleep(0.001).await?;
        assert!(AsyncReadExt::read(&mut reader, &mut [0]).await.is_err());
        loop {
            // The system reports it at the second write at the latest.
            if let Err(error) = writer.write_all(b"x").await {
                assert!([ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind()));
                break;
            }
            sleep(0.001).await?;
        }
        assert!(writer.flush().await.is_err());
        Ok(())
    });
}
