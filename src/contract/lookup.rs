//! Finds the files that define something, for who asks by reflection.

use std::collections::HashSet;

use bytes::Bytes;
use prost::Message as _;

use super::{Contract, raw};

impl Contract {
    /// The name of the file that defines a message, an enum, one of its values, a service, a method,
    /// a field or an extension of that full name.
    pub fn file_of_symbol(&self, symbol: &str) -> Option<String> {
        let pool = self.pool();
        if let Some(message) = pool.get_message_by_name(symbol) {
            return Some(message.parent_file().name().to_owned());
        }
        if let Some(found) = pool.get_enum_by_name(symbol) {
            return Some(found.parent_file().name().to_owned());
        }
        if let Some(service) = pool.get_service_by_name(symbol) {
            return Some(service.parent_file().name().to_owned());
        }
        if let Some(extension) = pool.get_extension_by_name(symbol) {
            return Some(extension.parent_file().name().to_owned());
        }
        let (parent, name) = symbol.rsplit_once('.')?;
        if let Some(service) = pool.get_service_by_name(parent) {
            let has = service.methods().any(|method| method.name() == name);
            return has.then(|| service.parent_file().name().to_owned());
        }
        if let Some(message) = pool.get_message_by_name(parent) {
            let has = message.get_field_by_name(name).is_some()
                || message.oneofs().any(|oneof| oneof.name() == name);
            return has.then(|| message.parent_file().name().to_owned());
        }
        // A value stands beside its enum, not within it.
        let is_value = |value: &prost_reflect::EnumValueDescriptor| value.full_name() == symbol;
        let of = pool.all_enums().find(|found| found.values().any(|value| is_value(&value)))?;
        Some(of.parent_file().name().to_owned())
    }

    /// The name of the file that defines the extension of that number.
    pub fn file_of_extension(&self, message: &str, number: u32) -> Option<String> {
        let message = self.pool().get_message_by_name(message)?;
        Some(message.get_extension(number)?.parent_file().name().to_owned())
    }

    /// The numbers of all extensions of a message; `None` where there is no such message.
    pub fn extension_numbers(&self, message: &str) -> Option<Vec<u32>> {
        let message = self.pool().get_message_by_name(message)?;
        Some(message.extensions().map(|extension| extension.number()).collect())
    }

    /// The file of that name as it came, and all that it imports behind it; empty where there is none.
    pub fn file_with_imports(&self, name: &str) -> Vec<Bytes> {
        let mut wanted = vec![name.to_owned()];
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        while let Some(name) = wanted.pop() {
            let file = self.files().iter().find(|file| *file.name == *name);
            let Some(file) = file.filter(|_| seen.insert(name)) else { continue };
            found.push(file.descriptor.clone());
            let imports = raw::File::decode(file.descriptor.clone()).unwrap_or_default().dependency;
            wanted.extend(imports);
        }
        found
    }
}
