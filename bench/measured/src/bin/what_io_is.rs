//! How slow input and output is beside computing: one sum, one read of a cached file, one write that reaches the disk, one
//! byte to another thread and back through a socket, one process.
//!
//! Shows: what_io_is

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use measured::time;

fn main() -> Result<()> {
    time("add two numbers", 10_000_000, || {
        let mut sum = 0_u64;
        for number in 0..10_000_000_u64 {
            sum = black_box(sum) + number;
        }
        sum
    });

    let path = std::env::temp_dir().join(format!("what-io-is-{}", std::process::id()));
    fs::write(&path, [1; 4096])?;
    time("read 4 KB of a file, from the system's cache", 1000, || {
        (0..1000).map(|_| fs::read(&path)).all(|read| read.is_ok())
    });
    let mut file = File::create(&path)?;
    time("write a byte to a file and wait for the disk", 20, || {
        (0..20).all(|_| file.write_all(b"x").and_then(|()| file.sync_all()).is_ok())
    });
    fs::remove_file(&path)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = thread::spawn(move || -> Result<()> {
        let mut byte = [0];
        while far.read(&mut byte)? == 1 {
            far.write_all(&byte)?;
        }
        Ok(())
    });
    time("send a byte through a socket of this machine and get it back", 2000, || {
        let mut byte = [0];
        (0..2000).all(|_| near.write_all(&byte).and_then(|()| near.read_exact(&mut byte)).is_ok())
    });
    drop(near);
    echo.join().expect("the echo does not panic")?;

    time("run a program that does nothing", 20, || (0..20).all(|_| Command::new("true").status().is_ok()));
    Ok(())
}
