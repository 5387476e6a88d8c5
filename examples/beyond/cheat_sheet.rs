//! Every line of the book's cheat sheet, run: a test looks for each of its entries
//! in this program and in its twin.
//!
//! Run it: `cargo run --example cheat_sheet`

use std::cell::Cell;
use std::rc::Rc;

use asyncio::ReturnWhen::FirstCompleted;
use asyncio::signal::SIGTERM;
use asyncio::subprocess::PIPE;
use asyncio::{
    AnyTask, AsyncContextManager, AsyncGenerator, AsyncIterator, Barrier,
    Condition, ContextVar, Error, Event, LifoQueue, Lock, PriorityQueue, Queue,
    Result, Runner, Semaphore, StreamReader, StreamWriter, Task, TaskGroup,
    TimeoutError, ValueError, all_tasks, anext, as_completed, async_with,
    asynccontextmanager, create_subprocess_exec, create_subprocess_shell,
    create_task, current_task, gather, get_running_loop, open_connection, run,
    run_coroutine_threadsafe, shield, sleep, sleep_result, start_server, timeout,
    to_thread, wait, wait_for,
};
use guide::repr::Repr;

async fn work() -> Result<u32> {
    sleep_result(0.01, 7).await
}

fn hello() {}

fn compute(n: u32) -> u32 {
    n * n
}

fn report(_task: &Task<u32>) {}

async fn running() -> Result<()> {
    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    event_loop.call_soon(hello)?;
    event_loop.call_later(0.01, hello)?;
    sleep(0.1).await?;
    println!(
        "{} after {:.1}",
        sleep_result(0.1, "tea").await?,
        event_loop.time() - start
    );
    Ok(())
}

async fn tasks() -> Result<()> {
    println!("{}", work().await?);
    let task = create_task(work()).named("worker");
    let key = task.add_done_callback(report);
    task.remove_done_callback(key);
    println!("{} {}", (&task).await?, task.get_name());
    task.set_name("done");
    println!("{} {}", task.result()?, task.exception()?.is_none().repr());
    println!("{} {}", task.done().repr(), task.cancelled().repr());
    println!("{}", task.await?);

    let me: Option<AnyTask> = current_task()?;
    println!("{} {}", me.is_some().repr(), all_tasks()?.len());
    Ok(())
}

async fn cancelling() -> Result<()> {
    let task = create_task(work());
    println!("{}", task.cancel_with("enough").repr());
    println!("{} {}", task.cancelling(), task.uncancel());
    task.cancel();
    match task.await {
        Err(error) if error.is_cancelled() => println!("cancelled"),
        other => drop(other?),
    }
    let fail = async || Err::<u32, Error>(ValueError::new("no").into());
    match fail().await {
        Err(error) if error.is::<ValueError>() => println!("{error}"),
        other => drop(other?),
    }
    Ok(())
}

async fn many() -> Result<()> {
    println!("{:?}", gather([work(), work()]).await?);
    let (seven, ()) = gather!(work(), sleep(0)).await?;
    println!("{seven}");
    let coros = [work(), work()];
    println!("{}", gather(coros).return_exceptions().await?.len());
    let task =
        TaskGroup::new().run(async |group| Ok(group.create_task(work())?)).await?;
    println!("{}", task.result()?);

    let tasks = [create_task(work()), create_task(work())];
    let (done, _pending) = wait(&tasks).await?;
    println!("{}", done.len());
    wait(&tasks).timeout(1).await?;
    wait(&tasks).return_when(FirstCompleted).await?;
    for next in as_completed(&tasks) {
        println!("{}", next.await?);
    }

    println!("{}", wait_for(work(), 1).await?);
    println!("{}", timeout(1).run(async |_| work().await).await?);
    match wait_for(sleep(60), 0.01).await {
        Err(error) if error.is::<TimeoutError>() => println!("timeout"),
        other => other?,
    }
    println!("{}", shield(create_task(work())).await?);
    Ok(())
}

async fn threads() -> Result<()> {
    println!("{}", to_thread(|| compute(3)).await?);
    let event_loop = get_running_loop()?;
    println!("{}", event_loop.run_in_executor(None, || compute(3))?.await?);
    let handle = event_loop.handle();
    let outside = move || -> Result<u32> {
        handle.call_soon_threadsafe(hello)?;
        run_coroutine_threadsafe(work, &handle)?.result(5)
    };
    println!("{}", to_thread(outside).await??);
    Ok(())
}

