//! The contract as a GraphQL schema.

mod build;
mod exposed;
mod model;
mod names;
mod print;
mod scalar;
mod visible;

pub use build::build;
pub use exposed::{EMPTY, EMPTY_DESCRIPTION, Exposed, Note, Options, Root, Wish, Wishes};
pub use model::{
    Argument, Batch, Binding, Call, Enum, EnumTypeId, EnumValue, Field, Input, InputId, ListOf,
    Model, Named, Object, ObjectId, ObjectOf, Place, Scalar, Source, Target, TypeRef, Union,
    UnionId, Value,
};
pub use names::{RESERVED, is_name};
pub use print::print;

#[cfg(test)]
pub mod testing;
