//! Checks `openapi:` and `docs:` of a listener.

use super::context::Context;
use crate::config::checked;
use crate::config::written::{At, Docs, OpenApi};

/// The document, and the path of the page that shows it.
pub fn check(
    context: &mut Context<'_>,
    openapi: &At<OpenApi>,
    docs: &At<Docs>,
    listener: &str,
) -> (checked::OpenApi, Option<String>) {
    let (no_openapi, no_docs) = (OpenApi::default(), Docs::default());
    let openapi = openapi.get().unwrap_or(&no_openapi);
    let docs = docs.get().unwrap_or(&no_docs);
    let document_path = path(context, &openapi.path);
    let docs_path = path(context, &docs.path);
    let (has_document, has_docs) = (openapi.enabled.value(), docs.enabled.value());
    if has_docs && !has_document && docs.enabled.span().is_some() {
        let message = "there is no document for this page to show";
        context.error(docs.enabled.span(), message, "set `openapi: { enabled: true }`");
    }
    if has_docs && has_document && document_path == docs_path {
        let span = docs.path.span().or(openapi.path.span());
        context.error(span, "the document and the page have one path", "move one of them");
    }
    let mut text = |at: &Option<At<String>>, what, default: &str| match at {
        Some(at) => context.text(at, what),
        None => default.to_owned(),
    };
    let title = text(&openapi.title, "a title", listener);
    let description = text(&openapi.description, "a description", "");
    let version = context.text(&openapi.version, "a version");
    let servers = openapi.servers.get().map(Vec::as_slice).unwrap_or_default();
    let servers = servers.iter().map(|at| server(context, at)).collect();
    let path = has_document.then_some(document_path);
    let docs = (has_document && has_docs).then_some(docs_path);
    (checked::OpenApi { path, title, version, description, servers }, docs)
}

/// A path that requests name as it is written.
pub fn path(context: &mut Context<'_>, at: &At<String>) -> String {
    let path = at.value();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let is_good = path.starts_with('/')
        && path.bytes().all(plain)
        && path.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | ".."));
    if at.get().is_some() && !is_good {
        context.error(
            at.span(),
            format!("{path:?} is no path"),
            "write segments of letters, digits and `-._~`, each behind a slash, like `/docs`",
        );
    }
    path
}

fn server(context: &mut Context<'_>, at: &At<String>) -> String {
    let url = at.value();
    let known = ["/", "http://", "https://"].iter().any(|start| url.starts_with(start));
    if at.get().is_some() && (!known || url.contains(char::is_whitespace)) {
        context.error(
            at.span(),
            format!("{url:?} is no URL of a server"),
            "write it like `https://api.example.com/shop`, or a path like `/shop`",
        );
    }
    url
}
