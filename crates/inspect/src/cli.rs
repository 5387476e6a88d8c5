//! The command lines of `asyncio-ps` and `asyncio-pstree`.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use console::{Term, truncate_str};
use lexopt::prelude::*;

use crate::snapshot::Snapshot;
use crate::tools::client;

/// A tool.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// One line that says what the tool prints.
    pub about: &'static str,
    /// Prints a snapshot; the flag says whether all columns are wanted.
    pub print: fn(&Snapshot, bool) -> String,
    /// Does the tool have columns that it leaves out by default?
    pub has_long: bool,
}

struct Asked {
    pid: u32,
    json: bool,
    long: bool,
    /// Seconds between two looks.
    watch: Option<f64>,
}

/// Does what the command line says.
#[must_use]
pub fn main(tool: &Tool) -> ExitCode {
    match parse(tool, std::env::args_os().skip(1)).and_then(|asked| asked.map_or(Ok(()), |asked| run(tool, &asked))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed.
            let _ = writeln!(io::stderr(), "{}: {error}", tool.name);
            ExitCode::FAILURE
        }
    }
}

fn help(tool: &Tool) -> String {
    let (name, about) = (tool.name, tool.about);
    let long = if tool.has_long { "  --long             All columns\n" } else { "" };
    format!(
        "{about}\n\nUsage: {name} PID [OPTIONS]\n\nThe process runs with ASYNCIO_INSPECT=1.\n\n\
         Options:\n  --json             Everything that is known, as JSON\n{long}\
         \x20 --watch[=SECONDS]  Again and again, every second if nothing else is said\n  \
         -h, --help         This text\n  -V, --version      The version\n"
    )
}

/// `None` if there was nothing to do but print a text.
fn parse(tool: &Tool, arguments: impl Iterator<Item = OsString>) -> Result<Option<Asked>, String> {
    let wrong = |error: lexopt::Error| format!("{error} (see {} --help)", tool.name);
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut pid, mut asked) = (None, Asked { pid: 0, json: false, long: false, watch: None });
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("json") => asked.json = true,
            Long("long") if tool.has_long => asked.long = true,
            Long("watch") => {
                let seconds = parser.optional_value().map_or(Ok(1.0), |value| value.parse()).map_err(wrong)?;
                if !(0.1..=86400.0).contains(&seconds) {
                    return Err("--watch takes 0.1 to 86400 seconds".to_owned());
                }
                asked.watch = Some(seconds);
            }
            Short('h') | Long("help") => return print(&help(tool)).map(|()| None),
            Short('V') | Long("version") => {
                return print(&format!("{} {}\n", tool.name, env!("CARGO_PKG_VERSION"))).map(|()| None);
            }
            Value(value) if pid.is_none() => pid = Some(value.parse().map_err(wrong)?),
            other => return Err(wrong(other.unexpected())),
        }
    }
    asked.pid = pid.ok_or_else(|| format!("which process? (see {} --help)", tool.name))?;
    Ok(Some(asked))
}

fn run(tool: &Tool, asked: &Asked) -> Result<(), String> {
    let text = || {
        let snapshot = client::snapshot(asked.pid)?;
        Ok::<_, String>(if asked.json { snapshot.to_json() + "\n" } else { (tool.print)(&snapshot, asked.long) })
    };
    let Some(seconds) = asked.watch else { return print(&text()?) };
    let is_terminal = io::stdout().is_terminal() && !asked.json;
    loop {
        let text = text()?;
        if is_terminal { done(screen(&format!("{} {}", tool.name, asked.pid), &text)) } else { print(&text) }?;
        thread::sleep(Duration::from_secs_f64(seconds));
    }
}

/// Writes to standard output. A reader that stops reading, such as `head`, is no error.
fn print(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    done(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

fn done(written: io::Result<()>) -> Result<(), String> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.map_err(|error| format!("standard output: {error}")),
    }
}

