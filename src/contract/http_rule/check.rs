//! Whether a rule fits the messages of its operation.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Body, HttpRule, RuleError};

/// Messages that have a text form, and so can stand in a path.
const TEXT_FORMS: [&str; 12] = [
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.DoubleValue",
    "google.protobuf.FloatValue",
    "google.protobuf.Int64Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Int32Value",
    "google.protobuf.UInt32Value",
    "google.protobuf.BoolValue",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
];

impl HttpRule {
    /// Sees that every field that the rule names is there and can be where the rule puts it.
    pub fn check(
        &self,
        input: &MessageDescriptor,
        output: &MessageDescriptor,
    ) -> Result<(), RuleError> {
        for variable in &self.template.variables {
            check_variable(&variable.path, input)?;
        }
        if let Body::Field(name) = &self.body {
            top_level(input, name, "body")?;
        }
        if let Some(name) = &self.response_body {
            top_level(output, name, "response_body")?;
        }
        Ok(())
    }
}

fn check_variable(path: &[String], input: &MessageDescriptor) -> Result<(), RuleError> {
    let full = path.join(".");
    let mut message = input.clone();
    let mut names = path.iter().peekable();
    while let Some(name) = names.next() {
        let field = find(&message, name)?;
        if field.is_list() || field.is_map() {
            let wrong = format!("variable {full}: field {name} is repeated");
            return Err(RuleError::new(wrong));
        }
        match (field.kind(), names.peek()) {
            (Kind::Message(next), Some(_)) => message = next,
            (Kind::Message(last), None) if !TEXT_FORMS.contains(&last.full_name()) => {
                let wrong = format!("variable {full}: a {} has no text form", last.full_name());
                return Err(RuleError::new(wrong));
            }
            (_, None) => {}
            (_, Some(next)) => {
                let wrong = format!("variable {full}: {name} is a scalar and has no field {next}");
                return Err(RuleError::new(wrong));
            }
        }
    }
    Ok(())
}

fn top_level(message: &MessageDescriptor, name: &str, what: &str) -> Result<(), RuleError> {
    if name.contains('.') {
        let wrong = format!("{what} {name}: only a field of the message itself can be the body");
        return Err(RuleError::new(wrong));
    }
    find(message, name)
        .map(|_| ())
        .map_err(|error| RuleError::new(format!("{what}: {}", error.message)))
}

fn find(message: &MessageDescriptor, name: &str) -> Result<FieldDescriptor, RuleError> {
    message.get_field_by_name(name).ok_or_else(|| {
        let mut wrong = format!("no field named {name} in {}", message.full_name());
        let nearest = message
            .fields()
            .map(|field| (strsim::jaro_winkler(field.name(), name), field.name().to_owned()))
            .filter(|(similarity, _)| *similarity > 0.8)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        if let Some((_, nearest)) = nearest {
            wrong.push_str(", did you mean ");
            wrong.push_str(&nearest);
            wrong.push('?');
        }
        RuleError::new(wrong)
    })
}
