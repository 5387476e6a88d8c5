//! The interpreter: a call of a function, and what its steps do.
//!
//! A step is plain (here), or waits (`waits`), or has a body (`blocks`). Every step logs what it gave; errors propagate with
//! `?`, as exceptions do in Python.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::contextvars::Token;
use asyncio::generators::AsyncGeneratorYielder;
use asyncio::{
    AsyncExitStack, AsyncGenerator, CancelledError, Error, Exception, GeneratorExit, LookupError, Result, RuntimeError,
    StopAsyncIteration, TaskOptions, Timeout, TypeError, ValueError, current_task, get_running_loop, timeout,
};

use crate::language::{Body, ErrorKind, Question, Raised, Step};
use crate::world::{Called, Coroutine, Group, Slot, VARS, Value, World, python, show};

/// How a step ends, if it does not fail.
#[derive(Debug, PartialEq)]
pub(crate) enum Flow {
    Next,
    Return(i64),
}

/// A call: what its steps can use besides the world.
pub(crate) struct Frame {
    pub(crate) world: Rc<World>,
    tokens: RefCell<Vec<(usize, Token<i64>)>>,
    pub(crate) limits: RefCell<Vec<Timeout>>,
    pub(crate) stacks: RefCell<Vec<AsyncExitStack<'static>>>,
    /// Of a generator.
    pub(crate) yielder: Cell<Option<AsyncGeneratorYielder<i64, i64>>>,
}

impl World {
    /// A call of a function, which begins when it is awaited.
    pub(crate) fn call(self: &Rc<Self>, function: usize) -> Coroutine {
        let world = Rc::clone(self);
        Box::pin(async move {
            let name = format!("f{function}");
            if !world.may_begin(&name) {
                return Ok("None".into());
            }
            let flow = Frame::new(&world).run(&world.program.functions[function]).await;
            world.ends(&name, &flow);
            Ok(match flow? {
                Flow::Next => "None".into(),
                Flow::Return(value) => value.to_string().into(),
            })
        })
    }

    pub(crate) fn generator(self: &Rc<Self>, generator: usize) -> AsyncGenerator<i64, i64> {
        let world = Rc::clone(self);
        AsyncGenerator::new(async move |yielder| {
            let name = format!("g{generator}");
            if !world.may_begin(&name) {
                return Ok(());
            }
            let frame = Frame::new(&world);
            frame.yielder.set(Some(yielder));
            let flow = frame.run(&world.program.generators[generator]).await;
            world.ends(&name, &flow);
            flow.map(drop)
        })
    }

    /// Runs a plain function. Nobody could handle its failure, so it is logged.
    pub(crate) fn call_back(self: &Rc<Self>, callback: usize) {
        let name = format!("c{callback}");
        if !self.may_begin(&name) {
            return;
        }
        let frame = Frame::new(self);
        let mut steps = self.program.callbacks[callback].iter();
        let flow = steps.try_fold(Flow::Next, |flow, step| match flow {
            Flow::Next => frame.plain(step).unwrap_or_else(|| panic!("a callback cannot wait: {step:?}")),
            flow => Ok(flow),
        });
        self.ends(&name, &flow);
    }

    fn ends(&self, name: &str, flow: &Result<Flow>) {
        match flow {
            Ok(Flow::Next) => self.log(format!("{name} ends")),
            Ok(Flow::Return(_)) => {}
            Err(error) => self.log(format!("{name} raised {}", show(error))),
        }
    }
}

impl Frame {
    pub(crate) fn new(world: &Rc<World>) -> Self {
        Self {
            world: Rc::clone(world),
            tokens: RefCell::default(),
            limits: RefCell::default(),
            stacks: RefCell::default(),
            yielder: Cell::new(None),
        }
    }

