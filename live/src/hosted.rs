//! A program that the page drives, in real time.

use std::cell::RefCell;
use std::task::Poll;

use asyncio::{Clock, Result, Runner, events};

use crate::ending::End as _;

/// The run of a program: `asyncio::run`, in two parts.
pub(crate) enum Guest {
    Main(Runner, events::Guest<()>),
    Closing(Result<()>, Option<events::Closing>),
}

thread_local! {
    static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) };
}

/// Begins the run of a main coroutine.
pub(crate) fn start(main: impl Future<Output = Result<()>> + 'static) -> Guest {
    let runner = Runner::new().clock(Clock::Real);
    let guest = runner.host(main).expect("the runner is new");
    Guest::Main(runner, guest)
}

/// Makes this the program that the page drives.
pub(crate) fn set(guest: Guest) {
    GUEST.set(Some(guest));
}

/// What the page has to do next.
pub(crate) enum Next {
    /// Step again after this many seconds, which may be infinite.
    Wait(f64),
    /// Nothing: this is the exit status.
    Ended(i32),
}

/// Runs what is ready.
pub(crate) fn step() -> Next {
    let Some(mut guest) = GUEST.take() else { return Next::Ended(0) };
    loop {
        let timeout = match guest {
            Guest::Main(runner, mut main) => match main.run_ready() {
                Poll::Pending => {
                    let timeout = main.next_timeout();
                    guest = Guest::Main(runner, main);
                    timeout
                }
                Poll::Ready(result) => {
                    guest = Guest::Closing(result, runner.host_closing());
                    continue;
                }
            },
            Guest::Closing(result, Some(mut closing)) => {
                if closing.run_ready().is_ready() {
                    return Next::Ended(result.end());
                }
                let timeout = closing.next_timeout();
                guest = Guest::Closing(result, Some(closing));
                timeout
            }
            Guest::Closing(result, None) => return Next::Ended(result.end()),
        };
        GUEST.set(Some(guest));
        return Next::Wait(timeout.unwrap_or(f64::INFINITY));
    }
}
