//! An empty main, for the start-up time and the size of the program.

fn main() {
    let builder = glommio::LocalExecutorBuilder::new(glommio::Placement::Unbound);
    builder.make().unwrap().run(async {})
}
