//! A chess master plays 24 amateurs: board by board, which takes twelve hours, or
//! walking from board to board, which takes one. The master's own moves block, for
//! she has only two hands; a reply is awaited, and other boards go on meanwhile.
//!
//! Nobody waits for that long: the program asks for the virtual clock by itself.
//!
//! Run it: `cargo run --example chess_exhibition`
//!
//! Shows: chess_exhibition

use asyncio::time::perf_counter;
use asyncio::{Clock, Result, Runner, gather, sleep, time};

const OPPONENTS: usize = 24;
const OWN_MOVE: f64 = 5.0;
const REPLY: f64 = 55.0;
const PAIRS_OF_MOVES: usize = 30;

// ANCHOR: game
/// Plays one game and returns the times at which the master made her moves.
async fn game() -> Result<Vec<f64>> {
    let mut moves = Vec::new();
    for _ in 0..PAIRS_OF_MOVES {
        time::sleep(OWN_MOVE);
        moves.push(perf_counter());
        sleep(REPLY).await?;
    }
    Ok(moves)
}
// ANCHOR_END: game

// ANCHOR: program
async fn one_game_after_the_other() -> Result<()> {
    let start = perf_counter();
    game().await?;
    println!("one game: {} seconds", perf_counter() - start);
    for _ in 1..OPPONENTS {
        game().await?;
    }
    let minutes = (perf_counter() - start) / 60.0;
    println!(
        "all games, one after the other: {minutes} minutes, {} hours",
        minutes / 60.0
    );
    Ok(())
}

async fn one_move_at_each_board_in_turn() -> Result<()> {
    let start = perf_counter();
    let games = gather((0..OPPONENTS).map(|_| game())).await?;
    let round_ends = |round: usize| {
        games.iter().map(|moves| moves[round]).fold(start, f64::max) - start
    };
    println!("one move at every board: {} seconds", round_ends(0));
    let seconds = round_ends(PAIRS_OF_MOVES - 1);
    println!(
        "all moves, board by board in turn: {seconds} seconds, {} hour",
        seconds / 3600.0
    );
    Ok(())
}

fn main() -> Result<()> {
    println!(
        "{OPPONENTS} opponents, {OWN_MOVE} s per own move, \
         {REPLY} s per opposing move, {PAIRS_OF_MOVES} pairs of moves per game"
    );
    let hall = Runner::new().clock(Clock::Virtual);
    hall.run(one_game_after_the_other())?;
    hall.run(one_move_at_each_board_in_turn())
}
// ANCHOR_END: program
