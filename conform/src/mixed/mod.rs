//! Random programs in which tasks wait for futures of another crate, and rules that hold for each of them.
//!
//! CPython has one kind of future, so there is nothing to compare such a program with. The core idea: a wait in a program is the one
//! or the other kind, a oneshot channel that knows nothing of this library, or a future of its own ([`Kind`]). Everything
//! around the wait is the same. So the program runs with either kind, and must do the same ([`check`]). In addition each run must
//! keep the rules that `world` holds it against: it ends, each clean-up runs once and in order, a cancelled wait drops the innermost
//! block and nothing around it, no lock stays held, no item is lost.
//!
//! A program is data, drawn from a seed ([`Program::random`]), and is made smaller if it breaks a rule ([`shrink`]).

mod generate;
mod run;
mod world;

pub use run::{Compared, check};

/// What the program waits for where it does not wait for this library's own primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A future of another crate.
    Foreign,
    /// A future of this library that completes at the same moment.
    Own,
}

/// A program: a body for each kind of task. The first is that of the main task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// A body starts tasks of later bodies only, so a program ends.
    pub bodies: Vec<Body>,
}

/// Steps, one after another. An error ends them.
pub type Body = Vec<Step>;

/// Delays and limits are in eighths of a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `sleep`.
    Sleep(u8),
    /// Waits for the next pulse: the wait that is foreign or own.
    Wait(u8),
    /// Ends the present waits for this pulse.
    Pulse(u8),
    /// A channel, which is made of such waits.
    Send(u8),
    /// From this channel.
    Receive(u8),
    /// Such a wait, in `cancellable`.
    Cancellable(u8),
    /// Such a wait, in `uncancellable`; a timer ends it at last.
    Uncancellable(u8),
    /// Such a wait beside a sleep; the first one ends both.
    Either(u8, u8),
    /// This library's queue, with room for one item.
    Put(u8),
    /// From this queue.
    Get(u8),
    /// Raises an error.
    Fails,
    /// Cancels the task itself.
    CancelSelf,
    /// Starts a task of this body.
    Spawn(usize),
    /// Cancels the last task of this body.
    Cancel(usize),
    /// Awaits it.
    Await(usize),
    /// Awaits it in a `shield`.
    Shield(usize),
    /// A value with a destructor is in scope.
    Value(Body),
    /// Holds this lock.
    Lock(u8, Body),
    /// `wait_for`, with this limit.
    WaitFor(u8, Body),
    /// `timeout`, with this limit.
    Timeout(u8, Body),
    /// `cancel_boundary`.
    Boundary(Body),
    /// `async_with`, with a manager whose exit is awaited.
    With(Exit, Body),
    /// An exit stack.
    Stack(Vec<Exit>, Body),
    /// A group: its members, and its own body.
    Group(Vec<Body>, Body),
    /// `gather`, of tasks.
    Gather(Vec<Body>),
    /// `try`, with a clean-up.
    Try(Catch, Body),
}

/// What an exit awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing.
    Nothing,
    /// `sleep`.
    Sleep(u8),
    /// Like [`Step::Wait`]. Only in an exit stack, where each exit is a block.
    Wait(u8),
}

/// A clean-up that awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Catch {
    /// Whether its content is in a `cancel_boundary`. If not, a cancellation of a foreign wait drops the clean-up, too.
    pub is_block: bool,
    /// Whether it keeps the error from going on.
    pub keeps: bool,
}

impl Program {
    /// Do both kinds of waits the same here? A clean-up that is no block sees the error of an own wait alone; an `uncancellable` own wait
    /// can still be cancelled from within; and beside a sleep a foreign wait does not raise.
    #[must_use]
    pub fn is_comparable(&self) -> bool {
        let mut comparable = true;
        for body in &self.bodies {
            each(body, &mut |step| {
                comparable &= !matches!(
                    step,
                    Step::Uncancellable(_) | Step::Either(..) | Step::Try(Catch { is_block: false, .. }, _)
                );
            });
        }
        comparable
    }
}

impl Step {
    /// The bodies in this step.
    #[must_use]
    pub fn bodies(&self) -> Vec<&Body> {
        match self {
            Step::Value(body)
            | Step::Lock(_, body)
            | Step::WaitFor(_, body)
            | Step::Timeout(_, body)
            | Step::Boundary(body)
            | Step::With(_, body)
            | Step::Stack(_, body)
            | Step::Try(_, body) => vec![body],
            Step::Group(members, body) => members.iter().chain([body]).collect(),
            Step::Gather(members) => members.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The same, to change them.
    pub fn bodies_mut(&mut self) -> Vec<&mut Body> {
        match self {
            Step::Value(body)
            | Step::Lock(_, body)
            | Step::WaitFor(_, body)
            | Step::Timeout(_, body)
            | Step::Boundary(body)
            | Step::With(_, body)
            | Step::Stack(_, body)
            | Step::Try(_, body) => vec![body],
            Step::Group(members, body) => members.iter_mut().chain([body]).collect(),
            Step::Gather(members) => members.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}

fn each(body: &Body, f: &mut impl FnMut(&Step)) {
    for step in body {
        f(step);
        step.bodies().into_iter().for_each(|body| each(body, f));
    }
}

/// The smallest program found that breaks a rule, starting from one that does.
#[must_use]
pub fn shrink(program: Program) -> Program {
    let mut best = program;
    let mut place = 0;
    let mut changed = false;
    loop {
        let mut candidate = best.clone();
        let mut left = place;
        let mut found = false;
        for body in &mut candidate.bodies {
            found = found || remove(body, &mut left);
        }
        if !found {
            // Behind the last place: once more, if that may help.
            if !std::mem::take(&mut changed) {
                return best;
            }
            place = 0;
        } else if check(&candidate).is_err() {
            (best, changed) = (candidate, true);
        } else {
            place += 1;
        }
    }
}

/// At the place `left` in a body, removes the step, or replaces it by a body inside of it. True if there is such a place.
fn remove(body: &mut Body, left: &mut usize) -> bool {
    for index in 0..body.len() {
        if *left == 0 {
            body.remove(index);
            return true;
        }
        *left -= 1;
        for inner in 0..body[index].bodies().len() {
            if *left == 0 {
                let content = body[index].bodies()[inner].clone();
                body.splice(index..=index, content);
                return true;
            }
            *left -= 1;
        }
        if body[index].bodies_mut().into_iter().any(|body| remove(body, left)) {
            return true;
        }
    }
    false
}
