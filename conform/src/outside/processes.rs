//! A child process, which is a shell script.
//!
//! The generator writes the script together with what the program does with it, so that each can wait for the other.

use asyncio::subprocess::{PIPE, Process, STDOUT};
use asyncio::{ProcessLookupError, Result, StreamReader, Timeout, create_subprocess_exec, timeout};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::player::{Lines, bytes, error, optional, run};

/// How long a child may take.
const PATIENCE: f64 = 10.0;

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// What `sh -c` runs.
    pub script: String,
    /// Standard error goes where standard output goes.
    pub merged: bool,
    /// What the coroutine does.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Readline { error: bool },
    Read { error: bool },
    Write { text: String },
    CloseStdin {},
    Communicate { text: Option<String> },
    Wait {},
    Returncode {},
    Signal { number: i32 },
}

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGUSR1: i32 = 10;
const SIGTERM: i32 = 15;

/// Writes a program.
pub(super) fn generate(rng: &mut Rng) -> Program {
    let (mut script, mut steps, merged) = (Vec::new(), Vec::new(), rng.u32(0..4) == 0);
    for number in 0..rng.usize(0..5) {
        match rng.u32(0..3) {
            0 => {
                script.push(format!("echo out {number}"));
                steps.push(Step::Readline { error: false });
            }
            1 => {
                script.push(format!("echo error {number} >&2"));
                steps.push(Step::Readline { error: !merged });
            }
            _ => {
                script.push("read x; echo heard $x".to_owned());
                // The script is waiting, so it has not ended.
                steps.push(Step::Returncode {});
                steps.push(Step::Write { text: format!("word {number}\n") });
                steps.push(Step::Readline { error: false });
            }
        }
    }
    match rng.u32(0..7) {
        // It ends by itself.
        0 => script.push(format!("exit {}", rng.u32(0..4))),
        1 => script.push(format!("kill -{} $$", [SIGTERM, SIGKILL, SIGUSR1][rng.usize(0..3)])),
        // It is told to.
        2 => {
            script.push("read x; echo never".to_owned());
            let number = [SIGTERM, SIGKILL, SIGUSR1, SIGINT][rng.usize(0..4)];
            // `outside.py` ignores SIGINT, which its children inherit.
            steps.push(Step::Signal { number: if number == SIGINT { SIGKILL } else { number } });
        }
        3 => {
            script.push("trap 'echo told; exit 5' TERM; echo ready; read x".to_owned());
            steps.push(Step::Readline { error: false });
            steps.push(Step::Signal { number: SIGTERM });
        }
        // It is given its input.
        4 => {
            script.push("cat; exit 3".to_owned());
            for number in 0..rng.usize(0..3) {
                steps.push(Step::Write { text: format!("line {number}\n") });
            }
            steps.push(Step::CloseStdin {});
        }
        5 => {
            script.push("cat; echo at the end >&2".to_owned());
            let text = if rng.bool() { "y".repeat(200_000) } else { "a little".to_owned() };
            steps.push(Step::Communicate { text: Some(text) });
        }
        _ => script.push("exec 1>&- 2>&-; exit 1".to_owned()),
    }
    for _ in 0..rng.usize(1..4) {
        steps.push(match rng.u32(0..5) {
            0 => Step::Communicate { text: None },
            1 => Step::Read { error: false },
            2 if !merged => Step::Read { error: true },
            _ => Step::Wait {},
        });
    }
    steps.extend([Step::Wait {}, Step::Returncode {}]);
    Program { script: script.join("\n"), merged, steps }
}

pub(super) fn play(program: Program) -> String {
    run(move |lines| async move {
        let child = create_subprocess_exec("sh").args(["-c", &program.script]).stdin(PIPE).stdout(PIPE);
        let child = child.stderr(if program.merged { STDOUT } else { PIPE }).await?;
        let mut player = Player { lines, child };
        for step in program.steps {
            player.step(step).await?;
        }
        player.child.communicate().await?;
        let code = player.child.returncode().map(|code| code.to_string());
        player.lines.add(format!("at the end {}", optional(code)));
        Ok(())
    })
}

struct Player {
    lines: Lines,
    child: Process,
}

impl Player {
    async fn step(&mut self, step: Step) -> Result<()> {
        let (name, result) = match step {
            Step::Readline { error } => {
                let pipe = self.pipe(error);
                ("line", timeout(PATIENCE).run(async |_| Ok(bytes(&pipe.readline().await?))).await)
            }
            Step::Read { error } => {
                let pipe = self.pipe(error);
                ("rest", timeout(PATIENCE).run(async |_| Ok(bytes(&pipe.read_to_end().await?))).await)
            }
            Step::Write { text } => {
                let pipe = self.child.stdin.as_ref().expect("it has one");
                let write = async |_: &Timeout| {
                    pipe.write(text)?;
                    pipe.drain().await.map(|()| optional(None))
                };
                ("written", timeout(PATIENCE).run(write).await)
            }
            Step::CloseStdin {} => {
                let pipe = self.child.stdin.as_ref().expect("it has one");
                let close = async |_: &Timeout| {
                    pipe.close();
                    pipe.wait_closed().await.map(|()| optional(None))
                };
                ("closed", timeout(PATIENCE).run(close).await)
            }
            Step::Communicate { text } => {
                let (lines, child) = (&self.lines, &mut self.child);
                let communicate = async |_: &Timeout| {
                    let (out, error) = match text {
                        Some(text) => child.communicate_with(text).await?,
                        None => child.communicate().await?,
                    };
                    let shown = |output: Option<Vec<u8>>| optional(output.map(|output| bytes(&output)));
                    lines.add(format!("error {}", shown(error)));
                    Ok(shown(out))
                };
                ("output", timeout(PATIENCE).run(communicate).await)
            }
            Step::Wait {} => {
                let wait = self.child.wait();
                ("status", timeout(PATIENCE).run(async |_| Ok(wait.await?.to_string())).await)
            }
            Step::Returncode {} => ("returncode", Ok(optional(self.child.returncode().map(|code| code.to_string())))),
            Step::Signal { number } => {
                if let Err(raised) = self.child.send_signal(number) {
                    assert!(raised.is::<ProcessLookupError>(), "{raised:?}");
                    self.lines.add("signal ProcessLookupError");
                }
                return Ok(());
            }
        };
        let result = result.unwrap_or_else(|raised| error(&raised));
        self.lines.add(format!("{name} {result}"));
        Ok(())
    }

    fn pipe(&mut self, error: bool) -> &mut StreamReader {
        let pipe = if error { &mut self.child.stderr } else { &mut self.child.stdout };
        pipe.as_mut().expect("it has one")
    }
}