async fn locks() -> Result<()> {
    let lock = Lock::new();
    {
        let _guard = lock.lock().await?;
        println!("{}", lock.locked().repr());
    }
    let event = Event::new();
    event.set();
    event.wait().await?;
    println!("{}", event.is_set().repr());
    event.clear();

    let semaphore = Semaphore::new(2)?;
    let permit = semaphore.permit().await?;
    println!("{}", semaphore.locked().repr());
    drop(permit);

    let ready = Rc::new(Cell::new(true));
    let condition = Condition::new();
    {
        let condition = condition.lock().await?;
        condition.wait_for(|| ready.get()).await?;
        condition.notify_all()?;
    }
    let barrier = Barrier::new(1)?;
    println!("{}", barrier.wait().await?);
    Ok(())
}

async fn queues() -> Result<()> {
    let queue = Queue::new(2);
    queue.put("tea").await?;
    queue.put_nowait("cake")?;
    println!("{} {} {}", queue.qsize(), queue.full().repr(), queue.empty().repr());
    println!("{} {}", queue.get().await?, queue.get_nowait()?);
    queue.task_done()?;
    queue.task_done()?;
    queue.join().await?;
    queue.shutdown(false);
    let (last, smallest) = (LifoQueue::new(0), PriorityQueue::new(0));
    for n in [2, 1, 3] {
        last.put_nowait(n)?;
        smallest.put_nowait(n)?;
    }
    println!("{} {}", last.get().await?, smallest.get().await?);
    Ok(())
}

fn numbers() -> AsyncGenerator<u32> {
    AsyncGenerator::new(async |mut y| {
        for n in 0..3 {
            y.yield_(n).await?;
        }
        Ok(())
    })
}

fn resource() -> impl AsyncContextManager<Value = &'static str> {
    asynccontextmanager(async |scope| scope.yield_value("open").await)
}

async fn iteration() -> Result<()> {
    let mut items = numbers();
    println!("{}", anext(&mut items).await?);
    while let Some(item) = items.anext().await? {
        println!("{item}");
    }
    let doubled: Vec<u32> = numbers().map(|n| 2 * n).collect().await?;
    println!("{doubled:?}");
    async_with(resource(), async |value| {
        println!("{value}");
        Ok(())
    })
    .await?;
    Ok(())
}

async fn serve(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let line = reader.readline().await?;
    writer.write(line)?;
    writer.writelines(["ab", "cd\n", "ef"])?;
    writer.drain().await
}

async fn streams() -> Result<()> {
    let host = "127.0.0.1";
    let server = start_server(serve, host, 0).await?;
    let port = server.sockets()[0].port().unwrap_or_default();
    let (mut reader, writer) = open_connection(host, port).limit(1024).await?;
    println!("{}", (writer.peername().port() == Some(port)).repr());
    println!("{}", (writer.sockname().port() == Some(port)).repr());
    println!("{}", writer.ssl_object().is_some().repr());
    writer.write("hi\n")?;
    writer.drain().await?;
    writer.write_eof()?;
    println!("{}", reader.readline().await?.len());
    println!("{}", reader.readexactly(2).await?.len());
    println!("{}", reader.readuntil("\n").await?.len());
    println!("{}", reader.read(1).await?.len());
    println!("{}", reader.read_to_end().await?.len());
    println!("{}", reader.at_eof().repr());
    writer.close();
    writer.wait_closed().await?;
    println!("{}", writer.is_closing().repr());
    server.close();
    server.wait_closed().await
}

async fn subprocesses() -> Result<()> {
    let mut process = create_subprocess_exec("echo").arg("hi").stdout(PIPE).await?;
    let (stdout, _) = process.communicate().await?;
    println!("{} {}", stdout.unwrap_or_default().len(), (process.pid() > 0).repr());
    let cat = create_subprocess_shell("cat").stdin(PIPE).stdout(PIPE);
    let mut process = cat.await?;
    let (stdout, _) = process.communicate_with("hi").await?;
    println!("{}", stdout.unwrap_or_default().len());
    println!("{} {}", process.wait().await?, process.returncode().repr());

    let sleeper = || create_subprocess_exec("sleep").arg("60");
    let process = sleeper().await?;
    process.terminate()?;
    println!("{}", process.wait().await?);
    let process = sleeper().await?;
    process.kill()?;
    println!("{}", process.wait().await?);
    let process = sleeper().await?;
    process.send_signal(SIGTERM)?;
    println!("{}", process.wait().await?);
    Ok(())
}

static USER: ContextVar<&str> = ContextVar::new("user");

async fn program() -> Result<()> {
    running().await?;
    tasks().await?;
    cancelling().await?;
    many().await?;
    threads().await?;
    locks().await?;
    queues().await?;
    iteration().await?;
    streams().await?;
    subprocesses().await?;
    USER.set("Ada");
    println!("{}", USER.get()?);
    Ok(())
}

fn main() -> Result<()> {
    println!("{}", Runner::new().debug(true).run(work())?);
    run(program())
}
