//! The network without faults: order, time, names, and connections to what does not exist.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use asyncio_runtime::{
    Clock, Result, Runner, RuntimeError, TimeoutError, create_task, get_running_loop, sleep, wait_for,
};
use asyncio_simulation::Network;
use asyncio_streams::{NI_NUMERICHOST, StreamReader, StreamWriter, getnameinfo, open_connection, start_server};

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(&line)?;
        writer.drain().await?;
    }
}

#[test]
fn a_timeout_around_a_read_takes_no_time() {
    let begun = std::time::Instant::now();
    let waited = Network::new().run(async {
        let server = start_server(async |_, _| sleep(1e6).await, "127.0.0.1", 0).await?;
        let port = server.sockets()[0].port().expect("a port");
        let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
        let event_loop = get_running_loop()?;
        let start = event_loop.time();
        assert!(wait_for(async { reader.readline().await }, 3600).await.unwrap_err().is::<TimeoutError>());
        server.close();
        Ok(event_loop.time() - start)
    });
    assert!((waited.unwrap() - 3600.0).abs() < 1e-6);
    // An hour in less than a minute: the clock jumps.
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn a_read_that_nobody_answers_is_a_deadlock() {
    let ended = Network::new().run(async {
        let server = start_server(echo, "127.0.0.1", 7).await?;
        let (mut reader, _writer) = open_connection("127.0.0.1", 7).await?;
        reader.readline().await?;
        server.close();
        Ok(())
    });
    let error = ended.unwrap_err();
    assert!(error.is::<RuntimeError>() && error.to_string().contains("deadlock"), "{error}");
}

#[test]
fn the_same_program_takes_the_same_steps() {
    let run = || {
        let log = Rc::new(RefCell::new(Vec::new()));
        let note = Rc::clone(&log);
        Network::new()
            .latency(0.01)
            .run(async move {
                let server = start_server(echo, "127.0.0.1", 0).await?;
                let port = server.sockets()[0].port().expect("a port");
                let event_loop = get_running_loop()?;
                let begun = event_loop.time();
                let tasks = [0.0, 0.005, 0.0].map(|delay| {
                    let (note, event_loop) = (Rc::clone(&note), event_loop.clone());
                    create_task(async move {
                        sleep(delay).await?;
                        let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
                        writer.write("x\n")?;
                        reader.readline().await?;
                        let at = ((event_loop.time() - begun) * 1e6).round();
                        note.borrow_mut().push((at, writer.sockname().to_string()));
                        Ok(())
                    })
                });
                for task in tasks {
                    task.await?;
                }
                server.close();
                Ok(())
            })
            .unwrap();
        log.take()
    };
    let first = run();
    // A round trip for the connection, and one for the line.
    assert_eq!(first[0].0, 40_000.0);
    assert_eq!(first, run());
}

#[test]
fn names_are_the_networks() {
    let network = Network::new();
    let web = network.machine("www.example.org");
    network
        .run(async move {
            web.create_task(async { start_server(async |_, writer| Ok(writer.write("web")?), None::<&str>, 80).await })
                .await?;
            let (mut reader, writer) = open_connection("www.example.org", 80).await?;
            assert_eq!(reader.read_to_end().await?, b"web");
            let address = writer.peername().as_socket().expect("an address");
            assert_eq!(getnameinfo(address, 0).await?.0, "www.example.org");
            assert_eq!(getnameinfo(address, NI_NUMERICHOST).await?.0, web.address().to_string());
            let event_loop = get_running_loop()?;
            assert_eq!(event_loop.getaddrinfo("www.example.org", 443).await?, [SocketAddr::new(web.address(), 443)]);
            assert_eq!(event_loop.getaddrinfo("127.0.0.1", 1).await?, ["127.0.0.1:1".parse()?]);
            let local = event_loop.getaddrinfo("localhost", 80).await?;
            assert_eq!(local, ["127.0.0.1:80".parse()?, "[::1]:80".parse()?]);
            let unknown = "cannot resolve 'www.example.com': Name or service not known";
            assert_eq!(open_connection("www.example.com", 80).await.unwrap_err().to_string(), unknown);
            assert_eq!(event_loop.getaddrinfo("www.example.com", 80).await.unwrap_err().to_string(), unknown);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_task_that_outlives_its_network_gets_errors() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let left = {
                let _network = Network::new().enter();
                create_task(async {
                    sleep(1).await?;
                    open_connection("127.0.0.1", 80).await.map(drop)
                })
            };
            let error = left.await.unwrap_err();
            assert!(error.to_string().starts_with("the network of this task is gone"), "{error}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_written_without_a_reader_is_bounded() {
    Network::new()
        .buffer(1000)
        .run(async {
            let server = start_server(async |_, _| sleep(1e6).await, "127.0.0.1", 80).await?;
            let (_reader, writer) = open_connection("127.0.0.1", 80).await?;
            writer.write([0; 5000])?;
            assert_eq!(writer.get_write_buffer_size(), 4000);
            server.close();
            Ok(())
        })
        .unwrap();
}
