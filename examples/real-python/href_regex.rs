//! A regular expression finds the link in a piece of HTML: `re.search`, and where
//! the match begins and ends.
//!
//! Run it: `cargo run --example href_regex`
//!
//! Shows: href_regex

use regex::Regex;

// ANCHOR: search
fn main() -> Result<(), regex::Error> {
    let href_re = Regex::new(r#"href="(.*?)""#)?;
    if let Some(found) =
        href_re.find(r#"Go to <a href="https://realpython.com/">Real Python</a>"#)
    {
        println!(
            "<re.Match object; span=({}, {}), match='{}'>",
            found.start(),
            found.end(),
            found.as_str()
        );
    }
    Ok(())
}
// ANCHOR_END: search
