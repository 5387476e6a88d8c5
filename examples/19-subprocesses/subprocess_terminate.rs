//! `terminate` asks a child to end, `kill` ends it; both are signals, and the
//! return code is minus the signal's number.
//!
//! Run it: `cargo run --example subprocess_terminate`
//!
//! Shows: subprocess_terminate, process_object_api

use asyncio::subprocess::PIPE;
use asyncio::{
    ProcessLookupError, Result, TimeoutError, create_subprocess_exec,
    create_subprocess_shell, run, wait_for,
};

// ANCHOR: terminate
async fn terminate_and_kill() -> Result<()> {
    let process = create_subprocess_exec("sleep").arg("3600").await?;
    process.terminate()?;
    println!("terminated: {}", process.wait().await?);

    let process = create_subprocess_exec("sleep").arg("3600").await?;
    process.kill()?;
    println!("killed: {}", process.wait().await?);

    match process.kill() {
        Err(error) if error.is::<ProcessLookupError>() => {
            println!("ProcessLookupError: nobody is there any more")
        }
        other => other?,
    }
    Ok(())
}
// ANCHOR_END: terminate

// ANCHOR: patience
/// Asks first and insists later.
async fn patience() -> Result<()> {
    let deaf = "trap '' TERM; echo no; while true; do sleep 0.01; done";
    let mut process = create_subprocess_shell(deaf).stdout(PIPE).await?;
    if let Some(stdout) = &mut process.stdout {
        print!("shall I stop? {}", String::from_utf8(stdout.readline().await?)?);
    }
    process.terminate()?;
    match wait_for(process.wait(), 0.2).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("it does not listen");
            process.kill()?;
        }
        ended => drop(ended?),
    }
    println!("ended: {}", process.wait().await?);
    Ok(())
}
// ANCHOR_END: patience

async fn program() -> Result<()> {
    terminate_and_kill().await?;
    patience().await
}

fn main() -> Result<()> {
    run(program())
}
