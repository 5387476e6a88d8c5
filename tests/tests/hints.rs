//! What the compiler says of calls that are natural in Python or for those who come from another runtime.

use std::path::Path;

use exercises::compiler::{Compiler, Kind};
use guide_tests::root;

const PROGRAM: &str = "
use asyncio::*;
async fn a() -> Result<i32> { Ok(1) }
async fn b() -> Result<i32> { Ok(2) }
pub async fn program() -> Result<()> {
    STATEMENT
    Ok(())
}
";

/// Checks that `statement` does not compile, and that the compiler says all of `hints`.
fn says(compiler: &Compiler, folder: &Path, statement: &str, hints: &[&str]) {
    let file = folder.join("program.rs");
    std::fs::write(&file, PROGRAM.replace("STATEMENT", statement)).unwrap();
    let output = compiler.compile(&file, &folder.join("program.rmeta"), Kind::Check, &[]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    match hints {
        [] => assert!(output.status.success(), "{statement} does not compile:\n{said}"),
        _ => assert!(!output.status.success(), "{statement} compiles"),
    }
    for hint in hints {
        assert!(said.contains(hint), "the compiler does not say {hint:?} of {statement}:\n{said}");
    }
}

#[test]
fn the_compiler_names_the_form_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let compiler = Compiler::beside_this_binary(root(), folder.path()).unwrap();
    let says = |statement: &str, hints: &[&str]| says(&compiler, folder.path(), statement, hints);

    let gather = "the macro takes awaitables, also of different types: `gather!(a(), b())`";
    says("gather(a(), b()).await?;", &["the function `gather` takes one list of awaitables", gather]);
    says("gather(a()).await?;", &[gather]);
    says("gather!(a(), b()).await?; gather([a(), a()]).await?;", &[]);

    let block = "write `timeout(1.0).run(async |_| …)`";
    let coroutine = "for one coroutine there is `wait_for(coroutine, 1.0)`";
    says("timeout(1.0).run(async { a().await }).await?;", &[block, coroutine]);
    // A closure of the wrong type is not told to be a closure.
    says("timeout(1.0).run(async |_| 5).await?;", &["found integer"]);
    says("timeout(1.0).run(async |_| a().await).await?; wait_for(a(), 1.0).await?;", &[]);

    says("gather([a(), a()]).return_exceptions(true).await?;", &["remove the extra argument"]);
    says("let running = TaskGroup::new().run(async |_| a().await); running.await?;", &[]);
    says("create_task(a()).add_done_callback(|_| ());", &[]);
    says("open_connection(\"localhost\", 80).await.context(\"no server\")?;", &[]);
}
