//! tokio-postgres over our streams: queries, a transaction, notifications, and a
//! query that is cancelled at the server.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin postgres`
//!
//! It takes the path of the server's socket as an argument, and needs a user
//! `postgres` who may connect without a password.

use std::env;
use std::path::Path;

use asyncio::streams::Duplex;
use asyncio::{Result, Task, TimeoutError, cancellable, create_task, gather};
use asyncio::{open_unix_connection, run, wait_for};
use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

// ANCHOR: connect
async fn open(socket: &Path) -> Result<Compat<Duplex>> {
    let (reader, writer) = open_unix_connection(socket).await?;
    Ok(Duplex::new(reader, writer).compat())
}

/// A client, what the server sends of itself, and the task that moves the bytes,
/// which ends when the client is dropped.
async fn connect(
    socket: &Path,
) -> Result<(Client, mpsc::UnboundedReceiver<AsyncMessage>, Task<()>)> {
    let stream = open(socket).await?;
    let connecting =
        Config::new().user("postgres").connect_raw(stream, NoTls).await;
    let (client, mut connection) = connecting?;
    let (sender, messages) = mpsc::unbounded_channel();
    let moving = create_task(async move {
        let mut arriving = stream::poll_fn(move |cx| connection.poll_message(cx));
        while let Some(message) = cancellable(arriving.next()).await? {
            let _ = sender.send(message?);
        }
        Ok(())
    });
    Ok((client, messages, moving))
}
// ANCHOR_END: connect

// ANCHOR: queries
async fn queries(client: &mut Client) -> Result<()> {
    client.batch_execute("CREATE TEMP TABLE teas (name TEXT, minutes INT)").await?;
    let insert = client.prepare("INSERT INTO teas VALUES ($1, $2)").await?;
    for (name, minutes) in [("assam", 3), ("sencha", 1), ("mint", 8)] {
        client.execute(&insert, &[&name, &minutes]).await?;
    }

    // A transaction that is dropped is rolled back.
    let transaction = client.transaction().await?;
    let sold =
        transaction.execute("DELETE FROM teas WHERE minutes < $1", &[&5]).await?;
    println!("{sold} teas sold, if it were committed");
    drop(transaction);

    for row in
        client.query("SELECT name, minutes FROM teas ORDER BY name", &[]).await?
    {
        println!(
            "{}: {} minutes",
            row.get::<_, &str>("name"),
            row.get::<_, i32>("minutes")
        );
    }
    Ok(())
}
// ANCHOR_END: queries

// ANCHOR: gather
/// Queries that are sent before the answers to the earlier ones are there.
async fn pipelined(socket: &Path) -> Result<()> {
    let (client, _messages, moving) = connect(socket).await?;
    let client = std::rc::Rc::new(client);
    let squares = (1..=5).map(|n| {
        let client = client.clone();
        async move {
            Ok(client
                .query_one("SELECT $1::INT * $1", &[&n])
                .await?
                .get::<_, i32>(0))
        }
    });
    println!("{:?}", gather(squares).await?);
    drop(client);
    moving.await
}
// ANCHOR_END: gather

// ANCHOR: notify
async fn notifications(
    client: &Client,
    messages: &mut mpsc::UnboundedReceiver<AsyncMessage>,
) -> Result<()> {
    client.batch_execute("LISTEN kettle; NOTIFY kettle, 'it boils'").await?;
    while let Some(message) = messages.recv().await {
        if let AsyncMessage::Notification(notification) = message {
            println!("{}: {}", notification.channel(), notification.payload());
            break;
        }
    }
    Ok(())
}
// ANCHOR_END: notify

// ANCHOR: cancel
/// When the time is up, only our wait ends. The server is told by a connection of
/// its own, and answers the query with an error, which no task waits for any more.
async fn time_limit(client: &Client, socket: &Path) -> Result<()> {
    let slow = async {
        Ok(cancellable(client.execute("SELECT pg_sleep(60)", &[])).await??)
    };
    match wait_for(slow, 0.1).await {
        Err(error) if error.is::<TimeoutError>() => println!("too slow"),
        rows => println!("{} rows", rows?),
    }
    client.cancel_token().cancel_query_raw(open(socket).await?, NoTls).await?;
    let row = client.query_one("SELECT 'and is free again'", &[]).await?;
    println!("{}", row.get::<_, &str>(0));
    Ok(())
}
// ANCHOR_END: cancel

async fn program(socket: &Path) -> Result<()> {
    let (mut client, mut messages, moving) = connect(socket).await?;
    queries(&mut client).await?;
    pipelined(socket).await?;
    notifications(&client, &mut messages).await?;
    time_limit(&client, socket).await?;
    drop(client);
    moving.await
}

fn main() -> Result<()> {
    let socket =
        env::args_os().nth(1).unwrap_or("/var/run/postgresql/.s.PGSQL.5432".into());
    run(async move { program(socket.as_ref()).await })
}
