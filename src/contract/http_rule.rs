//! `google.api.http` rules and their path templates.

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
