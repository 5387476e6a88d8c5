//! `#[asyncio::main]`: what `main` returns, and the exit code of it.

#[macro_use]
extern crate asyncio_testing;

use std::process::Termination;

/// The exit code of a program, as text, because exit codes cannot be compared.
fn code(program: impl Termination) -> String {
    format!("{:?}", program.report())
}

fn exit_code(code: u8) -> String {
    format!("{:?}", std::process::ExitCode::from(code))
}

/// A program with a `main` in a module of its own.
macro_rules! program {
    ($name:ident($($arguments:tt)*), $returns:ty, $body:block) => {
        mod $name {
            #[asyncio::main($($arguments)*)]
            pub(super) async fn main() -> $returns $body
        }
    };
}

program!(unit(), (), { asyncio::sleep(0.0).await.unwrap() });
program!(result(), asyncio::Result<()>, { asyncio::sleep(0).await });
program!(error(), asyncio::Result<()>, { Err(asyncio::Exception::new("no such file").into()) });
program!(boxed(), Result<(), Box<dyn std::error::Error>>, { Err("no such file".into()) });
program!(three(), std::process::ExitCode, { 3.into() });
program!(four(), asyncio::Result<std::process::ExitCode>, { Ok(4.into()) });
program!(deadlock(clock = "virtual"), (), {
    let _: asyncio::Result<()> = asyncio::get_running_loop().unwrap().create_future().await;
});
program!(with_options(clock = "virtual", debug = true), asyncio::Result<()>, {
    assert!(asyncio::get_running_loop()?.get_debug());
    let task = format!("{:?}", asyncio::current_task()?.expect("main is a task"));
    assert!(task.contains("coro=<main() "), "{task}");
    asyncio::sleep(3600).await
});

#[test]
fn the_exit_code_is_that_of_the_result() {
    assert_eq!(code(unit::main()), exit_code(0));
    assert_eq!(code(result::main()), exit_code(0));
    assert_eq!(code(error::main()), exit_code(1));
    assert_eq!(code(boxed::main()), exit_code(1));
    assert_eq!(code(three::main()), exit_code(3));
    assert_eq!(code(four::main()), exit_code(4));
}

#[test]
fn a_program_that_cannot_go_on_fails() {
    assert_eq!(code(deadlock::main()), exit_code(1));
}

#[test]
fn options_are_those_of_the_runner() {
    assert_eq!(code(with_options::main()), exit_code(0));
}

/// As with `asyncio::run`.
#[test]
fn a_loop_within_a_loop_is_refused() {
    asyncio::run(async {
        assert!(matches!(asyncio::entry::run_main(None, async { Ok(()) }), asyncio::entry::Ended::Raised(_)));
        Ok(())
    })
    .unwrap();
}

/// The loop makes a `KeyboardInterrupt` of a cancellation that it sees.
#[test]
fn a_cancellation_is_seen_in_every_result() {
    use asyncio::entry::main_result;
    use asyncio::{CancelledError, Error, Exception};

    let cancelled = || Error::from(CancelledError::new("Ctrl-C"));
    assert!(main_result(Err::<(), _>(cancelled())).unwrap_err().is_cancelled());
    assert!(main_result(Err::<(), Box<dyn std::error::Error>>(cancelled().into())).unwrap_err().is_cancelled());
    let boxed: Box<dyn std::error::Error + Send + Sync> = cancelled().into();
    assert!(main_result(Err::<(), _>(boxed)).unwrap_err().is_cancelled());
    assert!(main_result(Err::<(), _>(Error::from(Exception::new("no")))).unwrap().is_err());
    assert!(main_result(Err::<(), _>("text")).unwrap().is_err());
    assert!(main_result(Ok::<(), Error>(())).unwrap().is_ok());
}
