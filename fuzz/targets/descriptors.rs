//! A contract as an untrusted backend's reflection might tell it: it is loaded, merged, compiled
//! and used without a panic, and messages of its shapes are read and written without one.
//!
//! An input is the length of a message in two bytes, the message, and a `FileDescriptorSet`.

#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use dragoman::codec::canonical;
use dragoman::codec::json::{DecodeOptions, EncodeOptions, UnknownFields, decode, encode};
use dragoman::config::checked;
use dragoman::contract::shape::ShapeId;
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::{Contract, Source, load};
use dragoman_fuzz::rest::{Backend, frontend, listener};

static LISTENER: LazyLock<checked::Listener> = LazyLock::new(|| listener("rest: {}"));

/// Operations that are tried.
const MOST: usize = 4;

libfuzzer_sys::fuzz_target!(
    // The contract's loader catches what a library panics of, see `contract/pool.rs`; whatever
    // gets out of the target ends it all the same.
    init: std::panic::set_hook(Box::new(|info| eprintln!("{info}"))),
    |data: &[u8]| {
        let Some((length, rest)) = data.split_first_chunk() else { return };
        let (message, set) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        let source = Source::Reflection("fuzz".into());
        let Ok(loaded) = load::descriptor_set(source, Bytes::copy_from_slice(set)) else { return };
        let (contract, problems) = Contract::build(&[loaded.clone()]);
        for problem in problems {
            assert!(!problem.to_string().is_empty());
        }
        // What is handed out can be loaded again.
        let exported = load::descriptor_set(Source::Standard, contract.descriptors().into());
        assert!(exported.is_ok());
        let view = View::json(contract.shapes().clone(), JsonNames::default());
        let operations: Vec<_> = contract.operations().values().take(MOST).cloned().collect();
        for operation in &operations {
            contract.operation_comment(operation);
            transcode(&view, operation.input, message);
            transcode(&view, operation.output, message);
        }
        let routes: Vec<_> = operations
            .iter()
            .flat_map(|operation| operation.http.iter().map(|rule| (operation.clone(), rule.clone())))
            .collect();
        let backend: Arc<Backend> = Backend::new(&contract);
        frontend(&contract, &LISTENER, &routes, &backend);
    }
);

fn transcode(view: &View, shape: ShapeId, message: &[u8]) {
    let (mut json, mut wire) = (Vec::new(), Vec::new());
    let lax = DecodeOptions { unknown_fields: UnknownFields::Ignore, max_depth: 100 };
    if encode(view, shape, message, &EncodeOptions::default(), &mut json).is_ok() {
        // Two fields of one JSON name are legal in a descriptor and cannot be told apart in JSON.
        let _ = decode(view, shape, &json, &lax, &mut wire);
    }
    let _ = decode(view, shape, message, &lax, &mut wire);
    let _ = canonical::rewrite(view.shapes(), shape, message, 100, &mut wire);
}
