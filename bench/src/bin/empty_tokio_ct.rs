//! An empty main, for the start-up time and the size of the program.

fn main() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(async {})
}
