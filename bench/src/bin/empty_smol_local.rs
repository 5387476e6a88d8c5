//! An empty main, for the start-up time and the size of the program.

fn main() {
    async_io::block_on(async_executor::LocalExecutor::new().run(async {}))
}
