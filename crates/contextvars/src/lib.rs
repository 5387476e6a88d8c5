//! Context variables (PEP 567): values that belong to a task rather than to a thread.
//!
//! The core idea: a context is a map behind one pointer, so a copy of a context is a copy of that pointer; a write copies the
//! map if another context shares it. The current context is kept in the thread, and a task's is swapped in for each of its
//! steps. An empty context is `None` and costs nothing.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use asyncio_errors::{LookupError, RuntimeError, ValueError};

/// The values of a context, by the id of their variable. `Send`, so that a copy can go to another thread.
#[doc(hidden)]
pub type Vars = Option<Arc<BTreeMap<usize, Arc<dyn Any + Send + Sync>>>>;

thread_local! {
    static CURRENT: RefCell<Vars> = const { RefCell::new(None) };
}

/// Has any variable of this process been set? Until then all contexts are empty, and swapping them would be wasted time.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// False as long as all contexts are empty.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn in_use() -> bool {
    // A thread sees its own change at once, and a change by another thread before it gets a context from there.
    IN_USE.load(Ordering::Relaxed)
}

// A loop that is kept in a thread local may outlive the context of its thread. It then runs in an empty one.

/// A copy of the current values.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn current() -> Vars {
    if in_use() { CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default() } else { None }
}

/// Makes `vars` the current values and returns the previous ones.
#[doc(hidden)]
#[inline]
pub fn replace(vars: Vars) -> Vars {
    if in_use() { CURRENT.try_with(|current| current.replace(vars)).unwrap_or_default() } else { None }
}

/// Runs `f` with `vars` as the current values. Changes made by `f` are lost.
#[doc(hidden)]
pub fn run_in<R>(vars: Vars, f: impl FnOnce() -> R) -> R {
    let _inside = Inside { outer: replace(vars), context: None };
    f()
}

/// Restores the outer values when dropped, and moves the inner ones into the context that was entered, if any.
struct Inside<'a> {
    outer: Vars,
    context: Option<&'a Context>,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let inner = replace(self.outer.take());
        if let Some(context) = self.context {
            context.leave(inner);
        }
    }
}

/// A variable whose value depends on the task: `contextvars.ContextVar`.
///
/// Declare it as a `static`. A task runs in a copy of the context of the task that created it: a value that it sets is seen by
/// the coroutines that it awaits and by the tasks that it creates afterwards, but not by its creator. A callback runs in a
/// copy of the context in which it was registered, and so does a function that is passed to
/// `to_thread`.
///
/// # Examples
///
/// ```
/// use asyncio::{ContextVar, create_task, run};
///
/// static USER: ContextVar<&str> = ContextVar::with_default("user", || "nobody");
///
/// run(async {
///     USER.set("ann");
///     let task = create_task(async {
///         assert_eq!(USER.get()?, "ann");
///         USER.set("bob");
///         Ok(())
///     });
///     task.await?;
///     assert_eq!(USER.get()?, "ann");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct ContextVar<T> {
    name: &'static str,
    default: Option<fn() -> T>,
    /// Unique in the process; assigned at the first use.
    id: OnceLock<usize>,
}

