//! A reader that is fed: the cases of CPython's `StreamTests`, with what CPython gives.

use asyncio_iterators::AsyncIterator;
use asyncio_runtime::{Clock, Error, Result, Runner, ValueError, create_task, get_running_loop, sleep, wait_for};
use asyncio_streams::{DEFAULT_LIMIT, IncompleteReadError, LimitOverrunError, StreamReader};

const DATA: &[u8] = b"line1\nline2\nline3\n";

fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> T {
    Runner::new().clock(Clock::Virtual).run(main).unwrap()
}

fn fed(bytes: &[u8], eof: bool) -> Result<StreamReader> {
    fed_limited(bytes, eof, DEFAULT_LIMIT)
}

fn fed_limited(bytes: &[u8], eof: bool, limit: usize) -> Result<StreamReader> {
    let mut reader = StreamReader::new(limit)?;
    reader.feed_data(bytes);
    if eof {
        reader.feed_eof();
    }
    Ok(reader)
}

/// Feeds a reader in the next iteration of the loop.
fn feed_soon(reader: &StreamReader, bytes: &'static [u8]) -> Result<()> {
    let feeder = reader.feeder().unwrap();
    get_running_loop()?.call_soon(move || feeder.feed_data(bytes))?;
    Ok(())
}

fn incomplete(error: &Error) -> (&[u8], Option<usize>) {
    let error = error.downcast_ref::<IncompleteReadError>().unwrap();
    (error.partial(), error.expected())
}

fn overrun(error: &Error) -> (String, usize) {
    let overrun = error.downcast_ref::<LimitOverrunError>().unwrap();
    (error.to_string(), overrun.consumed())
}

#[test]
fn a_limit_of_zero_is_refused() {
    assert_eq!(StreamReader::new(0).unwrap_err(), ValueError::new("Limit cannot be <= 0"));
}

#[test]
fn fed_bytes_are_read() {
    run(async {
        let mut reader = fed(DATA, false)?;
        assert_eq!(reader.read(0).await?, b"");
        assert_eq!(reader.read(DATA.len()).await?, DATA);
        // Nothing is there: the read waits.
        let read = wait_for(reader.read(5), 1.0).await;
        assert!(read.unwrap_err().is::<asyncio_runtime::TimeoutError>());
        feed_soon(&reader, DATA)?;
        assert_eq!(reader.read(5).await?, b"line1");
        assert_eq!(reader.read(1024).await?, &DATA[5..], "at most what is there");
        Ok(())
    });
}

#[test]
fn a_read_at_the_end_is_empty() {
    run(async {
        let mut reader = fed(b"", true)?;
        assert_eq!(reader.read(1024).await?, b"");
        assert!(reader.at_eof());
        let mut reader = fed(b"", false)?;
        let feeder = reader.feeder().unwrap();
        get_running_loop()?.call_soon(move || feeder.feed_eof())?;
        assert_eq!(reader.read(1024).await?, b"");
        Ok(())
    });
}

#[test]
fn read_to_end_gives_everything_that_came() {
    run(async {
        let mut reader = fed_limited(b"chunk1\n", false, 3)?;
        let feeder = reader.feeder().unwrap();
        get_running_loop()?.call_soon(move || {
            feeder.feed_data(b"chunk2");
            feeder.feed_eof();
        })?;
        assert_eq!(reader.read_to_end().await?, b"chunk1\nchunk2");
        assert!(reader.at_eof());
        Ok(())
    });
}

#[test]
fn an_exception_comes_out_of_every_read() {
    run(async {
        let mut reader = fed(b"line\n", false)?;
        assert_eq!(reader.read(2).await?, b"li");
        assert!(reader.exception().is_none());
        reader.set_exception(ValueError::new("broken"));
        assert!(reader.exception().unwrap().is::<ValueError>());
        assert!(reader.read(2).await.unwrap_err().is::<ValueError>());
        assert!(reader.read_to_end().await.unwrap_err().is::<ValueError>());
        assert!(reader.readline().await.unwrap_err().is::<ValueError>());
        assert!(reader.readuntil("x").await.unwrap_err().is::<ValueError>());
        assert!(reader.readexactly(2).await.unwrap_err().is::<ValueError>());
        Ok(())
    });
}

