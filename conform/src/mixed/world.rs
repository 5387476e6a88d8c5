//! What the tasks of a program share, what it notes, and the rules.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio::{
    Error, ExceptionGroup, Future, Lock, LoopEvent, Observer, Queue, Result, Task, TimeoutError, get_running_loop,
};

use super::Kind;
use super::generate::EACH;

/// More steps than any program takes.
const MOST_STEPS: u32 = 100_000;

/// Something that a task did, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    /// In seconds.
    at: f64,
    task: usize,
    event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Starts(usize),
    Waited(u8),
    Sent(u32),
    Received(u32),
    Pulsed(u8),
    Entered(u32),
    /// A value was dropped, in a content or beside it.
    Dropped(u32),
    /// A block ended, with this result.
    Ended(u32, String),
    ExitBegins(u32),
    ExitEnds(u32),
    Caught(String),
    Done(String),
}

/// A task as the rules see it.
#[derive(Default)]
struct Known {
    /// The blocks and the values in scope, the innermost last.
    frames: Vec<Frame>,
    /// It was asked to cancel, ever.
    was_asked: bool,
    /// It was asked to cancel, and no cancellation has been raised since.
    is_asked: bool,
    /// It was cancelled where no block was around it.
    must_be_cancelled: bool,
    handle: Option<Task<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    number: u32,
    is_block: bool,
}

#[derive(Default)]
struct Channel {
    items: RefCell<VecDeque<u32>>,
    waiters: RefCell<VecDeque<Rc<Waiter>>>,
}

pub(super) struct World {
    pub(super) kind: Kind,
    /// The virtual clock is that of the thread, in which other programs have run.
    start: f64,
    notes: RefCell<Vec<Note>>,
    /// The first rule that was broken.
    broken: RefCell<Option<String>>,
    /// A wait was cancelled and fulfilled at once: which of them counts depends on its kind.
    raced: Cell<bool>,
    steps: Cell<u32>,
    tasks: RefCell<Vec<Known>>,
    /// The last task of each body.
    pub(super) last: RefCell<BTreeMap<usize, Task<()>>>,
    pulses: [RefCell<Vec<Rc<Waiter>>>; EACH as usize],
    channels: [Channel; EACH as usize],
    pub(super) locks: [Lock; EACH as usize],
    pub(super) queues: [Queue<u32>; EACH as usize],
    /// Waits in exits, and those that must not be cancelled, end at once from now on.
    open: Cell<bool>,
    /// From now on no error is kept, so that each task ends when it is cancelled.
    pub(super) is_late: Cell<bool>,
    /// The main task has ended: the end of the run asks no task that starts later.
    pub(super) has_ended: Cell<bool>,
    frames: Cell<u32>,
    items: Cell<u32>,
    /// The items that came in (here) and went out (there).
    sent: RefCell<Vec<u32>>,
    received: RefCell<Vec<u32>>,
    /// How often each exit has begun.
    exits: RefCell<BTreeMap<u32, u32>>,
}

/// Ends one wait. In a program of the foreign kind it is a oneshot channel of another crate, which has nothing but a waker.
pub(super) struct Waiter {
    fired: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    own: Option<Future<()>>,
}

impl Waiter {
    fn fire(&self) {
        if self.fired.replace(true) {
            return;
        }
        match &self.own {
            Some(future) => drop(future.set_result(())),
            None => {
                let waker = self.waker.take();
                waker.into_iter().for_each(Waker::wake);
            }
        }
    }
}

/// The foreign future.
struct Oneshot(Rc<Waiter>);

impl std::future::Future for Oneshot {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.fired.get() {
            return Poll::Ready(());
        }
        self.0.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A receiver that has gone is not woken.
impl Drop for Oneshot {
    fn drop(&mut self) {
        let waker = self.0.waker.take();
        drop(waker);
    }
}

/// How a wait may end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// A cancellation ends it.
    Alone,
    /// A cancellation ends it, and so does a timer in the end.
    InExit,
    /// It may be dropped for any reason.
    Beside,
    /// Only its end, or the timer, ends it.
    ToTheEnd,
}

