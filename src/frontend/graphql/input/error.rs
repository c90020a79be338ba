//! What is wrong with a value that a client gave, and where.

use std::fmt;

use async_graphql::Value as ConstValue;

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    message: String,
    /// Innermost first.
    path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
}

impl InputError {
    #[cold]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: Vec::new() }
    }

    /// That something else was given than was expected.
    #[cold]
    pub(super) fn expected(what: impl fmt::Display, got: &ConstValue) -> Self {
        Self::new(format!("expected {what}, got {}", Shown(got)))
    }

    /// It is about what is in the field, argument or variable of that name.
    #[cold]
    #[must_use]
    pub fn within(mut self, name: impl Into<String>) -> Self {
        self.path.push(Step::Field(name.into()));
        self
    }

    #[cold]
    pub(super) fn at_index(mut self, index: usize) -> Self {
        self.path.push(Step::Index(index));
        self
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the value, like `product.tags[3]`; empty for the value as a whole.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for InputError {}

/// A value as a message shows it: enough of it to find it again.
struct Shown<'a>(&'a ConstValue);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ConstValue::Null => f.write_str("null"),
            ConstValue::Number(number) => write!(f, "{number}"),
            ConstValue::String(text) => write!(f, "{:?}", shortened(text)),
            ConstValue::Boolean(value) => write!(f, "{value}"),
            ConstValue::Binary(_) => f.write_str("a file"),
            ConstValue::Enum(name) => f.write_str(&shortened(name)),
            ConstValue::List(_) => f.write_str("a list"),
            ConstValue::Object(_) => f.write_str("an object"),
        }
    }
}

/// At most some 40 characters of a client's text.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
