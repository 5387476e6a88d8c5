//! An empty main, for the start-up time and the size of the program.

fn main() {
    asyncio_runtime::run(async { Ok(()) }).unwrap()
}