#[test]
fn an_exception_ends_the_wait_of_a_read() {
    run(async {
        let mut reader = fed(b"", false)?;
        let feeder = reader.feeder().unwrap();
        let task = create_task(async move { reader.readline().await });
        sleep(0).await?;
        feeder.set_exception(ValueError::default());
        assert!(task.await.unwrap_err().is::<ValueError>());
        Ok(())
    });
}

#[test]
fn lines_are_read_whole_however_they_arrive() {
    run(async {
        let mut reader = fed(b"chunk1 ", false)?;
        let feeder = reader.feeder().unwrap();
        get_running_loop()?.call_soon(move || {
            feeder.feed_data(b"chunk2 ");
            feeder.feed_data(b"chunk3 ");
            feeder.feed_data(b"\n chunk4");
        })?;
        assert_eq!(reader.readline().await?, b"chunk1 chunk2 chunk3 \n");
        assert_eq!(format!("{reader:?}"), "<StreamReader 7 bytes>");
        reader.feed_eof();
        assert_eq!(reader.readline().await?, b" chunk4");
        assert_eq!(reader.readline().await?, b"");
        Ok(())
    });
}

#[test]
fn a_line_that_is_too_long_is_dropped_up_to_its_end() {
    run(async {
        let mut reader = fed_limited(b"li", false, 3)?;
        feed_soon(&reader, b"ne1\nline2\n")?;
        let error = reader.readline().await.unwrap_err();
        assert!(error.is::<ValueError>());
        assert_eq!(error.to_string(), "Separator is found, but chunk is longer than limit");
        assert_eq!(format!("{reader:?}"), "<StreamReader 6 bytes limit=3>");

        let mut reader = fed_limited(b"line1", false, 3)?;
        let error = reader.readline().await.unwrap_err();
        assert_eq!(error.to_string(), "Separator is not found, and chunk exceed the limit");
        assert_eq!(format!("{reader:?}"), "<StreamReader limit=3>");

        // The separator after the limit, and more after it.
        let mut reader = fed_limited(b"line1\nline2\nline3\n", false, 5)?;
        assert_eq!(reader.readline().await?, b"line1\n", "the limit is of what stands before the separator");
        Ok(())
    });
}

#[test]
fn readuntil_gives_up_to_and_with_the_separator() {
    run(async {
        let mut reader = fed(b"some dataAAAmoreAA", false)?;
        assert_eq!(reader.readuntil(b"AAA").await?, b"some dataAAA");
        // The separator arrives in pieces.
        feed_soon(&reader, b"Arest")?;
        assert_eq!(reader.readuntil(b"AAA").await?, b"moreAAA");
        assert_eq!(reader.read(9).await?, b"rest");
        let error = reader.readuntil(b"").await.unwrap_err();
        assert_eq!(error.to_string(), "Separator should be at least one-byte string");
        let error = reader.readuntil_any(&[]).await.unwrap_err();
        assert_eq!(error.to_string(), "Separator should contain at least one element");
        Ok(())
    });
}

#[test]
fn the_end_before_the_separator_gives_what_there_was() {
    run(async {
        let mut reader = fed(b"some dataAA", true)?;
        let error = reader.readuntil(b"AAA").await.unwrap_err();
        assert_eq!(incomplete(&error), (&b"some dataAA"[..], None));
        assert_eq!(error.to_string(), "11 bytes read on a total of undefined expected bytes");
        assert!(reader.at_eof());
        Ok(())
    });
}

