//! What [`decode`](super::decode) hands to serde: the parts of lists, mappings and choices.

use serde::de::value::{StrDeserializer, UsizeDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::decode::{Context, Decoder, Fault};
use super::tree::{Key, Node, Value};
use crate::config::suggest;

/// Numbers that tell of the node, last one first, then its value.
pub(super) struct Parts<'a> {
    pub(super) decoder: Decoder<'a>,
    pub(super) heads: Vec<usize>,
    /// Whether a value that cannot be read is reported here and left out.
    pub(super) recover: bool,
}

impl<'de> de::SeqAccess<'de> for Parts<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if let Some(head) = self.heads.pop() {
            let head: UsizeDeserializer<Fault> = head.into_deserializer();
            return seed.deserialize(head).map(Some);
        }
        match seed.deserialize(self.decoder) {
            Ok(value) => Ok(Some(value)),
            Err(fault) if self.recover => {
                self.decoder.context.report(fault, self.decoder.node.span);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

pub(super) struct Items<'a> {
    pub(super) items: std::slice::Iter<'a, Node>,
    pub(super) context: &'a Context<'a>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        match self.items.next() {
            Some(node) => seed.deserialize(Decoder { node, context: self.context }).map(Some),
            None => Ok(None),
        }
    }
}

pub(super) struct Entries<'a> {
    pub(super) entries: std::slice::Iter<'a, (Key, Node)>,
    /// The keys there are; `None`: any.
    pub(super) fields: Option<&'static [&'static str]>,
    pub(super) value: Option<&'a Node>,
    pub(super) context: &'a Context<'a>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        for (key, value) in self.entries.by_ref() {
            self.value = Some(value);
            let Some(fields) = self.fields else {
                let node = Node { span: key.span, value: Value::Scalar(key.text.clone()) };
                return seed.deserialize(Decoder { node: &node, context: self.context }).map(Some);
            };
            if fields.contains(&key.text.as_str()) {
                let key: StrDeserializer<'_, Fault> = key.text.as_str().into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            let fault = Fault::new(format!("unknown key `{}`", key.text))
                .with_hint(suggest::hint(&key.text, fields.iter().copied()));
            self.context.report(fault, key.span);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.value.take() {
            Some(node) => seed.deserialize(Decoder { node, context: self.context }),
            None => Err(Fault::new("a value was asked for before its key")),
        }
    }
}

pub(super) struct Variant<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<&'a Node>,
    pub(super) context: &'a Context<'a>,
}

impl<'de> de::EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(Fault::new(format!("`{}` takes nothing", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.value {
            Some(node) => seed.deserialize(Decoder { node, context: self.context }),
            None => Err(Fault::new(format!("`{}` needs a value", self.name))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.newtype_variant_seed(SeqOf(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Some(node) => de::Deserializer::deserialize_struct(
                Decoder { node, context: self.context },
                "",
                fields,
                visitor,
            ),
            None => Err(Fault::new(format!("`{}` needs a value", self.name))),
        }
    }
}

struct SeqOf<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for SeqOf<V> {
    type Value = V::Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_seq(self.0)
    }
}
