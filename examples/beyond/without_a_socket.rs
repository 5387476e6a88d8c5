//! A server and its client, tested without a socket: on a network in memory, where
//! time is virtual and connections break when the test wants them to. The client
//! asks again when no answer comes, so the server may hear a request twice.
//!
//! Run it: `cargo run --example without_a_socket`

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use asyncio::simulation::{Fault, Network, explore};
use asyncio::{
    AsyncIterator, Result, StreamReader, StreamWriter, get_running_loop,
    open_connection, sleep, start_server, wait_for,
};

// ANCHOR: server
/// A total. Each line is an amount to be added, and is answered with the total.
async fn account(
    total: &Cell<u32>,
    mut reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    while let Some(line) = reader.anext().await? {
        let amount: u32 = String::from_utf8(line)?.trim().parse()?;
        total.set(total.get() + amount);
        writer.write(format!("{}\n", total.get()))?;
        writer.drain().await?;
    }
    Ok(())
}
// ANCHOR_END: server

// ANCHOR: client
async fn ask(request: &str) -> Result<u32> {
    let (mut reader, writer) = open_connection("bank", 4000).await?;
    writer.write(format!("{request}\n"))?;
    let answer = wait_for(reader.readline(), 30).await?;
    Ok(String::from_utf8(answer)?.trim().parse()?)
}

/// Asks until there is an answer.
async fn ask_again(request: &str) -> Result<u32> {
    loop {
        match ask(request).await {
            Err(error) if !error.is_cancelled() => sleep(1).await?,
            answer => return answer,
        }
    }
}
// ANCHOR_END: client

// ANCHOR: late
/// The server starts an hour late, and the client waits for it.
async fn a_late_server(network: Network) -> Result<()> {
    let bank = network.machine("bank");
    bank.create_task(async {
        sleep(3600).await?;
        let total = Cell::new(0);
        let serve =
            async move |reader, writer| account(&total, reader, writer).await;
        start_server(serve, "bank", 4000).await
    });
    let event_loop = get_running_loop()?;
    let begun = event_loop.time();
    println!("the total is {}", ask_again("2").await?);
    println!("it took {:.0} seconds", event_loop.time() - begun);
    Ok(())
}
// ANCHOR_END: late

// ANCHOR: explored
/// Adds 2 to 0, on a network where connections break.
async fn deposit() -> Result<u32> {
    let network = Network::new().faults([Fault::Reset]);
    network.machine("bank").start(async || {
        let total = Cell::new(0);
        let serve = async move |reader, writer| {
            // If the connection breaks, the client connects again.
            let _ = account(&total, reader, writer).await;
            Ok(())
        };
        start_server(serve, "bank", 4000).await?.serve_forever().await
    });
    let _network = network.enter();
    ask_again("2").await
}
// ANCHOR_END: explored

// ANCHOR: mended
/// The same, but a request has a name, and the answer to each name is kept.
async fn account_once(
    answers: &RefCell<BTreeMap<String, u32>>,
    mut reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    while let Some(line) = reader.anext().await? {
        let line = String::from_utf8(line)?;
        let (name, amount) = line.trim().split_once(' ').unwrap_or_default();
        let total: u32 = answers.borrow().values().max().copied().unwrap_or(0);
        let total = total + amount.parse::<u32>()?;
        let answer = *answers.borrow_mut().entry(name.to_owned()).or_insert(total);
        writer.write(format!("{answer}\n"))?;
        writer.drain().await?;
    }
    Ok(())
}
// ANCHOR_END: mended

async fn deposit_once() -> Result<u32> {
    let network = Network::new().faults([Fault::Reset]);
    network.machine("bank").start(async || {
        let answers = Rc::new(RefCell::new(BTreeMap::new()));
        let serve = async move |reader, writer| {
            let _ = account_once(&answers, reader, writer).await;
            Ok(())
        };
        start_server(serve, "bank", 4000).await?.serve_forever().await
    });
    let _network = network.enter();
    ask_again("deposit-1 2").await
}

// ANCHOR: main
fn main() -> Result<()> {
    let network = Network::new().latency(0.05);
    network.run(a_late_server(network.clone()))?;

    let result = explore(deposit).same_output().allow_leaked_tasks().run();
    if let Some(found) = result.failure {
        println!("{}", found.failure);
        print!("{}", found.story);
        println!("the schedule: {}", found.schedule);
    }

    let mended = explore(deposit_once).same_output().allow_leaked_tasks();
    print!("{}", mended.schedules(1000).run());
    Ok(())
}
// ANCHOR_END: main
