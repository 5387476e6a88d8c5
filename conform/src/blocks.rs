//! Steps that hold a body: `try`, and everything that Python writes with `async with` and `async for`.
//!
//! A `return` inside leaves every block in order, as in Python; only a block that ends by itself logs its end.

use std::rc::Rc;

use asyncio::{
    AsyncContextManager, AsyncExitStack, AsyncIterator, Error, ExceptionGroup, LookupError, Result, RuntimeError,
    Timeout, TypeError, ValueError, aclosing, async_with, asynccontextmanager, get_running_loop, timeout,
};

use crate::frame::{Flow, Frame};
use crate::language::{Body, ErrorKind, Handler, Step};
use crate::world::{Group, World, is_exception, python, show};

impl Frame {
    pub(crate) async fn block(&self, step: &Step) -> Result<Flow> {
        match step {
            Step::Repeat { times, body } => {
                for _ in 0..*times {
                    if let Flow::Return(value) = self.run(body).await? {
                        return Ok(Flow::Return(value));
                    }
                }
                Ok(Flow::Next)
            }
            Step::Try { body, handlers, otherwise, finally } => self.try_(body, handlers, otherwise, finally).await,
            Step::Timeout { delay, body, key } => {
                // Ours panics without a loop, and a generator may be closed after the loop.
                get_running_loop()?;
                let limit = timeout(*delay);
                if let Some(key) = key {
                    self.world.limits.put(*key, Some(limit.clone()));
                }
                self.limited(&limit, body).await
            }
            Step::EnterTimeout { key, body } => {
                let limit = self.world.limits.fetch(*key)?;
                self.limited(&limit, body).await
            }
            Step::Reschedule { delay } => {
                let Some(limit) = self.limits.borrow().last().cloned() else { return Ok(Flow::Next) };
                let now = get_running_loop()?.time();
                limit.reschedule(delay.map(|delay| now + delay))?;
                self.log("reschedule None")
            }
            Step::Group { group, body, cancelled } => {
                let made = Group::new(&self.world);
                if *cancelled {
                    made.cancel();
                }
                let flow = made
                    .run(async |entered| {
                        self.world.groups.put(*group, Some(entered));
                        self.run(body).await
                    })
                    .await?;
                self.left(flow.unwrap_or(Flow::Next), "group")
            }
            Step::EnterGroup { group, body } => {
                let group = self.world.groups.fetch(*group)?;
                let flow = group.run(async |_| self.run(body).await).await?;
                self.left(flow.unwrap_or(Flow::Next), "group")
            }
            Step::Hold { object, body } => {
                let shared = &self.world.objects[*object];
                let flow = shared.hold(async |()| self.run(body).await).await?;
                self.left(flow.unwrap_or(Flow::Next), format!("hold {shared:?}"))
            }
            Step::NewGenerator { generator, slot } => {
                self.world.generators.put(*slot, Some(self.world.generator(*generator)));
                Ok(Flow::Next)
            }
            Step::DropGenerator { slot } => {
                self.world.generators.put(*slot, None);
                self.log("drop_generator")
            }
            Step::Aclosing { slot, body } => {
                let generator = self.world.generators.fetch(*slot)?;
                self.world.closing.borrow_mut().push(generator.clone());
                let flow = async_with(aclosing(generator), async |_generator| self.run(body).await).await?;
                self.left(flow.unwrap_or(Flow::Next), "aclosing")
            }
            Step::ForEach { generator, most, body } => {
                let flow = self.for_each(*generator, *most, body).await?;
                self.left(flow, "for_each")
            }
            Step::With { manager, body } => {
                let manager = self.world.manager(*manager);
                let flow = async_with(manager, async |()| self.run(body).await).await?;
                self.left(flow.unwrap_or(Flow::Next), "with")
            }
            Step::Stack { body } => {
                let block = async |stack: AsyncExitStack<'static>| {
                    self.stacks.borrow_mut().push(stack);
                    let flow = self.run(body).await;
                    self.stacks.borrow_mut().pop();
                    flow
                };
                let flow = async_with(AsyncExitStack::new(), block).await?;
                self.left(flow.unwrap_or(Flow::Next), "stack")
            }
            _ => {
                let stack = self.stacks.borrow().last().cloned();
                match stack {
                    Some(stack) => self.on_stack(&stack, step).await,
                    None => Ok(Flow::Next),
                }
            }
        }
    }

    async fn limited(&self, limit: &Timeout, body: &Body) -> Result<Flow> {
        let block = async |limit: &Timeout| {
            self.limits.borrow_mut().push(limit.clone());
            let flow = self.run(body).await;
            self.limits.borrow_mut().pop();
            flow
        };
        let flow = limit.run(block).await?;
        self.left(flow, format!("timeout {}", python(limit.expired())))
    }

    /// Logs that a block has ended, if the steps after it come next.
    fn left(&self, flow: Flow, text: impl std::fmt::Display) -> Result<Flow> {
        if flow == Flow::Next { self.log(text) } else { Ok(flow) }
    }

    async fn try_(&self, body: &Body, handlers: &[Handler], otherwise: &Body, finally: &Body) -> Result<Flow> {
        let mut result = self.run(body).await;
        match &result {
            Ok(Flow::Next) if !handlers.is_empty() => result = self.run(otherwise).await,
            Err(error) => {
                if let Some(handler) = handlers.iter().find(|handler| catches(handler.kind, error)) {
                    self.world.log(format!("except {}", show(error)));
                    result = match self.run(&handler.body).await {
                        Ok(Flow::Next) if handler.again => Err(error.clone()),
                        flow => flow,
                    };
                }
            }
            Ok(_) => {}
        }
        if !finally.is_empty() || handlers.is_empty() {
            self.world.log("finally");
            if let Flow::Return(value) = self.run(finally).await? {
                return Ok(Flow::Return(value));
            }
        }
        result
    }

    async fn for_each(&self, generator: usize, most: usize, body: &Body) -> Result<Flow> {
        let mut generator = self.world.generator(generator);
        let mut count = 0;
        while let Some(item) = generator.anext().await? {
            self.world.log(format!("item {item}"));
            let flow = self.run(body).await?;
            count += 1;
            if flow != Flow::Next || count == most {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    async fn on_stack(&self, stack: &AsyncExitStack<'static>, step: &Step) -> Result<Flow> {
        let world = Rc::clone(&self.world);
        match step {
            Step::StackEnter { manager } => stack.enter_async_context(world.manager(*manager)).await?,
            Step::StackCall { function } => {
                let function = *function;
                stack.push_async_callback(async move || world.call(function).await.map(drop));
            }
            Step::StackCallback { callback } => {
                let callback = *callback;
                stack.callback(move || {
                    world.call_back(callback);
                    Ok(())
                });
            }
            Step::StackPush { callback, suppress } => {
                let (callback, suppress) = (*callback, *suppress);
                stack.push(move |error| {
                    world.exits(error);
                    world.call_back(callback);
                    Ok(suppress)
                });
            }
            Step::StackPushAsync { function, suppress } => {
                let (function, suppress) = (*function, *suppress);
                stack.push_async_exit(async move |error: Option<&Error>| {
                    world.exits(error);
                    world.call(function).await?;
                    Ok(suppress)
                });
            }
            Step::StackClose {} => {
                stack.aclose().await?;
                return self.log("stack_close None");
            }
            Step::StackPop {} => {
                stack.pop_all().aclose().await?;
                return self.log("stack_pop None");
            }
            _ => unreachable!("{step:?} is neither plain, nor a wait, nor a block"),
        }
        Ok(Flow::Next)
    }
}

fn catches(kind: ErrorKind, error: &Error) -> bool {
    match kind {
        ErrorKind::BaseException => true,
        ErrorKind::Exception => is_exception(error),
        ErrorKind::ValueError => error.is::<ValueError>(),
        ErrorKind::TypeError => error.is::<TypeError>(),
        ErrorKind::RuntimeError => error.is::<RuntimeError>() || error.is::<asyncio::BrokenBarrierError>(),
        ErrorKind::TimeoutError => error.is::<asyncio::TimeoutError>(),
        ErrorKind::LookupError => error.is::<LookupError>(),
        ErrorKind::CancelledError => error.is_cancelled(),
        ErrorKind::GeneratorExit => error.is::<asyncio::GeneratorExit>(),
        ErrorKind::StopAsyncIteration => error.is::<asyncio::StopAsyncIteration>(),
        ErrorKind::ExceptionGroup => error.is::<ExceptionGroup>() && is_exception(error),
    }
}

/// A manager of a program: a class, or a coroutine under `@asynccontextmanager`.
enum Made {
    Class(Rc<World>, usize),
    Generator(asyncio::contextlib::AsyncGeneratorContextManager<'static, ()>),
}

impl World {
    fn exits(&self, error: Option<&Error>) {
        self.log(format!("exit {}", error.map_or("None".to_owned(), show)));
    }

    fn manager(self: &Rc<Self>, index: usize) -> impl AsyncContextManager<Value = ()> + use<> {
        let world = Rc::clone(self);
        if !self.program.managers[index].generator {
            return Made::Class(world, index);
        }
        Made::Generator(asynccontextmanager(async move |scope: asyncio::contextlib::Yielder<()>| {
            let manager = &world.program.managers[index];
            let frame = Frame::new(&world);
            world.log(format!("m{index} enters"));
            if frame.run(&manager.enter).await? != Flow::Next {
                return Ok(());
            }
            let result = scope.yield_value(()).await;
            world.log(format!("m{index} exits {}", result.as_ref().err().map_or("None".to_owned(), show)));
            let flow = frame.run(&manager.exit).await?;
            if manager.again && flow == Flow::Next {
                scope.yield_value(()).await?;
            }
            if manager.suppress || flow != Flow::Next { Ok(()) } else { result }
        }))
    }
}

impl AsyncContextManager for Made {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        match self {
            Self::Generator(manager) => manager.enter().await,
            Self::Class(world, index) => {
                world.log(format!("m{index} enters"));
                Frame::new(world).run(&world.program.managers[*index].enter).await.map(drop)
            }
        }
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        match self {
            Self::Generator(manager) => manager.exit(error).await,
            Self::Class(world, index) => {
                let manager = &world.program.managers[*index];
                world.log(format!("m{index} exits {}", error.map_or("None".to_owned(), show)));
                Ok(match Frame::new(world).run(&manager.exit).await? {
                    Flow::Next => manager.suppress,
                    Flow::Return(value) => value != 0,
                })
            }
        }
    }
}
