//! `ExceptionGroup`: several errors in one.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::error::drop_one_by_one;
use crate::repr::Quoted;
use crate::{CancelledError, Error};

/// How many members `Display` names.
const NAMED: usize = 10;

/// Several exceptions raised together: Python's `ExceptionGroup` and `BaseExceptionGroup` (PEP 654).
///
/// A `TaskGroup` raises one when its tasks fail. `Display` is the message with the number of members
/// and their names, `Debug` reads as Python's `repr`. Python's `str`, which is without the names, is `{group:-}`.
///
/// # Examples
///
/// ```
/// use asyncio::{ExceptionGroup, TypeError, ValueError};
///
/// let group = ExceptionGroup::new("two problems", [ValueError::new("a").into(), TypeError::new("b").into()]);
/// assert_eq!(group.to_string(), "two problems (2 sub-exceptions): ValueError('a'), TypeError('b')");
/// assert_eq!(format!("{group:-}"), "two problems (2 sub-exceptions)");
/// let (values, rest) = group.split(|e| e.is::<ValueError>());
/// assert_eq!(values.len(), 1);
/// assert_eq!(rest.len(), 1);
/// ```
#[doc(alias = "BaseExceptionGroup")]
#[derive(Clone)]
pub struct ExceptionGroup {
    message: Cow<'static, str>,
    exceptions: Arc<[Error]>,
}

impl ExceptionGroup {
    /// A group of `exceptions` with a message of its own. (Python refuses an empty group; this does not.)
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>, exceptions: impl IntoIterator<Item = Error>) -> Self {
        Self { message: message.into(), exceptions: exceptions.into_iter().collect() }
    }

    /// The message, without the number of members that `Display` adds.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The members, in the order in which they were raised.
    #[must_use]
    pub fn exceptions(&self) -> &[Error] {
        &self.exceptions
    }

    pub(crate) fn map(&self, f: impl FnMut(&Error) -> Error) -> Self {
        Self { message: self.message.clone(), exceptions: self.exceptions.iter().map(f).collect() }
    }

    /// The errors that match and those that do not, including the members of nested groups: what `except*` does.
    ///
    /// Unlike Python's `split`, both parts are flat lists, without the groups that the errors were in.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ExceptionGroup, TypeError, ValueError};
    ///
    /// let inner = ExceptionGroup::new("inner", [ValueError::new("a").into(), TypeError::new("b").into()]);
    /// let outer = ExceptionGroup::new("outer", [inner.into(), ValueError::new("c").into()]);
    /// let (values, rest) = outer.split(|error| error.is::<ValueError>());
    /// assert_eq!(format!("{values:?}"), "[ValueError('a'), ValueError('c')]");
    /// assert_eq!(format!("{rest:?}"), "[TypeError('b')]");
    /// ```
    #[must_use]
    pub fn split(&self, matches: impl Fn(&Error) -> bool) -> (Vec<Error>, Vec<Error>) {
        let mut flat = Vec::new();
        let mut todo: Vec<Error> = self.exceptions.iter().rev().cloned().collect();
        while let Some(error) = todo.pop() {
            match error.downcast_ref::<ExceptionGroup>() {
                Some(group) => todo.extend(group.exceptions.iter().rev().cloned()),
                None => flat.push(error),
            }
        }
        flat.into_iter().partition(matches)
    }

    /// Moves the members that lead to other errors into `errors`, if this group is their only owner.
    pub(crate) fn take_members(&mut self, errors: &mut Vec<Error>) {
        let owned = Arc::get_mut(&mut self.exceptions).into_iter().flatten();
        let deep = owned.filter(|member| member.leads_on());
        errors.extend(deep.map(|member| std::mem::replace(member, CancelledError::default().into())));
    }
}

impl Drop for ExceptionGroup {
    fn drop(&mut self) {
        let mut errors = Vec::new();
        self.take_members(&mut errors);
        drop_one_by_one(errors);
    }
}

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.exceptions.len();
        write!(f, "{} ({n} sub-exception{})", self.message, if n == 1 { "" } else { "s" })?;
        if f.sign_minus() {
            return Ok(());
        }
        // A group in this one is named, and its members are not: they may be nested deeper than the stack allows.
        let mut before = ": ";
        for member in self.exceptions.iter().take(NAMED) {
            match member.downcast_ref::<ExceptionGroup>() {
                Some(group) => write!(f, "{before}ExceptionGroup({})", Quoted(&format!("{group:-}")))?,
                None => write!(f, "{before}{}", member.repr())?,
            }
            before = ", ";
        }
        if n > NAMED { write!(f, " and {} more", n - NAMED) } else { Ok(()) }
    }
}

impl fmt::Debug for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The groups that are open are kept in a list: they may be nested deeper than the stack allows.
        let mut open = vec![(self, self.exceptions.iter())];
        write!(f, "ExceptionGroup({}, [", Quoted(&self.message))?;
        while let Some((group, members)) = open.last_mut() {
            let is_first = members.len() == group.exceptions.len();
            let Some(member) = members.next() else {
                f.write_str("])")?;
                open.pop();
                continue;
            };
            if !is_first {
                f.write_str(", ")?;
            }
            match member.downcast_ref::<ExceptionGroup>() {
                Some(inner) => {
                    write!(f, "ExceptionGroup({}, [", Quoted(&inner.message))?;
                    open.push((inner, inner.exceptions.iter()));
                }
                None => write!(f, "{}", member.repr())?,
            }
        }
        Ok(())
    }
}

impl StdError for ExceptionGroup {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TypeError, ValueError};

    #[test]
    fn a_group_prints_as_in_python() {
        let group = ExceptionGroup::new("g", [ValueError::new("x").into()]);
        assert_eq!(format!("{group:?}"), "ExceptionGroup('g', [ValueError('x')])");
        assert_eq!(format!("{group:-}"), "g (1 sub-exception)");
        let outer = ExceptionGroup::new("o", [group.into(), TypeError::new("y").into()]);
        assert_eq!(
            format!("{outer:?}"),
            "ExceptionGroup('o', [ExceptionGroup('g', [ValueError('x')]), TypeError('y')])"
        );
    }

    #[test]
    fn splitting_looks_into_nested_groups() {
        let inner = ExceptionGroup::new("inner", [ValueError::new("a").into(), TypeError::new("b").into()]);
        let outer = ExceptionGroup::new("outer", [inner.into(), ValueError::new("c").into()]);
        let (values, rest) = outer.split(|e| e.is::<ValueError>());
        assert_eq!(values.iter().map(|e| e.to_string()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(rest.len(), 1);
    }
}
