//! `#[asyncio::test]`: which tests pass, which fail, and with which message.

// As in a crate whose manifest gives it another name.
extern crate asyncio as renamed;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use asyncio::io::kill;
use asyncio::signal::SIGUSR2;
use asyncio::{Event, Exception, Lock, Result, create_task, gather, get_running_loop, sleep};

/// Each of two tasks reads, gives way, and writes what it read plus one.
async fn lost_update() -> Result<u32> {
    let counter = Rc::new(Cell::new(0));
    let add = |_| {
        let counter = Rc::clone(&counter);
        async move {
            sleep(0).await?;
            let seen = counter.get();
            sleep(0).await?;
            counter.set(counter.get().max(seen + 1));
            Ok(())
        }
    };
    gather((0..2).map(add)).await?;
    Ok(counter.get())
}

/// Two steps, which take no time.
async fn looked_up() -> Result<()> {
    sleep(0).await?;
    sleep(0).await
}

mod passes {
    use super::*;

    #[asyncio::test]
    async fn an_hour_on_the_virtual_clock() -> Result<()> {
        let begun = Instant::now();
        sleep(3600).await?;
        assert!(begun.elapsed() < Duration::from_secs(3000));
        Ok(())
    }

    #[asyncio::test(clock = "real", debug = true)]
    async fn a_loop_has_the_options() {
        assert!(get_running_loop().unwrap().get_debug());
        let begun = Instant::now();
        sleep(0.01).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(10));
    }

    #[asyncio::test]
    async fn an_error_of_any_type() -> std::result::Result<(), std::num::ParseIntError> {
        assert_eq!("12".parse::<i32>()?, 12);
        Ok(())
    }

    #[asyncio::test]
    async fn the_task_has_the_name_of_the_test() -> Result<()> {
        let task = format!("{:?}", asyncio::current_task()?.expect("a test is a task"));
        assert!(task.contains("coro=<the_task_has_the_name_of_the_test() "), "{task}");
        let task = format!("{:?}", create_task(async { Ok(()) }));
        assert!(task.contains("coro=<the_task_has_the_name_of_the_test() "), "{task}");
        Ok(())
    }

    #[asyncio::test]
    async fn a_task_that_is_left_is_cancelled() -> Result<()> {
        create_task(sleep(9));
        Ok(())
    }

    #[asyncio::test]
    #[ignore = "it shows that other attributes stay"]
    async fn an_ignored_test() {
        panic!("it does not run");
    }

    #[asyncio::test(schedules = 500, seed = 3, leaks = "deny")]
    async fn many_orders() -> Result<()> {
        gather([sleep(0), sleep(0)]).await?;
        Ok(())
    }

    /// All loops of the process that handle the signal hear of it, so one thread searches.
    #[asyncio::test(schedules = 200, threads = 1, leaks = "deny")]
    async fn a_signal_in_many_orders() -> Result<()> {
        let (event_loop, came, times) = (get_running_loop()?, Event::new(), Rc::new(Cell::new(0)));
        let (sets, counts) = (came.clone(), Rc::clone(&times));
        let heard = move || {
            counts.set(counts.get() + 1);
            sets.set();
        };
        event_loop.add_signal_handler(SIGUSR2, heard)?;
        kill(std::process::id(), SIGUSR2)?;
        came.wait().await?;
        // In real time, as long as there is a handler.
        sleep(0.001).await?;
        event_loop.remove_signal_handler(SIGUSR2);
        assert_eq!(times.get(), 1);
        Ok(())
    }

    #[asyncio::test(schedules = 500, slow_steps = 0.4)]
    async fn steps_that_take_less_time_than_the_limit() -> Result<()> {
        asyncio::wait_for(looked_up(), 0.5).await
    }

    #[asyncio::test(delays = 2)]
    async fn all_orders_with_few_deviations() -> Result<()> {
        assert_eq!(lost_update().await?.min(1), 1);
        Ok(())
    }

    /// A server and a client that gives up after 30 seconds.
    #[asyncio::test(network = "memory", leaks = "deny")]
    async fn a_network_in_memory() -> Result<()> {
        let served = async |_, writer: asyncio::StreamWriter| {
            sleep(60).await?;
            Ok(writer.write("hello")?)
        };
        let server = asyncio::start_server(served, "127.0.0.1", 80).await?;
        let (mut reader, _writer) = asyncio::open_connection("127.0.0.1", 80).await?;
        assert!(asyncio::wait_for(reader.read(10), 30).await.is_err());
        assert_eq!(reader.read(10).await?, b"hello");
        server.close();
        server.wait_closed().await
    }

    #[asyncio::test(network = asyncio::simulation::Network::new().latency(5), schedules = 20)]
    async fn a_slow_network_in_some_orders() -> Result<()> {
        let begun = get_running_loop()?.time();
        let server = asyncio::start_server(async |_, writer| Ok(writer.write("hi")?), "127.0.0.1", 80).await?;
        let (mut reader, _writer) = asyncio::open_connection("127.0.0.1", 80).await?;
        assert_eq!(reader.read_to_end().await?, b"hi");
        assert!(get_running_loop()?.time() - begun >= 10.0);
        server.close();
        Ok(())
    }

    #[renamed::test(crate = "renamed", schedule = "1:fence:walk:7")]
    async fn a_crate_that_has_another_name() -> renamed::Result<()> {
        renamed::sleep(1).await
    }

    #[renamed::test(crate = ::renamed)]
    async fn a_path_that_is_no_string() {}
}

