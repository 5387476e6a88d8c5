//! CPython's asyncio as the client of our servers, and as the server of our clients: `peer.py`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use asyncio_runtime::{Result, to_thread};
use asyncio_streams::{
    StreamReader, StreamWriter, open_connection, open_unix_connection, start_server, start_unix_server,
};
use libtest_mimic::Trial;

use crate::talk::{HALF_CLOSED, TALKS, check, converse, serve};
use crate::{Certificates, Running, find as find_program, succeed, trial};

/// `PYTHON` if it is set, else the first on the path that is new enough.
pub(crate) fn find() -> Option<PathBuf> {
    let named = std::env::var_os("PYTHON").map(PathBuf::from);
    let usual = ["python3.14", "python3.13", "python3.12", "python3.11", "python3"];
    let new_enough = |python: &PathBuf| {
        let question = "import sys; sys.exit(sys.version_info < (3, 11))";
        Command::new(python).args(["-c", question]).output().is_ok_and(|answer| answer.status.success())
    };
    named.into_iter().chain(usual.iter().filter_map(|name| find_program(name))).find(new_enough)
}

const KINDS: [&str; 3] = ["plain", "tls", "unix"];

pub(crate) fn trials(python: PathBuf) -> Vec<Trial> {
    let mut trials = Vec::new();
    for kind in KINDS {
        // Neither Python nor we can close one direction of TLS.
        for talk in TALKS.iter().chain(HALF_CLOSED.iter().filter(|_| kind != "tls")) {
            let program = python.clone();
            trials.push(trial(format!("cpython's client: {kind}, {talk}"), || their_client(program, kind, talk)));
            let program = python.clone();
            trials.push(trial(format!("cpython's server: {kind}, {talk}"), || their_server(program, kind, talk)));
        }
    }
    trials
}

fn peer(python: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/peer.py");
    command.arg(script).args(arguments).current_dir(folder);
    command
}

async fn their_client(python: PathBuf, kind: &'static str, talk: &'static str) -> Result<()> {
    let certificates = Certificates::new()?;
    let heard = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&heard);
    let serve = async move |reader: StreamReader, writer: StreamWriter| {
        serve(reader, writer, |text| sink.borrow_mut().push(text)).await
    };
    let path = certificates.path().join("socket");
    let server = match kind {
        "unix" => start_unix_server(serve, &path).await?,
        "tls" => start_server(serve, "127.0.0.1", 0).ssl(&certificates.identity.server()).await?,
        _ => start_server(serve, "127.0.0.1", 0).await?,
    };
    let place = server.sockets()[0].port().map_or_else(|| path.display().to_string(), |port| port.to_string());
    let mut command = peer(&python, certificates.path(), &["client", kind, &place, talk]);
    to_thread(move || succeed(&mut command)).await??;
    server.close();
    server.wait_closed().await?;
    let expected: &[&str] = if talk == "server ends" { &["100000 bytes after the end"] } else { &[] };
    check(*heard.borrow() == expected, "what the client said at last")
}

async fn their_server(python: PathBuf, kind: &'static str, talk: &'static str) -> Result<()> {
    let certificates = Certificates::new()?;
    let path = certificates.path().join("socket");
    let place = if kind == "unix" { path.to_str().expect("ours is text") } else { "0" };
    let mut running = Running::start(&mut peer(&python, certificates.path(), &["server", kind, place]))?;
    let place = running.line()?;
    let (reader, writer) = match kind {
        "unix" => open_unix_connection(&path).await?,
        "tls" => {
            let client = certificates.authority.client();
            open_connection("127.0.0.1", place.parse::<u16>()?).ssl(&client).server_hostname("localhost").await?
        }
        _ => open_connection("127.0.0.1", place.parse::<u16>()?).await?,
    };
    converse(reader, writer, talk).await?;
    if talk == "server ends" {
        check(running.line()? == "100000 bytes after the end", "what the server heard")?;
    }
    check(running.finish()?.is_empty(), "nothing more from the server")
}
