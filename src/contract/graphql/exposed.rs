//! What a GraphQL schema is made from, and what is told of its making.

use std::sync::Arc;

use crate::contract::Operation;

/// The field that `Query` has where no operation is a query: GraphQL requires one.
pub const EMPTY: &str = "_empty";

/// What is said of [`EMPTY`].
pub const EMPTY_DESCRIPTION: &str = "Always null: there is nothing to query here.";

/// One operation that clients may reach.
#[derive(Debug, Clone)]
pub struct Exposed {
    /// What is called.
    pub operation: Arc<Operation>,
    /// Whether a REST rule reaches it by GET, which promises that it only reads.
    pub has_get: bool,
    /// What the config says of its field.
    pub wishes: Wishes,
}

/// What the config says of an operation's field. By default the contract decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Where its field stands.
    pub root: Option<Root>,
    /// The field's name.
    pub field: Option<String>,
    /// Whether it has no field. Its types are in the schema for those that name them.
    pub hidden: bool,
    /// The request's field that is told what was selected.
    pub read_mask: Option<String>,
}

/// The object types that operations are fields of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// Reads.
    Query,
    /// Changes something.
    Mutation,
    /// Goes on.
    Subscription,
}

impl Root {
    /// The object type's name.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}

/// How a schema is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether a field without presence is never null, as its default value is written.
    pub emit_defaults: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { emit_defaults: true }
    }
}

/// One thing of the config that was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// [`Wishes::root`].
    Root,
    /// [`Wishes::field`].
    Field,
    /// [`Wishes::read_mask`].
    ReadMask,
}

/// What is told of a schema's making. Operations are named by their place among the exposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The config wishes what cannot be; the schema was made without that.
    Unheard {
        /// The operation.
        exposed: usize,
        /// The wish.
        wish: Wish,
        /// What is wrong with it.
        message: String,
    },
    /// An operation has no field, and nobody wished that.
    NoField {
        /// The operation.
        exposed: usize,
        /// Why.
        message: String,
    },
    /// A name is not the one that people would expect.
    Renamed(String),
    /// What the contract requires is not required here.
    Loosened(String),
}
