//! The GraphQL schema in the contract's terms: which type, field and argument stands for which
//! message, field and operation.

use std::collections::HashMap;
use std::sync::Arc;

use crate::contract::Operation;
use crate::contract::shape::{EnumId, ShapeId};

/// A GraphQL schema. Types are named by their place in these lists.
#[derive(Debug, Default)]
pub struct Model {
    /// Output object types, the roots among them.
    pub objects: Vec<Object>,
    /// Unions: one for each oneof that can be read.
    pub unions: Vec<Union>,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Input object types.
    pub inputs: Vec<Input>,
    /// Every type above by its name. The built-in scalars are not in here.
    pub names: HashMap<String, Named>,
    /// The object that queries start at; there always is one.
    pub query: Option<ObjectId>,
    /// The object that mutations start at.
    pub mutation: Option<ObjectId>,
    /// The object that subscriptions start at.
    pub subscription: Option<ObjectId>,
}

/// An index in [`Model::objects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectId(pub usize);

/// An index in [`Model::unions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnionId(pub usize);

/// An index in [`Model::enums`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnumTypeId(pub usize);

/// An index in [`Model::inputs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InputId(pub usize);

/// A type by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// A scalar, built in or of the gateway's own.
    Scalar(Scalar),
    /// An enum, for output and input.
    Enum(EnumTypeId),
    /// An object.
    Object(ObjectId),
    /// A union.
    Union(UnionId),
    /// An input object.
    Input(InputId),
}

/// The scalars there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are GraphQL's, or explained by `description`")]
pub enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Int64,
    UInt64,
    UInt32,
    Bytes,
    DateTime,
    Duration,
    Json,
}

/// A type as a field or an argument has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeRef {
    /// The innermost type.
    pub named: Named,
    /// Whether it is a list of that, and if so whether its items are never null.
    pub list: Option<ListOf>,
    /// Whether it is never null itself.
    pub non_null: bool,
}

/// The items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOf {
    /// Whether they are never null.
    pub non_null: bool,
}

/// An output object type.
#[derive(Debug)]
pub struct Object {
    /// The type's name.
    pub name: String,
    /// The comment of what it stands for.
    pub description: Option<String>,
    /// What it stands for.
    pub of: ObjectOf,
    /// Its fields, in the order of the contract.
    pub fields: Vec<Field>,
    /// Apollo Federation keys (`product_id`): each a selection of fields.
    pub keys: Vec<String>,
}

/// What an object type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectOf {
    /// Nothing on the wire: a root.
    Root,
    /// A message; an entry of a map is one, too.
    Message(ShapeId),
    /// One member of a oneof: an object with that one field, read from the message that the oneof
    /// is in.
    Member(ShapeId, usize),
}

/// A field of an object type.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The comment of what it stands for.
    pub description: Option<String>,
    /// Why it is deprecated, if it is.
    pub deprecated: Option<String>,
    /// Its type.
    pub ty: TypeRef,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub enum Source {
    /// The field of that index in the object's message.
    Field(usize),
    /// The oneof of that index in the object's message, as a union.
    Oneof(usize),
    /// A call.
    Call(Box<Call>),
}

/// A call that a field makes.
#[derive(Debug)]
pub struct Call {
    /// What is called.
    pub operation: Arc<Operation>,
    /// How its request is made. What no binding sets is left out.
    pub bindings: Vec<Binding>,
    /// The fields from the reply message down to the value; empty: the whole reply.
    pub select: Vec<usize>,
    /// Set where one call is made for all objects at once, be it a single one. Nothing above is
    /// needed then.
    pub batch: Option<Batch>,
    /// The request's field for a `google.protobuf.FieldMask` of what is selected.
    pub mask: Option<usize>,
}

/// One thing that is set in a request.
#[derive(Debug)]
pub struct Binding {
    /// What is set.
    pub target: Target,
    /// To what.
    pub value: Value,
}

/// A place in a request message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The message fields to go down by from the request, by index.
    pub path: Vec<usize>,
    /// What is set there.
    pub leaf: Place,
}

/// A field, or a oneof as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The field of that index.
    Field(usize),
    /// A member of the oneof of that index.
    Oneof(usize),
}

/// What is set.
#[derive(Debug)]
pub enum Value {
    /// What the argument of that index is given.
    Argument(usize),
    /// A field of the object that the field is on: the fields down to it, by index. It has the
    /// same kind as what it sets.
    Parent(Vec<usize>),
    /// A constant: the wire bytes of the field with its tag.
    Constant(Vec<u8>),
}

/// How one call answers for many objects. The value of an object is made of the items that bear
/// its key: of the first one, or, where the field is a list, of all of them in their order.
#[derive(Debug)]
pub struct Batch {
    /// The operation that takes many keys.
    pub operation: Arc<Operation>,
    /// What else its request says: arguments and constants.
    pub bindings: Vec<Binding>,
    /// The repeated field of its request that takes the keys.
    pub key: Target,
    /// The field of the object that is the key: the fields down to it, by index. It has the kind
    /// that [`key`](Self::key) takes.
    pub parent: Vec<usize>,
    /// The fields from its reply down to the repeated one, or the map, that has the items.
    pub items: Vec<usize>,
    /// The field of an item that is the key again: the fields down to it, by index. It is of the
    /// same kind, too.
    pub by: Vec<usize>,
    /// The fields from an item down to its part of the value; empty: the whole item. Where the
    /// last one is repeated, the field is a list of what all items have there.
    pub value: Vec<usize>,
    /// The request's field for a `google.protobuf.FieldMask` of what is selected of an item.
    pub mask: Option<usize>,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// The comment of what it stands for.
    pub description: Option<String>,
    /// Why it is deprecated, if it is.
    pub deprecated: Option<String>,
    /// Its type.
    pub ty: TypeRef,
    /// Its default, as GraphQL writes it.
    pub default: Option<String>,
}

/// A union: a oneof.
#[derive(Debug)]
pub struct Union {
    /// The type's name.
    pub name: String,
    /// The comment of the oneof.
    pub description: Option<String>,
    /// The message it is in, and its index there.
    pub oneof: (ShapeId, usize),
    /// For each member of the oneof, in their order: the index of the field, and the object that
    /// stands for it.
    pub members: Vec<(usize, ObjectId)>,
}

/// An enum type.
#[derive(Debug)]
pub struct Enum {
    /// The type's name.
    pub name: String,
    /// The comment of what it stands for.
    pub description: Option<String>,
    /// The enum.
    pub of: EnumId,
    /// Its values, in the order of the contract. Of several names for one number the first is
    /// written.
    pub values: Vec<EnumValue>,
}

/// A value of an enum type.
#[derive(Debug)]
pub struct EnumValue {
    /// Its name here, which is the contract's unless GraphQL forbids that.
    pub name: String,
    /// Its comment.
    pub description: Option<String>,
    /// Why it is deprecated, if it is.
    pub deprecated: Option<String>,
    /// Its number.
    pub number: i32,
}

/// An input object type.
#[derive(Debug)]
pub struct Input {
    /// The type's name.
    pub name: String,
    /// The comment of what it stands for.
    pub description: Option<String>,
    /// The message that is made of it (an entry of a map is one, too). Of a `@oneOf` input: the
    /// message that the oneof is in.
    pub shape: ShapeId,
    /// Whether it is a `@oneOf` input: one member of a oneof, with exactly one field given.
    pub one_of: bool,
    /// Its fields, each with what it sets in the message.
    pub fields: Vec<(Argument, Place)>,
}
