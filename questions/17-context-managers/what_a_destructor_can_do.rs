//! A question of the page 17-context-managers: A guard wants to say goodbye over
//! the network when it is dropped. What does the compiler say?

use asyncio::sleep;

// ANCHOR: program
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        sleep(1).await; // send the last bytes
    }
}
// ANCHOR_END: program