#[test]
fn over_the_limit_the_bytes_stay() {
    run(async {
        let mut reader = fed_limited(b"some dataAA", false, 3)?;
        let error = reader.readuntil(b"AAA").await.unwrap_err();
        assert_eq!(overrun(&error), ("Separator is not found, and chunk exceed the limit".to_owned(), 9));
        assert_eq!(format!("{reader:?}"), "<StreamReader 11 bytes limit=3>");
        reader.feed_data(b"A");
        let error = reader.readuntil(b"AAA").await.unwrap_err();
        assert_eq!(overrun(&error), ("Separator is found, but chunk is longer than limit".to_owned(), 9));
        assert_eq!(reader.readexactly(12).await?, b"some dataAAA");
        Ok(())
    });
}

#[test]
fn of_several_separators_the_first_counts() {
    run(async {
        let mut reader = fed(b"first\r\nsecond\nthird", false)?;
        assert_eq!(reader.readuntil_any(&[b"\n", b"\r\n"]).await?, b"first\r\n");
        assert_eq!(reader.readuntil_any(&[b"\r\n", b"\n"]).await?, b"second\n");
        let mut reader = fed(b"some data", false)?;
        assert_eq!(reader.readuntil_any(&[b"data", b"me d"]).await?, b"some d");
        // A longer one contains a shorter one: the shorter ends sooner, or as soon, and then the limit is judged by it.
        let mut reader = fed_limited(b"some dataAABBrest", false, 10)?;
        assert_eq!(reader.readuntil_any(&[b"dataAABB", b"BB", b"AA"]).await?, b"some dataAA");
        let mut reader = fed_limited(b"dataA", false, 4)?;
        assert_eq!(reader.readuntil_any(&[b"ataA", b"A"]).await?, b"dataA");
        Ok(())
    });
}

#[test]
fn readexactly_is_exact() {
    run(async {
        let mut reader = fed(b"", false)?;
        assert_eq!(reader.readexactly(0).await?, b"");
        feed_soon(&reader, DATA)?;
        feed_soon(&reader, DATA)?;
        let n = 2 * DATA.len() - 3;
        assert_eq!(reader.readexactly(n).await?, &[DATA, DATA].concat()[..n]);
        reader.feed_eof();
        let error = reader.readexactly(9).await.unwrap_err();
        assert_eq!(incomplete(&error), (&b"e3\n"[..], Some(9)));
        assert_eq!(format!("{error:?}"), "IncompleteReadError('3 bytes read on a total of 9 expected bytes')");
        // Larger than the limit.
        let mut reader = fed_limited(b"chunk", false, 3)?;
        assert_eq!(reader.readexactly(5).await?, b"chunk");
        Ok(())
    });
}

#[test]
fn lines_are_iterated() {
    run(async {
        let mut reader = fed(b"first\nsecond\nthird", true)?;
        let mut lines = Vec::new();
        while let Some(line) = reader.anext().await? {
            lines.push(line);
        }
        assert_eq!(lines, [&b"first\n"[..], b"second\n", b"third"]);
        Ok(())
    });
}

#[test]
fn a_cancelled_read_takes_nothing() {
    run(async {
        let mut reader = fed(b"not a whole li", false)?;
        for _ in 0..2 {
            assert!(wait_for(reader.readline(), 0.5).await.is_err());
            assert!(wait_for(reader.readuntil("ne\n"), 0.5).await.is_err());
            assert!(wait_for(reader.readexactly(20), 0.5).await.is_err());
            assert!(wait_for(reader.read_to_end(), 0.5).await.is_err());
        }
        reader.feed_data(b"ne\n");
        assert_eq!(reader.readline().await?, b"not a whole line\n");
        Ok(())
    });
}

#[test]
#[should_panic(expected = "feed_data after feed_eof")]
fn nothing_is_fed_after_the_end() {
    let mut reader = StreamReader::new(1).unwrap();
    reader.feed_eof();
    reader.feed_data(b"x");
}
