//! smol's parts: async-executor's `LocalExecutor` under async-io's `block_on`.

#[path = "../glue/smol.rs"]
mod glue;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    use std::cell::Cell;

    use async_executor::LocalExecutor;

    pub use super::glue::*;

    thread_local! {
        static EXECUTOR: Cell<Option<&'static LocalExecutor<'static>>> = const { Cell::new(None) };
    }

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let executor: &'static LocalExecutor<'static> = Box::leak(Box::new(LocalExecutor::new()));
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
