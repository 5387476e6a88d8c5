//! The conversations, ours. `peer.py` has the same in Python.

use asyncio_runtime::{Exception, Result, create_task};
use asyncio_streams::{StreamReader, StreamWriter};

const BULK: usize = 64 << 20;

/// All talks, and those in which one direction is closed alone.
pub(crate) const TALKS: [&str; 2] = ["lines", "bulk"];
pub(crate) const HALF_CLOSED: [&str; 2] = ["client ends", "server ends"];

/// About a megabyte; bulk is this again and again.
fn pattern() -> Vec<u8> {
    (0..=250).cycle().take(251 * 4096).collect()
}

async fn send_bulk(writer: StreamWriter) -> Result<()> {
    let period = pattern();
    for start in (0..BULK).step_by(period.len()) {
        writer.write(&period[..period.len().min(BULK - start)])?;
        writer.drain().await?;
    }
    Ok(())
}

async fn receive_bulk(reader: &mut StreamReader) -> Result<()> {
    let (period, mut received) = (pattern(), 0);
    while received < BULK {
        let data = reader.read((1 << 18).min(BULK - received)).await?;
        check(!data.is_empty(), "the end before all was there")?;
        let begin = received % 251;
        check(data == period[begin..begin + data.len()], "the bytes that were sent")?;
        received += data.len();
    }
    Ok(())
}

async fn exchange_bulk(reader: &mut StreamReader, writer: &StreamWriter) -> Result<()> {
    let sending = create_task(send_bulk(writer.clone()));
    receive_bulk(reader).await?;
    sending.await
}

pub(crate) async fn serve(mut reader: StreamReader, writer: StreamWriter, heard: impl Fn(String)) -> Result<()> {
    let talk = String::from_utf8(reader.readline().await?)?;
    match talk.trim() {
        "lines" => loop {
            let line = reader.readline().await?;
            if line.is_empty() {
                break;
            }
            writer.write(line.to_ascii_uppercase())?;
            writer.drain().await?;
        },
        "bulk" => {
            exchange_bulk(&mut reader, &writer).await?;
            writer.write("done\n")?;
        }
        "client ends" => {
            let data = reader.read_to_end().await?;
            writer.write(format!("{} bytes\n", data.len()))?;
        }
        "server ends" => {
            writer.write("that is all\n")?;
            writer.write_eof()?;
            let data = reader.read_to_end().await?;
            heard(format!("{} bytes after the end", data.len()));
        }
        talk => return Err(Exception::new(format!("no such conversation: {talk:?}")).into()),
    }
    writer.close();
    writer.wait_closed().await
}

pub(crate) async fn converse(mut reader: StreamReader, writer: StreamWriter, talk: &str) -> Result<()> {
    writer.write(format!("{talk}\n"))?;
    match talk {
        "lines" => {
            for i in 0..1000 {
                writer.write(format!("line {i}\n"))?;
                let answer = reader.readline().await?;
                check(answer == format!("LINE {i}\n").as_bytes(), "the line in capitals")?;
            }
        }
        "bulk" => {
            exchange_bulk(&mut reader, &writer).await?;
            check(reader.readline().await? == b"done\n", "done")?;
        }
        "client ends" => {
            writer.write(vec![b'x'; 100_000])?;
            writer.write_eof()?;
            check(reader.readline().await? == b"100000 bytes\n", "the number of bytes")?;
        }
        _ => {
            check(reader.read_to_end().await? == b"that is all\n", "all until the end")?;
            writer.write(vec![b'x'; 100_000])?;
        }
    }
    writer.close();
    writer.wait_closed().await
}

pub(crate) fn check(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Exception::new(format!("expected: {what}")).into()) }
}
