//! As `smol_local`, with async-executor's `StaticLocalExecutor`, which keeps no table of its tasks.

#[path = "../glue/smol.rs"]
mod glue;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    use std::cell::Cell;

    use async_executor::{LocalExecutor, StaticLocalExecutor};

    pub use super::glue::*;

    thread_local! {
        static EXECUTOR: Cell<Option<&'static StaticLocalExecutor>> = const { Cell::new(None) };
    }

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let executor: &'static StaticLocalExecutor = LocalExecutor::new().leak();
        EXECUTOR.set(Some(executor));
        async_io::block_on(executor.run(executor.spawn(main)))
    }

    pub fn spawn<F: Future + 'static>(future: F) -> Handle<F::Output> {
        EXECUTOR.get().unwrap().spawn(future)
    }
}

fn main() {
    harness::main(workloads::ALL)
}
