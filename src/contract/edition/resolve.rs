//! What holds for a definition once all features are taken into account.

use bytes::Bytes;

use crate::contract::raw::{self, kind};

/// The features that hold in some scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// Singular fields know whether they are set.
    pub presence: Presence,
    /// Enums keep numbers they do not know out of the field.
    pub closed_enums: bool,
    /// Repeated scalars are packed.
    pub packed: bool,
    /// Strings must be UTF-8.
    pub verify_utf8: bool,
    /// Messages are written between group tags.
    pub delimited: bool,
}

/// `features.field_presence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Explicit,
    Implicit,
    Required,
}

/// What holds for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFacts {
    /// `raw::label`, with the required ones of editions among them.
    pub label: i32,
    /// Whether a singular field's default value is left out on the wire.
    pub implicit_presence: bool,
    /// Whether a repeated scalar is packed.
    pub packed: bool,
    /// Whether a string must be UTF-8.
    pub verify_utf8: bool,
    /// Whether a message stands between group tags.
    pub group: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FeatureSet {
    #[prost(int32, optional, tag = "1")]
    field_presence: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    enum_type: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    repeated_field_encoding: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    utf8_validation: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    message_encoding: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileOptions {
    #[prost(message, optional, tag = "50")]
    features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MessageOptions {
    #[prost(message, optional, tag = "12")]
    features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EnumOptions {
    #[prost(message, optional, tag = "7")]
    features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FieldOptions {
    #[prost(bool, optional, tag = "2")]
    packed: Option<bool>,
    #[prost(message, optional, tag = "21")]
    features: Option<FeatureSet>,
}

impl Resolved {
    pub const PROTO2: Self = Self {
        presence: Presence::Explicit,
        closed_enums: true,
        packed: false,
        verify_utf8: false,
        delimited: false,
    };
    pub const PROTO3: Self = Self {
        presence: Presence::Implicit,
        closed_enums: false,
        packed: true,
        verify_utf8: true,
        delimited: false,
    };
    pub const EDITION_2023: Self = Self { presence: Presence::Explicit, ..Self::PROTO3 };

    /// What holds in the file.
    pub fn in_file(self, file: &raw::File) -> Self {
        self.with(decode::<FileOptions>(file.options.as_ref()).features)
    }

    /// What holds in a message of this scope.
    pub fn in_message(self, message: &raw::Message) -> Self {
        self.with(decode::<MessageOptions>(message.options.as_ref()).features)
    }

    /// Whether an enum of this scope is closed.
    pub fn is_closed(self, definition: &raw::Enum) -> bool {
        self.with(decode::<EnumOptions>(definition.options.as_ref()).features).closed_enums
    }

    /// What holds for a field of `message`, whose scope this is; `None`: for an extension.
    pub fn field(self, field: &raw::Field, message: Option<&raw::Message>) -> FieldFacts {
        let options = decode::<FieldOptions>(field.options.as_ref());
        let oneof = usize::try_from(field.oneof_index.unwrap_or(-1)).ok();
        let oneof = message.zip(oneof).and_then(|(message, index)| message.oneof_decl.get(index));
        let scope = match oneof {
            Some(oneof) => self.with(decode::<OneofOptions>(oneof.options.as_ref()).features),
            None => self,
        };
        let holds = scope.with(options.features);

        let kind = field.kind();
        let singular = field.label() != raw::label::REPEATED;
        let free = singular && field.oneof_index.is_none() && field.extendee.is_none();
        let required = free && holds.presence == Presence::Required;
        let is_message = matches!(kind, kind::MESSAGE | kind::GROUP);
        let implicit = free
            && !is_message
            && field.label() != raw::label::REQUIRED
            && !field.proto3_optional()
            && holds.presence == Presence::Implicit;
        let delimited = holds.delimited
            && kind == kind::MESSAGE
            && !message.is_some_and(|message| message.is_map_entry() || is_map(field, message));
        let packable = !is_message && !matches!(kind, kind::STRING | kind::BYTES);

        FieldFacts {
            label: match field.label() {
                0 => raw::label::OPTIONAL,
                _ if required => raw::label::REQUIRED,
                label => label,
            },
            implicit_presence: implicit,
            packed: !singular && packable && options.packed.unwrap_or(holds.packed),
            verify_utf8: kind == kind::STRING && holds.verify_utf8,
            group: kind == kind::GROUP || delimited,
        }
    }

    /// Zero is "unknown" in each of these enums, and a number that is not known states nothing.
    fn with(mut self, features: Option<FeatureSet>) -> Self {
        let Some(features) = features else { return self };
        match features.field_presence {
            Some(1) => self.presence = Presence::Explicit,
            Some(2) => self.presence = Presence::Implicit,
            Some(3) => self.presence = Presence::Required,
            _ => {}
        }
        choose(&mut self.closed_enums, features.enum_type, 2, 1);
        choose(&mut self.packed, features.repeated_field_encoding, 1, 2);
        choose(&mut self.verify_utf8, features.utf8_validation, 2, 3);
        choose(&mut self.delimited, features.message_encoding, 2, 1);
        self
    }
}

fn choose(value: &mut bool, stated: Option<i32>, yes: i32, no: i32) {
    match stated {
        Some(number) if number == yes => *value = true,
        Some(number) if number == no => *value = false,
        _ => {}
    }
}

/// Whether the field of `message` is a map.
fn is_map(field: &raw::Field, message: &raw::Message) -> bool {
    let name = field.type_name().rsplit('.').next().unwrap_or_default();
    field.is_repeated()
        && message.nested_type.iter().any(|nested| nested.name() == name && nested.is_map_entry())
}

/// Options that cannot be read state nothing here; the pool refuses them in words.
fn decode<M: prost::Message + Default>(options: Option<&Bytes>) -> M {
    options.and_then(|options| M::decode(options.clone()).ok()).unwrap_or_default()
}
