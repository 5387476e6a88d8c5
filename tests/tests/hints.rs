//! The compiler's messages for calls that are natural in Python, or with another runtime.

#[macro_use]
extern crate asyncio_testing;

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

/// Checks that the attribute above this function does not compile, and that the compiler says why.
fn refuses(compiler: &Compiler, folder: &Path, attribute: &str, function: &str, why: &str) {
    let file = folder.join("attribute.rs");
    std::fs::write(&file, format!("#[asyncio::{attribute}]\n{function}\n")).unwrap();
    let output = compiler.compile(&file, &folder.join("attribute.rmeta"), Kind::Check, &[]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{attribute} above {function} compiles");
    assert!(said.contains(&format!("error: {why}")), "the compiler does not say {why:?} of {attribute}:\n{said}");
    assert_eq!(said.matches("\nerror").count(), 1, "it says more than that of {attribute}:\n{said}");
}

#[test]
fn an_attribute_that_cannot_work_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let compiler = Compiler::beside_this_binary(root(), folder.path()).unwrap();
    let refuses =
        |attribute: &str, function: &str, why: &str| refuses(&compiler, folder.path(), attribute, function, why);

    refuses("main", "fn main() {}", "`#[asyncio::main]` is for an `async fn`: write `async` before `fn`");
    refuses("main", "async fn main(argument: u32) {}", "`main` cannot have arguments: nothing passes any");
    refuses("main(clock = 5)", "async fn main() {}", "`clock` is \"virtual\" or \"real\", not `5`");
    let test = |argument: &str, why: &str| refuses(&format!("test({argument})"), "async fn works() {}", why);
    test("leak = \"deny\"", "there is no argument `leak`: there are `clock`, `debug`, `leaks`, ");
    test("leaks", "`leaks` needs a value: `leaks = …`");
    test("leaks = \"deny\", leaks = \"deny\"", "`leaks` is given twice");
    test("schedules = 0", "`schedules` is a whole number from 1, not `0`");
    test("schedule = \"3=1/4\"", "`schedule` is a token, such as \"1:fence:dev:3=1/4\", not \"3=1/4\"");
    test("crate = \"a b\"", "`crate` is the path by which the crate `asyncio` can be named, not `\"a b\"`");
    refuses("test", "fn sync() {}", "`#[asyncio::test]` is for an `async fn`: write `async` before `fn`");
    refuses("test", "const async fn strange() {}", "`#[asyncio::test]` is for a plain `async fn`, without `const`");
    refuses("test", "async fn any<T>() {}", "`any` cannot have parameters: nothing chooses them");
    refuses("test", "#[test]\nasync fn twice() {}", "`#[asyncio::test]` makes a test by itself");
    refuses("test", "struct NoFunction;", "`#[asyncio::test]` is for an `async fn`");
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
    // The hint to use a closure does not appear for a closure of the wrong type.
    says("timeout(1.0).run(async |_| 5).await?;", &["found integer"]);
    says("timeout(1.0).run(async |_| a().await).await?; wait_for(a(), 1.0).await?;", &[]);

    says("timeout(1.0).run(|_| a()).await?; timeout(1.0).run(|_| async move { a().await }).await?;", &[]);
    says("TaskGroup::new().run(|tg| async move { Ok(tg.create_task(a())?) }).await?;", &[]);

    says("wait([a(), a()]).await?;", &["make tasks of them with `create_task`"]);

    // What is not awaitable is told how it becomes so.
    let returns =
        "a coroutine returns a `Result` of this crate, with other errors by `?`: `async { Ok(queue.put(1).await?) }`";
    let becomes = "what implements only `IntoFuture` goes in as `value.into_future()`";
    for call in
        ["wait_for(VALUE, 1.0)", "shield(VALUE)", "gather([VALUE])", "gather!(VALUE, a())", "ensure_future(VALUE)"]
    {
        says(&format!("{};", call.replace("VALUE", "async { 5 }")), &[returns]);
        says(&format!("struct Builder; {};", call.replace("VALUE", "Builder")), &[becomes]);
    }
    says("let queue = Queue::new(1); wait_for(queue.put(1), 1.0).await?;", &[returns]);
    says("let queue = Queue::new(1); wait_for(async { Ok(queue.put(1).await?) }, 1.0).await?;", &[]);

    let text = "a text is raised by `raise!(\"…\")`, a boxed error by `.context(\"…\")` on the result";
    says("None::<i32>.ok_or(\"no tea\")?;", &[text]);
    says("Err(format!(\"no {}\", \"tea\"))?;", &[text]);
    says("let read: std::result::Result<i32, Box<dyn std::error::Error>> = Ok(1); read?;", &[text]);
    says("\"1\".parse::<i32>()?; None::<i32>.context(\"no tea\")?; Err(Error::msg(\"no tea\"))?;", &[]);

    // The parameters of an async closure have types that the compiler knows.
    let echo = "{ let line = reader.readline().await?; writer.write(line)?; Ok(()) }";
    says(&format!("start_server(async |mut reader, writer| {echo}, \"\", 80).await?;"), &[]);
    let typed = "|mut reader: StreamReader, writer: StreamWriter|";
    says(&format!("start_server({typed} async move {echo}, \"\", 80).await?;"), &[]);
    says(&format!("start_server(|mut reader, writer| async move {echo}, \"\", 80).await?;"), &["giving this"]);

    says("gather([a(), a()]).return_exceptions(true).await?;", &["remove the extra argument"]);
    says("let running = TaskGroup::new().run(async |_| a().await); running.await?;", &[]);
    says("create_task(a()).add_done_callback(|_| ());", &[]);
    says("open_connection(\"localhost\", 80).await.context(\"no server\")?;", &[]);
}
