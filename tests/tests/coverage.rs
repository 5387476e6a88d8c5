//! Every row of the catalogue, and every test method of CPython's, is shown by an example or a test of ours, or the lists
//! know why not.

#[macro_use]
extern crate asyncio_testing;

use guide_tests::catalogue::rows;
use guide_tests::examples::examples;
use guide_tests::{coverage, cpython, generated, read, root};

#[test]
fn every_row_is_shown_or_still_to_come() {
    let examples = examples(root()).unwrap();
    let claims = coverage::claims(root(), &examples).unwrap();
    let problems = coverage::problems(&rows().unwrap(), &examples, &claims, &coverage::planned().unwrap());
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_method_of_cpython_is_ported_or_has_a_reason() {
    let problems = cpython::suite().unwrap().problems();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn what_is_written_from_other_files_is_fresh() {
    for (file, text) in generated().unwrap() {
        assert!(read(&file).is_ok_and(|found| found == text), "{}: run `cargo xtask bless`", file.display());
    }
}
