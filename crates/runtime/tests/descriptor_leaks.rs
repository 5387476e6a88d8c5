//! A loop closes all its descriptors. The test is alone in its process, because it counts them.

#[macro_use]
extern crate asyncio_testing;

use std::io::Read;
use std::os::unix::net::UnixStream;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::*;

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

// CPython: test_events.EventLoopTestsMixin.test_internal_fds
#[test]
#[cfg(target_os = "linux")]
fn descriptors_are_given_back_whatever_becomes_of_their_users() {
    // Lets the standard library open what it opens once.
    drop(UnixStream::pair().unwrap());
    let before = open_descriptors();
    for _ in 0..3 {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        event_loop
            .run_until_complete(async {
                let (far, near) = UnixStream::pair()?;
                let far = AsyncFd::new(far)?;
                let near = AsyncFd::new(near)?;
                drop(far.into_inner());
                assert_eq!(near.read_with(|mut socket| socket.read(&mut [0])).await?, 0);
                Ok(())
            })
            .unwrap();
        // A task that is still waiting when the loop is closed.
        event_loop.set_exception_handler(Some(Box::new(|_| ())));
        event_loop
            .create_task(async {
                let (_far, near) = UnixStream::pair()?;
                let near = AsyncFd::new(near)?;
                near.read_with(|mut socket| socket.read(&mut [0])).await
            })
            .unwrap();
        event_loop.run_until_complete(async { sleep(0).await }).unwrap();
        assert!(open_descriptors() > before);
        event_loop.close().unwrap();
        drop(event_loop);
        assert_eq!(open_descriptors(), before);
    }
}