mod fails {
    use super::*;

    #[asyncio::test]
    #[should_panic(expected = "the test raised Exception('no such row')")]
    async fn an_error() -> Result<()> {
        Err(Exception::new("no such row").into())
    }

    #[asyncio::test]
    #[should_panic(expected = "the test raised ParseIntError")]
    async fn an_error_of_another_type() -> std::result::Result<(), std::num::ParseIntError> {
        "twelve".parse::<i32>().map(drop)
    }

    #[asyncio::test]
    #[should_panic(expected = "three is not four")]
    async fn a_panic() {
        assert_eq!(3, 4, "three is not four");
    }

    #[asyncio::test]
    // The task's number depends on how many other tests have started.
    #[should_panic(expected = " waits for <Lock waiters=1>, acquired by a task that is done, at ")]
    async fn a_deadlock() -> Result<()> {
        let lock = Lock::new();
        let other = lock.clone();
        create_task(async move { other.acquire().await }).named("holder").await?;
        let _guard = lock.lock().await?;
        Ok(())
    }

    #[asyncio::test]
    #[should_panic(expected = "nothing handled this:\n  Task exception was never retrieved: Exception('nobody asks')")]
    async fn an_exception_that_nothing_retrieved() -> Result<()> {
        drop(create_task(async { Err::<(), _>(Exception::new("nobody asks").into()) }));
        sleep(1).await
    }

    #[asyncio::test]
    #[should_panic(expected = "nothing handled this:")]
    async fn a_panic_in_a_callback() -> Result<()> {
        get_running_loop()?.call_soon(|| panic!("in a callback"))?;
        sleep(1).await
    }

    #[asyncio::test(leaks = "deny")]
    #[should_panic(expected = "the test has left a task:\n  janitor waits for a timer at ")]
    async fn a_task_that_is_left() -> Result<()> {
        drop(create_task(sleep(9)).named("janitor"));
        sleep(1).await
    }

    #[asyncio::test(schedules = 500)]
    #[should_panic(expected = "to repeat it: ASYNCIO_SCHEDULE=1:fence:dev:")]
    async fn in_some_order() -> Result<()> {
        assert_eq!(lost_update().await?, 2);
        Ok(())
    }

    #[asyncio::test(schedules = 500, slow_steps = 0.5)]
    #[should_panic(expected = "to repeat it: ASYNCIO_SCHEDULE=1:fence:dev:+1:time:dev:busy.0=1/2")]
    async fn when_steps_take_time() -> Result<()> {
        asyncio::wait_for(looked_up(), 0.5).await
    }

    #[asyncio::test(schedule = "1:fence:dev:1=1/9")]
    #[should_panic(expected = "the schedule does not fit the program")]
    async fn a_schedule_of_another_program() -> Result<()> {
        sleep(1).await
    }

    #[asyncio::test(schedule = "1:fence:dev:x")]
    #[should_panic(expected = "`schedule` of `#[asyncio::test]`: ")]
    async fn a_schedule_that_is_none() {}
}
