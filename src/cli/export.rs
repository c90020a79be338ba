//! `dragoman export`: the contract for other tools.

use std::path::Path;

use super::inspect::inspect;
use super::terminal::Terminal;
use super::{Failure, print};
use crate::config::checked;

/// Writes the contract as a `google.protobuf.FileDescriptorSet` to `output`, or to stdout.
pub fn descriptors(path: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let bytes = inspected.contract.descriptors();
    match output {
        Some(output) => write(output, &bytes),
        None if Terminal::stdout().interactive => Err(Failure::Runtime(
            "descriptors are binary: name a file with --output, or send stdout to one".to_owned(),
        )),
        None => print(|out| out.write_all(&bytes)),
    }
}

/// Writes the OpenAPI document of a listener to `output`, or to stdout.
pub fn openapi(path: &Path, listener: Option<&str>, output: Option<&Path>) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let listener = chosen(&inspected.config.listeners, listener, "REST", |one| one.rest.is_some())?;
    let document = inspected.openapi(listener);
    let document = document.ok_or_else(|| silent(listener, "REST"))?;
    let mut json = serde_json::to_vec_pretty(&document).map_err(Failure::runtime)?;
    json.push(b'\n');
    match output {
        Some(output) => write(output, &json),
        None => print(|out| out.write_all(&json)),
    }
}

/// Writes the GraphQL schema of a listener to `output`, or to stdout.
pub fn graphql(path: &Path, listener: Option<&str>, output: Option<&Path>) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let listeners = &inspected.config.listeners;
    let listener = chosen(listeners, listener, "GraphQL", |one| one.graphql.is_some())?;
    let schema = inspected.schema(listener).ok_or_else(|| silent(listener, "GraphQL"))?;
    let federation = listener.graphql.as_ref().is_some_and(|graphql| graphql.federation);
    let sdl = crate::contract::graphql::print(&schema.model, federation);
    match output {
        Some(output) => write(output, sdl.as_bytes()),
        None => print(|out| out.write_all(sdl.as_bytes())),
    }
}

/// Writes the WSDL of a service of a listener to `output`, or to stdout. Its schemas are in it.
pub fn wsdl(
    path: &Path,
    service: Option<&str>,
    listener: Option<&str>,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let listeners = &inspected.config.listeners;
    let listener = chosen(listeners, listener, "SOAP", |one| one.soap.is_some())?;
    let services = inspected.soap(listener).ok_or_else(|| silent(listener, "SOAP"))?;
    let services: Vec<_> = services.iter().collect();
    let names = || services.iter().map(|one| &*one.path).collect::<Vec<_>>().join(", ");
    let found = match (service, services.as_slice()) {
        (None, [only]) => *only,
        (None, _) => {
            return Err(Failure::Runtime(format!("name one with --service: {}", names())));
        }
        (Some(name), _) => services.iter().find(|one| *one.path == *name).ok_or_else(|| {
            Failure::Runtime(format!("no service named {name}, there are {}", names()))
        })?,
    };
    let soap = listener.soap.as_ref();
    let base = soap.and_then(|soap| soap.address.clone()).unwrap_or_else(|| {
        let scheme = if listener.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", listener.address)
    });
    let prefix = soap.map_or("", |soap| &soap.path);
    let documents = crate::contract::wsdl::Documents::of(found, false);
    let text = documents.wsdl.at(&format!("{}{prefix}/{}", base.trim_end_matches('/'), found.path));
    match output {
        Some(output) => write(output, text.as_bytes()),
        None => print(|out| out.write_all(text.as_bytes())),
    }
}

/// The listener of that name, or the only one that speaks what is asked for.
fn chosen<'l>(
    listeners: &'l [checked::Listener],
    name: Option<&str>,
    language: &str,
    speaks: impl Fn(&checked::Listener) -> bool,
) -> Result<&'l checked::Listener, Failure> {
    let names = || listeners.iter().map(|one| &*one.name).collect::<Vec<_>>().join(", ");
    let chosen = match name {
        Some(name) => listeners
            .iter()
            .find(|one| *one.name == *name)
            .ok_or_else(|| format!("no listener named {name}, there are {}", names())),
        None => {
            let mut speaking = listeners.iter().filter(|one| speaks(one));
            match (speaking.next(), speaking.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(format!("no listener speaks {language}")),
                _ => Err(format!("there are several listeners, name one: {}", names())),
            }
        }
    };
    chosen.map_err(Failure::Runtime)
}

fn silent(listener: &checked::Listener, language: &str) -> Failure {
    Failure::Runtime(format!("listener {} does not speak {language}", listener.name))
}

fn write(output: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(output, bytes)
        .map_err(|error| Failure::Runtime(format!("cannot write {}: {error}", output.display())))
}
