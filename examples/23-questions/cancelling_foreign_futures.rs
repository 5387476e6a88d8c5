//! A future from outside this crate knows nothing of cancellation. A cancellation
//! drops the innermost block around it, or else the task's coroutine. `cancellable`
//! raises the error at that very await, and `uncancellable` lets the future finish.
//!
//! Run it: `cargo run --example cancelling_foreign_futures`
//!
//! Shows: unhandled_cancel_marks_cancelled

use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio::{
    Result, Task, cancellable, create_task, run, sleep, timeout, uncancellable,
};
use guide::repr::Repr;

// ANCHOR: foreign
/// Stands for a future of another crate. It is ready after four polls, and prints a
/// line when it is dropped.
struct Foreign {
    polls: u32,
}

impl Future for Foreign {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.polls += 1;
        if self.polls == 4 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        println!("  the foreign future goes after {} polls", self.polls);
    }
}
// ANCHOR_END: foreign

// ANCHOR: bare
async fn bare() -> Result<()> {
    Foreign { polls: 0 }.await;
    println!("  not reached");
    Ok(())
}
// ANCHOR_END: bare

// ANCHOR: block
async fn in_a_block() -> Result<()> {
    let block = async |_: &_| {
        Foreign { polls: 0 }.await;
        Ok(())
    };
    let result = timeout(60).run(block).await;
    println!("  the block gives {result:?}, and cleaning up can wait:");
    sleep(0.1).await?;
    println!("  cleaned up");
    result
}
// ANCHOR_END: block

// ANCHOR: wrapped
async fn wrapped() -> Result<()> {
    let result = cancellable(Foreign { polls: 0 }).await;
    println!("  cancellable gives {result:?}");
    result
}
// ANCHOR_END: wrapped

// ANCHOR: finishes
async fn finishes() -> Result<()> {
    uncancellable(Foreign { polls: 0 }).await;
    println!("  it has ended: the request had to wait for the next line");
    sleep(0).await
}
// ANCHOR_END: finishes

// ANCHOR: end
async fn end(task: Task<()>, how: impl FnOnce(&Task<()>) -> bool) -> Result<()> {
    sleep(0).await?;
    how(&task);
    let result = (&task).await;
    println!("{result:?}, cancelled: {}", task.cancelled().repr());
    Ok(())
}

async fn program() -> Result<()> {
    println!("bare");
    end(create_task(bare()), |task| task.cancel()).await?;
    println!("in a block");
    end(create_task(in_a_block()), |task| task.cancel()).await?;
    println!("cancellable");
    end(create_task(wrapped()), |task| task.cancel()).await?;
    println!("uncancellable");
    end(create_task(finishes()), |task| task.cancel()).await?;
    println!("abort");
    end(create_task(in_a_block()), Task::abort).await
}
// ANCHOR_END: end

fn main() -> Result<()> {
    run(program())
}
