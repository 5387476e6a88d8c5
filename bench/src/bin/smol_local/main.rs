//! smol's parts: async-executor's `LocalExecutor` under async-io's `block_on`.

mod rt;
#[path = "../../workloads/mod.rs"]
mod workloads;

fn main() {
    harness::main(workloads::ALL)
}
