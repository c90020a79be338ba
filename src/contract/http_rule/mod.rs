//! `google.api.http` rules and their path templates.

mod check;
mod parse;
mod print;

pub(super) mod annotation;

use std::fmt;

pub(super) use print::LITERAL;

/// One HTTP binding of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRule {
    /// The method in upper case; `*` where the rule is `custom` with kind `*`.
    pub method: String,
    /// Where it is reached.
    pub template: Template,
    /// Where the request body goes.
    pub body: Body,
    /// The reply's field (path of field names) that is the response body; `None`: the whole reply.
    pub response_body: Option<String>,
}

/// Where an HTTP request body goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// There is none: all fields come from the path and the query.
    None,
    /// The body is the request message (`body: "*"`), and the query gives nothing.
    Whole,
    /// The body is this field of the request message.
    Field(String),
}

/// A parsed path template (grammar in `google/api/http.proto`):
/// `/v1/{name=shelves/*/books/**}:verb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The template as written.
    pub text: String,
    /// Segments in order, variables flattened into them.
    pub segments: Vec<Segment>,
    /// What follows the last `:`; `None` where there is none.
    pub verb: Option<String>,
    /// Variables, each over a range of segments.
    pub variables: Vec<Variable>,
}

/// One segment of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Exactly this, percent-decoded.
    Literal(String),
    /// `*`: one segment.
    One,
    /// `**`: any number of segments, none included; only ever the last.
    Rest,
}

/// A variable of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The request field it sets, as field names: `["book", "name"]` for `{book.name=...}`.
    pub path: Vec<String>,
    /// The first segment it covers.
    pub start: usize,
    /// One past the last segment it covers.
    pub end: usize,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Where in the template: bytes from its start. `None` where it is not the template.
    pub offset: Option<usize>,
    /// What is wrong, or what was expected.
    pub message: String,
}

impl HttpRule {
    /// Reads a rule. An empty `body` or `response_body` is none.
    pub fn parse(
        method: &str,
        template: &str,
        body: &str,
        response_body: &str,
    ) -> Result<Self, RuleError> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if method.is_empty() || !method.bytes().all(token) {
            return Err(RuleError::new(format!("{method:?} is no HTTP method")));
        }
        let template = Template::parse(template)?;
        let body = match body {
            "" => Body::None,
            "*" => Body::Whole,
            field => Body::Field(field.to_owned()),
        };
        if let Body::Field(field) = &body
            && template.variables.iter().any(|v| v.path.iter().eq([field]))
        {
            let message = format!("field {field} is both the body and in the path");
            return Err(RuleError::new(message));
        }
        Ok(Self {
            method: method.to_ascii_uppercase(),
            template,
            body,
            response_body: Some(response_body.to_owned()).filter(|field| !field.is_empty()),
        })
    }

    /// What is legal here, yet seldom meant.
    pub fn note(&self) -> Option<&'static str> {
        let has_body = self.body != Body::None;
        match self.method.as_str() {
            "GET" | "HEAD" | "DELETE" if has_body => {
                Some("many clients and proxies drop the body of such a request")
            }
            _ => None,
        }
    }
}

impl RuleError {
    /// Something other than the template is wrong.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { offset: None, message: message.into() }
    }

    fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { offset: Some(offset), message: message.into() }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "at byte {offset} of the path: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for RuleError {}

#[cfg(test)]
mod tests;
