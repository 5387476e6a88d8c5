//! asyncio waits for sockets, pipes and child processes, and not for files: the
//! system refuses to watch one. A file is read in a thread.
//!
//! Run it: `cargo run --example asyncio_has_no_file_io`
//!
//! Shows: asyncio_has_no_file_io

use std::fs::{self, File};

use asyncio::{Result, get_running_loop, run, to_thread};

// ANCHOR: program
async fn program() -> Result<()> {
    let path =
        std::env::temp_dir().join(format!("asyncio-note-{}", std::process::id()));
    fs::write(&path, "milk, bread, tea")?;

    let file = File::open(&path)?;
    match get_running_loop()?.add_reader(&file, || ()) {
        Ok(()) => println!("the file is watched"),
        Err(_) => println!("the system does not watch a file"),
    }

    let shared = path.clone();
    let text = to_thread(move || fs::read_to_string(shared)).await??;
    println!("a thread has read: {text}");
    fs::remove_file(path)?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
