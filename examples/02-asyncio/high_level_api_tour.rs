//! One of everything in the high-level API: coroutines as tasks, queues, locks,
//! subprocesses and streams. The loop, under all of them, stays out of sight.
//!
//! Run it: `cargo run --example high_level_api_tour`
//!
//! Shows: high_level_api_tour

use asyncio::{
    Lock, Queue, Result, StreamReader, StreamWriter, create_subprocess_exec,
    create_task, open_connection, run, sleep, start_server, subprocess,
};
use guide::repr::raised;

// ANCHOR: inside
async fn tasks_queues_and_locks() -> Result<()> {
    let queue = Queue::new(1);
    println!(
        "take from an empty queue: {}",
        raised(&queue.get_nowait().unwrap_err())
    );
    let producer = create_task({
        let queue = queue.clone();
        async move {
            sleep(0.1).await?;
            Ok(queue.put("a parcel").await?)
        }
    });
    println!("the queue gives {}", queue.get().await?);
    producer.await?;
    queue.put_nowait("another")?;
    println!(
        "put into a full queue: {}",
        raised(&queue.put_nowait("one more").unwrap_err())
    );

    let lock = Lock::new();
    lock.acquire().await?;
    lock.release()?;
    println!("release a free lock: {}", raised(&lock.release().unwrap_err()));
    Ok(())
}
// ANCHOR_END: inside

// ANCHOR: outside
async fn subprocesses() -> Result<()> {
    let mut process = create_subprocess_exec("echo")
        .arg("hello")
        .stdout(subprocess::PIPE)
        .await?;
    let (stdout, _) = process.communicate().await?;
    println!(
        "the process says {}",
        String::from_utf8(stdout.unwrap_or_default())?.trim()
    );
    Ok(())
}

async fn streams() -> Result<()> {
    let greet =
        async |_: StreamReader, writer: StreamWriter| Ok(writer.write("good day")?);
    let server = start_server(greet, "127.0.0.1", 0).await?;
    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");
    let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
    println!("the server says {}", String::from_utf8(reader.read_to_end().await?)?);
    Ok(())
}
// ANCHOR_END: outside

async fn program() -> Result<()> {
    tasks_queues_and_locks().await?;
    subprocesses().await?;
    streams().await
}

fn main() -> Result<()> {
    run(program())
}
