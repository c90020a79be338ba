//! WSDLs, alone or with a schema beside them: whatever loads can be bound, given back and made a codec
//! of, and a problem can always be told.

#![no_main]

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use dragoman::codec::xml::Codec;
use dragoman::contract::soap::bind::{Wishes, bind};
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::wsdl::read::read;
use dragoman_fuzz::CONTRACT;

static JSON: LazyLock<Arc<View>> =
    LazyLock::new(|| Arc::new(View::json(CONTRACT.shapes().clone(), JsonNames::default())));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (wsdl, schema) = (parts.next().unwrap_or_default(), parts.next());
    let loaded = read(Path::new("service.wsdl"), &mut |path| match path.to_str() {
        Some("service.wsdl") => Ok(wsdl.to_vec()),
        // By whatever name it is asked for.
        _ => schema.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::NotFound.into()),
    });
    let wsdl = match loaded {
        Ok(wsdl) => wsdl,
        Err(problems) => {
            assert!(!problems.is_empty());
            return assert!(problems.iter().all(|one| !one.to_string().is_empty()));
        }
    };
    let operations: Vec<_> = CONTRACT.operations().values().cloned().collect();
    let bound = bind(&wsdl, None, &CONTRACT, &operations, &Wishes::default());
    for told in bound.notes.iter().chain(&bound.problems) {
        assert!(!told.is_empty());
    }
    for file in &wsdl.files {
        assert!(!file.at("http://a/b").contains('\u{1}'));
    }
    if let Some(service) = bound.services.first() {
        let codec = Codec::new(service.view.clone(), JSON.clone());
        for operation in bound.services.iter().flat_map(|service| &service.operations) {
            drop(codec.root(&operation.input.element, operation.input.body, true));
        }
    }
});
