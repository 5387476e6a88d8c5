//! tokio's current-thread runtime with plain `spawn`, whose futures must be `Send`.

#[path = "../glue/tokio.rs"]
mod glue;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    pub use super::glue::*;

    pub fn run<F: Future<Output = ()> + Send + 'static>(main: F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(main).await.unwrap() })
    }

    pub fn spawn<F>(future: F) -> Handle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        tokio::spawn(future)
    }
}

fn main() {
    harness::main(workloads::ALL)
}
