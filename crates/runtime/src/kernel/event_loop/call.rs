//! `Call`, a callback that another thread hands in, with the context in which it will run.

use asyncio_contextvars::{self as contextvars, Vars};
use asyncio_errors::names::function_name;

use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::callback::run_callback;

/// In one box with its closure, which is called once. (A boxed `FnOnce` could not be called in place.)
pub(crate) struct Call<F: ?Sized = dyn FnMut() + Send> {
    vars: Vars,
    pub(in crate::kernel) type_name: fn() -> &'static str,
    f: F,
}

impl Call {
    /// A call of `f` in a copy of the current context.
    pub(crate) fn new<F: FnOnce() + Send + 'static>(f: F) -> Box<Self> {
        Self::named::<F>(f)
    }

    /// Like `new`, but with the name of another closure.
    pub(crate) fn named<Named>(f: impl FnOnce() + Send + 'static) -> Box<Self> {
        let mut f = Some(f);
        let once = move || f.take().into_iter().for_each(|f| f());
        Box::new(Call { vars: contextvars::current(), type_name: std::any::type_name::<Named>, f: once })
    }

    /// Runs it, once.
    pub(crate) fn run(&mut self, event_loop: &LoopCore) {
        let (vars, type_name) = (self.vars.take(), self.type_name);
        run_callback(event_loop, vars, &|| format!("{}()", function_name(type_name())).into(), &mut self.f);
    }

    /// Calls the closure without a loop and without its context.
    #[cfg(all(test, loom))]
    pub(crate) fn run_bare(&mut self) {
        (self.f)();
    }
}
