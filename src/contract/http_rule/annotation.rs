//! `google.api.HttpRule` as it stands in a method's options.

use super::{HttpRule as Rule, RuleError};

#[derive(Clone, PartialEq, prost::Message)]
pub struct HttpRule {
    #[prost(string, optional, tag = "2")]
    get: Option<String>,
    #[prost(string, optional, tag = "3")]
    put: Option<String>,
    #[prost(string, optional, tag = "4")]
    post: Option<String>,
    #[prost(string, optional, tag = "5")]
    delete: Option<String>,
    #[prost(string, optional, tag = "6")]
    patch: Option<String>,
    #[prost(string, tag = "7")]
    body: String,
    #[prost(message, optional, tag = "8")]
    custom: Option<CustomHttpPattern>,
    #[prost(message, repeated, tag = "11")]
    additional_bindings: Vec<HttpRule>,
    #[prost(string, tag = "12")]
    response_body: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CustomHttpPattern {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    path: String,
}

/// A rule as text, and what came of it.
type Binding = (String, Result<Rule, RuleError>);

impl HttpRule {
    /// The rule and its additional bindings, each by itself.
    pub fn bindings(&self) -> Vec<Binding> {
        let mut all = vec![self.binding()];
        for additional in &self.additional_bindings {
            let (text, rule) = additional.binding();
            let rule = if additional.additional_bindings.is_empty() {
                rule
            } else {
                Err(RuleError::new("an additional binding has additional bindings of its own"))
            };
            all.push((text, rule));
        }
        all
    }

    fn binding(&self) -> Binding {
        let custom = self.custom.as_ref();
        let patterns = [
            ("GET", self.get.as_deref()),
            ("PUT", self.put.as_deref()),
            ("POST", self.post.as_deref()),
            ("DELETE", self.delete.as_deref()),
            ("PATCH", self.patch.as_deref()),
            (custom.map_or("", |custom| &custom.kind), custom.map(|custom| custom.path.as_str())),
        ];
        let stated = patterns.into_iter().find_map(|(method, path)| Some((method, path?)));
        let Some((method, path)) = stated else {
            let problem = RuleError::new("it names neither method nor path");
            return (String::new(), Err(problem));
        };
        let rule = Rule::parse(method, path, &self.body, &self.response_body);
        (format!("{method} {path}"), rule)
    }
}
