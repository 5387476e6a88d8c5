//! All mutants in one text: the body of a function is repeated for each of its mutants, and a switch chooses one.
//!
//! So one build serves them all. The body is that of the innermost function, closure or `async` block that contains the whole
//! replaced text. Code outside of such bodies (a constant, a signature) cannot be mutated. Only the copy has the switch.

use std::ops::Range;

use anyhow::{Result, anyhow, ensure};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A change of a source: the number of a mutant, the range that it replaces, and its replacement.
pub(super) struct Change<'a> {
    pub(super) number: u32,
    pub(super) place: Range<usize>,
    pub(super) put: &'a str,
}

/// A source with switches.
pub(super) struct Switched {
    pub(super) text: String,
    /// The lines of each mutant's body, to assign the compiler's messages.
    pub(super) lines: Vec<(u32, Range<usize>)>,
}

/// Appended to the root of each crate. The variables are read once; 0 is no mutant. If the second one is set, no mutant is chosen,
/// and the number of each mutant that is reached is added to the file that it names.
pub(super) const SWITCH: &str = r#"
#[allow(missing_docs, dead_code, unreachable_pub)]
pub(crate) fn __mutant(number: u32) -> bool {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    const UNKNOWN: u32 = u32::MAX;
    const NOTES: u32 = u32::MAX - 1;
    static CHOSEN: AtomicU32 = AtomicU32::new(UNKNOWN);
    #[cold]
    fn ask() -> u32 {
        let chosen = std::env::var("ASYNCIO_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0);
        let chosen = if std::env::var_os("ASYNCIO_MUTANTS_REACHED").is_some() { NOTES } else { chosen };
        CHOSEN.store(chosen, Relaxed);
        chosen
    }
    #[cold]
    fn note(number: u32) {
        static NOTED: [AtomicBool; 4096] = [const { AtomicBool::new(false) }; 4096];
        let noted = &NOTED[number as usize];
        if !noted.load(Relaxed) {
            let Some(path) = std::env::var_os("ASYNCIO_MUTANTS_REACHED") else { return };
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
            // This fails if there is no descriptor left; the next call may succeed.
            let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, format!("{number}\n").as_bytes()));
            noted.store(written.is_ok(), Relaxed);
        }
    }
    let chosen = match CHOSEN.load(Relaxed) {
        UNKNOWN => ask(),
        chosen => chosen,
    };
    if chosen == NOTES {
        note(number);
    }
    chosen == number
}
"#;

/// Puts all changes into a source.
pub(super) fn switched(source: &str, changes: &[Change<'_>]) -> Result<Switched> {
    let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{error}"))?;
    let mut bodies = Vec::new();
    find_bodies(tokens, &mut bodies);
    let mut changed: Vec<Body<'_>> = Vec::new();
    let mut outside = Vec::new();
    for change in changes {
        let is_around = |body: &&Range<usize>| body.start < change.place.start && change.place.end < body.end;
        let Some(body) = bodies.iter().filter(is_around).min_by_key(|body| body.len()) else {
            outside.push(&source[change.place.clone()]);
            continue;
        };
        match changed.iter_mut().find(|known| known.place == *body) {
            Some(known) => known.changes.push(change),
            None => changed.push(Body { place: body.clone(), changes: vec![change] }),
        }
    }
    ensure!(outside.is_empty(), "in the body of no function: {outside:?}");
    changed.sort_by_key(|body| (body.place.start, std::cmp::Reverse(body.place.end)));
    let mut switched = Switched { text: String::new(), lines: Vec::new() };
    switched.write(source, 0..source.len(), &changed);
    Ok(switched)
}

/// A body with the changes for which it is the innermost body.
struct Body<'a> {
    place: Range<usize>,
    changes: Vec<&'a Change<'a>>,
}