impl World {
    pub(super) fn new(kind: Kind, start: f64) -> Rc<Self> {
        Rc::new(Self {
            kind,
            start,
            notes: RefCell::default(),
            broken: RefCell::default(),
            raced: Cell::new(false),
            steps: Cell::new(0),
            tasks: RefCell::default(),
            last: RefCell::default(),
            pulses: Default::default(),
            channels: Default::default(),
            locks: Default::default(),
            queues: std::array::from_fn(|_| Queue::new(1)),
            open: Cell::new(false),
            is_late: Cell::new(false),
            has_ended: Cell::new(false),
            frames: Cell::new(0),
            items: Cell::new(0),
            sent: RefCell::default(),
            received: RefCell::default(),
            exits: RefCell::default(),
        })
    }

    // Tasks.

    /// The number of a new task.
    pub(super) fn announce(&self) -> usize {
        let mut tasks = self.tasks.borrow_mut();
        tasks.push(Known::default());
        tasks.len() - 1
    }

    pub(super) fn name(number: usize) -> String {
        format!("t{number}")
    }

    pub(super) fn adopt(self: &Rc<Self>, number: usize, task: &Task<()>) {
        self.tasks.borrow_mut()[number].handle = Some(task.clone());
        let world = Rc::clone(self);
        task.add_done_callback(move |task| {
            let result = if task.cancelled() { Ok(None) } else { task.exception() };
            let text = match result {
                _ if task.cancelled() => "cancelled".to_owned(),
                Ok(None) => "ok".to_owned(),
                Ok(Some(error)) | Err(error) => error.repr(),
            };
            world.note(number, Event::Done(text));
        });
    }

    fn with<R>(&self, task: usize, f: impl FnOnce(&mut Known) -> R) -> R {
        f(&mut self.tasks.borrow_mut()[task])
    }

    // Notes.

    pub(super) fn note(&self, task: usize, event: Event) {
        // Closing a loop has no running one.
        let at = get_running_loop().map_or(0.0, |event_loop| event_loop.time() - self.start);
        self.notes.borrow_mut().push(Note { at, task, event });
    }

    pub(super) fn break_rule(&self, rule: impl Into<String>) {
        self.broken.borrow_mut().get_or_insert_with(|| rule.into());
    }

    /// If this is the error of a cancellation, or of a block that has ended one, the request has arrived.
    pub(super) fn raised(&self, task: usize, result: &Result<()>) {
        let arrives =
            |error: &Error| error.is_cancelled() || error.is::<TimeoutError>() || error.is::<ExceptionGroup>();
        if result.as_ref().is_err_and(arrives) {
            self.with(task, |known| known.is_asked = false);
        }
    }

    // Scopes.

    /// Something is in scope from here on. A block must be ended by [`Scope::end`], whatever happens in it.
    pub(super) fn enter(self: &Rc<Self>, task: usize, is_block: bool) -> Scope {
        let number = self.frames.replace(self.frames.get() + 1);
        let frame = Frame { number, is_block };
        self.with(task, |known| known.frames.push(frame));
        self.note(task, Event::Entered(number));
        Scope { world: Rc::clone(self), task, frame, has_ended: false }
    }

    // Waits.

    /// Waits for what `register` hands the waiter to: the wait that is foreign or own.
    pub(super) async fn wait(
        self: &Rc<Self>,
        task: usize,
        wait: Wait,
        register: impl FnOnce(&World, Rc<Waiter>),
    ) -> Result<()> {
        let own = if self.kind == Kind::Own { Some(get_running_loop()?.create_future()) } else { None };
        let waiter = Rc::new(Waiter { fired: Cell::new(false), waker: RefCell::default(), own });
        register(self, Rc::clone(&waiter));
        let mut unfinished = Unfinished { world: self, task, wait, is_over: false };
        let result = match &waiter.own {
            Some(future) => future.clone().await,
            None => {
                Oneshot(Rc::clone(&waiter)).await;
                Ok(())
            }
        };
        unfinished.is_over = true;
        let is_asked = self.with(task, |known| known.is_asked);
        if result.is_ok() && is_asked || result.is_err() && waiter.fired.get() {
            self.raced.set(true);
        }
        result
    }

