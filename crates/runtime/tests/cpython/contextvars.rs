//! `test_context`: context variables, tokens and contexts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use asyncio_runtime::*;

use crate::support::*;

static VAR: ContextVar<&str> = ContextVar::new("var");
static OTHER: ContextVar<&str> = ContextVar::new("other");
static NUMBER: ContextVar<i32> = ContextVar::with_default("number", || 42);

/// What a context holds.
fn held<T: Clone + Send + Sync + 'static>(context: &Context, var: &ContextVar<T>) -> Option<T> {
    context.run(|| var.get().ok()).unwrap()
}

// CPython: test_context.ContextTest.test_context_var_new_1, test_context_var_repr_1
#[test]
fn a_variable_has_a_name_and_a_token_tells_whether_it_was_used() {
    assert_eq!(VAR.name(), "var");
    assert!(format!("{VAR:?}").starts_with("<ContextVar name='var' at 0x"));
    let mut token = VAR.set("a");
    assert!(format!("{token:?}").contains("used: false"));
    VAR.reset(&mut token).unwrap();
    assert!(format!("{token:?}").contains("used: true"));
}

// CPython: test_context.ContextTest.test_context_get_context_1, test_context_run_2
#[test]
fn a_function_that_runs_in_a_context_gives_its_result() {
    assert_eq!(copy_context().run(|| (11, "bar")).unwrap(), (11, "bar"));
    assert_eq!(Context::new().run(|| [1, 2]).unwrap(), [1, 2]);
}

// CPython: test_context.ContextTest.test_context_run_3, test_context_run_5
#[test]
fn a_function_that_fails_leaves_its_context_behind() {
    let context = Context::new();
    let fails = || {
        assert!(VAR.get().is_err());
        VAR.set("spam");
        Err::<(), _>(ZeroDivisionError::default())
    };
    assert_eq!(raised(context.run(fails).unwrap()), "ZeroDivisionError()");
    assert!(VAR.get().is_err());
    let panics = || {
        VAR.set("ham");
        panic!("expected")
    };
    assert!(catch_unwind(AssertUnwindSafe(|| context.run(panics))).is_err());
    assert!(VAR.get().is_err());
    assert_eq!(held(&context, &VAR), Some("ham"), "and can be entered again");
}

// CPython: test_context.ContextTest.test_context_run_4
#[test]
fn a_context_inside_another_sees_only_its_own() {
    let (outer, inner) = (Context::new(), Context::new());
    let copy = outer.run(|| {
        assert!(VAR.get().is_err());
        VAR.set("spam");
        inner.run(|| assert!(VAR.get().is_err())).unwrap();
        assert_eq!(VAR.get().unwrap(), "spam");
        copy_context()
    });
    assert_eq!(held(&copy.unwrap(), &VAR), Some("spam"));
    assert_eq!(held(&outer, &VAR), Some("spam"));
    assert_eq!(held(&inner, &VAR), None);
}

// CPython: test_context.ContextTest.test_context_run_6
#[test]
fn what_a_function_sets_stays_in_the_context() {
    let context = Context::new();
    context
        .run(|| {
            assert_eq!(NUMBER.get().unwrap(), 42);
            NUMBER.set(0);
            assert_eq!(NUMBER.get().unwrap(), 0);
        })
        .unwrap();
    assert_eq!(held(&context, &NUMBER), Some(0));
    assert_eq!(NUMBER.get().unwrap(), 42);
}

// CPython: test_context.ContextTest.test_context_run_7
#[test]
fn a_context_is_entered_once_at_a_time() {
    let context = Context::new();
    let same = context.clone();
    let error = raised(context.run(move || same.run(|| ())).unwrap());
    assert!(error.contains("is already entered"), "{error}");
}

// CPython: test_context.ContextTest.test_context_getset_1
#[test]
fn a_token_takes_its_own_change_back_and_only_once() {
    let used = "RuntimeError('Token has already been used once')";
    assert!(raised(VAR.get()).starts_with("LookupError("));
    assert_eq!(VAR.get_or("default"), "default");
    let mut first = VAR.set("one");
    assert_eq!((VAR.get().unwrap(), VAR.get_or("default")), ("one", "one"));
    let mut second = VAR.set("spam");
    assert_eq!(VAR.get().unwrap(), "spam");
    VAR.reset(&mut second).unwrap();
    assert_eq!(VAR.get().unwrap(), "one");
    VAR.set("spam2");
    assert_eq!(raised(VAR.reset(&mut second)), used);
    assert_eq!(VAR.get().unwrap(), "spam2");
    let before = copy_context();
    VAR.reset(&mut first).unwrap();
    assert_eq!(raised(VAR.reset(&mut first)), used);
    assert!(VAR.get().is_err());
    assert_eq!(held(&before, &VAR), Some("spam2"));
    assert_eq!(held(&copy_context(), &VAR), None);
}

