//! A reader that is fed: the cases of CPython's `StreamTests`, with what CPython gives.

use asyncio_iterators::AsyncIterator;
use asyncio_runtime::{
    Clock, Error, Result, Runner, RuntimeError, ValueError, create_task, get_running_loop, sleep, wait_for,
};
use asyncio_streams::{DEFAULT_LIMIT, IncompleteReadError, LimitOverrunError, StreamReader};
use futures_lite::AsyncBufReadExt;
use futures_lite::future::poll_once;

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

/// The content of the buffer.
async fn left(reader: &mut StreamReader) -> Vec<u8> {
    poll_once(reader.fill_buf()).await.map_or_else(Vec::new, |bytes| bytes.unwrap().to_vec())
}

fn incomplete(error: &Error) -> (&[u8], Option<usize>) {
    let error = error.downcast_ref::<IncompleteReadError>().unwrap();
    (error.partial(), error.expected())
}

fn overrun(error: &Error) -> (String, usize) {
    let overrun = error.downcast_ref::<LimitOverrunError>().unwrap();
    (error.to_string(), overrun.consumed())
}

// CPython: test_streams.StreamTests.test_invalid_limit
#[test]
fn a_limit_of_zero_is_refused() {
    assert_eq!(StreamReader::new(0).unwrap_err(), ValueError::new("Limit cannot be <= 0"));
}

