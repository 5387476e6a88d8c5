//! What is wrong with an attribute, as an error of the compiler at the place where it is wrong.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// A mistake of the user's.
pub(crate) struct Problem {
    span: Span,
    text: String,
}

impl Problem {
    /// A mistake at `span` or, without one, at the attribute.
    pub(crate) fn new(span: Option<Span>, text: impl Into<String>) -> Self {
        Self { span: span.unwrap_or_else(Span::call_site), text: text.into() }
    }

    pub(crate) fn at(token: &TokenTree, text: impl Into<String>) -> Self {
        Self::new(Some(token.span()), text)
    }

    /// `::core::compile_error! { "…" }`.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let span = self.span;
        let mut text = Literal::string(&self.text);
        text.set_span(span);
        let mut braces = Group::new(Delimiter::Brace, TokenTree::Literal(text).into());
        braces.set_span(span);
        let colons = || [Spacing::Joint, Spacing::Alone].map(|spacing| TokenTree::Punct(Punct::new(':', spacing)));
        let word = |name: &str| TokenTree::Ident(Ident::new(name, span));
        let mut tokens: Vec<TokenTree> = Vec::from(colons());
        tokens.push(word("core"));
        tokens.extend(colons());
        tokens.push(word("compile_error"));
        tokens.push(TokenTree::Punct(Punct::new('!', Spacing::Alone)));
        tokens.push(TokenTree::Group(braces));
        tokens.iter_mut().for_each(|token| token.set_span(span));
        tokens.into_iter().collect()
    }
}
