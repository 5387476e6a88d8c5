//! The callback that a group registers with each of its members.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};

use asyncio_errors::Error;

use crate::kernel::{AnyFuture, Group, Kind, Run, Text, current};

/// The callback on the members of a group: CPython's `_done_callback`.
#[derive(Default)]
pub(super) struct Gathering {
    /// CPython's `outer`; set when all members are there.
    pub(super) future: OnceCell<AnyFuture>,
    /// The number of members that are not done. A member that was passed twice counts once.
    pub(super) left: Cell<usize>,
    /// The indexes of the members that also occur under a smaller index.
    pub(super) again: RefCell<Vec<u32>>,
    pub(super) return_exceptions: Cell<bool>,
    /// The task that called `gather`.
    pub(super) task: Option<u32>,
    /// The member whose `CancelledError` ended the group. Such an error is handed out only once, so `reopen` gives it back.
    pub(super) took_from: Cell<Option<u32>>,
    /// The results that [`Gather::result`](super::Gather::result) has collected, for the next call.
    pub(super) kept: RefCell<Option<Box<dyn Any>>>,
}

impl Gathering {
    pub(super) fn future(&self) -> &AnyFuture {
        self.future.get().expect("the members are there")
    }

    fn group(&self) -> &Group {
        match self.future().kind() {
            Kind::Group(group) => group,
            _ => unreachable!("it was made as a group"),
        }
    }

    /// The error with which the group ends because of this member.
    fn failure(&self, index: u32) -> Option<Error> {
        if self.return_exceptions.get() {
            return None;
        }
        let member = &self.group().members[index as usize];
        let own = member.cancelled() && member.base().is_unseen();
        let error = member.base().see_error()?;
        self.took_from.set(own.then_some(index));
        Some(error)
    }

    /// For `return_exceptions` on a group that is already done, because its members were: an error that has ended the group
    /// becomes a result.
    pub(super) fn reopen(&self) {
        if let (Some(index), Some(error)) = (self.took_from.take(), self.future().base().peek_error()) {
            self.group().members[index as usize].base().give_back(error);
        }
        self.future().base().reopen();
        if self.left.get() == 0 {
            self.finish();
        }
    }

    /// All members are done.
    fn finish(&self) {
        let group = self.group();
        if self.return_exceptions.get() {
            // The failures are now results, even if the group is never awaited, or is cancelled.
            group.members.iter().for_each(|member| member.base().forgive());
        }
        if group.cancel_requested.get() {
            // A cancelled group raises even under `return_exceptions`. CPython raises the error of the last member.
            let error = group.members.last().and_then(last_cancellation);
            self.future().finish_with_error(error.unwrap_or_else(|| Error::cancelled_at(None, current::location())));
        } else {
            self.future().finish(());
        }
    }
}

/// The cancellation that ended a member, or else a requested one that the member has suppressed.
fn last_cancellation(member: &AnyFuture) -> Option<Error> {
    match member.kind() {
        _ if member.cancelled() => member.base().see_error(),
        Kind::Task(core) => Some(Error::cancelled_at(core.cancel_message(), core.at.get())),
        Kind::Plain | Kind::Group(_) => None,
    }
}

impl Run for Gathering {
    fn run(&self, key: u32) {
        if self.future.get().is_none() || self.again.borrow().binary_search(&key).is_ok() {
            // Making the group has failed at a later member, or this member is counted under a smaller index.
            return;
        }
        let member = &self.group().members[key as usize];
        self.left.set(self.left.get() - 1);
        if self.future().done() {
            member.base().forgive();
            return;
        }
        if let Some(error) = self.failure(key) {
            self.future().finish_with_error(error);
        } else if self.left.get() == 0 {
            self.finish();
        }
    }

    fn abandoned(&self, depth: u32) -> Option<u32> {
        self.future.get()?.is_abandoned(depth).then_some(1)
    }

    fn abandon(&self) {
        self.future().base().abandon();
    }

    fn cut(&self) {
        let members = self.future.get().map_or(&[][..], |_| &self.group().members);
        members.iter().for_each(|member| member.base().forget_callbacks());
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.task.filter(|_| self.future.get().is_none_or(|own| !own.done() && through.is_none_or(|it| own.is(it))))
    }

    fn describe(&self) -> Text {
        "gather.<locals>._done_callback()".into()
    }
}
