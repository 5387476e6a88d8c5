//! tokio's current-thread runtime with a `LocalSet`.

#[path = "../glue/tokio.rs"]
mod glue;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    pub use super::glue::*;

    pub use tokio::task::spawn_local as spawn;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let set = tokio::task::LocalSet::new();
        set.block_on(&runtime, async { spawn(main).await.unwrap() })
    }
}

fn main() {
    harness::main(workloads::ALL)
}
