//! Machines: addresses, partitions, crashes.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::{Result, get_running_loop, sleep, wait_for};
use asyncio_simulation::{Machine, Network};
use asyncio_streams::{StreamReader, StreamWriter, create_datagram_endpoint, open_connection, start_server};

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

fn three(network: &Network) -> [Machine; 3] {
    ["a", "b", "c"].map(|name| network.machine(name))
}

async fn serve(machine: &Machine) -> Result<()> {
    machine.create_task(async { start_server(echo, None::<&str>, 7).await.map(drop) }).await
}

#[test]
fn each_machine_has_its_own_ports_and_loopback() {
    let network = Network::new();
    let [a, b, c] = three(&network);
    network
        .run(async move {
            serve(&a).await?;
            serve(&b).await?;
            let at = async |machine: &Machine, host: &'static str| {
                machine
                    .create_task(async move { open_connection(host, 7).await.map(|(_, writer)| writer.peername()) })
                    .await
            };
            assert_eq!(at(&a, "127.0.0.1").await?.to_string(), "('127.0.0.1', 7)");
            assert_eq!(at(&c, "a").await?.to_string(), format!("('{}', 7)", a.address()));
            assert!(at(&c, "127.0.0.1").await.is_err());
            Ok(())
        })
        .unwrap();
}

#[test]
fn bytes_wait_for_the_end_of_a_partition() {
    let network = Network::new();
    let [a, b, _] = three(&network);
    network
        .clone()
        .run(async move {
            serve(&a).await?;
            let _b = b.enter();
            let (mut reader, writer) = open_connection("a", 7).await?;
            network.partition(&a, &b);
            writer.write("one\n")?;
            writer.write("two\n")?;
            assert!(wait_for(async { reader.readline().await }, 60).await.is_err());
            network.heal(&b, &a);
            assert_eq!(reader.readline().await?, b"one\n");
            assert_eq!(reader.readline().await?, b"two\n");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_partition_without_end_breaks_connections() {
    let network = Network::new();
    let [a, b, _] = three(&network);
    network
        .clone()
        .run(async move {
            serve(&a).await?;
            let _b = b.enter();
            let (mut reader, writer) = open_connection("a", 7).await?;
            network.partition(&a, &b);
            let event_loop = get_running_loop()?;
            let begun = event_loop.time();
            let error = open_connection("a", 7).await.unwrap_err();
            assert!(error.to_string().starts_with("[Errno 110] Connect call failed"), "{error}");
            assert!((event_loop.time() - begun - 127.0).abs() < 0.001);
            let begun = event_loop.time();
            writer.write("hello?\n")?;
            let error = reader.readline().await.unwrap_err();
            assert!(error.to_string().contains("timed out"), "{error}");
            assert!((event_loop.time() - begun - 924.0).abs() < 0.001);
            Ok(())
        })
        .unwrap();
}

#[test]
fn datagrams_are_lost_in_a_partition() {
    let network = Network::new();
    let [a, b, _] = three(&network);
    network
        .clone()
        .run(async move {
            let server = a.create_task(async { create_datagram_endpoint().local_addr("a", 53).await }).await?;
            let client = b.create_task(async { create_datagram_endpoint().remote_addr("a", 53).await }).await?;
            network.partition(&a, &b);
            client.send("lost").await?;
            network.heal_all();
            client.send("found").await?;
            assert_eq!(server.recv(100).await?, b"found");
            Ok(())
        })
        .unwrap();
}

/// Notes when it is dropped, as cleanup code would.
struct Loud(Rc<Cell<u32>>);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_crash_takes_all_tasks_of_a_machine_and_no_other() {
    let network = Network::new();
    let [a, b, _] = three(&network);
    network
        .run(async move {
            let (dropped, cleaned) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
            for machine in [&a, &b] {
                let (dropped, cleaned) = (Rc::clone(&dropped), Rc::clone(&cleaned));
                machine.create_task(async move {
                    // Tasks that it creates also belong to the machine.
                    let inner = asyncio_runtime::create_task(async move {
                        let _loud = Loud(dropped);
                        let slept = sleep(1e6).await;
                        cleaned.set(cleaned.get() + 1);
                        slept
                    });
                    inner.await
                });
            }
            sleep(1).await?;
            assert_eq!((a.tasks().len(), b.tasks().len()), (2, 2));
            a.crash();
            sleep(1).await?;
            assert_eq!((a.tasks().len(), b.tasks().len()), (0, 2));
            assert_eq!((dropped.get(), cleaned.get()), (1, 0), "nothing is cleaned up but by destructors");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_machine_that_starts_again_runs_its_program_and_does_not_know_its_connections() {
    let network = Network::new();
    let [a, b, _] = three(&network);
    network
        .run(async move {
            let starts = Rc::new(Cell::new(0));
            let count = Rc::clone(&starts);
            a.start(async move || {
                count.set(count.get() + 1);
                start_server(echo, "a", 7).await?.serve_forever().await
            });
            sleep(1).await?;
            let _b = b.enter();
            let (mut reader, writer) = open_connection("a", 7).await?;
            a.crash();
            writer.write("lost\n")?;
            assert!(wait_for(async { reader.readline().await }, 60).await.is_err(), "nobody says anything");
            assert!(wait_for(open_connection("a", 7), 60).await.is_err());
            a.restart();
            let error = reader.readline().await.unwrap_err();
            assert_eq!(error.to_string(), "Connection reset by peer (os error 104)");
            sleep(1).await?;
            let (mut reader, writer) = open_connection("a", 7).await?;
            writer.write("hello\n")?;
            assert_eq!(reader.readline().await?, b"hello\n");
            assert_eq!(starts.get(), 2);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_machine_may_crash_itself() {
    let network = Network::new();
    let [a, ..] = three(&network);
    network
        .run(async move {
            let (machine, after) = (a.clone(), Rc::new(Cell::new(false)));
            let reached = Rc::clone(&after);
            let task = a.create_task(async move {
                machine.crash();
                sleep(0).await?;
                reached.set(true);
                Ok(())
            });
            assert!(task.await.unwrap_err().is_cancelled());
            assert!(!after.get());
            Ok(())
        })
        .unwrap();
}
