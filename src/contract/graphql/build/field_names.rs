//! What the fields and oneofs of a message are called: as in JSON, both ways alike.

use crate::contract::graphql::names::{Taken, is_name, lower_camel};
use crate::contract::shape::{Field, Shape};

/// The names of a message's fields and oneofs, by index.
pub struct FieldNames {
    pub fields: Vec<String>,
    pub oneofs: Vec<String>,
}

impl FieldNames {
    /// Of that message. A name that JSON takes and GraphQL does not is made one of the field's name
    /// in the contract.
    pub fn of(shape: &Shape) -> Self {
        let mut taken = Taken::default();
        let fields = shape.fields.iter().map(|field| taken.claim(candidates(field))).collect();
        let oneofs = shape.oneofs.iter().map(|name| {
            let name = lower_camel(name);
            taken.claim([name.clone(), format!("{name}Oneof")])
        });
        Self { fields, oneofs: oneofs.collect() }
    }
}

fn candidates(field: &Field) -> Vec<String> {
    let json = Some(field.json_name.to_string()).filter(|name| is_name(name));
    // An extension has its full name, which is long; its own mostly does.
    let own = field.name.rsplit('.').next().unwrap_or_default();
    let whole = lower_camel(&field.name.replace('.', "_"));
    let original = Some(own.to_owned()).filter(|name| is_name(name));
    json.into_iter().chain([lower_camel(own)]).chain(original).chain([whole]).collect()
}