impl<T: Clone + Send + Sync + 'static> ContextVar<T> {
    /// A variable without a default value.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, default: None, id: OnceLock::new() }
    }

    /// A variable whose value is `default()` in a context where none was set.
    #[must_use]
    pub const fn with_default(name: &'static str, default: fn() -> T) -> Self {
        Self { name, default: Some(default), id: OnceLock::new() }
    }

    /// The variable's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value in the current context, or the default if none was set: `var.get()`.
    ///
    /// # Errors
    ///
    /// [`LookupError`] naming the variable if it has neither a value nor a default.
    pub fn get(&self) -> Result<T, LookupError> {
        let value = self.lookup().or_else(|| Some(self.default?()));
        value.ok_or_else(|| LookupError::new(format!("{self:?}")))
    }

    /// The value in the current context, or `default` if none was set: `var.get(default)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ContextVar;
    ///
    /// static DEPTH: ContextVar<u32> = ContextVar::new("depth");
    ///
    /// assert!(DEPTH.get().is_err());
    /// assert_eq!(DEPTH.get_or(1), 1);
    /// DEPTH.set(2);
    /// assert_eq!(DEPTH.get_or(1), 2);
    /// assert_eq!(DEPTH.name(), "depth");
    /// ```
    pub fn get_or(&self, default: T) -> T {
        self.lookup().unwrap_or(default)
    }

    /// Sets the value in the current context: `var.set(value)`. [`reset`](Self::reset) with the token undoes it.
    pub fn set(&self, value: T) -> Token<T> {
        let old = self.lookup();
        self.store(Some(value));
        Token { var: self.id(), old, used: false }
    }

    /// Sets the value in the current context until the scope is dropped: `with var.set(value):` (Python 3.14).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ContextVar;
    ///
    /// static USER: ContextVar<&str> = ContextVar::with_default("user", || "nobody");
    ///
    /// {
    ///     let _ann = USER.set_within("ann");
    ///     assert_eq!(USER.get().unwrap(), "ann");
    /// }
    /// assert_eq!(USER.get().unwrap(), "nobody");
    /// ```
    #[must_use = "the value is restored when this is dropped"]
    pub fn set_within(&self, value: T) -> VarScope<'_, T> {
        let token = self.set(value);
        VarScope { var: self, token }
    }

    /// Restores the value from before the [`set`](Self::set) that returned `token`: `var.reset(token)`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the token was used before, `ValueError` if it is another variable's.
    pub fn reset(&self, token: &mut Token<T>) -> asyncio_errors::Result<()> {
        if token.used {
            return Err(RuntimeError::new("Token has already been used once").into());
        }
        if token.var != self.id() {
            return Err(ValueError::new("Token was created by a different ContextVar").into());
        }
        token.used = true;
        self.store(token.old.take());
        Ok(())
    }

    fn id(&self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        *self.id.get_or_init(|| NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn lookup(&self) -> Option<T> {
        let value = Arc::clone(current()?.get(&self.id())?);
        value.downcast_ref::<T>().cloned()
    }

    fn store(&self, value: Option<T>) {
        IN_USE.store(true, Ordering::Relaxed);
        let mut current = replace(None);
        let vars = Arc::make_mut(current.get_or_insert_default());
        let old = match value {
            Some(value) => vars.insert(self.id(), Arc::new(value)),
            None => vars.remove(&self.id()),
        };
        replace(current);
        // Dropped now that the context is back: a destructor may read it.
        drop(old);
    }
}

impl<T> fmt::Debug for ContextVar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ContextVar name='{}' at {:p}>", self.name, self)
    }
}

/// Returned by [`ContextVar::set`], and undoes it: `contextvars.Token`.
///
/// # Examples
///
/// ```
/// use asyncio::{ContextVar, RuntimeError};
///
/// static LEVEL: ContextVar<&str> = ContextVar::with_default("level", || "info");
///
/// let mut token = LEVEL.set("debug");
/// assert_eq!(LEVEL.get().unwrap(), "debug");
/// LEVEL.reset(&mut token).unwrap();
/// assert_eq!(LEVEL.get().unwrap(), "info");
/// assert!(LEVEL.reset(&mut token).unwrap_err().is::<RuntimeError>()); // once only
/// ```
#[derive(Debug)]
pub struct Token<T> {
    var: usize,
    old: Option<T>,
    used: bool,
}

/// Restores the previous value of a variable when dropped; made by [`ContextVar::set_within`].
///
/// Drop it in the context in which it was made. If it is moved to another task and dropped there, it changes the value there.
#[derive(Debug)]
pub struct VarScope<'a, T: Clone + Send + Sync + 'static> {
    var: &'a ContextVar<T>,
    token: Token<T>,
}

impl<T: Clone + Send + Sync + 'static> Drop for VarScope<'_, T> {
    fn drop(&mut self) {
        self.var.store(self.token.old.take());
    }
}

/// A set of values of context variables, in which functions and tasks can run: `contextvars.Context`.
///
/// Clones are handles on the same context, like two names for one object in Python. To copy the current context use
/// [`copy_context`].
///
/// # Examples
///
/// ```
/// use asyncio::{Context, ContextVar, TaskOptions, run};
///
/// static USER: ContextVar<&str> = ContextVar::new("user");
///
/// let context = Context::new();
/// let inside = context.clone();
/// run(async move {
///     TaskOptions::new().context(inside).create_task(async { Ok(drop(USER.set("ann"))) })?.await
/// })
/// .unwrap();
/// assert_eq!(context.run(|| USER.get().unwrap()).unwrap(), "ann");
/// assert!(USER.get().is_err()); // that is another context
/// ```
#[derive(Clone, Default)]
pub struct Context {
    inner: Rc<ContextInner>,
}

#[derive(Default)]
struct ContextInner {
    /// The values. While the context is entered they are in the thread, and this is empty.
    vars: Cell<Vars>,
    entered: Cell<bool>,
}

