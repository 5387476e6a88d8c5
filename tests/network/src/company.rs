//! Those whom a program talks to, as tasks on the network.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;

use asyncio::simulation::{Machine, Network};
use asyncio::ssl::{Protocol, SSLContext};
use asyncio::{
    Exception, Result, StreamReader, StreamWriter, io, open_connection, signal, sleep, start_server, wait_for,
};

thread_local! {
    /// The machine of each site, and its answer to every request.
    static SITES: RefCell<Vec<(Machine, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
}

fn script(variable: &str) -> String {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty());
    path.map(|path| fs::read_to_string(path).expect("the script can be read")).unwrap_or_default()
}

/// Gives each site a machine.
pub(crate) fn prepare(network: &Network) {
    let sites = script("NETWORK_SITES");
    let machines = sites.lines().filter_map(|line| line.split_once(' '));
    let answered =
        machines.map(|(host, file)| (network.machine(host), fs::read(file).expect("the answer can be read")));
    SITES.set(answered.collect());
}

/// Comes, and stays until the program ends.
pub(crate) async fn come() -> Result<()> {
    for (machine, answer) in SITES.take() {
        machine.create_task(serve(machine.name().to_owned(), answer)).await?;
    }
    if std::env::var_os("NETWORK_ECHO").is_some() {
        start_server(echo, "127.0.0.1", 8888).await?;
    }
    if let Err(error) = play(&script("NETWORK_TALK")).await {
        if error.is_cancelled() {
            // The program has ended, and with it the loop that we share.
            return Err(error);
        }
        eprintln!("the talk: {error}");
        std::process::exit(1);
    }
    Ok(())
}

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(line)?;
        writer.drain().await?;
    }
}

/// A site that gives every request the same answer.
async fn serve(host: String, answer: Vec<u8>) -> Result<()> {
    let mut context = SSLContext::new(Protocol::TlsServer);
    let folder = std::env::var("NETWORK_CERTIFICATES")?;
    context.load_cert_chain(format!("{folder}/site.pem"), format!("{folder}/site.key"))?;
    let respond = async move |mut reader: StreamReader, writer: StreamWriter| {
        reader.readuntil("\r\n\r\n").await?;
        writer.write(answer.clone())?;
        writer.drain().await
    };
    start_server(respond, host, 443).ssl(&context).await.map(drop)
}

/// How long a client waits for a line, in virtual seconds.
const PATIENCE: f64 = 20.0;

/// Plays a talk as `guide_tests::talk` does. Instead of looking at what the program prints, it lets all happen that can.
async fn play(talk: &str) -> Result<()> {
    let mut clients: BTreeMap<&str, (StreamReader, StreamWriter)> = BTreeMap::new();
    for (number, line) in talk.lines().enumerate() {
        let wrong = |why: &str| Exception::new(format!("line {}, {line:?}: {why}", number + 1));
        sleep(0.01).await?;
        if line == "^C" {
            io::kill(std::process::id(), signal::SIGINT)?;
            continue;
        }
        if line.starts_with('|') {
            continue;
        }
        let end = line.find(['>', '<', '.']).ok_or_else(|| wrong("it is no line of a talk"))?;
        let (name, (mark, text)) = (&line[..end], line[end..].split_at(1));
        let text = text.strip_prefix(' ').unwrap_or(text);
        if !clients.contains_key(name) {
            clients.insert(name, open_connection("127.0.0.1", 8888).await?);
        }
        let (reader, writer) = clients.get_mut(name).ok_or_else(|| wrong("it is connected"))?;
        let mut hear = async || -> Result<String> {
            let heard = wait_for(async { reader.readline().await }, PATIENCE).await?;
            Ok(String::from_utf8(heard)?.trim_end_matches(['\r', '\n']).to_owned())
        };
        match mark {
            ">" => writer.write(format!("{text}\n"))?,
            "<" => {
                let heard = hear().await?;
                let is_it = text.strip_suffix('…').map_or(heard == text, |begin| heard.starts_with(begin));
                if !is_it {
                    return Err(wrong(&format!("heard {heard:?}")).into());
                }
            }
            _ => {
                writer.write_eof()?;
                let heard = hear().await?;
                if !heard.is_empty() {
                    return Err(wrong(&format!("heard {heard:?}")).into());
                }
                clients.remove(name);
            }
        }
    }
    Ok(())
}
