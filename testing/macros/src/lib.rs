//! The attribute `test` of `asyncio-testing`: the standard one, with a guard as the first statement of the function.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Like the standard `#[test]`, under the guard of `asyncio_testing::begin`.
#[proc_macro_attribute]
pub fn test(_: TokenStream, function: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = function.into_iter().collect();
    let name = tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word.to_string() == "fn" => Some(name.to_string()),
        _ => None,
    });
    let (Some(name), Some(TokenTree::Group(body))) = (name, tokens.pop()) else {
        return "::core::compile_error!(\"a test is a function with a body\");".parse().expect("it is Rust");
    };
    let guard =
        format!("let _guard = ::asyncio_testing::begin(::core::concat!(::core::module_path!(), \"::{name}\"));");
    let mut guarded: TokenStream = guard.parse().expect("it is Rust");
    guarded.extend(body.stream());
    let mut block = Group::new(Delimiter::Brace, guarded);
    block.set_span(body.span());
    let mut test: TokenStream = "#[::core::prelude::v1::test]".parse().expect("it is Rust");
    test.extend(tokens);
    test.extend([TokenTree::Group(block)]);
    test
}
