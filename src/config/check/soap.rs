//! Checks `soap:` of a listener.

use super::context::Context;
use super::listener::{header, unknown_fields};
use super::{described, wsdl};
use crate::config::checked;
use crate::config::written::{self, At, Duration, Size, SoapStyle};

const LONGEST_LIST: usize = 1_000_000;

pub fn check(context: &mut Context<'_>, soap: &written::Soap) -> checked::Soap {
    let headers = soap.forward_headers.get().map(Vec::as_slice).unwrap_or_default();
    if let Some(namespace) = soap.namespace.get()
        && !namespace.contains("{package}")
    {
        context.error(
            soap.namespace.span(),
            "types of different packages would be in one namespace",
            "write `{package}` where the package's name is to stand, such as `urn:{package}`",
        );
    }
    if let Some(address) = &soap.address
        && let Some(text) = address.get()
        && !(text.starts_with("http://") || text.starts_with("https://"))
    {
        context.error(
            address.span(),
            "this is no address",
            "write it like `https://api.example.com`",
        );
    }
    let streams = soap.streams.as_ref().map(|most| context.within(most, 1, LONGEST_LIST));
    checked::Soap {
        path: described::path(context, &soap.path),
        rpc: soap.style.value() == SoapStyle::Rpc,
        namespace: soap.namespace.get().cloned().unwrap_or_default(),
        address: soap.address.as_ref().and_then(At::get).cloned(),
        linked_schemas: soap.linked_schemas.value(),
        original_names: soap.original_names.value(),
        emit_defaults: soap.emit_defaults.value(),
        unknown_fields: unknown_fields(&soap.unknown_fields),
        streams: streams.and_then(|most| u32::try_from(most).ok()),
        forward_headers: headers.iter().filter_map(|at| header(context, at)).collect(),
        mtom_threshold: context.within(&soap.mtom_threshold, Size(1), Size::mib(1024)).0,
        attributes: context.within(&soap.attributes, 1, 1000),
        security: security(context, soap.security.get()),
        wsdl: wsdl::check(context, &soap.wsdl),
        only_wsdl: soap.only_wsdl.value(),
    }
}

fn security(
    context: &mut Context<'_>,
    security: Option<&written::SoapSecurity>,
) -> checked::SoapSecurity {
    let defaults = written::SoapSecurity::default();
    let security = security.unwrap_or(&defaults);
    let entries = security.users.get().map(|users| users.0.as_slice()).unwrap_or_default();
    let mut users = std::collections::BTreeMap::new();
    for entry in entries {
        let name = context.text(&entry.name, "a user's name");
        match entry.value.get() {
            Some(password) if !password.is_empty() => {
                users.insert(name, password.clone());
            }
            Some(_) => context.error(
                entry.value.span(),
                format!("the password of {name} is empty"),
                "write it as `${VAR}`, and set that variable",
            ),
            None => {}
        }
    }
    checked::SoapSecurity {
        required: security.required.value(),
        users,
        max_skew: context
            .within(&security.max_skew, Duration::seconds(1), Duration::seconds(24 * 60 * 60))
            .0,
    }
}
