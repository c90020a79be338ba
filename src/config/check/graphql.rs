//! Checks `graphql:` of a listener, and reads the documents that it names.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::context::Context;
use super::listener::header;
use super::{contract, described};
use crate::config::checked;
use crate::config::source::Span;
use crate::config::written::{self, At, Duration, Size};

pub fn check(context: &mut Context<'_>, graphql: &written::Graphql) -> checked::Graphql {
    let headers = graphql.forward_headers.get().map(Vec::as_slice).unwrap_or_default();
    let forward_headers = headers.iter().filter_map(|at| header(context, at)).collect();
    let limits = limits(context, graphql.limits.get());
    checked::Graphql {
        path: described::path(context, &graphql.path),
        graphiql: graphql.graphiql.value(),
        introspection: graphql.introspection.value(),
        emit_defaults: graphql.emit_defaults.value(),
        forward_headers,
        get: graphql.get.value(),
        batch: batch(context, graphql.batch.get()),
        persisted: persisted(context, graphql.persisted.get()),
        documents: documents(context, &graphql.documents, limits.document),
        uploads: graphql.uploads.value(),
        federation: graphql.federation.value(),
        schema: schema(context, &graphql.schema),
        single_connection_sse: graphql.single_connection_sse.value(),
        limits,
    }
}

/// Tells where the path is one of the listener's pages already.
pub fn collisions(
    context: &mut Context<'_>,
    written: &At<written::Graphql>,
    graphql: &checked::Graphql,
    rest: &checked::Rest,
) {
    let taken = [("OpenAPI document", &rest.openapi.path), ("documentation page", &rest.docs)];
    for (what, path) in taken {
        if path.as_ref() == Some(&graphql.path) {
            let span = written.get().and_then(|written| written.path.span()).or(written.span());
            let message = format!("the {what} has the path {} already", graphql.path);
            context.error(span, message, "move one of them");
        }
    }
}

fn batch(context: &mut Context<'_>, batch: Option<&written::Batch>) -> Option<usize> {
    let defaults = written::Batch::default();
    let batch = batch.unwrap_or(&defaults);
    let most = context.within(&batch.most, 1, 1000);
    batch.enabled.value().then_some(most)
}

fn persisted(context: &mut Context<'_>, persisted: Option<&written::Persisted>) -> Option<usize> {
    let defaults = written::Persisted::default();
    let persisted = persisted.unwrap_or(&defaults);
    let entries = context.within(&persisted.entries, 1, 1_000_000);
    persisted.automatic.value().then_some(entries)
}

fn documents(
    context: &mut Context<'_>,
    written: &At<written::Documents>,
    largest: usize,
) -> checked::Documents {
    let Some(documents) = written.get() else { return checked::Documents::default() };
    let only = documents.only.value();
    let files = contract::expand_all(context, &documents.files);
    if only && documents.files.get().is_some_and(Vec::is_empty) {
        context.error(
            documents.only.span(),
            "there are no documents, so every query would be refused",
            "name them: `documents: { files: [\"operations/*.graphql\"], only: true }`",
        );
    }
    let mut known = Vec::<checked::Document>::new();
    let mut names = HashMap::new();
    for document in read_all(context, documents.files.span(), files, (largest, DOCUMENT_LIMIT)) {
        let shown = document.path.display().to_string();
        if let Some(other) = names.insert(document.name.clone(), shown.clone()) {
            context.error(
                documents.files.span(),
                format!("`{other}` and `{shown}` have the same name"),
                "clients ask for documents by the names of their files: give each its own",
            );
        }
        known.push(document);
    }
    checked::Documents { known, only }
}

/// Where it is said how large a document may be.
const DOCUMENT_LIMIT: &str = " (`limits: { document: ... }`)";

/// The largest file that extends a schema, in bytes.
const LARGEST_SCHEMA: usize = 16 << 20;

fn schema(context: &mut Context<'_>, files: &At<Vec<At<String>>>) -> Vec<checked::Document> {
    let paths = contract::expand_all(context, files);
    read_all(context, files.span(), paths, (LARGEST_SCHEMA, ""))
}

/// Files by the paths that people see.
fn read_all(
    context: &mut Context<'_>,
    span: Option<Span>,
    paths: Vec<PathBuf>,
    (largest, setting): (usize, &str),
) -> Vec<checked::Document> {
    let mut read_files = Vec::with_capacity(paths.len());
    // One that is not there has been told already.
    for path in paths.into_iter().filter(|path| path.exists()) {
        let shown = path.strip_prefix(context.folder()).unwrap_or(&path).to_owned();
        match read(&path, largest, setting) {
            Ok(text) => {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let name = name.unwrap_or_default();
                read_files.push(checked::Document { path: shown, name, text: text.into() });
            }
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", shown.display());
                context.report(context.problem(span, message));
            }
        }
    }
    read_files
}

fn read(path: &Path, largest: usize, setting: &str) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(largest as u64 + 1).read_to_string(&mut text)?;
    if text.len() > largest {
        let message = format!("it is larger than {largest} bytes{setting}");
        return Err(io::Error::other(message));
    }
    Ok(text)
}

fn limits(
    context: &mut Context<'_>,
    limits: Option<&written::GraphqlLimits>,
) -> checked::GraphqlLimits {
    let defaults = written::GraphqlLimits::default();
    let limits = limits.unwrap_or(&defaults);
    let (shortest, longest) =
        (Duration(std::time::Duration::from_millis(1)), Duration::seconds(3600));
    checked::GraphqlLimits {
        // Whoever reads a document goes down into it by recursion.
        depth: context.within(&limits.depth, 1, 100),
        aliases: context.within(&limits.aliases, 0, 10_000),
        root_fields: context.within(&limits.root_fields, 1, 10_000),
        complexity: context.within(&limits.complexity, 1, 1_000_000_000),
        tokens: context.within(&limits.tokens, 1, 1_000_000),
        document: context.within(&limits.document, Size(1), Size::mib(16)).0,
        calls: context.within(&limits.calls, 1, 10_000),
        plans: context.within(&limits.plans, 1, 1_000_000),
        files: context.within(&limits.files, 1, 10_000),
        subscriptions: context.within(&limits.subscriptions, 1, 100_000),
        connection_init_timeout: context
            .within(&limits.connection_init_timeout, shortest, longest)
            .0,
    }
}
