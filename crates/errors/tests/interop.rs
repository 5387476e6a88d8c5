//! Errors that leave for other crates' types and come back, and what they say.

#[macro_use]
extern crate asyncio_testing;

use std::error::Error as StdError;
use std::rc::Rc;
use std::{fmt, io, iter};

use asyncio_errors::{
    CancelledError, Error, ErrorContext, Exception, ExceptionContext, ExceptionGroup, GeneratorExit, KeyboardInterrupt,
    RaisedError, Result, RuntimeError, TimeoutError, ValueError, ZeroDivisionError, raise,
};

type Boxed = Box<dyn StdError + Send + Sync>;

fn fails() -> Result<()> {
    Err(ValueError::new("no such row").into())
}

fn texts(error: &dyn StdError) -> Vec<String> {
    iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect()
}

#[test]
fn a_question_mark_puts_an_error_into_every_box() {
    fn sync() -> Result<(), Boxed> {
        Ok(fails()?)
    }
    fn send() -> Result<(), Box<dyn StdError + Send>> {
        Ok(fails()?)
    }
    fn local() -> Result<(), Box<dyn StdError>> {
        Ok(fails()?)
    }
    let (sync, send, local) = (sync().unwrap_err(), send().unwrap_err(), local().unwrap_err());
    assert_eq!([sync.to_string(), send.to_string(), local.to_string()], ["no such row"; 3]);
    assert_eq!(format!("{sync:?} {send:?} {local:?}"), ["ValueError('no such row')"; 3].join(" "));
    assert!(sync.downcast_ref::<RaisedError>().unwrap().is::<ValueError>());
}

#[test]
fn an_error_comes_out_of_a_box_as_the_same_exception() {
    let error = fails().unwrap_err();
    let shared = error.clone();
    assert!(Error::from_boxed(Boxed::from(error.clone())).same(&shared));
    assert!(Error::from_local(Box::<dyn StdError>::from(error)).same(&shared));
}

#[test]
fn a_boxed_cancellation_is_a_cancellation() {
    let boxed: Boxed = CancelledError::new("stop").into();
    let error = Error::from_boxed(boxed);
    assert!(error.is_cancelled());
    assert!(Err::<(), _>(Boxed::from(error)).context("shut down").unwrap_err().is_cancelled());
}

#[test]
fn a_chain_of_sources_survives_both_ways() {
    let inner = io::Error::new(io::ErrorKind::NotFound, "no file");
    let error = Err::<(), _>(inner).context("cannot read the table").context("cannot start").unwrap_err();
    let expected = ["cannot start", "cannot read the table", "no file"];
    assert_eq!(texts(&*error), expected);
    let boxed = Boxed::from(error);
    assert_eq!(texts(&*boxed), expected);
    let error = Error::from_boxed(boxed);
    assert_eq!(texts(&*error), expected);
    assert_eq!(format!("{error:#}"), "cannot start: cannot read the table: no file");
    assert_eq!(format!("{error:?}"), "cannot start: cannot read the table: FileNotFoundError('no file')");
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_text_stays_while_pythons_context_is_added() {
    let [first, second] = ["first", "second"].map(|text| Error::from(ValueError::new(text)));
    let described = Err::<(), _>(second.clone()).context("twice").unwrap_err();
    assert!(described.same(&second));
    let chained = described.during(first.clone());
    assert_eq!(chained.to_string(), "twice");
    assert!(chained.same(&second) && chained.context().unwrap().same(&first));
    assert_eq!(texts(&*chained), ["twice", "second", "first"]);
    assert_eq!(chained.clone().with_final_context().to_string(), "twice");
    let outer = Error::from(RuntimeError::new("last")).during(chained);
    assert_eq!(outer.context().unwrap().to_string(), "twice");
}

#[test]
fn what_cannot_be_sent_keeps_its_texts() {
    #[derive(Debug)]
    struct Local(Rc<str>, Option<io::Error>);
    impl fmt::Display for Local {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "local {}", self.0)
        }
    }
    impl StdError for Local {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_ref().map(|error| error as _)
        }
    }
    let failed = || Err::<(), Box<dyn StdError>>(Local("x".into(), Some(io::Error::other("disk"))).into());
    let error = failed().map_err(Error::from_local).unwrap_err();
    assert_eq!(texts(&*error), ["local x", "disk"]);
    assert!(format!("{error:?}").starts_with("Local(\"x\""), "{error:?}");
    assert_eq!(texts(&*failed().context("outer").unwrap_err()), ["outer", "local x", "disk"]);
}

#[test]
fn contexts_by_the_thousand_are_dropped_without_recursion() {
    let error = (0..300_000).fold(fails(), |failed, _| failed.context("again")).unwrap_err();
    assert!(error.is::<ValueError>());
    assert!(error.clone().same(&error));
    drop(error);
}