/// Shows as much of the text as the terminal has room for, in place of its contents.
fn screen(head: &str, text: &str) -> io::Result<()> {
    let terminal = Term::buffered_stdout();
    let size = terminal.size_checked().filter(|(rows, columns)| *rows > 2 && *columns > 2);
    let (rows, columns) = size.unwrap_or((24, 80));
    terminal.move_cursor_to(0, 0)?;
    for line in fit(head, text, rows.into(), columns.into()) {
        terminal.clear_line()?;
        terminal.write_line(&line)?;
    }
    terminal.clear_to_end_of_screen()?;
    terminal.flush()
}

/// The lines of a screen. Wide characters take two columns.
fn fit(head: &str, text: &str, rows: usize, columns: usize) -> Vec<String> {
    let mut lines: Vec<&str> = [head, ""].into_iter().chain(text.lines()).collect();
    // The last row stays empty, so that nothing scrolls.
    let room = rows - 1;
    let more;
    if lines.len() > room {
        // What is remarkable comes last, below an empty line, and is the last to be left out.
        let findings = text.rsplit_once("\n\n").map_or(0, |(_, findings)| findings.lines().count());
        let kept = lines.split_off(lines.len() - findings);
        let kept = &kept[..findings.min(room / 2)];
        let left = lines.split_off(room - 1 - kept.len()).len() + findings - kept.len();
        more = format!("… and {left} lines more");
        lines.push(&more);
        lines.extend(kept);
    }
    lines.into_iter().map(|line| truncate_str(line, columns, "…").into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: Tool = Tool { name: "tool", about: "Prints", print: |_, _| String::new(), has_long: true };

    fn parsed(arguments: &[&str]) -> Result<Asked, String> {
        parse(&TOOL, arguments.iter().map(OsString::from)).map(|asked| asked.expect("no text was asked for"))
    }

    #[test]
    fn the_command_line_is_a_process_and_options() {
        let asked = parsed(&["--json", "12", "--watch=0.5", "--long"]).unwrap();
        assert_eq!((asked.pid, asked.json, asked.long, asked.watch), (12, true, true, Some(0.5)));
        let asked = parsed(&["12", "--watch"]).unwrap();
        assert_eq!((asked.pid, asked.json, asked.long, asked.watch), (12, false, false, Some(1.0)));
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        let error = |arguments: &[&str]| parsed(arguments).map(|asked| asked.pid).unwrap_err();
        assert_eq!(error(&[]), "which process? (see tool --help)");
        assert_eq!(error(&["1", "2"]), "unexpected argument \"2\" (see tool --help)");
        assert_eq!(error(&["1", "--flat"]), "invalid option '--flat' (see tool --help)");
        assert!(error(&["1x"]).contains("\"1x\""));
        for seconds in ["--watch=0", "--watch=-1", "--watch=nan", "--watch=1e9"] {
            assert_eq!(error(&["1", seconds]), "--watch takes 0.1 to 86400 seconds");
        }
    }

    #[test]
    fn a_screen_has_no_more_than_fits() {
        let visible_of = |text, rows, columns| fit("head", text, rows, columns);
        let visible = |rows, columns| visible_of("1234567890\n2\n3\n4\n", rows, columns);
        assert_eq!(visible(10, 10), ["head", "", "1234567890", "2", "3", "4"]);
        assert_eq!(visible(7, 5), ["head", "", "1234…", "2", "3", "4"]);
        assert_eq!(visible(5, 30), ["head", "", "1234567890", "… and 3 lines more"]);
        assert_eq!(visible(4, 8), ["head", "", "… and 4…"]);
        assert_eq!(visible_of("任务等待锁\n", 10, 7), ["head", "", "任务等…"]);
        let text = "1\n2\n3\n4\n5\n\ncycle: a\n  b\n  c\n";
        assert_eq!(visible_of(text, 20, 30).last().unwrap(), "  c");
        assert_eq!(visible_of(text, 9, 30), ["head", "", "1", "2", "… and 4 lines more", "cycle: a", "  b", "  c"]);
        assert_eq!(visible_of(text, 6, 30), ["head", "", "… and 7 lines more", "cycle: a", "  b"]);
        assert_eq!(visible_of(text, 3, 30), ["… and 10 lines more", "cycle: a"]);
    }
}
