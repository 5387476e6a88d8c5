//! A talk: the lines that clients send to a listening program and receive from it, played as written.
//!
//! The core idea is that a talk reads like a transcript, and that each of its lines waits until it has come true. So a talk is
//! a test whose expectations a reader sees, even on the page of the book:
//!
//! ```text
//! Ada> hello              Ada, who connects when she is first named, says a line
//! Ada< hello              Ada hears a line
//! Ada< date: …            Ada hears a line that begins so
//! | a client came         the program prints a line
//! Ada.                    Ada hangs up, or the program does, and she hears nothing more
//! ^C                      Ctrl-C is pressed
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::company::{PATIENCE, await_that};
use crate::program::{LIMIT, Output, Running};

/// Plays a talk with a program that listens at `address`, to the end of the program.
///
/// # Errors
///
/// Fails at the first line that does not come true.
pub fn talk(script: &str, mut program: Running, address: &str) -> Result<Output> {
    let mut clients = BTreeMap::new();
    for (number, line) in script.lines().enumerate() {
        play(line, &mut program, &mut clients, address)
            .with_context(|| format!("line {} of the talk, {line:?}", number + 1))?;
    }
    program.end(LIMIT)
}

type Clients<'a> = BTreeMap<&'a str, BufReader<TcpStream>>;

fn play<'a>(line: &'a str, program: &mut Running, clients: &mut Clients<'a>, address: &str) -> Result<()> {
    if line == "^C" {
        return press_ctrl_c(program);
    }
    if let Some(printed) = line.strip_prefix("| ") {
        return await_that(program, "the program does not print it", |all| {
            all.lines().find(|one| *one == printed).map(drop)
        });
    }
    let end = line.find(['>', '<', '.']).context("it is no line of a talk")?;
    let (name, (mark, text)) = (&line[..end], line[end..].split_at(1));
    let text = text.strip_prefix(' ').unwrap_or(text);
    if !clients.contains_key(name) {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        clients.insert(name, BufReader::new(stream));
    }
    let client = clients.get_mut(name).context("just connected")?;
    match mark {
        ">" => writeln!(client.get_mut(), "{text}")?,
        "<" => {
            let heard = hear(client)?;
            let line = heard.strip_suffix('\n').with_context(|| format!("heard {heard:?}"))?;
            let line = line.strip_suffix('\r').unwrap_or(line);
            let is_it = text.strip_suffix('…').map_or(line == text, |begin| line.starts_with(begin));
            ensure!(is_it, "heard {heard:?}");
        }
        _ => {
            // The program may have hung up first.
            let _ = client.get_mut().shutdown(Shutdown::Write);
            let heard = hear(client)?;
            ensure!(heard.is_empty(), "heard {heard:?}");
            clients.remove(name);
        }
    }
    Ok(())
}

fn hear(client: &mut BufReader<TcpStream>) -> Result<String> {
    let mut heard = String::new();
    client.read_line(&mut heard).context("heard nothing")?;
    Ok(heard)
}

/// Sends the program what a terminal sends for Ctrl-C.
fn press_ctrl_c(program: &Running) -> Result<()> {
    let sent = Command::new("kill").args(["-INT", &program.id().to_string()]).status()?;
    if !sent.success() {
        bail!("the program is gone");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    /// Plays a talk with a server of ours, which answers each line with the same line; the program only prints.
    fn played(script: &str) -> Result<Output> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(client);
                    while let line = hear(&mut lines).unwrap()
                        && !line.is_empty()
                    {
                        lines.get_mut().write_all(line.as_bytes()).unwrap();
                    }
                });
            }
        });
        let mut command = Command::new("sh");
        command.args(["-c", "trap 'echo bye; exit' INT; echo hi; while :; do sleep 0.01; done"]);
        talk(script, Running::start(command)?, &address)
    }

    #[test]
    fn a_talk_is_played_line_by_line() {
        let output = played("| hi\nAda> one\nBob> two\nBob< two\nAda< one\nAda.\n^C\n").unwrap();
        assert_eq!(output.to_string(), "hi\nbye\n");
    }

    #[test]
    fn a_line_that_does_not_come_true_is_named() {
        let error = format!("{:#}", played("Ada> one\nAda< two\n").unwrap_err());
        assert_eq!(error, r#"line 2 of the talk, "Ada< two": heard "one\n""#);
        let error = format!("{:#}", played("Ada> one\nAda.\n").unwrap_err());
        assert_eq!(error, r#"line 2 of the talk, "Ada.": heard "one\n""#);
        assert!(played("hm\n").is_err());
    }
}
