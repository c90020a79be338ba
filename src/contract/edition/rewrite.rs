//! From a file as it came to the form the descriptor pool takes.

use std::collections::{HashMap, HashSet};

use bytes::{BufMut, Bytes, BytesMut};

use super::Resolved;
use crate::contract::features::{Features, FieldFeatures};
use crate::contract::raw::{self, join};

/// The form of `file` that the pool takes, and in `features` what that form cannot say. `defaults`
/// are those of the file's syntax.
///
/// Files in edition syntax become proto2. So do proto3 files with fields whose names differ in
/// nothing but case and underscores: those are legal, and the pool takes them in proto2 alone.
pub fn rewrite(file: &raw::File, defaults: Resolved, features: &mut Features) -> raw::File {
    let mut file = file.clone();
    file.source_code_info = None;
    file.edition = None;
    let proto3 = file.syntax.as_deref() == Some("proto3");
    let rewrite = file.syntax.as_deref() == Some("editions")
        || (proto3 && file.message_type.iter().any(names_are_close));
    if proto3 && !rewrite {
        return file;
    }
    file.syntax = None;
    if !rewrite {
        for message in &mut file.message_type {
            separate_json_names(message);
        }
        return file;
    }

    let scope = defaults.in_file(&file);
    let mut writer = Writer { features };
    let package = file.package().to_owned();
    writer.enums(&package, scope, &file.enum_type);
    for extension in &mut file.extension {
        writer.field(&package, scope, None, extension);
    }
    for message in &mut file.message_type {
        writer.message(&package, scope, message);
    }
    file
}

struct Writer<'a> {
    features: &'a mut Features,
}

impl Writer<'_> {
    fn message(&mut self, scope_name: &str, outer: Resolved, message: &mut raw::Message) {
        let name = join(scope_name, message.name());
        let scope = outer.in_message(message);
        let original = message.clone();
        for field in &mut message.field {
            self.field(&name, scope, Some(&original), field);
        }
        for extension in &mut message.extension {
            self.field(&name, scope, None, extension);
        }
        self.enums(&name, scope, &message.enum_type);
        for nested in &mut message.nested_type {
            self.message(&name, scope, nested);
        }
        separate_json_names(message);
    }

    fn field(
        &mut self,
        scope_name: &str,
        scope: Resolved,
        message: Option<&raw::Message>,
        field: &mut raw::Field,
    ) {
        let facts = scope.field(field, message);
        field.label = Some(facts.label);
        if facts.group {
            field.kind = Some(raw::kind::GROUP);
        }
        if field.is_repeated() {
            field.options = Some(with_packed(field.options.take(), facts.packed));
        }
        if facts.implicit_presence || facts.verify_utf8 {
            let listed = FieldFeatures {
                implicit_presence: facts.implicit_presence,
                verify_utf8: facts.verify_utf8,
            };
            self.features.fields.insert(join(scope_name, field.name()), listed);
        }
    }

    fn enums(&mut self, scope_name: &str, scope: Resolved, enums: &[raw::Enum]) {
        for definition in enums {
            if !scope.is_closed(definition) {
                self.features.open_enums.insert(join(scope_name, definition.name()));
            }
        }
    }
}

/// The last occurrence of an option wins, so that appending one overrides it.
fn with_packed(options: Option<Bytes>, packed: bool) -> Bytes {
    const PACKED_KEY: u8 = 2 << 3;
    let mut bytes = BytesMut::from(options.unwrap_or_default());
    bytes.put_slice(&[PACKED_KEY, u8::from(packed)]);
    bytes.freeze()
}

/// Whether two fields of the message, or of one in it, have names that the pool takes for one.
fn names_are_close(message: &raw::Message) -> bool {
    let mut seen = HashSet::new();
    let fold = |name: &str| name.replace('_', "").to_ascii_lowercase();
    message.field.iter().any(|field| !seen.insert(fold(field.name())))
        || message.nested_type.iter().any(names_are_close)
}

/// In proto2 two fields may have one JSON name (`foo_bar` and `fooBar`). The one whose own name it
/// is keeps it, and the others go by their own names.
fn separate_json_names(message: &mut raw::Message) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for field in &message.field {
        *uses.entry(field.json()).or_default() += 1;
    }
    for field in &mut message.field {
        if uses.get(&field.json()).is_some_and(|uses| *uses > 1) && field.json() != field.name() {
            field.json_name = Some(field.name().to_owned());
        }
    }
    for nested in &mut message.nested_type {
        separate_json_names(nested);
    }
}
