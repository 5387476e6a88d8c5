//! The Chinese guide's list, set and dictionary: plain comprehensions over data
//! that was awaited.
//!
//! Run it: `cargo run --example zh_comprehensions`
//!
//! Shows: zh_comprehensions

use std::collections::{BTreeMap, BTreeSet};

use asyncio::{Result, run, sleep};

// ANCHOR: program
async fn get_data() -> Result<[u32; 5]> {
    sleep(1).await?;
    Ok([1, 2, 3, 4, 5])
}

async fn async_list_comprehension() -> Result<Vec<u32>> {
    Ok(get_data().await?.into_iter().map(|x| x * 2).collect())
}

async fn async_set_comprehension() -> Result<BTreeSet<u32>> {
    Ok(get_data().await?.into_iter().map(|x| x * 2).collect())
}

async fn async_dict_comprehension() -> Result<BTreeMap<u32, u32>> {
    Ok(get_data().await?.into_iter().map(|x| (x, x * 2)).collect())
}

async fn program() -> Result<()> {
    println!("Async List: {:?}", async_list_comprehension().await?);
    println!("Async Set: {:?}", async_set_comprehension().await?);
    println!("Async Dict: {:?}", async_dict_comprehension().await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
