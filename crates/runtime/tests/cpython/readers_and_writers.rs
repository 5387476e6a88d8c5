//! `test_events` and `test_selector_events`: `add_reader`, `add_writer`, and how they are removed.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn noting(log: &Log<&'static str>, what: &'static str) -> impl FnMut() + 'static {
    let log = log.clone();
    move || log.add(what)
}

/// Runs more iterations than may pass before a busy loop looks at its descriptors again.
fn look(event_loop: &EventLoop) {
    let iterations = async {
        for _ in 0..200 {
            sleep(0).await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(iterations).unwrap();
}

/// The callbacks that are called when the loop looks, each once.
fn called(event_loop: &EventLoop, log: &Log<&'static str>) -> Vec<&'static str> {
    log.take();
    look(event_loop);
    let mut called = log.take();
    called.sort_unstable();
    called.dedup();
    called
}

/// A pair of sockets, the first of which can be read and written.
fn ready() -> (UnixStream, UnixStream) {
    let (near, mut far) = UnixStream::pair().unwrap();
    far.write_all(b"x").unwrap();
    (near, far)
}

// CPython: test_events.EventLoopTestsMixin.test_reader_callback
#[test]
fn a_reader_is_called_for_each_piece_and_takes_itself_away_at_the_end() {
    let event_loop = new_loop();
    let (near, mut far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let near = Rc::new(near);
    let received = Rc::new(RefCell::new(Vec::new()));
    let (source, sink, inside) = (Rc::clone(&near), Rc::clone(&received), event_loop.clone());
    let read = move || {
        let mut buffer = [0; 1024];
        match (&*source).read(&mut buffer) {
            Ok(0) => {
                assert!(inside.remove_reader(&*source).unwrap());
                inside.stop();
            }
            Ok(n) => sink.borrow_mut().extend_from_slice(&buffer[..n]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    };
    event_loop.add_reader(&*near, read).unwrap();
    for (piece, so_far) in [(b"abc", &b"abc"[..]), (b"def", b"abcdef")] {
        far.write_all(piece).unwrap();
        while received.borrow().len() < so_far.len() {
            run_briefly(&event_loop);
        }
        assert_eq!(*received.borrow(), so_far);
    }
    drop(far);
    event_loop.run_forever().unwrap();
    assert_eq!(*received.borrow(), b"abcdef");
    assert!(!event_loop.remove_reader(&*near).unwrap());
}

// CPython: test_events.EventLoopTestsMixin.test_writer_callback
#[test]
fn a_writer_is_called_while_there_is_room() {
    let event_loop = new_loop();
    let (mut far, near) = UnixStream::pair().unwrap();
    let near = Rc::new(near);
    let (target, stop) = (Rc::clone(&near), event_loop.clone());
    let write = move || {
        (&*target).write_all(&[b'x'; 1024]).unwrap();
        stop.stop();
    };
    event_loop.add_writer(&*near, write).unwrap();
    event_loop.run_forever().unwrap();
    assert!(event_loop.remove_writer(&*near).unwrap());
    assert!(!event_loop.remove_writer(&*near).unwrap());
    drop(near);
    let mut received = Vec::new();
    far.read_to_end(&mut received).unwrap();
    assert_eq!(received, [b'x'; 1024]);
}

// CPython: test_selector_events.BaseSelectorEventLoopTests.test_add_reader, test_add_reader_existing,
// test_add_reader_existing_writer, test_remove_reader, test_remove_reader_read_write, test_remove_reader_unknown,
// test_process_events_read
#[test]
fn a_reader_replaces_the_one_before_and_leaves_the_writer_alone() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (near, _far) = ready();
    assert!(!event_loop.remove_reader(&near).unwrap());
    event_loop.add_reader(&near, noting(&log, "first reader")).unwrap();
    assert_eq!(called(&event_loop, &log), ["first reader"]);
    event_loop.add_reader(&near, noting(&log, "second reader")).unwrap();
    assert_eq!(called(&event_loop, &log), ["second reader"]);
    assert!(event_loop.remove_reader(&near).unwrap());
    assert!(!event_loop.remove_reader(&near).unwrap());
    assert!(called(&event_loop, &log).is_empty());
    event_loop.add_writer(&near, noting(&log, "writer")).unwrap();
    event_loop.add_reader(&near, noting(&log, "third reader")).unwrap();
    assert_eq!(called(&event_loop, &log), ["third reader", "writer"]);
    event_loop.add_reader(&near, noting(&log, "fourth reader")).unwrap();
    assert_eq!(called(&event_loop, &log), ["fourth reader", "writer"]);
    assert!(event_loop.remove_reader(&near).unwrap());
    assert_eq!(called(&event_loop, &log), ["writer"]);
}

// CPython: test_selector_events.BaseSelectorEventLoopTests.test_add_writer, test_add_writer_existing, test_remove_writer,
// test_remove_writer_read_write, test_remove_writer_unknown, test_process_events_write
#[test]
fn a_writer_replaces_the_one_before_and_leaves_the_reader_alone() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (near, _far) = ready();
    assert!(!event_loop.remove_writer(&near).unwrap());
    event_loop.add_writer(&near, noting(&log, "first writer")).unwrap();
    assert_eq!(called(&event_loop, &log), ["first writer"]);
    event_loop.add_reader(&near, noting(&log, "reader")).unwrap();
    event_loop.add_writer(&near, noting(&log, "second writer")).unwrap();
    assert_eq!(called(&event_loop, &log), ["reader", "second writer"]);
    assert!(event_loop.remove_writer(&near).unwrap());
    assert!(!event_loop.remove_writer(&near).unwrap());
    assert_eq!(called(&event_loop, &log), ["reader"]);
    assert!(event_loop.remove_reader(&near).unwrap());
    assert!(called(&event_loop, &log).is_empty());
}

/// What CPython 3.15 does with two descriptors, too: whichever is called first, the other one is not called any more.
// CPython: test_selector_events.BaseSelectorEventLoopTests.test_process_events_read_cancelled,
// test_process_events_write_cancelled
#[test]
fn one_that_was_ready_and_is_taken_away_before_its_turn_is_not_called() {
    for write in [false, true] {
        let (event_loop, log) = (new_loop(), Log::default());
        let ends = [ready(), ready()].map(|(near, far)| (Rc::new(near), far));
        for (index, (near, _)) in ends.iter().enumerate() {
            let (inside, sink, other) = (event_loop.clone(), log.clone(), Rc::clone(&ends[1 - index].0));
            let takes_the_other_away = move || {
                sink.add(index);
                let taken = if write { inside.remove_writer(&*other) } else { inside.remove_reader(&*other) };
                taken.unwrap();
            };
            if write {
                event_loop.add_writer(&**near, takes_the_other_away).unwrap();
            } else {
                event_loop.add_reader(&**near, takes_the_other_away).unwrap();
            }
        }
        look(&event_loop);
        let mut called = log.take();
        assert!(called.len() > 1, "it is called again and again");
        called.dedup();
        assert_eq!(called.len(), 1, "write: {write}");
        event_loop.close().unwrap();
    }
}

// CPython: test_events.EventLoopTestsMixin.test_add_fds_after_closing, test_remove_fds_after_closing,
// test_selector_events.BaseSelectorEventLoopTests.test_close
#[test]
fn a_closed_loop_watches_nothing_and_forgets_what_it_watched() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (near, far) = ready();
    event_loop.add_reader(&near, noting(&log, "reader")).unwrap();
    event_loop.add_writer(&far, noting(&log, "writer")).unwrap();
    for _ in 0..3 {
        event_loop.close().unwrap();
        assert!(event_loop.is_closed());
    }
    let closed = "RuntimeError('Event loop is closed')";
    assert_eq!(raised(event_loop.run_forever()), closed);
    assert_eq!(raised(event_loop.run_until_complete(event_loop.create_future::<()>())), closed);
    assert_eq!(raised(event_loop.add_reader(&near, || ())), closed);
    assert_eq!(raised(event_loop.add_writer(&far, || ())), closed);
    assert!(!event_loop.remove_reader(&near).unwrap());
    assert!(!event_loop.remove_writer(&far).unwrap());
}

/// As in CPython 3.15.
#[test]
fn a_descriptor_that_is_both_is_read_before_it_is_written() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (near, _far) = ready();
    event_loop.add_writer(&near, noting(&log, "writer")).unwrap();
    event_loop.add_reader(&near, noting(&log, "reader")).unwrap();
    look(&event_loop);
    assert_eq!(log.take()[..2], ["reader", "writer"]);
}

/// As in CPython 3.15: whichever is called first replaces the other one before its turn, each time.
#[test]
fn one_that_was_ready_and_is_replaced_before_its_turn_is_not_called() {
    let (event_loop, log) = (new_loop(), Log::default());
    let ends = [ready(), ready()].map(|(near, far)| (Rc::new(near), far));
    for (index, (near, _)) in ends.iter().enumerate() {
        let (inside, sink, other) = (event_loop.clone(), log.clone(), Rc::clone(&ends[1 - index].0));
        let replaces_the_other = move || {
            sink.add(["first", "second"][index]);
            inside.add_reader(&*other, || ()).unwrap();
        };
        event_loop.add_reader(&**near, replaces_the_other).unwrap();
    }
    look(&event_loop);
    let mut called = log.take();
    assert!(called.len() > 1, "it is called again and again");
    called.dedup();
    assert_eq!(called.len(), 1);
}
