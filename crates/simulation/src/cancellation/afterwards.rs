//! The assertions of a scenario, which run when everything has come to rest.

use std::cell::RefCell;

type Question = Box<dyn FnOnce()>;

thread_local! {
    /// The assertions of the scenario that runs in this thread, if one does.
    static QUESTIONS: RefCell<Option<Vec<Question>>> = const { RefCell::new(None) };
}

/// Declares what must be true when the target of [`check_cancellation`](crate::check_cancellation()) has ended and all companions
/// have: a panic of `asserts` fails the run. Outside of such a check it does nothing.
///
/// # Examples
///
/// ```
/// use asyncio::{Queue, simulation::{afterwards, check_cancellation}};
///
/// check_cancellation(|| {
///     let queue = Queue::new(1);
///     let (target, left) = (queue.clone(), queue);
///     let taken = std::rc::Rc::new(std::cell::Cell::new(0));
///     let seen = taken.clone();
///     asyncio::create_task({
///         let producer = left.clone();
///         async move { producer.put("item").await.map_err(Into::into) }
///     });
///     afterwards(move || assert_eq!(left.qsize() + seen.get(), 1, "neither lost nor doubled"));
///     async move {
///         target.get().await?;
///         taken.set(1);
///         Ok(())
///     }
/// })
/// .check();
/// ```
pub fn afterwards(asserts: impl FnOnce() + 'static) {
    QUESTIONS.with_borrow_mut(|questions| {
        if let Some(questions) = questions {
            questions.push(Box::new(asserts));
        }
    });
}

/// As long as it lives, this thread accepts assertions; then they are dropped.
pub(super) struct Asking(());

impl Asking {
    pub(super) fn begin() -> Self {
        QUESTIONS.replace(Some(Vec::new()));
        Self(())
    }

    /// Asks all of them.
    pub(super) fn ask(&self) {
        // Moved out, so that nothing is borrowed while they run.
        let questions = QUESTIONS.with_borrow_mut(|questions| questions.as_mut().map(std::mem::take));
        questions.into_iter().flatten().for_each(|question| question());
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        drop(QUESTIONS.take());
    }
}
