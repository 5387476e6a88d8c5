//! Processes compute, the loop waits for them: one coroutine for each cell of a
//! grid, and a process in each. Between the two, a semaphore lets no more of them
//! compute than there are processors.
//!
//! Run it: `cargo run --example async_and_multiprocessing_together`
//!
//! Shows: async_and_multiprocessing_together

use asyncio::{Result, Semaphore, create_subprocess_exec, gather, run, subprocess};

// ANCHOR: program
/// Computes in a process of its own. The shell stands for a program that takes
/// long.
async fn score(width: u32, height: u32, processors: Semaphore) -> Result<u32> {
    processors.acquire().await?;
    let formula = format!("echo $(( {width} * (12 - {width}) + {height} ))");
    let mut process = create_subprocess_exec("sh")
        .args(["-c", &formula])
        .stdout(subprocess::PIPE)
        .await?;
    let (output, _) = process.communicate().await?;
    processors.release();
    Ok(String::from_utf8(output.unwrap_or_default())?.trim().parse()?)
}

async fn program() -> Result<()> {
    let processors = Semaphore::new(2)?;
    let grid: Vec<_> = (4..8)
        .flat_map(|width| (1..4).map(move |height| (width, height)))
        .collect();
    let cells = grid
        .iter()
        .map(|&(width, height)| score(width, height, processors.clone()));
    let scores = gather(cells).await?;
    let best = scores.iter().zip(&grid).max().expect("the grid has cells");
    println!("{} cells, best score {} at {:?}", grid.len(), best.0, best.1);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
