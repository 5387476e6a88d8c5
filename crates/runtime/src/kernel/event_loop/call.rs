//! `Call`, a callback that another thread hands in, with the context that it is to run in.

use crate::base::names::function_name;
use crate::contextvars::{self, Vars};

pub(crate) struct Call {
    pub(crate) f: Box<dyn FnOnce() + Send>,
    pub(crate) vars: Vars,
    type_name: fn() -> &'static str,
}

impl Call {
    /// A call of `f` in a copy of the current context.
    pub(crate) fn new<F: FnOnce() + Send + 'static>(f: F) -> Self {
        Self::named::<F>(f)
    }

    /// As `new`, under the name of another closure.
    pub(crate) fn named<Named>(f: impl FnOnce() + Send + 'static) -> Self {
        Self { f: Box::new(f), vars: contextvars::current(), type_name: std::any::type_name::<Named> }
    }

    /// The name of the function that the closure comes from.
    pub(crate) fn name(&self) -> &'static str {
        function_name((self.type_name)())
    }
}