#[test]
fn an_exception_without_a_message_says_what_happened() {
    let said = |error: Error| (error.to_string(), error.message(), error.repr());
    let words = |words: &str, repr: &str| (words.to_owned(), String::new(), repr.to_owned());
    assert_eq!(said(TimeoutError::default().into()), words("timed out", "TimeoutError()"));
    assert_eq!(said(CancelledError::default().into()), words("cancelled", "CancelledError()"));
    assert_eq!(said(GeneratorExit.into()), words("the generator is being closed", "GeneratorExit()"));
    assert_eq!(said(ZeroDivisionError::default().into()), words("division by zero", "ZeroDivisionError()"));
    assert_eq!(said(KeyboardInterrupt::default().into()), words("interrupted by Ctrl-C", "KeyboardInterrupt()"));
    assert_eq!(said(ValueError::default().into()), words("ValueError", "ValueError()"));
    let with_message = said(TimeoutError::new("no answer in 3 s").into());
    assert_eq!((&*with_message.0, &*with_message.1), ("no answer in 3 s", "no answer in 3 s"));
}

#[test]
fn a_group_names_its_members() {
    let group = |n| ExceptionGroup::new("g", (0..n).map(|_| ValueError::new("x").into()));
    assert_eq!(group(1).to_string(), "g (1 sub-exception): ValueError('x')");
    assert_eq!(group(0).to_string(), "g (0 sub-exceptions)");
    let many = group(12).to_string();
    assert!(many.starts_with("g (12 sub-exceptions): ValueError('x'), ") && many.ends_with(" and 2 more"), "{many}");
    assert_eq!(many.matches("ValueError").count(), 10);
    let outer = ExceptionGroup::new("outer", [group(2).into(), TimeoutError::default().into()]);
    let expected = "outer (2 sub-exceptions): ExceptionGroup('g (2 sub-exceptions)'), TimeoutError()";
    assert_eq!(outer.to_string(), expected);
    // Python's `str`.
    assert_eq!(
        (format!("{outer:-}"), Error::from(outer).message()),
        ("outer (2 sub-exceptions)".to_owned(), "outer (2 sub-exceptions)".to_owned())
    );
}

#[test]
fn raise_returns_an_error_of_each_kind() {
    fn raised(which: u32) -> Result<u32> {
        match which {
            0 => raise!("plain {which}"),
            1 => raise!(ValueError, "class {}", which),
            2 => raise!(TimeoutError::default()),
            3 => raise!(Error::msg("made before")),
            4 => raise!(asyncio_errors::ValueError, "{which} with a path"),
            5 => raise!(asyncio_errors::ValueError::new("made here"),),
            _ => Ok(which),
        }
    }
    let reprs = [0, 1, 2, 3, 4, 5].map(|which| format!("{:?}", raised(which).unwrap_err()));
    let expected = ["Exception('plain 0')", "ValueError('class 1')", "TimeoutError()", "Exception('made before')"];
    assert_eq!(reprs[..4], expected);
    assert_eq!(reprs[4..], ["ValueError('4 with a path')", "ValueError('made here')"]);
    assert_eq!(raised(6).unwrap(), 6);
    assert!(raised(0).unwrap_err().is::<Exception>());
}

#[test]
fn an_error_knows_where_it_was_raised() {
    fn by_question_mark() -> Result<i32> {
        Ok("x".parse::<i32>()?)
    }
    let (question_mark, into) = (by_question_mark().unwrap_err(), Error::from(ValueError::default()));
    let lines = [question_mark, into].map(|error| error.location().unwrap().line());
    assert_eq!(lines, [line!() - 4, line!() - 2]);
    // Through a context, the location of the error stays.
    let (error, line) = (fails(), line!());
    let error = error.context("outer").unwrap_err().during(ValueError::default().into());
    assert!(error.location().unwrap().line() < line);
    // A function pointer has no location of its caller.
    assert!("x".parse::<i32>().map_err(Error::from).unwrap_err().location().is_none());
}

/// Whether locations are shown is decided once in a process, so a child shows one.
#[test]
fn a_location_is_shown_once() {
    const CHILD: &str = "ERRORS_TEST_SHOWS_A_LOCATION";
    if std::env::var_os(CHILD).is_some() {
        println!("{:?}", fails().unwrap_err().during(ValueError::default().into()));
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_location_is_shown_once", "--nocapture"]).env(CHILD, "1").env("RUST_LIB_BACKTRACE", "1");
    let shown = String::from_utf8(child.output().unwrap().stdout).unwrap();
    assert_eq!(shown.matches("(raised at ").count(), 1, "{shown}");
}

/// As in the report of a deadlock at the end of `run`.
#[test]
fn the_lines_of_a_report_are_lines_of_a_message_too() {
    let told = |error: Error| ExceptionContext::new("it failed").exception(error).to_string();
    assert_eq!(
        told(Error::report("deadlock:\n  a task waits")),
        "it failed\nexception: RuntimeError: deadlock:\n  a task waits"
    );
    // Any other error stays on its line.
    assert_eq!(told(Exception::new("a\nb").into()), "it failed\nexception: Exception('a\\nb')");
}
