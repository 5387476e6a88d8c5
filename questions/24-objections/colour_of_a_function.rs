//! A question of the page 24-objections: A plain function wants to call an
//! asynchronous one. What does the compiler say?

use asyncio::{Result, sleep};

// ANCHOR: program
async fn load(name: &str) -> Result<String> {
    sleep(1).await?;
    Ok(name.to_owned())
}

fn title(name: &str) -> Result<String> {
    let text = load(name).await?;
    Ok(text.to_uppercase())
}
// ANCHOR_END: program