    pub(super) async fn wait_for_pulse(self: &Rc<Self>, task: usize, which: u8, wait: Wait) -> Result<()> {
        let register = |world: &World, waiter: Rc<Waiter>| {
            if matches!(wait, Wait::InExit | Wait::ToTheEnd) && world.open.get() {
                waiter.fire();
            }
            world.pulses[usize::from(which)].borrow_mut().push(waiter);
        };
        self.wait(task, wait, register).await?;
        self.note(task, Event::Waited(which));
        Ok(())
    }

    pub(super) fn pulse(&self, task: usize, which: u8) -> Result<()> {
        self.note(task, Event::Pulsed(which));
        let waiters = self.pulses[usize::from(which)].take();
        waiters.iter().for_each(|waiter| waiter.fire());
        Ok(())
    }

    /// Ends all waits for pulses. Without this, an exit might wait forever.
    pub(super) fn open(&self) {
        self.open.set(true);
        for pulse in &self.pulses {
            let waiters = pulse.take();
            waiters.iter().for_each(|waiter| waiter.fire());
        }
    }

    // Items.

    pub(super) fn new_item(&self) -> u32 {
        self.items.replace(self.items.get() + 1)
    }

    pub(super) fn sent(&self, task: usize, item: u32) -> Result<()> {
        self.sent.borrow_mut().push(item);
        self.note(task, Event::Sent(item));
        Ok(())
    }

    pub(super) fn received(&self, task: usize, item: u32) -> Result<()> {
        self.received.borrow_mut().push(item);
        self.note(task, Event::Received(item));
        Ok(())
    }

    pub(super) fn send(&self, task: usize, which: u8) -> Result<()> {
        let channel = &self.channels[usize::from(which)];
        let item = self.new_item();
        channel.items.borrow_mut().push_back(item);
        channel.wake_one();
        self.sent(task, item)
    }

    /// Like a queue of asyncio's: a receiver that was woken and does not take its item wakes the next one.
    pub(super) async fn receive(self: &Rc<Self>, task: usize, which: u8) -> Result<()> {
        let channel = &self.channels[usize::from(which)];
        let turn = Turn(channel);
        let item = loop {
            let item = channel.items.borrow_mut().pop_front();
            match item {
                Some(item) => break item,
                None => {
                    let join = |_: &World, waiter| channel.waiters.borrow_mut().push_back(waiter);
                    self.wait(task, Wait::Alone, join).await?;
                }
            }
        };
        std::mem::forget(turn);
        self.received(task, item)
    }

    // Exits.

    pub(super) fn new_exit(&self) -> u32 {
        let mut exits = self.exits.borrow_mut();
        let number = exits.len() as u32;
        exits.insert(number, 0);
        number
    }

    pub(super) fn exit_begins(&self, task: usize, number: u32) {
        *self.exits.borrow_mut().entry(number).or_default() += 1;
        self.note(task, Event::ExitBegins(number));
    }

    // The end.

    /// Holds the world against the rules, after its loop was closed. Returns the notes, and whether waits have raced.
    pub(super) fn judge(self: Rc<Self>) -> Result<(Vec<Note>, bool), String> {
        for (number, known) in self.tasks.borrow().iter().enumerate() {
            let Some(task) = &known.handle else { continue };
            if !task.done() {
                self.break_rule(format!("t{number} is not done"));
            }
            if !known.frames.is_empty() {
                self.break_rule(format!("t{number} has not left all of its blocks and values"));
            }
            if known.must_be_cancelled && !task.cancelled() {
                self.break_rule(format!("t{number} was dropped, and is not cancelled: {task:?}"));
            }
        }
        for (number, begun) in self.exits.borrow().iter().filter(|(_, begun)| **begun != 1) {
            self.break_rule(format!("exit {number} has begun {begun} times"));
        }
        if let Some(place) = self.locks.iter().position(Lock::locked) {
            self.break_rule(format!("lock {place} is held"));
        }
        let mut out = self.received.take();
        self.channels.iter().for_each(|channel| out.extend(channel.items.take()));
        self.queues.iter().for_each(|queue| out.extend(std::iter::from_fn(|| queue.get_nowait().ok())));
        let mut came = self.sent.take();
        out.sort_unstable();
        came.sort_unstable();
        if out != came {
            self.break_rule(format!("items came in as {came:?} and went out as {out:?}"));
        }
        self.last.take();
        let (known, pulses) = (self.tasks.take(), self.pulses.each_ref().map(RefCell::take));
        drop((known, pulses));
        self.channels.iter().for_each(|channel| drop(channel.waiters.take()));
        if Rc::strong_count(&self) != 1 {
            self.break_rule("something of the program is still alive");
        }
        match self.broken.take() {
            Some(rule) => Err(format!("{:?} waits: {rule}", self.kind)),
            None => Ok((self.notes.take(), self.raced.get())),
        }
    }
}

