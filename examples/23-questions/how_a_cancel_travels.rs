//! How a cancellation travels: from the customer, who is asked to cancel, through
//! the baker whom she awaits, to the bell that he awaits; and back as an error, one
//! step at a time.
//!
//! Run it: `cargo run --example how_a_cancel_travels`
//!
//! Shows: cancel_cancels_awaited_future, cancel_with_message,
//! cancel_raises_at_next_run, unhandled_cancel_marks_cancelled

use asyncio::{
    AnyFuture, Future, Result, Task, create_task, get_running_loop, run, sleep,
};

// ANCHOR: chain
async fn bake(bell: Future<()>) -> Result<()> {
    bell.await.inspect_err(|error| println!("  the baker gets {error:?}"))
}

async fn buy(baker: Task<()>) -> Result<()> {
    baker.await.inspect_err(|error| println!("  the customer gets {error:?}"))
}
// ANCHOR_END: chain

fn state(future: &AnyFuture) -> &'static str {
    match (future.done(), future.cancelled()) {
        (_, true) => "cancelled",
        (true, _) => "finished",
        (false, _) => "pending",
    }
}

// ANCHOR: main
async fn program() -> Result<()> {
    let bell = get_running_loop()?.create_future();
    let baker = create_task(bake(bell.clone()));
    let customer = create_task(buy(baker.clone()));
    let show = |when: &str| {
        println!(
            "{when}: bell {}, baker {}, customer {}",
            state(&bell),
            state(&baker),
            state(&customer)
        );
    };

    sleep(0).await?;
    show("all wait");
    customer.cancel_with("the shop closes");
    show("asked");
    println!(
        "  requests: baker {}, customer {}",
        baker.cancelling(),
        customer.cancelling()
    );
    for pass in ["one pass later", "one more"] {
        sleep(0).await?;
        show(pass);
    }
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
