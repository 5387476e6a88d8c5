//! An empty main, for the start-up time and the size of the program.

fn main() {
    let builder = monoio::RuntimeBuilder::<monoio::LegacyDriver>::new();
    builder.enable_timer().build().unwrap().block_on(async {})
}