impl Channel {
    fn wake_one(&self) {
        let next = loop {
            let next = self.waiters.borrow_mut().pop_front();
            match next {
                // Its receiver has gone, or will go: a cancelled future of this library is done.
                Some(waiter) if Rc::strong_count(&waiter) == 1 || waiter.own.as_ref().is_some_and(|own| own.done()) => {
                }
                next => break next,
            }
        };
        next.iter().for_each(|waiter| waiter.fire());
    }
}

/// A receiver's place, given up without an item.
struct Turn<'a>(&'a Channel);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.0.items.borrow().is_empty() {
            self.0.wake_one();
        }
    }
}

/// A wait that has begun.
struct Unfinished<'a> {
    world: &'a World,
    task: usize,
    wait: Wait,
    is_over: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.is_over || self.wait == Wait::Beside {
            return;
        }
        let (world, number) = (self.world, self.task);
        let (was_asked, has_block) =
            world.with(number, |known| (known.was_asked, known.frames.iter().any(|frame| frame.is_block)));
        if world.kind == Kind::Own {
            world.break_rule(format!("t{number} was dropped at a wait of this library"));
        } else if self.wait == Wait::ToTheEnd {
            world.break_rule(format!("t{number} was dropped at a wait that must not be cancelled"));
        } else if !was_asked {
            world.break_rule(format!("t{number} was dropped, though nothing had asked it to cancel"));
        }
        world.with(number, |known| known.must_be_cancelled |= !has_block);
    }
}

/// A value or a block that is in scope.
pub(super) struct Scope {
    world: Rc<World>,
    task: usize,
    frame: Frame,
    has_ended: bool,
}

impl Scope {
    /// The block has ended.
    pub(super) fn end(mut self, result: &Result<()>) {
        self.has_ended = true;
        self.world.raised(self.task, result);
        self.world.note(self.task, Event::Ended(self.frame.number, describe(result)));
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let top = self.world.with(self.task, |known| known.frames.pop());
        if top != Some(self.frame) {
            self.world.break_rule(format!("t{} did not leave the innermost scope first", self.task));
        }
        if self.frame.is_block && !self.has_ended {
            self.world.break_rule(format!("t{} was dropped together with block {}", self.task, self.frame.number));
        }
        if !self.frame.is_block {
            self.world.note(self.task, Event::Dropped(self.frame.number));
        }
    }
}

pub(super) fn describe(result: &Result<()>) -> String {
    result.as_ref().map_or_else(Error::repr, |()| "ok".to_owned())
}

impl Observer for World {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::CancelRequested { task, .. } => {
                let name = task.get_name();
                let number: Option<usize> = name.strip_prefix('t').and_then(|number| number.parse().ok());
                number
                    .into_iter()
                    .for_each(|number| self.with(number, |known| (known.was_asked, known.is_asked) = (true, true)));
            }
            LoopEvent::StepBegins(task) => {
                self.steps.set(self.steps.get() + 1);
                if self.steps.get() == MOST_STEPS {
                    self.break_rule("it does not end");
                    // The task cannot go on.
                    task.abort();
                }
            }
            _ => {}
        }
    }
}