// CPython: test_context.ContextTest.test_context_getset_2
#[test]
fn a_token_belongs_to_its_variable() {
    let mut token = VAR.set("a");
    assert_eq!(raised(OTHER.reset(&mut token)), "ValueError('Token was created by a different ContextVar')");
    VAR.reset(&mut token).unwrap();
}

// CPython: test_context.ContextTest.test_context_getset_3
#[test]
fn a_default_is_not_a_value_of_the_context() {
    let context = Context::new();
    context
        .run(|| {
            assert_eq!((NUMBER.get().unwrap(), NUMBER.get_or(7)), (42, 7));
            let mut token = NUMBER.set(1);
            assert_eq!(NUMBER.get_or(7), 1);
            NUMBER.reset(&mut token).unwrap();
            assert_eq!((NUMBER.get().unwrap(), NUMBER.get_or(7)), (42, 7));
        })
        .unwrap();
}

// CPython: test_context.ContextTest.test_context_getset_5
#[test]
fn a_change_in_a_copy_is_not_seen_outside() {
    NUMBER.set(0);
    let inside = copy_context().run(|| {
        NUMBER.set(NUMBER.get().unwrap() + 1);
        NUMBER.get().unwrap()
    });
    assert_eq!((inside.unwrap(), NUMBER.get().unwrap()), (1, 0));
}

// CPython: test_context.ContextTest.test_context_copy_1
#[test]
fn a_copy_goes_its_own_way() {
    let first = Context::new();
    let second = first.run(|| {
        NUMBER.set(10);
        let second = copy_context();
        NUMBER.set(20);
        assert_eq!((NUMBER.get().unwrap(), held(&second, &NUMBER)), (20, Some(10)));
        second.run(|| NUMBER.set(30)).unwrap();
        assert_eq!(NUMBER.get().unwrap(), 20);
        second
    });
    assert_eq!((held(&first, &NUMBER), held(&second.unwrap(), &NUMBER)), (Some(20), Some(30)));
}

// CPython: test_context.ContextTest.test_context_threads_1
#[test]
fn threads_have_contexts_of_their_own() {
    let pool = ThreadPoolExecutor::new(10).unwrap();
    let jobs: Vec<_> = (0..10)
        .map(|job| {
            let sub = move || {
                for i in 0..10 {
                    NUMBER.set(job + i);
                    std::thread::yield_now();
                    assert_eq!(NUMBER.get().unwrap(), job + i);
                }
                job
            };
            pool.submit(sub).unwrap()
        })
        .collect();
    assert_eq!(jobs.iter().map(|job| job.result(None).unwrap()).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    pool.shutdown(true, false);
    assert_eq!(NUMBER.get().unwrap(), 42);
}

// CPython: test_context.ContextTest.test_token_contextmanager_with_default, test_token_contextmanager_on_exception,
// test_token_contextmanager_with_explicit_reset_another_token
#[test]
fn a_scope_restores_the_default_after_an_error_too() {
    let fails = || {
        let _scope = NUMBER.set_within(36);
        let mut token = NUMBER.set(24);
        assert_eq!(NUMBER.get().unwrap(), 24);
        NUMBER.reset(&mut token).unwrap();
        assert_eq!(NUMBER.get().unwrap(), 36);
        Err::<(), _>(ValueError::new("custom exception"))
    };
    let context = Context::new();
    assert_eq!(raised(context.run(fails).unwrap()), "ValueError('custom exception')");
    assert_eq!(context.run(|| NUMBER.get().unwrap()).unwrap(), 42);
    let panics = || {
        let _scope = NUMBER.set_within(36);
        panic!("expected")
    };
    assert!(catch_unwind(AssertUnwindSafe(|| context.run(panics))).is_err());
    assert_eq!(context.run(|| NUMBER.get().unwrap()).unwrap(), 42);
}

/// A value that sets its variable when it is dropped.
struct Reenters(&'static str);

static REENTERED: ContextVar<Arc<Reenters>> = ContextVar::new("reentered");

impl Drop for Reenters {
    fn drop(&mut self) {
        if self.0 == "reenters" {
            REENTERED.set(Arc::new(Reenters("finalizer")));
        }
    }
}

// CPython: test_context.ContextTest.test_reset_with_reentrant_finalizer
#[test]
fn a_value_that_goes_may_set_its_variable() {
    REENTERED.set(Arc::new(Reenters("original")));
    let mut token = REENTERED.set(Arc::new(Reenters("reenters")));
    REENTERED.reset(&mut token).unwrap();
    assert_eq!(REENTERED.get().unwrap().0, "finalizer");
}
