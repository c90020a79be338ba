//! The string literals of a Rust source.

use std::error::Error;

use proc_macro2::{TokenStream, TokenTree};

/// What all string and byte string literals hold, as far as it is text.
pub fn strings(source: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    collect(source.parse::<TokenStream>()?, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => match syn::Lit::new(literal) {
                syn::Lit::Str(text) => found.push(text.value()),
                syn::Lit::ByteStr(bytes) => found.extend(String::from_utf8(bytes.value())),
                _ => {}
            },
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}
