//! tokio's `LocalRuntime`.

#[path = "../glue/tokio.rs"]
mod glue;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    pub use super::glue::*;

    pub use tokio::task::spawn_local as spawn;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build_local(Default::default()).unwrap();
        runtime.block_on(async { spawn(main).await.unwrap() })
    }
}

fn main() {
    harness::main(workloads::ALL)
}
