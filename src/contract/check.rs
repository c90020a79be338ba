//! Checks a descriptor before the pool sees it: the pool takes much on trust, and would panic on
//! some of what is refused here.

use super::raw::{self, join, kind, label};

/// A descriptor says at most this much about what is wrong with it.
const MOST: usize = 20;

/// What is wrong with `file`, in words; empty where it may go on.
pub fn check(file: &raw::File) -> Vec<String> {
    let mut checker = Checker { wrong: Vec::new() };
    checker.file(file);
    checker.wrong.truncate(MOST);
    checker.wrong
}

struct Checker {
    wrong: Vec<String>,
}

impl Checker {
    fn file(&mut self, file: &raw::File) {
        if file.name().is_empty() || file.name().chars().any(char::is_control) {
            self.wrong.push(format!("{:?} is no name for a file", file.name()));
        }
        if !file.package().is_empty() && !is_path(file.package()) {
            self.wrong.push(format!("{:?} is no name for a package", file.package()));
        }
        for index in file.public_dependency.iter().chain(&file.weak_dependency) {
            if usize::try_from(*index).map_or(true, |index| index >= file.dependency.len()) {
                self.wrong.push(format!("there is no import number {index}"));
            }
        }
        for message in &file.message_type {
            self.message(file.package(), message);
        }
        self.enums(file.package(), &file.enum_type);
        for extension in &file.extension {
            self.extension(file.package(), extension);
        }
        for service in &file.service {
            let name = self.name(file.package(), service.name(), "service");
            for method in &service.method {
                let method_name = self.name(&name, method.name(), "method");
                for referred in [method.input_type(), method.output_type()] {
                    self.reference(&method_name, referred);
                }
            }
        }
    }

    fn message(&mut self, scope: &str, message: &raw::Message) {
        let name = self.name(scope, message.name(), "message");
        let mut members = vec![0_usize; message.oneof_decl.len()];
        for field in &message.field {
            self.field(&name, field);
            if field.extendee.is_some() {
                self.wrong.push(format!("field {name}.{} claims to be an extension", field.name()));
            }
            let Some(index) = field.oneof_index else { continue };
            match usize::try_from(index).ok().and_then(|index| members.get_mut(index)) {
                Some(members) if field.label() != label::REPEATED => *members += 1,
                Some(_) => self
                    .wrong
                    .push(format!("field {name}.{} is repeated inside a oneof", field.name())),
                None => self
                    .wrong
                    .push(format!("field {name}.{} is in a oneof that is not there", field.name())),
            }
        }
        for (oneof, members) in message.oneof_decl.iter().zip(members) {
            let oneof = self.name(&name, oneof.name(), "oneof");
            if members == 0 {
                self.wrong.push(format!("oneof {oneof} has no fields"));
            }
        }
        for extension in &message.extension {
            self.extension(&name, extension);
        }
        for nested in &message.nested_type {
            self.message(&name, nested);
        }
        self.enums(&name, &message.enum_type);
        if message.is_map_entry() && !is_map_entry(message) {
            self.wrong.push(format!("message {name} is marked as a map entry but is none"));
        }
    }

    fn field(&mut self, scope: &str, field: &raw::Field) {
        let name = self.name(scope, field.name(), "field");
        if !matches!(field.label, None | Some(label::OPTIONAL..=label::REPEATED)) {
            self.wrong.push(format!("field {name} has label {}, which is none", field.label()));
        }
        match (field.kind, &field.type_name) {
            (None, None) => self.wrong.push(format!("field {name} has no type")),
            (None | Some(kind::GROUP | kind::MESSAGE | kind::ENUM), Some(referred)) => {
                self.reference(&name, referred);
            }
            (Some(kind::GROUP | kind::MESSAGE | kind::ENUM), None) => {
                self.wrong.push(format!("field {name} does not name its type"));
            }
            (Some(1..=kind::LAST), None) => {}
            (Some(1..=kind::LAST), Some(referred)) => {
                self.wrong.push(format!("field {name} is a scalar, yet of type {referred:?}"));
            }
            (Some(other), _) => {
                self.wrong
                    .push(format!("field {name} has type number {other}, which is not known"));
            }
        }
        if let Some(default) = &field.default_value
            && field.kind() == kind::BYTES
            && !is_escaped(default)
        {
            self.wrong.push(format!("field {name} has the default {default:?}, which is no bytes"));
        }
    }

    fn extension(&mut self, scope: &str, extension: &raw::Field) {
        self.field(scope, extension);
        let name = join(scope, extension.name());
        match &extension.extendee {
            Some(extendee) => self.reference(&name, extendee),
            None => self.wrong.push(format!("extension {name} extends nothing")),
        }
        if extension.oneof_index.is_some() {
            self.wrong.push(format!("extension {name} claims to be in a oneof"));
        }
    }

    fn enums(&mut self, scope: &str, enums: &[raw::Enum]) {
        for definition in enums {
            let name = self.name(scope, definition.name(), "enum");
            if definition.value.is_empty() {
                self.wrong.push(format!("enum {name} has no values"));
            }
            for value in &definition.value {
                self.name(&name, value.name(), "enum value");
            }
        }
    }

    fn name(&mut self, scope: &str, name: &str, what: &str) -> String {
        if !is_identifier(name) {
            let place = if scope.is_empty() { "the file" } else { scope };
            self.wrong.push(format!("{name:?} in {place} is no name for a {what}"));
        }
        join(scope, name)
    }

    fn reference(&mut self, scope: &str, name: &str) {
        if !is_path(name.strip_prefix('.').unwrap_or(name)) {
            self.wrong.push(format!("{scope} refers to {name:?}, which is no name of a type"));
        }
    }
}

fn is_map_entry(message: &raw::Message) -> bool {
    let plain = message.nested_type.is_empty()
        && message.enum_type.is_empty()
        && message.extension.is_empty()
        && message.oneof_decl.is_empty();
    let [key, value] = message.field.as_slice() else { return false };
    let key_fits = !matches!(
        key.kind.unwrap_or(kind::MESSAGE),
        kind::DOUBLE | kind::FLOAT | kind::BYTES | kind::GROUP | kind::MESSAGE | kind::ENUM
    );
    let named = |field: &raw::Field, name, number| {
        field.name() == name && field.number() == number && field.label() <= label::OPTIONAL
    };
    plain && key_fits && named(key, "key", 1) && named(value, "value", 2)
}

fn is_path(path: &str) -> bool {
    path.split('.').all(is_identifier)
}

/// Letters, digits and underscores, no digit in front. ASCII alone, as in the language.
pub fn is_identifier(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether `text` is the C escape of some bytes, as default values are written.
fn is_escaped(text: &str) -> bool {
    let mut bytes = text.bytes().peekable();
    if !text.is_ascii() {
        return false;
    }
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            continue;
        }
        let legal = match bytes.next() {
            Some(b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"') => {
                true
            }
            Some(b'x' | b'X') => {
                (0..2).all(|_| bytes.next().is_some_and(|b| b.is_ascii_hexdigit()))
            }
            Some(first @ b'0'..=b'7') => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    if let Some(digit) = bytes.next_if(|byte| matches!(byte, b'0'..=b'7')) {
                        value = value * 8 + u32::from(digit - b'0');
                    }
                }
                value <= 255
            }
            _ => false,
        };
        if !legal {
            return false;
        }
    }
    true
}
