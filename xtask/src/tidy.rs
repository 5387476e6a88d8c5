//! `cargo xtask tidy`: the checks of the layout, without building anything else.

use anyhow::{Result, bail};
use guide_tests::root;
use guide_tests::tidy::CHECKS;

pub(crate) fn run() -> Result<()> {
    let mut found = 0;
    for (name, check) in CHECKS {
        let problems = check(root())?;
        let mark = if problems.is_empty() { console::style("ok").green() } else { console::style("no").red() };
        println!("{mark}  {name}");
        for problem in &problems {
            println!("    {problem}");
        }
        found += problems.len();
    }
    if found > 0 {
        bail!("problems found: {found}");
    }
    Ok(())
}
