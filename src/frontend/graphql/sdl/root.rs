//! The types that queries, mutations and subscriptions start at.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// Reads.
    Query,
    /// Changes something.
    Mutation,
    /// Goes on.
    Subscription,
}

impl Root {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// The type's name.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}
