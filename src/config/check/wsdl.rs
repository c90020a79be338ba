//! Checks `soap: { wsdl: [...] }` of a listener, and reads the files.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::context::Context;
use crate::call::{Code, Name};
use crate::config::checked;
use crate::config::suggest;
use crate::config::written::{self, At, Map};
use crate::contract::soap::bind::{FaultWish, TypeWish, Wishes};
use crate::contract::wsdl::read::{self, ReadFile};

/// The largest of the files, in bytes.
const LARGEST: u64 = 16 << 20;

pub fn check(
    context: &mut Context<'_>,
    written: &At<Vec<At<written::Wsdl>>>,
) -> Vec<checked::Wsdl> {
    let entries = written.get().map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(At::get).filter_map(|one| wsdl(context, one)).collect()
}

fn wsdl(context: &mut Context<'_>, written: &written::Wsdl) -> Option<checked::Wsdl> {
    let file = context.file(&written.file);
    if !file.is_file() {
        return None;
    }
    let shown = file.strip_prefix(context.folder()).unwrap_or(&file).to_owned();
    let folder = context.folder().to_owned();
    entry(context, written, &shown, &mut |path| bytes(&folder.join(path)))
}

/// An entry whose file is at `file`, and is read by `read_file`.
pub fn entry(
    context: &mut Context<'_>,
    written: &written::Wsdl,
    file: &Path,
    read_file: ReadFile<'_>,
) -> Option<checked::Wsdl> {
    let path = written.path.as_ref().map(|path| {
        let text = path.value();
        let text = text.trim_matches('/').to_owned();
        if text.is_empty() || text.contains(['?', '#', ' ']) {
            context.error(path.span(), "this is no path", "write it like `legacy/orders`");
        }
        text
    });
    let wishes = Wishes {
        operations: texts(&written.operations),
        types: each(&written.types, type_wish),
        values: each(&written.values, entries),
        faults: faults(context, &written.faults),
        headers: headers(context, &written.headers),
        lenient_namespaces: written.lenient_namespaces.value(),
        relaxed: written.relaxed.value(),
    };
    match read::read(file, read_file) {
        Ok(wsdl) => Some(checked::Wsdl { wsdl: Arc::new(wsdl), path, wishes }),
        Err(problems) => {
            for problem in problems {
                context.report(context.problem(written.file.span(), problem.to_string()));
            }
            None
        }
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > LARGEST {
        return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
    }
    std::fs::read(path)
}

fn type_wish(written: &written::WsdlType) -> TypeWish {
    let ignore = written.ignore.get().map(Vec::as_slice).unwrap_or_default();
    TypeWish {
        fields: texts(&written.fields),
        constants: texts(&written.constants),
        defaults: texts(&written.defaults),
        ignore: ignore.iter().filter_map(At::get).cloned().collect(),
    }
}

fn faults(
    context: &mut Context<'_>,
    written: &At<Map<written::WsdlFault>>,
) -> BTreeMap<String, FaultWish> {
    each(written, |fault| {
        let code = fault.code.as_ref().and_then(|at| {
            let name = at.get()?;
            let codes = || (1..17).filter_map(Code::from_number);
            let found = codes().find(|code| code.name() == name);
            if found.is_none() {
                let mut problem = context.problem(at.span(), format!("no code named `{name}`"));
                problem.hint = suggest::hint(name, codes().map(Code::name));
                context.report(problem);
            }
            found
        });
        FaultWish { code: code.map(Code::number), constants: texts(&fault.constants) }
    })
}

fn headers(
    context: &mut Context<'_>,
    written: &At<Map<Map<String>>>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    each(written, |parts| {
        for entry in &parts.0 {
            if entry.value.get().is_some_and(|name| Name::parse(name).is_none()) {
                context.error(
                    entry.value.span(),
                    "this is no name of metadata",
                    "write it in lower case: `x-caller-system`",
                );
            }
        }
        entries(parts)
    })
}

fn texts(written: &At<Map<String>>) -> BTreeMap<String, String> {
    written.get().map(entries).unwrap_or_default()
}

fn entries(map: &Map<String>) -> BTreeMap<String, String> {
    let pair = |entry: &written::Entry<String>| {
        Some((entry.name.get()?.clone(), entry.value.get()?.clone()))
    };
    map.0.iter().filter_map(pair).collect()
}

fn each<T, U>(written: &At<Map<T>>, mut of: impl FnMut(&T) -> U) -> BTreeMap<String, U> {
    let entries = written.get().map(|map| map.0.as_slice()).unwrap_or_default();
    let mut made = BTreeMap::new();
    for entry in entries {
        if let (Some(name), Some(value)) = (entry.name.get(), entry.value.get()) {
            made.insert(name.clone(), of(value));
        }
    }
    made
}
