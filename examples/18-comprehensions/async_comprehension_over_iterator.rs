//! Asynchronous comprehensions over an iterator with a type of its own and over a
//! generator, into a list, a set and a dictionary.
//!
//! Run it: `cargo run --example async_comprehension_over_iterator`
//!
//! Shows: async_comprehension_over_iterator, async_comprehension_over_generator,
//! async_set_and_dict_comprehension

use std::collections::{BTreeMap, BTreeSet};

use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};

/// Temperatures, one per hour.
struct Thermometer {
    hour: u32,
}

impl AsyncIterator for Thermometer {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.hour == 6 {
            return Ok(None);
        }
        sleep(0.1).await?;
        self.hour += 1;
        Ok(Some(15 + self.hour % 4))
    }
}

fn visitors() -> AsyncGenerator<&'static str> {
    AsyncGenerator::new(async |mut y| {
        for name in ["Ada", "Grace", "Barbara"] {
            sleep(0.1).await?;
            y.yield_(name).await?;
        }
        Ok(())
    })
}

// ANCHOR: program
async fn program() -> Result<()> {
    // [degrees async for degrees in Thermometer() if degrees > 15]
    let list: Vec<u32> =
        Thermometer { hour: 0 }.filter(|degrees| *degrees > 15).collect().await?;
    println!("{list:?}");
    // [name.upper() async for name in visitors()]
    let names: Vec<String> = visitors().map(str::to_uppercase).collect().await?;
    println!("{names:?}");
    // {degrees async for degrees in Thermometer()}
    let set: BTreeSet<u32> = Thermometer { hour: 0 }.collect().await?;
    println!("{set:?}");
    // {name: len(name) async for name in visitors()}
    let dict: BTreeMap<&str, usize> =
        visitors().map(|name| (name, name.len())).collect().await?;
    println!("{dict:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