impl Switched {
    /// Writes a part of the source, with these bodies in it, the outer before the inner.
    fn write(&mut self, source: &str, part: Range<usize>, mut bodies: &[Body<'_>]) {
        let mut written = part.start;
        while let [body, rest @ ..] = bodies {
            let inside = rest.iter().take_while(|inner| inner.place.end <= body.place.end).count();
            self.text += &source[written..body.place.start];
            self.text += "{ ";
            for change in &body.changes {
                self.text += &format!("if crate::__mutant({}) ", change.number);
                let first = self.line();
                self.text += &source[body.place.start..change.place.start];
                self.text += change.put;
                self.text += &source[change.place.end..body.place.end];
                self.lines.push((change.number, first..self.line() + 1));
                self.text += " else ";
            }
            // The original body, which may contain further bodies with mutants.
            self.write(source, body.place.clone(), &rest[..inside]);
            self.text += " }";
            written = body.place.end;
            bodies = &rest[inside..];
        }
        self.text += &source[written..part.end];
    }

    /// The number of the line that is being written.
    fn line(&self) -> usize {
        1 + self.text.matches('\n').count()
    }
}

/// Finds the blocks of functions, closures and `async`, with their braces.
fn find_bodies(tokens: TokenStream, bodies: &mut Vec<Range<usize>>) {
    let mut in_signature = false;
    let mut before: Option<TokenTree> = None;
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if word == "fn" => in_signature = true,
            TokenTree::Punct(mark) if mark.as_char() == ';' => in_signature = false,
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Brace {
                    let is_closure_or_async = match &before {
                        Some(TokenTree::Punct(mark)) => mark.as_char() == '|',
                        Some(TokenTree::Ident(word)) => word == "async" || word == "move",
                        _ => false,
                    };
                    if in_signature || is_closure_or_async {
                        bodies.push(group.span().byte_range());
                    }
                    in_signature = false;
                }
                find_bodies(group.stream(), bodies);
            }
            _ => {}
        }
        before = Some(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change<'a>(source: &str, number: u32, find: &str, put: &'a str) -> Change<'a> {
        let start = source.find(find).unwrap();
        Change { number, place: start..start + find.len(), put }
    }

    #[test]
    fn a_body_stands_there_once_for_each_mutant_and_once_as_it_is() {
        let source = "fn a() -> u32 { 1 } // é\nfn b() where u8: Copy { let c = |x| { x + 2 }; c(3); }";
        let changes = [
            change(source, 1, "1 }", "4 }"),
            change(source, 2, "x + 2", "x - 2"),
            change(source, 3, "x + 2", "x"),
            change(source, 4, "c(3)", "c(\n4)"),
        ];
        // The first change ends with its body, so it is not inside one.
        assert!(switched(source, &changes).is_err());
        let changes = [change(source, 1, "1", "4")].into_iter().chain(changes.into_iter().skip(1)).collect::<Vec<_>>();
        let switched = switched(source, &changes).unwrap();
        assert_eq!(
            switched.text,
            "fn a() -> u32 { if crate::__mutant(1) { 4 } else { 1 } } // é\n\
             fn b() where u8: Copy { if crate::__mutant(4) { let c = |x| { x + 2 }; c(\n4); } else { let c = |x| \
             { if crate::__mutant(2) { x - 2 } else if crate::__mutant(3) { x } else { x + 2 } }; c(3); } }"
        );
        assert_eq!(switched.lines, [(1, 1..2), (4, 2..4), (2, 3..4), (3, 3..4)]);
    }

    #[test]
    fn what_is_in_no_function_cannot_be_switched() {
        let source = "const A: u32 = 1; fn b();  mod c { const D: u32 = 2; }";
        for text in ["1", "2"] {
            assert!(switched(source, &[change(source, 1, text, "3")]).is_err());
        }
    }

    #[test]
    fn an_async_block_is_a_body() {
        let source = "fn a() -> impl Future { async move { 1 } }";
        let switched = switched(source, &[change(source, 7, "1", "2")]).unwrap();
        assert_eq!(switched.text, "fn a() -> impl Future { async move { if crate::__mutant(7) { 2 } else { 1 } } }");
    }
}
