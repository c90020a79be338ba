//! `dragoman operations`: what can be called, how, and who answers.

use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};

use super::inspect::inspect;
use super::terminal::Terminal;
use super::{Failure, print};
use crate::contract::soap::Service;
use crate::gateway::build::Resolved;
use crate::gateway::schema::Schema;

/// Prints a line for each binding of each operation: a table on a terminal, tab-separated columns
/// otherwise.
pub fn run(path: &Path) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    let listeners = &inspected.config.listeners;
    let schemas: Vec<_> = listeners.iter().filter_map(|one| inspected.schema(one)).collect();
    let services: Vec<_> = listeners.iter().filter_map(|one| inspected.soap(one)).collect();
    let services: Vec<_> = services.iter().flat_map(|services| services.iter()).collect();
    let has_grpc = listeners.iter().any(|listener| listener.grpc.is_some());
    let mut rows = Vec::new();
    for resolved in inspected.operations() {
        let operation = &resolved.operation;
        let field = field(&schemas, &resolved);
        for (i, rule) in resolved.rules.iter().enumerate() {
            let name = if i == 0 { operation.name() } else { "" };
            let kind = if i == 0 { operation.streaming.name() } else { "" };
            let field = if i == 0 { &*field } else { "" };
            let path = if has_grpc { operation.path.as_str() } else { "-" };
            let path = if i == 0 { path } else { "" };
            let action = if i == 0 { action(&services, &resolved) } else { "" };
            let backend = if i == 0 { &*resolved.backend } else { "" };
            let binding = format!("{} {}", rule.method, rule.template.text);
            rows.push([name, kind, &binding, field, path, action, backend].map(str::to_owned));
        }
    }
    print(|out| {
        let header = ["OPERATION", "KIND", "REST", "GRAPHQL", "GRPC", "SOAP", "BACKEND"];
        if Terminal::stdout().interactive {
            let mut table = Table::new();
            table.load_preset(presets::NOTHING);
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_header(header);
            table.add_rows(rows);
            writeln!(out, "{table}")
        } else {
            writeln!(out, "{}", header.join("\t"))?;
            let mut last: [String; 7] = Default::default();
            for row in rows {
                // Every line stands for itself here: tools read them one by one.
                for (cell, value) in last.iter_mut().zip(row) {
                    if !value.is_empty() {
                        *cell = value;
                    }
                }
                writeln!(out, "{}", last.join("\t"))?;
            }
            Ok(())
        }
    })?;
    match inspected.problems.has_errors() {
        true => Err(Failure::Problems(inspected.problems)),
        false => Ok(()),
    }
}

/// The SOAP action of an operation, where a listener has it in a WSDL.
fn action<'s>(services: &[&'s Service], resolved: &Resolved<'_>) -> &'s str {
    let operations = services.iter().flat_map(|service| service.operations.iter());
    let mut found = operations.filter(|one| one.operation.name() == resolved.operation.name());
    found.next().map_or("-", |one| &one.action)
}

/// The GraphQL fields of an operation on all listeners, or why there is none.
fn field(schemas: &[Schema], resolved: &Resolved<'_>) -> String {
    let fields = schemas.iter().flat_map(|schema| schema.fields_of(&resolved.operation));
    let mut distinct: Vec<String> = Vec::new();
    for field in fields {
        if !distinct.contains(&field) {
            distinct.push(field);
        }
    }
    if !distinct.is_empty() {
        return distinct.join(", ");
    }
    let why = if schemas.is_empty() {
        ""
    } else if resolved.field.hidden {
        " (hidden)"
    } else if resolved.operation.streaming.client() {
        " (its client sends a stream)"
    } else {
        " (not exposed)"
    };
    format!("-{why}")
}
