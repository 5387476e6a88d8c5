//! The parts of Rust that asynchronous programs use all the time: `?`, `async`
//! blocks and closures, `move`, what `'static` asks for, and `Rc`, `Cell` and
//! `RefCell` to share.
//!
//! Run it: `cargo run --example rust_you_need`

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::{Result, ValueError, create_task, gather, run, sleep};

// ANCHOR: question_mark
async fn half(number: u32) -> Result<u32> {
    if number % 2 == 1 {
        return Err(ValueError::new(format!("{number} is odd")).into());
    }
    sleep(0).await?;
    Ok(number / 2)
}

async fn quarter(number: u32) -> Result<u32> {
    let first = half(number).await?;
    half(first).await
}

/// What `?` stands for.
async fn quarter_in_full(number: u32) -> Result<u32> {
    let first = match half(number).await {
        Ok(first) => first,
        Err(error) => return Err(error),
    };
    half(first).await
}
// ANCHOR_END: question_mark

// ANCHOR: block
async fn blocks() -> Result<()> {
    let greeting = async {
        sleep(0).await?;
        Ok("hello from a block")
    };
    println!("nothing has run yet");
    let words: Result<&str> = greeting.await;
    println!("{}", words?);
    Ok(())
}
// ANCHOR_END: block

// ANCHOR: move
async fn moving() -> Result<()> {
    let name = String::from("Ada");
    // The block takes `name` with it, as it may run longer than this function.
    let task = create_task(async move {
        sleep(0).await?;
        println!("hello, {name}");
        Ok(name.len())
    });
    println!("{} letters", task.await?);
    Ok(())
}
// ANCHOR_END: move

// ANCHOR: clone
async fn cloning() -> Result<()> {
    let name: Rc<str> = "Ada".into();
    let task = create_task({
        let name = name.clone();
        async move {
            sleep(0).await?;
            println!("in the task: {name}");
            Ok(())
        }
    });
    println!("and still here: {name}");
    task.await
}
// ANCHOR_END: clone

// ANCHOR: closure
async fn twice(action: impl AsyncFn(u32) -> Result<()>) -> Result<()> {
    action(1).await?;
    action(2).await
}

async fn closures() -> Result<()> {
    let place = String::from("at the door");
    twice(async |time| {
        sleep(0).await?;
        println!("knock {time} {place}");
        Ok(())
    })
    .await
}
// ANCHOR_END: closure

// ANCHOR: share
async fn sharing() -> Result<()> {
    let visits = Rc::new(Cell::new(0));
    let names = Rc::new(RefCell::new(Vec::new()));
    let visit = |name: &'static str| {
        let (visits, names) = (visits.clone(), names.clone());
        async move {
            visits.set(visits.get() + 1);
            // Borrowed and given back within one line: no `await` in between.
            names.borrow_mut().push(name);
            sleep(0).await
        }
    };
    gather([visit("Ada"), visit("Bo")]).await?;
    println!("{} visits: {:?}", visits.get(), names.borrow());
    Ok(())
}
// ANCHOR_END: share

async fn program() -> Result<()> {
    println!("{} {}", quarter(12).await?, quarter_in_full(12).await?);
    if let Err(error) = quarter(6).await {
        println!("{error:?}");
    }
    blocks().await?;
    moving().await?;
    cloning().await?;
    closures().await?;
    sharing().await
}

fn main() -> Result<()> {
    run(program())
}
