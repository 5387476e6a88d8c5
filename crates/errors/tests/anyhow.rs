//! Errors that go into anyhow's and come back: the feature `anyhow`.

#[macro_use]
extern crate asyncio_testing;

use std::num::ParseIntError;

use asyncio_errors::{CancelledError, Error, ErrorContext, RaisedError, Result, ValueError};

fn ours() -> Result<i32> {
    Err(ValueError::new("no such row").into())
}

fn into_anyhow() -> anyhow::Result<i32> {
    let value = ours()?;
    Ok(value)
}

fn parse(text: &str) -> anyhow::Result<i32> {
    Ok(text.parse()?)
}

#[test]
fn a_question_mark_turns_our_errors_into_anyhows() {
    let error = into_anyhow().unwrap_err().context("the table");
    assert_eq!(format!("{error:#}"), "the table: no such row");
    assert!(error.downcast_ref::<RaisedError>().unwrap().is::<ValueError>());
}

#[test]
fn an_error_of_anyhow_is_the_exception_that_is_in_it() {
    let error = parse("half").map_err(Error::from_anyhow).unwrap_err();
    assert!(error.is::<ParseIntError>());
    assert_eq!(error.to_string(), "invalid digit found in string");
    let described = parse("half").context("the width").unwrap_err();
    assert!(described.is::<ParseIntError>());
    assert_eq!(format!("{described:#}"), "the width: invalid digit found in string");
}

#[test]
fn there_and_back_it_is_the_same_exception_with_its_contexts() {
    let error = ours().unwrap_err();
    let there = anyhow::Error::from(error.clone()).context("inner").context("outer");
    let back = Error::from_anyhow(there);
    assert!(back.same(&error));
    assert_eq!(format!("{back:#}"), "outer: inner: no such row");
    let cancelled = Error::from_anyhow(anyhow::Error::from(Error::from(CancelledError::default())));
    assert!(cancelled.is_cancelled());
}

/// Where both traits are in scope, a call of the method is ambiguous: it names the trait instead.
#[test]
fn beside_anyhows_trait_a_call_names_its_own() {
    let error = ErrorContext::context(ours(), "the table").unwrap_err();
    assert!(error.is::<ValueError>() && error.to_string() == "the table");
    let error = anyhow::Context::context(parse("x"), "a number").unwrap_err();
    assert!(error.is::<ParseIntError>() && error.to_string() == "a number");
}
