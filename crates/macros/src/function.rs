//! Takes the function below an attribute apart without a parser of Rust: the tokens around `async fn` and `fn name()`.

use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::problem::Problem;

/// `#[…] pub async fn NAME() -> RETURNS { … }`.
pub(crate) struct Function {
    /// Attributes and visibility: what is before `async fn`.
    pub(crate) before: TokenStream,
    pub(crate) name: Ident,
    /// The return type, or `()`.
    pub(crate) returns: TokenStream,
    pub(crate) body: Group,
}

impl Function {
    /// Takes apart the function below `#[asyncio::KIND]`.
    pub(crate) fn parse(function: TokenStream, kind: &str) -> Result<Self, Problem> {
        let mut tokens: Vec<TokenTree> = function.into_iter().collect();
        // Attributes and `pub(…)` are groups, so an `fn` inside them is not found here.
        let Some(at) = tokens.iter().position(|token| is_word(token, "fn")) else {
            let first = tokens.first().map(TokenTree::span);
            return Err(Problem::new(first, format!("`#[asyncio::{kind}]` is for an `async fn`")));
        };
        let is_qualifier = |token: &TokenTree| {
            ["async", "const", "unsafe", "extern"].into_iter().any(|word| is_word(token, word))
                || matches!(token, TokenTree::Literal(_))
        };
        let qualifiers = tokens[..at].iter().rev().take_while(|token| is_qualifier(token)).count();
        let qualified = at - qualifiers;
        if let Some(other) = tokens[qualified..at].iter().find(|token| !is_word(token, "async")) {
            return Err(Problem::at(
                other,
                format!("`#[asyncio::{kind}]` is for a plain `async fn`, without `{other}`"),
            ));
        }
        if qualifiers == 0 {
            let hint = if kind == "test" {
                "; the standard attribute, if `use asyncio::*` hides it, is `#[core::prelude::v1::test]`"
            } else {
                ""
            };
            let text = format!("`#[asyncio::{kind}]` is for an `async fn`: write `async` before `fn`{hint}");
            return Err(Problem::at(&tokens[at], text));
        }
        let Some(TokenTree::Group(body)) = tokens.pop().map(bare).filter(is_block) else {
            return Err(Problem::at(&tokens[at], format!("`#[asyncio::{kind}]` is for a function with a body")));
        };
        let mut rest = tokens.split_off(at + 1).into_iter();
        let name = match rest.next() {
            Some(TokenTree::Ident(name)) => name,
            other => return Err(Problem::new(other.map(|token| token.span()), "a function has a name")),
        };
        match rest.next() {
            Some(TokenTree::Group(arguments)) if arguments.delimiter() == Delimiter::Parenthesis => {
                if let Some(argument) = arguments.stream().into_iter().next() {
                    return Err(Problem::at(&argument, format!("`{name}` cannot have arguments: nothing passes any")));
                }
            }
            other => {
                let span = other.map(|token| token.span());
                return Err(Problem::new(span, format!("`{name}` cannot have parameters: nothing chooses them")));
            }
        }
        let mut returns: Vec<TokenTree> = rest.collect();
        if let Some(word) = returns.iter().find(|token| is_word(token, "where")) {
            return Err(Problem::at(word, format!("`{name}` cannot have a `where`: it has no parameters")));
        }
        // The arrow.
        returns.drain(..returns.len().min(2));
        if returns.is_empty() {
            returns.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new())));
        }
        tokens.truncate(qualified);
        Ok(Self { before: tokens.into_iter().collect(), name, returns: returns.into_iter().collect(), body })
    }

    /// The path of an attribute on it that makes a test by itself: `test`, `tokio::test`.
    pub(crate) fn other_test(&self) -> Option<TokenTree> {
        self.before.clone().into_iter().find(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                // The words of its path.
                let is_path = |token: &TokenTree| match token {
                    TokenTree::Punct(punct) => punct.as_char() == ':',
                    token => matches!(token, TokenTree::Ident(_)),
                };
                let path: Vec<TokenTree> = group.stream().into_iter().take_while(is_path).collect();
                path.last().is_some_and(|word| is_word(word, "test"))
            }
            _ => false,
        })
    }
}

pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

/// A token that a macro passes on as `$body` or `$number` is in a group without delimiters.
pub(crate) fn bare(token: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &token
        && group.delimiter() == Delimiter::None
    {
        let mut inner = group.stream().into_iter();
        if let (Some(only), None) = (inner.next(), inner.next()) {
            return bare(only);
        }
    }
    token
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
