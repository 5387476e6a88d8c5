//! An empty main, whose size `cargo xtask instructions` compares.

fn main() {
    asyncio_runtime::run(async { Ok(()) }).unwrap()
}
