//! Where fields get their values when async-graphql runs a query.

use async_graphql::Error;
use async_graphql::dynamic::{FieldFuture, FieldValue, ResolverContext, SubscriptionFieldFuture};
use futures_util::stream;

use crate::contract::graphql::{Field, Object};

/// Gives a field of an object its value.
pub type Resolver = Box<dyn for<'a> Fn(ResolverContext<'a>) -> FieldFuture<'a> + Send + Sync>;

/// Gives a field of the subscription root its stream.
pub type StreamResolver =
    Box<dyn for<'a> Fn(ResolverContext<'a>) -> SubscriptionFieldFuture<'a> + Send + Sync>;

/// Makes the resolvers of a schema.
pub trait Resolvers {
    /// For a field of an object.
    fn field(&self, object: &Object, field: &Field) -> Resolver;
    /// For a field of the subscription root.
    fn stream(&self, field: &Field) -> StreamResolver;
    /// For a federation's `_entities`.
    fn entities(&self) -> Resolver;
}

/// For schemas that run no query.
#[derive(Debug, Clone, Copy)]
pub struct Unresolved;

impl Resolvers for Unresolved {
    fn field(&self, _: &Object, _: &Field) -> Resolver {
        Box::new(|_| FieldFuture::new(async { Err::<Option<FieldValue<'_>>, _>(elsewhere()) }))
    }

    fn stream(&self, _: &Field) -> StreamResolver {
        Box::new(|_| {
            SubscriptionFieldFuture::new(async {
                Err::<stream::Empty<Result<FieldValue<'_>, Error>>, _>(elsewhere())
            })
        })
    }

    fn entities(&self) -> Resolver {
        Box::new(|_| FieldFuture::new(async { Err::<Option<FieldValue<'_>>, _>(elsewhere()) }))
    }
}

fn elsewhere() -> Error {
    Error::new("this schema runs no query")
}