// CPython: test_streams.StreamTests.test_feed_empty_data, test_feed_nonempty_data, test_read_zero, test_read,
// test_read_line_breaks, test_read_limit
#[test]
fn fed_bytes_are_read() {
    run(async {
        let mut reader = fed(b"", false)?;
        assert_eq!(left(&mut reader).await, b"");
        reader.feed_data(DATA);
        assert_eq!(reader.read(0).await?, b"");
        assert_eq!(left(&mut reader).await, DATA);
        assert_eq!(reader.read(DATA.len()).await?, DATA);
        // Nothing is there: the read waits.
        let read = wait_for(reader.read(5), 1.0).await;
        assert!(read.unwrap_err().is::<asyncio_runtime::TimeoutError>());
        feed_soon(&reader, DATA)?;
        assert_eq!(reader.read(5).await?, b"line1");
        assert_eq!(reader.read(1024).await?, &DATA[5..], "at most what is there");
        assert_eq!(fed_limited(b"chunk", false, 3)?.read(5).await?, b"chunk", "the limit is for lines");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_read_eof
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

// CPython: test_streams.StreamTests.test_read_until_eof
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

// CPython: test_streams.StreamTests.test_read_exception, test_readline_exception, test_readexactly_exception,
// test_exception
#[test]
fn an_exception_comes_out_of_every_read() {
    run(async {
        let mut reader = fed(b"line\n", false)?;
        assert_eq!(reader.read(2).await?, b"li");
        assert!(reader.exception().is_none());
        let broken = Error::from(ValueError::new("broken"));
        reader.set_exception(broken.clone());
        assert!(reader.exception().unwrap().same(&broken));
        assert!(reader.read(2).await.unwrap_err().is::<ValueError>());
        assert!(reader.read_to_end().await.unwrap_err().is::<ValueError>());
        assert!(reader.readline().await.unwrap_err().is::<ValueError>());
        assert!(reader.readuntil("x").await.unwrap_err().is::<ValueError>());
        assert!(reader.readexactly(2).await.unwrap_err().is::<ValueError>());
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_exception_waiter, test_exception_cancel
#[test]
fn an_exception_ends_the_wait_of_a_read() {
    run(async {
        let mut reader = fed(b"", false)?;
        let feeder = reader.feeder().unwrap();
        let task = create_task(async move { reader.readline().await });
        sleep(0).await?;
        feeder.set_exception(ValueError::default());
        assert!(task.await.unwrap_err().is::<ValueError>());
        // Bytes that come too late, for a read that was cancelled, are there for the next read.
        let mut reader = fed(b"", false)?;
        let feeder = reader.feeder().unwrap();
        let task = create_task(async move { Ok((reader.readline().await, reader.readline().await)) });
        sleep(0).await?;
        task.cancel();
        feeder.set_exception(ValueError::default());
        let (first, second) = task.await?;
        assert!(first.unwrap_err().is_cancelled());
        assert!(second.unwrap_err().is::<ValueError>());
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_readline, test_readline_nolimit_nowait, test_readline_eof,
// test_readline_empty_eof, test_readline_read_byte_count
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
        let mut reader = fed(&DATA[..6], false)?;
        reader.feed_data(&DATA[6..]);
        assert_eq!(reader.readline().await?, b"line1\n");
        assert_eq!(left(&mut reader).await, b"line2\nline3\n");
        assert_eq!(reader.read(7).await?, b"line2\nl");
        assert_eq!(left(&mut reader).await, b"ine3\n");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_readline_limit, test_readline_limit_with_existing_data
#[test]
fn a_line_that_is_too_long_is_dropped_up_to_its_end() {
    run(async {
        const FOUND: &str = "Separator is found, but chunk is longer than limit";
        const NOT_FOUND: &str = "Separator is not found, and chunk exceed the limit";
        // The bytes that are there, those that come while the read waits, and the rest.
        let cases: [(&str, &[&str], usize, &str, &str); 6] = [
            ("line1\nline2\n", &[], 3, FOUND, "line2\n"),
            ("li", &["ne1\nline2\n"], 3, FOUND, "line2\n"),
            ("line1li", &[], 3, NOT_FOUND, ""),
            ("", &["chunk1", "chunk2", "chunk3\n"], 7, FOUND, ""),
            ("", &["chunk1", "chunk2\n", "chunk3\n"], 7, FOUND, "chunk3\n"),
            ("12345678\n", &[], 7, FOUND, ""),
        ];
        for (there, coming, limit, message, rest) in cases {
            let mut reader = fed_limited(there.as_bytes(), false, limit)?;
            let feeder = reader.feeder().unwrap();
            get_running_loop()?.call_soon(move || coming.iter().for_each(|text| feeder.feed_data(text.as_bytes())))?;
            let error = reader.readline().await.unwrap_err();
            assert!(error.is::<ValueError>());
            assert_eq!(error.to_string(), message);
            assert_eq!(left(&mut reader).await, rest.as_bytes());
        }
        // The limit applies to the bytes before the separator.
        let mut reader = fed_limited(b"1234567\n12345678", false, 7)?;
        assert_eq!(reader.readline().await?, b"1234567\n");
        assert_eq!(reader.readline().await.unwrap_err().to_string(), NOT_FOUND);
        assert_eq!(left(&mut reader).await, b"");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_readuntil_separator, test_readuntil_multi_chunks,
// test_readuntil_multi_chunks_1, test_readuntil_bytearray
#[test]
fn readuntil_gives_up_to_and_with_the_separator() {
    run(async {
        let mut reader = fed(b"some dataAAAmoreAA", false)?;
        assert_eq!(reader.readuntil(b"AAA").await?, b"some dataAAA");
        // The separator arrives in pieces.
        feed_soon(&reader, b"Arest")?;
        assert_eq!(reader.readuntil(b"AAA").await?, b"moreAAA");
        assert_eq!(reader.read(9).await?, b"rest");
        // It begins where a part of it does, and is all there is.
        let pieces: [(&[&[u8]], &[u8]); 4] = [
            (&[b"QWEaa", b"XYaa", b"a"], b"QWEaaXYaaa"),
            (&[b"QWEaa", b"XYa", b"aa"], b"QWEaaXYaaa"),
            (&[b"aaa"], b"aaa"),
            (&[b"XXX", b"a", b"a", b"a"], b"XXXaaa"),
        ];
        for (pieces, whole) in pieces {
            pieces.iter().for_each(|piece| reader.feed_data(piece));
            assert_eq!(reader.readuntil(vec![b'a'; 3]).await?, whole);
            assert_eq!(left(&mut reader).await, b"");
        }
        for empty in [reader.readuntil(b"").await, reader.readuntil_any(&[b"x", b""]).await] {
            let error = empty.unwrap_err();
            assert!(error.is::<ValueError>());
            assert_eq!(error.to_string(), "Separator should be at least one-byte string");
        }
        let error = reader.readuntil_any(&[]).await.unwrap_err();
        assert_eq!(error.to_string(), "Separator should contain at least one element");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_readuntil_eof
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

// CPython: test_streams.StreamTests.test_readuntil_limit_found_sep
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

// CPython: test_streams.StreamTests.test_readuntil_multi_separator, test_readuntil_multi_separator_limit,
// test_readuntil_multi_separator_negative_offset
#[test]
fn of_several_separators_the_first_counts() {
    run(async {
        let mut reader = fed(b"first\r\nsecond\nthird", false)?;
        assert_eq!(reader.readuntil_any(&[b"\n", b"\r\n"]).await?, b"first\r\n");
        assert_eq!(reader.readuntil_any(&[b"\r\n", b"\n"]).await?, b"second\n");
        let mut reader = fed(b"some data", false)?;
        assert_eq!(reader.readuntil_any(&[b"data", b"me d"]).await?, b"some d");
        // If a longer separator contains a shorter one, the shorter ends sooner or at the same index, and the limit
        // applies to it.
        let mut reader = fed_limited(b"some dataAABBrest", false, 10)?;
        assert_eq!(reader.readuntil_any(&[b"dataAABB", b"BB", b"AA"]).await?, b"some dataAA");
        let mut reader = fed_limited(b"dataA", false, 4)?;
        assert_eq!(reader.readuntil_any(&[b"ataA", b"A"]).await?, b"dataA");
        let mut reader = fed_limited(b"some dataA", false, 3)?;
        let error = reader.readuntil_any(&[b"A", b"ome dataA"]).await.unwrap_err();
        assert_eq!(overrun(&error), ("Separator is found, but chunk is longer than limit".to_owned(), 9));
        assert_eq!(left(&mut reader).await, b"some dataA");
        // A longer match that ends sooner is the first.
        let mut reader = fed(b"ABCDEFG", false)?;
        assert_eq!(reader.readuntil_any(&[b"DEF", b"BCDE"]).await?, b"ABCDE");
        // Long enough for one separator only.
        let mut reader = fed(b"data", false)?;
        feed_soon(&reader, b"Z")?;
        feed_soon(&reader, b"Aaaa")?;
        assert_eq!(reader.readuntil_any(&[b"A", b"long sep"]).await?, b"dataZA");
        assert_eq!(left(&mut reader).await, b"aaa");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_readexactly_zero_or_less, test_readexactly, test_readexactly_limit,
// test_readexactly_eof
#[test]
fn readexactly_is_exact() {
    run(async {
        let mut reader = fed(b"", false)?;
        assert_eq!(reader.readexactly(0).await?, b"");
        feed_soon(&reader, DATA)?;
        feed_soon(&reader, DATA)?;
        let n = 2 * DATA.len() - 3;
        assert_eq!(reader.readexactly(n).await?, &[DATA, DATA].concat()[..n]);
        assert_eq!(reader.readexactly(0).await?, b"");
        let feeder = reader.feeder().unwrap();
        get_running_loop()?.call_soon(move || feeder.feed_eof())?;
        let error = reader.readexactly(9).await.unwrap_err();
        assert_eq!(incomplete(&error), (&b"e3\n"[..], Some(9)));
        assert_eq!(format!("{error:?}"), "IncompleteReadError('3 bytes read on a total of 9 expected bytes')");
        // Larger than the limit.
        let mut reader = fed_limited(b"chunk", false, 3)?;
        assert_eq!(reader.readexactly(5).await?, b"chunk");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_at_eof
#[test]
fn the_end_is_there_when_all_before_it_is_read() {
    run(async {
        let mut reader = fed(b"", false)?;
        assert!(!reader.at_eof());
        reader.feed_data(b"some data\n");
        assert!(!reader.at_eof());
        reader.readline().await?;
        assert!(!reader.at_eof());
        reader.feed_data(b"some data\n");
        reader.feed_eof();
        assert!(!reader.at_eof());
        reader.readline().await?;
        assert!(reader.at_eof());
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_streamreader_constructor_use_running_loop
#[test]
fn a_reader_is_for_the_loop_that_reads() {
    let mut reader = fed(b"made before the loop, ", false).unwrap();
    run(async move {
        feed_soon(&reader, b"read in it\n")?;
        assert_eq!(reader.readline().await?, b"made before the loop, read in it\n");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test___repr__, test___repr__nondefault_limit, test___repr__eof, test___repr__data,
// test___repr__exception
#[test]
fn a_reader_prints_what_it_has() {
    let new = || StreamReader::new(DEFAULT_LIMIT).unwrap();
    assert_eq!(format!("{:?}", new()), "<StreamReader>");
    assert_eq!(format!("{:?}", StreamReader::new(123).unwrap()), "<StreamReader limit=123>");
    let mut ended = new();
    ended.feed_eof();
    assert_eq!(format!("{ended:?}"), "<StreamReader eof>");
    let mut fed = new();
    fed.feed_data(b"data");
    assert_eq!(format!("{fed:?}"), "<StreamReader 4 bytes>");
    let mut broken = new();
    broken.set_exception(RuntimeError::default());
    assert_eq!(format!("{broken:?}"), "<StreamReader exception=RuntimeError()>");
}

// CPython: test_pep492.StreamReaderTests.test_readline
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

#[test]
fn readinto_fills_what_it_is_given() {
    run(async {
        let mut reader = fed(b"ab", false)?;
        let mut memory = *b"....";
        assert_eq!(reader.readinto(&mut []).await?, 0);
        assert_eq!((reader.readinto(&mut memory).await?, &memory), (2, b"ab.."));
        feed_soon(&reader, b"cdefg")?;
        assert_eq!((reader.readinto(&mut memory).await?, &memory), (4, b"cdef"));
        reader.feed_eof();
        assert_eq!((reader.readinto(&mut memory).await?, &memory), (1, b"gdef"));
        assert_eq!(reader.readinto(&mut memory).await?, 0);
        reader.set_exception(ValueError::new("broken"));
        assert!(reader.readinto(&mut memory).await.unwrap_err().is::<ValueError>());
        Ok(())
    });
}
