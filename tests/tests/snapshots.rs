//! Compares the whole output of each example with its snapshot, in one trial per example, so that no output changes unnoticed.
//!
//! `cargo xtask bless` updates the snapshots.

use std::sync::Arc;

use anyhow::Result;
use guide_tests::examples::examples;
use guide_tests::program::{Clock, End, build};
use guide_tests::{root, snapshots};
use libtest_mimic::{Arguments, Trial};

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let mut examples = examples(root())?;
    let orphans = snapshots::orphans(&examples);
    // Who asks for one program does not wait for all of them to be built.
    examples.retain(|example| arguments.filter.as_ref().is_none_or(|filter| example.name.contains(filter)));
    let programs = Arc::new(build(&examples, &["--quiet"])?);

    let mut trials = vec![Trial::test("every_snapshot_has_an_example", move || match orphans.as_slice() {
        [] => Ok(()),
        orphans => Err(format!("these snapshots have none: {orphans:?}").into()),
    })];
    for example in examples {
        let programs = Arc::clone(&programs);
        trials.push(Trial::test(example.name.clone(), move || {
            let output = programs.run(&example, Clock::Virtual).map_err(|error| format!("{error:#}"))?;
            // Not even `cargo xtask bless` makes this right.
            if !matches!(output.end, End::Exited(_)) {
                return Err(format!("it did not end by itself:\n{output}").into());
            }
            let mut settings = insta::Settings::new();
            settings.set_snapshot_path(snapshots::folder());
            settings.set_prepend_module_to_snapshot(false);
            // The head of the file stays three lines long, so that a page can include what follows it.
            settings.set_omit_expression(true);
            let text = snapshots::text(&example, &output)?;
            settings.bind(|| insta::assert_snapshot!(example.name.as_str(), text));
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit()
}
