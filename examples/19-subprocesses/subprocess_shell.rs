//! `create_subprocess_shell` hands a whole command line to the shell, with all that
//! a shell can do, and all that it can do wrong.
//!
//! Run it: `cargo run --example subprocess_shell`
//!
//! Shows: subprocess_shell, subprocess_shell_wait, shell_pipe_word_count,
//! shell_command_features_and_danger

use asyncio::subprocess::{CreateSubprocess, PIPE};
use asyncio::{Result, create_subprocess_shell, run};
use guide::repr::Repr;

// ANCHOR: start
async fn start() -> Result<()> {
    let process = create_subprocess_shell("sleep 2 && exit 4").await?;
    println!("the shell has started: {}", process.returncode().repr());
    println!("the shell has ended: {}", process.wait().await?);
    // The call succeeds: it is the shell that does not find the command.
    let process = create_subprocess_shell("brew-coffee 2>/dev/null").await?;
    println!("a command that is not there: {}", process.wait().await?);
    Ok(())
}
// ANCHOR_END: start

async fn output(command: CreateSubprocess) -> Result<String> {
    let (stdout, _) = command.stdout(PIPE).await?.communicate().await?;
    Ok(String::from_utf8(stdout.unwrap_or_default())?.trim().to_owned())
}

// ANCHOR: features
async fn features() -> Result<()> {
    let pipe = "file=$(mktemp); printf 'one\\ntwo\\nthree\\n' > $file; \
                cat $file | wc -l; rm $file";
    println!("lines of the file: {}", output(create_subprocess_shell(pipe)).await?);
    let variable =
        create_subprocess_shell("echo $GREETING").env("GREETING", "good evening");
    println!("a variable: {}", output(variable).await?);
    let wildcard = "cd $(mktemp -d); touch b.txt a.txt c.log; echo *.txt; rm *.*";
    println!("a wildcard: {}", output(create_subprocess_shell(wildcard)).await?);
    Ok(())
}
// ANCHOR_END: features

// ANCHOR: danger
async fn danger() -> Result<()> {
    let name = "Robert; echo the table is dropped";
    let unsafe_line = create_subprocess_shell(format!("echo hello {name}"));
    println!(
        "pasted: {:?}",
        output(unsafe_line).await?.lines().collect::<Vec<_>>()
    );
    // An argument is never interpreted as part of the command.
    let safe_line = create_subprocess_shell("echo hello \"$0\"").arg(name);
    println!(
        "as an argument: {:?}",
        output(safe_line).await?.lines().collect::<Vec<_>>()
    );
    Ok(())
}
// ANCHOR_END: danger

async fn program() -> Result<()> {
    start().await?;
    features().await?;
    danger().await
}

fn main() -> Result<()> {
    run(program())
}