    /// Runs steps to the end, to a `return`, or to the first failure.
    pub(crate) async fn run(&self, body: &Body) -> Result<Flow> {
        for step in body {
            let flow = match self.plain(step) {
                Some(flow) => flow?,
                // Boxed: a body may have steps that have bodies.
                None => Box::pin(self.wait_or_block(step)).await?,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    pub(crate) fn log(&self, text: impl std::fmt::Display) -> Result<Flow> {
        self.world.log(text);
        Ok(Flow::Next)
    }

    /// Does a step that never waits; `None` for any other step.
    pub(crate) fn plain(&self, step: &Step) -> Option<Result<Flow>> {
        Some(match step {
            Step::Log { text } => self.log(text),
            Step::Raise { error } => Err(raised(error)),
            Step::Return { value } => {
                self.world.log("return");
                Ok(Flow::Return(*value))
            }
            Step::NewTimeout { key, delay } => {
                self.world.limits.put(*key, Some(timeout(*delay)));
                Ok(Flow::Next)
            }
            Step::NewGroup { group } => {
                self.world.groups.put(*group, Some(Group::new(&self.world)));
                Ok(Flow::Next)
            }
            Step::RescheduleKept { key, delay } => self.reschedule_kept(*key, *delay),
            Step::Operate { object, operation, argument } => {
                let shared = &self.world.objects[*object];
                let outcome = shared.call(*operation, *argument)?;
                outcome.and_then(|value| self.operated(step, value))
            }
            Step::Spawn { .. }
            | Step::Future { .. }
            | Step::SetResult { .. }
            | Step::SetException { .. }
            | Step::Ask { .. }
            | Step::Cancel { .. }
            | Step::CancelSelf { .. }
            | Step::Uncancel {}
            | Step::Cancelling {}
            | Step::GroupSpawn { .. }
            | Step::CancelGroup { .. } => self.plain_task(step),
            Step::AddCallback { .. }
            | Step::RemoveCallback { .. }
            | Step::CallSoon { .. }
            | Step::CallLater { .. }
            | Step::CancelHandle { .. }
            | Step::StopLoop {}
            | Step::CloseLoop {} => self.plain_callback(step),
            Step::SetVar { .. } | Step::GetVar { .. } | Step::ResetVar {} => self.plain_var(step),
            _ => return None,
        })
    }

    fn plain_task(&self, step: &Step) -> Result<Flow> {
        let world = &self.world;
        let me = || current_task()?.ok_or_else(|| Error::from(RuntimeError::new("no task")));
        match step {
            Step::Spawn { function, slot, eager } => {
                let options = TaskOptions::new();
                let options = if *eager { options.eager_start(true) } else { options };
                world.keep(*slot, Slot::Task(options.create_task(world.call(*function))?));
                self.log("spawn")
            }
            Step::GroupSpawn { group, function, slot, eager } => {
                let options = TaskOptions::new();
                let options = if *eager { options.eager_start(true) } else { options };
                let task = world.groups.fetch(*group)?.create_task(options, world.call(*function))?;
                world.keep(*slot, Slot::Task(task));
                self.log("group_spawn")
            }
            Step::CancelGroup { group } => {
                world.groups.fetch(*group)?.cancel();
                self.log("cancel_group None")
            }
            Step::Future { slot } => {
                world.keep(*slot, Slot::Future(get_running_loop()?.create_future()));
                Ok(Flow::Next)
            }
            Step::SetResult { slot, value } => {
                match world.slot(*slot)? {
                    Slot::Future(future) => future.set_result(value.to_string().into())?,
                    Slot::Task(task) => task.set_result(value.to_string().into())?,
                    Slot::Gather(_) | Slot::Outcomes(_) => panic!("nobody sets the result of a group"),
                }
                self.log("set_result None")
            }
            Step::SetException { slot, error } => {
                match world.slot(*slot)? {
                    Slot::Future(future) => future.set_exception(raised(error))?,
                    Slot::Task(task) => task.set_exception(raised(error))?,
                    Slot::Gather(_) | Slot::Outcomes(_) => panic!("nobody sets the exception of a group"),
                }
                self.log("set_exception None")
            }
            Step::Ask { slot, question } => {
                let slot = world.slot(*slot)?;
                let future = slot.as_ref();
                match question {
                    Question::Done => self.log(format!("done {}", python(future.done()))),
                    Question::Cancelled => self.log(format!("cancelled {}", python(future.cancelled()))),
                    Question::Result => self.log(format!("result {}", slot.result()?)),
                    Question::Exception => {
                        let error = future.exception()?;
                        self.log(format!("exception {}", error.as_ref().map_or("None".to_owned(), show)))
                    }
                }
            }
            Step::Cancel { slot, message } => {
                let cancelled = cancel(world.slot(*slot)?.as_ref(), message.as_ref());
                self.log(format!("cancel {}", python(cancelled)))
            }
            Step::CancelSelf { message } => {
                let cancelled = cancel(me()?.as_any(), message.as_ref());
                self.log(format!("cancel_self {}", python(cancelled)))
            }
            Step::Uncancel {} => self.log(format!("uncancel {}", me()?.uncancel())),
            Step::Cancelling {} => self.log(format!("cancelling {}", me()?.cancelling())),
            _ => unreachable!("{step:?} is not about a task"),
        }
    }

    fn plain_callback(&self, step: &Step) -> Result<Flow> {
        let world = &self.world;
        let callback = |callback: usize| {
            let world = Rc::clone(world);
            move || world.call_back(callback)
        };
        match step {
            Step::AddCallback { slot, callback: function, key } => {
                let slot = world.slot(*slot)?;
                let function = callback(*function);
                let registered = slot.as_ref().add_done_callback(move |_| function());
                world.callbacks.put(*key, Some(Rc::new((slot.as_ref().clone(), Cell::new(Some(registered))))));
                Ok(Flow::Next)
            }
            Step::RemoveCallback { slot, key } => {
                let slot = world.slot(*slot)?;
                let registration = world.callbacks.fetch(*key)?;
                let (future, key) = &*registration;
                // Python searches for the function; here a key can be used only once, and only with the future that gave it.
                let key = if slot.as_ref() == future { key.take() } else { None };
                let removed = key.is_some_and(|key| future.remove_done_callback(key));
                self.log(format!("remove_callback {}", u8::from(removed)))
            }
            Step::CallSoon { callback: function, key } => {
                let handle = get_running_loop()?.call_soon(callback(*function))?;
                world.handles.put(*key, Some(Called::Soon(Rc::new(handle))));
                Ok(Flow::Next)
            }
            Step::CallLater { delay, callback: function, key } => {
                let handle = get_running_loop()?.call_later(*delay, callback(*function))?;
                world.handles.put(*key, Some(Called::Later(Rc::new(handle))));
                Ok(Flow::Next)
            }
            Step::CancelHandle { key } => {
                match world.handles.fetch(*key)? {
                    Called::Soon(handle) => handle.cancel(),
                    Called::Later(handle) => handle.cancel(),
                }
                self.log("cancel_handle None")
            }
            Step::StopLoop {} => {
                get_running_loop()?.stop();
                self.log("stop_loop None")
            }
            Step::CloseLoop {} => {
                get_running_loop()?.close()?;
                self.log("close_loop None")
            }
            _ => unreachable!("{step:?} is not about a callback"),
        }
    }

    fn reschedule_kept(&self, key: usize, delay: Option<f64>) -> Result<Flow> {
        let limit = self.world.limits.fetch(key)?;
        let now = get_running_loop()?.time();
        limit.reschedule(delay.map(|delay| now + delay))?;
        self.log(format!("reschedule_kept {}", python(limit.expired())))
    }

    fn plain_var(&self, step: &Step) -> Result<Flow> {
        match step {
            Step::SetVar { var, value } => {
                let token = VARS[*var].set(*value);
                self.tokens.borrow_mut().push((*var, token));
                Ok(Flow::Next)
            }
            Step::GetVar { var } => {
                let value: Value = VARS[*var].get().map_or("None".into(), |value| value.to_string().into());
                self.log(format!("get_var {value}"))
            }
            Step::ResetVar {} => {
                let token = self.tokens.borrow_mut().pop();
                token.map_or(Ok(()), |(var, mut token)| VARS[var].reset(&mut token))?;
                Ok(Flow::Next)
            }
            _ => unreachable!("{step:?} is not about a variable"),
        }
    }

    /// Logs what a method of a shared object gave, and the new state of the object.
    pub(crate) fn operated(&self, step: &Step, value: Option<String>) -> Result<Flow> {
        let Step::Operate { object, operation, .. } = step else { unreachable!("{step:?} is no operation") };
        let operation = serde_json::to_value(operation)?;
        let operation = operation.as_str().unwrap_or_default();
        let shared = &self.world.objects[*object];
        match value {
            Some(value) => self.log(format!("{operation} {value} {shared:?}")),
            None => self.log(format!("{operation} {shared:?}")),
        }
    }
}

fn cancel(future: &asyncio::AnyFuture, message: Option<&String>) -> bool {
    match message {
        Some(message) => future.cancel_with(message.as_str()),
        None => future.cancel(),
    }
}

/// The exception that a program names.
pub(crate) fn raised(error: &Raised) -> Error {
    let text = error.text.clone();
    match error.kind {
        ErrorKind::ValueError => ValueError::new(text).into(),
        ErrorKind::TypeError => TypeError::new(text).into(),
        ErrorKind::RuntimeError => RuntimeError::new(text).into(),
        ErrorKind::LookupError => LookupError::new(text).into(),
        ErrorKind::TimeoutError => asyncio::TimeoutError::default().into(),
        ErrorKind::CancelledError if text.is_empty() => CancelledError::default().into(),
        ErrorKind::CancelledError => CancelledError::new(text).into(),
        ErrorKind::GeneratorExit => GeneratorExit.into(),
        ErrorKind::StopAsyncIteration => StopAsyncIteration.into(),
        ErrorKind::Exception | ErrorKind::BaseException => Exception::new(text).into(),
        ErrorKind::ExceptionGroup => panic!("a program cannot raise a group itself"),
    }
}
