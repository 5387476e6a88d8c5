//! The arguments in an attribute's parentheses: `name = value, …`.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::function::bare;
use crate::problem::Problem;

/// One argument.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) at: Span,
    value: Vec<TokenTree>,
}

/// All of them, in order.
pub(crate) fn parse(arguments: TokenStream, known: &[&str]) -> Result<Vec<Argument>, Problem> {
    let mut found: Vec<Argument> = Vec::new();
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    for argument in tokens.split(|token| is_punct(token, ',')).filter(|argument| !argument.is_empty()) {
        let name = match &argument[0] {
            TokenTree::Ident(name) => name.to_string(),
            other => return Err(Problem::at(other, format!("`{other}` is no name of an argument: {}", list(known)))),
        };
        let at = argument[0].span();
        if !known.contains(&name.as_str()) {
            return Err(Problem::new(Some(at), format!("there is no argument `{name}`: {}", list(known))));
        }
        if found.iter().any(|other| other.name == name) {
            return Err(Problem::new(Some(at), format!("`{name}` is given twice")));
        }
        if argument.len() < 3 || !is_punct(&argument[1], '=') {
            return Err(Problem::new(Some(at), format!("`{name}` needs a value: `{name} = …`")));
        }
        found.push(Argument { name, at, value: argument[2..].iter().cloned().map(bare).collect() });
    }
    Ok(found)
}

fn list(known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("there are {}", known.join(", "))
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

impl Argument {
    /// The value, if it is one token.
    fn single(&self) -> Option<String> {
        match self.value.as_slice() {
            [token] => Some(token.to_string()),
            _ => None,
        }
    }

    fn refused(&self, wanted: &str) -> Problem {
        let value: TokenStream = self.value.iter().cloned().collect();
        Problem::new(self.value.first().map(TokenTree::span), format!("`{}` is {wanted}, not `{value}`", self.name))
    }

    /// A string, whose content this returns.
    pub(crate) fn string(&self, wanted: &str) -> Result<String, Problem> {
        let quoted = self.single().filter(|text| !text.contains('\\'));
        let content = quoted.as_deref().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
        content.map(str::to_owned).ok_or_else(|| self.refused(wanted))
    }

    /// One of a few words, as a string.
    pub(crate) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Problem> {
        let names: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let wanted = names.join(" or ");
        let text = self.string(&wanted)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| self.refused(&wanted))
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self) -> Result<bool, Problem> {
        match self.single().as_deref() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.refused("`true` or `false`")),
        }
    }

    /// A whole number, as it is written.
    pub(crate) fn number(&self, least: u64) -> Result<u64, Problem> {
        let wanted = || if least == 0 { "a whole number".to_owned() } else { format!("a whole number from {least}") };
        let digits = self.single().map(|text| text.replace('_', ""));
        let number = digits.and_then(|digits| digits.strip_suffix("u64").unwrap_or(&digits).parse().ok());
        number.filter(|number| *number >= least).ok_or_else(|| self.refused(&wanted()))
    }

    /// A number of seconds above zero, as it is written.
    pub(crate) fn seconds(&self) -> Result<f64, Problem> {
        let digits = self.single().map(|text| text.replace('_', ""));
        let number = digits.and_then(|digits| digits.strip_suffix("f64").unwrap_or(&digits).parse::<f64>().ok());
        number.filter(|number| *number > 0.0).ok_or_else(|| self.refused("a number of seconds, such as 0.5"))
    }

    /// The value as it is written, unless it is a string.
    pub(crate) fn expression(&self) -> Option<TokenStream> {
        let is_string = self.single().is_some_and(|text| text.starts_with('"'));
        (!is_string).then(|| self.value.iter().cloned().collect())
    }

    /// A path, written as such or as a string.
    pub(crate) fn path(&self) -> Result<String, Problem> {
        let wanted = "the path by which the crate `asyncio` can be named";
        let text: TokenStream = self.value.iter().cloned().collect();
        let text = self.string(wanted).unwrap_or_else(|_| text.to_string().replace(' ', ""));
        let is_name = |part: &str| {
            let mut chars = part.chars();
            chars.next().is_some_and(|char| char.is_alphabetic() || char == '_')
                && chars.all(|char| char.is_alphanumeric() || char == '_')
        };
        let parts = text.strip_prefix("::").unwrap_or(&text).split("::");
        if parts.map(|part| part.trim()).all(is_name) { Ok(text) } else { Err(self.refused(wanted)) }
    }
}
