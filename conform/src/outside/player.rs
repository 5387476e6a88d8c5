//! What all kinds of programs share: the trace, and operations that continue in the background of the steps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use asyncio::{
    Clock, Error, IncompleteReadError, LimitOverrunError, Result, Runner, Task, create_task, get_running_loop, sleep,
};

/// The lines of a trace. Other threads write into it too, while the loop's own thread waits for them.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(super) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a program in a loop with the real clock, and returns its trace.
pub(super) fn run<F: Future<Output = Result<()>> + 'static>(main: impl FnOnce(Lines) -> F + 'static) -> String {
    let lines = Lines::default();
    let (inside, reports) = (lines.clone(), lines.clone());
    let runner = Runner::new().clock(Clock::Real).debug(false);
    let result = runner.run(async move {
        get_running_loop()?.set_exception_handler(Some(Box::new(move |context| {
            if !context.message.contains("never retrieved") {
                let message = context.message.split(['<', '\n']).next().unwrap_or_default();
                reports.add(format!("handler {message} {}", optional(context.exception.as_ref().map(error))));
            }
        })));
        main(inside).await
    });
    drop(runner);
    lines.add(result.map_or_else(|raised| format!("raised {}", error(&raised)), |()| "returned".to_owned()));
    lines.take().join("\n") + "\n"
}

/// How Python prints an error.
pub(super) fn error(error: &Error) -> String {
    if let Some(incomplete) = error.downcast_ref::<IncompleteReadError>() {
        return format!("IncompleteReadError('{incomplete}')");
    }
    if let Some(limit) = error.downcast_ref::<LimitOverrunError>() {
        return format!("LimitOverrunError('{limit}')");
    }
    match error.downcast_ref::<io::Error>() {
        Some(system) if system.raw_os_error().is_some() => {
            let name = format!("{error:?}").split('(').next().unwrap_or_default().to_owned();
            // Whether a read or a write fails first when a connection breaks differs, because asyncio receives in the
            // background.
            if name.starts_with("Connection") || name == "BrokenPipeError" {
                "ConnectionError".to_owned()
            } else {
                name
            }
        }
        // `Debug` would say where it was raised, if the environment asks for that.
        _ => error.repr(),
    }
}

/// The class of Python's error.
pub(super) fn class(raised: io::Error) -> String {
    format!("{:?}", Error::from(raised)).split('(').next().unwrap_or_default().to_owned()
}

/// Bytes as Python prints them; of many, only the number.
pub(super) fn bytes(bytes: &[u8]) -> String {
    if bytes.len() > 60 { format!("{} bytes", bytes.len()) } else { format!("b'{}'", bytes.escape_ascii()) }
}

pub(super) fn truth(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

pub(super) fn optional(value: Option<String>) -> String {
    value.unwrap_or_else(|| "None".to_owned())
}

/// Lets the loop pass on what sockets of this process have received, until nothing more happens.
pub(super) async fn settle() -> Result<()> {
    for _ in 0..8 {
        sleep(0.0003).await?;
    }
    Ok(())
}

/// Operations in progress, by name. Each gives the text that is written for its result.
#[derive(Clone)]
pub(super) struct Begun {
    lines: Lines,
    tasks: Rc<RefCell<BTreeMap<&'static str, Task<String>>>>,
}

impl Begun {
    pub(super) fn new(lines: &Lines) -> Self {
        Self { lines: lines.clone(), tasks: Rc::default() }
    }

    /// Continues the operation with this name, or begins it, and writes how far it is.
    pub(super) async fn proceed<F>(&self, name: &'static str, what: impl FnOnce() -> F) -> Result<()>
    where
        F: Future<Output = Result<String>> + 'static,
    {
        if !self.tasks.borrow().contains_key(name) {
            let task = create_task(what());
            self.tasks.borrow_mut().insert(name, task);
        }
        settle().await?;
        self.tell(name);
        Ok(())
    }

    /// Cancels it, and writes how far it is.
    pub(super) async fn give_up(&self, name: &'static str) -> Result<()> {
        if let Some(task) = self.tasks.borrow().get(name) {
            task.cancel();
        }
        if self.tasks.borrow().contains_key(name) {
            settle().await?;
        }
        self.tell(name);
        Ok(())
    }

    fn tell(&self, name: &'static str) {
        let mut tasks = self.tasks.borrow_mut();
        let line = match tasks.get(name) {
            None => "not begun".to_owned(),
            Some(task) if !task.done() => "pending".to_owned(),
            Some(_) => {
                let task = tasks.remove(name).expect("it is there");
                match task.result() {
                    _ if task.cancelled() => "cancelled".to_owned(),
                    Ok(result) => result,
                    Err(raised) => error(&raised),
                }
            }
        };
        self.lines.add(format!("{name} {line}"));
    }

    pub(super) fn cancel_all(&self) {
        for task in self.tasks.borrow().values() {
            task.cancel();
        }
    }
}