/// A copy of the current context: `contextvars.copy_context()`. The values are not copied before one is set.
///
/// # Examples
///
/// ```
/// use asyncio::{ContextVar, copy_context};
///
/// static LANGUAGE: ContextVar<&str> = ContextVar::new("language");
///
/// LANGUAGE.set("English");
/// let context = copy_context();
/// context.run(|| LANGUAGE.set("Welsh")).unwrap();
/// assert_eq!(LANGUAGE.get().unwrap(), "English");
/// assert_eq!(context.run(|| LANGUAGE.get().unwrap()).unwrap(), "Welsh");
/// ```
#[must_use]
pub fn copy_context() -> Context {
    Context { inner: Rc::new(ContextInner { vars: Cell::new(current()), ..ContextInner::default() }) }
}

impl Context {
    /// An empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `f` in this context: `context.run(f)`. The values that it sets stay in the context.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot enter context` if the context is already entered; `f` is not called then.
    ///
    /// # Panics
    ///
    /// If `f` does. The context is left before the panic goes on.
    #[doc(alias = "contextvars.Context.run")]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> Result<R, RuntimeError> {
        let _inside = Inside { outer: replace(self.enter()?), context: Some(self) };
        Ok(f())
    }

    /// Marks the context as entered and moves its values out.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot enter context` if the context is already entered.
    #[doc(hidden)]
    #[inline]
    pub fn enter(&self) -> Result<Vars, RuntimeError> {
        self.check_not_entered()?;
        self.inner.entered.set(true);
        Ok(self.inner.vars.take())
    }

    /// Fails if the context is entered.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot enter context` if the context is already entered.
    #[doc(hidden)]
    #[inline]
    pub fn check_not_entered(&self) -> Result<(), RuntimeError> {
        if self.inner.entered.get() {
            return Err(RuntimeError::new(format!("cannot enter context: {self:?} is already entered")));
        }
        Ok(())
    }

    /// Undoes `enter`.
    #[doc(hidden)]
    #[inline]
    pub fn leave(&self, vars: Vars) {
        self.inner.vars.set(vars);
        self.inner.entered.set(false);
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Context object at {:p}>", Rc::as_ptr(&self.inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LEVEL: ContextVar<u32> = ContextVar::new("level");
    static DEFAULTED: ContextVar<String> = ContextVar::with_default("defaulted", || "plain".to_owned());

    #[test]
    fn a_variable_without_value_is_a_lookup_error_that_names_it() {
        let error = LEVEL.get().unwrap_err();
        assert!(error.to_string().contains("name='level'"), "{error}");
        assert_eq!(LEVEL.get_or(7), 7);
        assert_eq!(DEFAULTED.get().unwrap(), "plain");
    }

    #[test]
    fn a_token_restores_once() {
        let mut first = LEVEL.set(1);
        let mut second = LEVEL.set(2);
        LEVEL.reset(&mut second).unwrap();
        assert_eq!(LEVEL.get().unwrap(), 1);
        assert_eq!(LEVEL.reset(&mut second).unwrap_err().to_string(), "Token has already been used once");
        LEVEL.reset(&mut first).unwrap();
        assert!(LEVEL.get().is_err());
    }

    // CPython: test_context.ContextTest.test_token_contextmanager_without_default,
    // test_token_contextmanager_multiple_c_set
    #[test]
    fn scopes_restore_what_was_there_before_them() {
        static SCOPED: ContextVar<u32> = ContextVar::new("scoped");
        {
            let _outer = SCOPED.set_within(1);
            {
                let _inner = SCOPED.set_within(2);
                SCOPED.set(3);
                assert_eq!(SCOPED.get().unwrap(), 3);
            }
            assert_eq!(SCOPED.get().unwrap(), 1);
        }
        assert!(SCOPED.get().is_err());
    }

    #[test]
    fn a_copied_context_keeps_its_own_values() {
        LEVEL.set(1);
        let copy = copy_context();
        LEVEL.set(2);
        copy.run(|| {
            assert_eq!(LEVEL.get().unwrap(), 1);
            LEVEL.set(3);
        })
        .unwrap();
        assert_eq!(LEVEL.get().unwrap(), 2);
        assert_eq!(copy.run(|| LEVEL.get().unwrap()).unwrap(), 3);
    }

    #[test]
    fn what_a_callback_sets_stays_in_its_context() {
        LEVEL.set(1);
        let level = run_in(current(), || {
            LEVEL.set(2);
            LEVEL.get().unwrap()
        });
        assert_eq!((level, LEVEL.get().unwrap()), (2, 1));
    }

    #[test]
    fn a_context_cannot_be_entered_twice() {
        let context = Context::new();
        let inner = context.clone();
        let twice = context.run(move || inner.run(|| ())).unwrap();
        assert!(twice.is_err());
    }
}
