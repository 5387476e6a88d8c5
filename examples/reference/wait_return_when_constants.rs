//! `wait` sorts tasks into those that are done and those that are not, and raises
//! nothing: three conditions say when it returns, a timeout says when it gives up.
//! What is pending then goes on.
//!
//! Run it: `cargo run --example wait_return_when_constants`
//!
//! Shows: wait_signature, wait_never_raises_timeout, wait_return_when_constants

use std::rc::Rc;

use asyncio::{
    Exception, Result, ReturnWhen, Task, create_task, get_running_loop, run, sleep,
    wait,
};
use guide::repr::raised;

// ANCHOR: deliver
async fn deliver(letter: &str, days: u32) -> Result<()> {
    sleep(days).await?;
    if letter == "B" {
        Err(Exception::new("no such address").into())
    } else {
        Ok(())
    }
}

/// Sends three letters: the first arrives, the second comes back, the third takes
/// its time.
fn send_letters() -> [Task<()>; 3] {
    [("A", 1), ("B", 2), ("C", 3)]
        .map(|(letter, days)| create_task(deliver(letter, days)).named(letter))
}
// ANCHOR_END: deliver

fn names(tasks: &[Task<()>]) -> Vec<Rc<str>> {
    tasks.iter().map(|task| task.get_name()).collect()
}

/// Sends three new letters, waits, and prints what has become of them.
async fn watch(condition: &str, timeout: Option<f64>, lost: bool) -> Result<()> {
    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    let letters = send_letters();
    if lost {
        letters[1].cancel();
    }
    // ANCHOR: wait
    let return_when: ReturnWhen = condition.parse()?;
    let (done, pending) =
        wait(&letters).return_when(return_when).timeout(timeout).await?;
    // ANCHOR_END: wait
    let days = event_loop.time() - start;
    println!(
        "{condition}: after {days:.1} days, done {:?}, pending {:?}",
        names(&done),
        names(&pending)
    );

    // `wait` left the pending tasks alone, and they end now. Collecting the
    // outcomes keeps the failure from being reported.
    wait(&letters).await?;
    for letter in letters.iter().filter(|letter| !letter.cancelled()) {
        letter.exception()?;
    }
    Ok(())
}

// ANCHOR: program
async fn program() -> Result<()> {
    watch("FIRST_COMPLETED", None, false).await?;
    watch("FIRST_EXCEPTION", None, false).await?;
    watch("ALL_COMPLETED", None, false).await?;

    println!("With a time limit:");
    watch("ALL_COMPLETED", Some(1.5), false).await?;

    println!("With the second one cancelled, which is no exception:");
    watch("FIRST_EXCEPTION", None, true).await?;

    if let Err(error) = "bad".parse::<ReturnWhen>() {
        println!("{}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
