//! The contract as a GraphQL schema.

mod model;

pub use model::{
    Argument, Batch, Binding, Call, Enum, EnumTypeId, EnumValue, Field, Input, InputId, ListOf,
    Model, Named, Object, ObjectId, ObjectOf, Place, Scalar, Source, Target, TypeRef, Union,
    UnionId, Value,
};
