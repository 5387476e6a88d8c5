//! Every row of the catalogue is shown by an example or a test, or is known to be still to come.

use guide_tests::catalogue::rows;
use guide_tests::examples::examples;
use guide_tests::{coverage, generated, read, root};

#[test]
fn every_row_is_shown_or_still_to_come() {
    let examples = examples(root()).unwrap();
    let claims = coverage::claims(root(), &examples).unwrap();
    let problems = coverage::problems(&rows().unwrap(), &examples, &claims, &coverage::planned().unwrap());
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn the_written_tables_are_fresh() {
    for (file, text) in generated().unwrap() {
        assert!(read(root().join(file)).unwrap_or_default() == text, "{file} is stale: run `cargo xtask bless`");
    }
}
