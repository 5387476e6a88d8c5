//! Tenants: the state that parts of asyncio keep in a loop.
//!
//! The loop itself does not know signals, thread pools or generators. The part that handles them stores its state in the loop
//! as a [`Tenant`], which is found by its type and made when it is first needed. So a program that never uses a part does not
//! contain its code: only making a tenant links the functions of its trait object.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::rc::Rc;

use asyncio_errors::Result;

use crate::kernel::LoopCore;

/// A part's state in one loop.
pub(crate) trait Tenant: Any {
    /// When it closes.
    fn phase(&self) -> Phase;

    /// Can it still wake a task without help from the loop? Then virtual time does not jump, and there is no deadlock.
    fn is_expecting(&self) -> bool {
        false
    }

    /// The coroutine that ends its work while the loop still runs, if it has any such work.
    fn shut_down(self: Rc<Self>, _event_loop: &Rc<LoopCore>, _what: Shutdown) -> Option<Ending> {
        None
    }

    /// Called when the loop closes: drops everything, because nothing will run any more.
    fn close(self: Rc<Self>) {}
}

pub(crate) type Ending = Pin<Box<dyn StdFuture<Output = Result<()>>>>;

/// The two shutdowns that asyncio waits for before it closes a loop.
#[derive(Clone, Copy)]
pub(crate) enum Shutdown {
    /// `loop.shutdown_asyncgens`
    AsyncGens,
    /// `loop.shutdown_default_executor`, waiting at most this many seconds
    Executor(Option<f64>),
}

/// The order in which the tenants of a closing loop close. Within a phase, the oldest comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Waiters that own what they wait for.
    Cycles,
    /// Callbacks that only other threads would have called.
    Threads,
    Signals,
    Descriptors,
    Executor,
    /// Coroutines that only `shutdown_asyncgens` would have run.
    Hooks,
    /// Notes about futures and tasks.
    Notes,
    TaskFactory,
}

/// The tenants of one loop, in the order in which they close.
#[derive(Default)]
pub(crate) struct Tenants(RefCell<Vec<Rc<dyn Tenant>>>);

impl Tenants {
    /// The tenant of this type, if it was ever needed.
    pub(crate) fn find<T: Tenant>(&self) -> Option<Rc<T>> {
        self.find_any(TypeId::of::<T>())?.downcast().ok()
    }

    fn find_any(&self, wanted: TypeId) -> Option<Rc<dyn Any>> {
        let tenants = self.0.borrow();
        let tenant = tenants.iter().find(|tenant| (***tenant).type_id() == wanted)?;
        Some(Rc::clone(tenant) as Rc<dyn Any>)
    }

    /// The tenant of this type, which is made if there is none.
    pub(crate) fn of<T: Tenant + Default>(&self) -> Rc<T> {
        self.find().unwrap_or_else(|| self.add(Rc::default()))
    }

    /// Adds the first tenant of its type.
    pub(crate) fn add<T: Tenant>(&self, tenant: Rc<T>) -> Rc<T> {
        let mut tenants = self.0.borrow_mut();
        let place = tenants.partition_point(|other| other.phase() <= tenant.phase());
        tenants.insert(place, Rc::clone(&tenant) as Rc<dyn Tenant>);
        tenant
    }

    pub(crate) fn are_expecting(&self) -> bool {
        self.0.borrow().iter().any(|tenant| tenant.is_expecting())
    }

    /// Runs the tenants' coroutines for this shutdown.
    pub(crate) async fn shut_down(event_loop: &Rc<LoopCore>, what: Shutdown) -> Result<()> {
        let tenants = event_loop.tenants.0.borrow().clone();
        for tenant in tenants {
            if let Some(ending) = tenant.shut_down(event_loop, what) {
                ending.await?;
            }
        }
        Ok(())
    }

    /// Closes all tenants, including those that are made while another closes.
    pub(crate) fn close(&self) {
        loop {
            // Removed from the list before it closes, because it may drop objects of the program, which may use the loop.
            let mut tenants = self.0.borrow_mut();
            if tenants.is_empty() {
                return;
            }
            let first = tenants.remove(0);
            drop(tenants);
            first.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use asyncio_errors::ValueError;

    use super::*;
    use crate::Clock;

    #[derive(Default)]
    struct Early(RefCell<Option<Log>>);

    #[derive(Default)]
    struct Late(RefCell<Option<Log>>);

    type Log = Rc<RefCell<Vec<&'static str>>>;

    impl Tenant for Early {
        fn phase(&self) -> Phase {
            Phase::Signals
        }

        fn is_expecting(&self) -> bool {
            self.0.borrow().is_some()
        }

        fn close(self: Rc<Self>) {
            if let Some(log) = self.0.take() {
                log.borrow_mut().push("early");
            }
        }
    }

    impl Tenant for Late {
        fn phase(&self) -> Phase {
            Phase::Notes
        }

        fn close(self: Rc<Self>) {
            if let Some(log) = self.0.take() {
                log.borrow_mut().push("late");
            }
        }
    }

    #[test]
    fn a_tenant_is_made_once_and_closes_in_its_phase() {
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        assert!(event_loop.tenants.find::<Late>().is_none());
        let log = Log::default();
        event_loop.tenants.of::<Late>().0.replace(Some(Rc::clone(&log)));
        assert!(!event_loop.tenants.are_expecting());
        event_loop.tenants.of::<Early>().0.replace(Some(Rc::clone(&log)));
        assert!(event_loop.tenants.are_expecting());
        assert!(event_loop.tenants.find::<Late>().is_some_and(|late| Rc::ptr_eq(&late, &event_loop.tenants.of())));
        event_loop.close();
        assert_eq!(*log.borrow(), ["early", "late"]);
        assert!(event_loop.tenants.find::<Late>().is_none());
    }

    #[test]
    fn an_error_at_the_end_of_a_tenant_is_that_of_the_shutdown() {
        #[derive(Default)]
        struct Fails;
        impl Tenant for Fails {
            fn phase(&self) -> Phase {
                Phase::Hooks
            }

            fn shut_down(self: Rc<Self>, _: &Rc<LoopCore>, _: Shutdown) -> Option<Ending> {
                Some(Box::pin(async { Err(ValueError::new("not closed").into()) }))
            }
        }
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        let shut_down = || {
            let mut ending = pin!(Tenants::shut_down(&event_loop, Shutdown::AsyncGens));
            ending.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        assert!(matches!(shut_down(), Poll::Ready(Ok(()))));
        event_loop.tenants.of::<Fails>();
        assert!(matches!(shut_down(), Poll::Ready(Err(error)) if error.is::<ValueError>()));
    }
}
