//! From the model to async-graphql's types. Only those that a root leads to are there.

use std::collections::HashSet;

use async_graphql::Value;
use async_graphql::dynamic::{self, EnumItem, FieldFuture, InputValue, SchemaBuilder, TypeRef};
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, Selection};

use super::resolve::Resolvers;
use super::steps::Steps;
use super::{Options, Problem, scalar};
use crate::contract::graphql::{
    self, Argument, EMPTY, EMPTY_DESCRIPTION, Field, Input, Model, Named, Object, ObjectId,
};

/// Builds the schema.
pub fn register(
    model: &Model,
    options: Options,
    resolvers: &dyn Resolvers,
) -> Result<dynamic::Schema, Problem> {
    let root = |id: Option<ObjectId>| id.and_then(|ObjectId(at)| model.objects.get(at));
    let (query, mutation, subscription) =
        (root(model.query), root(model.mutation), root(model.subscription));
    let query_name = query.map_or("Query", |query| &query.name);
    let name = |root: Option<&Object>| match root {
        Some(root) if !root.fields.is_empty() => Some(root.name.clone()),
        _ => None,
    };
    let (mutation, subscription) = (name(mutation), name(subscription));
    let mut builder =
        dynamic::Schema::build(query_name, mutation.as_deref(), subscription.as_deref())
            .limit_recursive_depth(options.depth)
            .extension(Steps);
    if !options.introspection {
        builder = builder.disable_introspection();
    }
    if options.federation {
        let entities = resolvers.entities();
        builder = builder.enable_federation().entity_resolver(entities);
    }
    if query.is_none_or(|query| query.fields.is_empty()) {
        let description = query.and_then(|query| query.description.as_deref());
        let root = described(dynamic::Object::new(query_name), description);
        builder = builder.register(root.field(nothing()));
    }
    let types = Types { model, options, resolvers };
    for named in model.visible() {
        builder = types.add(builder, named)?;
    }
    builder.finish().map_err(|error| Problem(error.to_string()))
}

fn nothing() -> dynamic::Field {
    let ty = TypeRef::named(TypeRef::BOOLEAN);
    dynamic::Field::new(EMPTY, ty, |_| FieldFuture::from_value(None)).description(EMPTY_DESCRIPTION)
}

struct Types<'m> {
    model: &'m Model,
    options: Options,
    resolvers: &'m dyn Resolvers,
}

impl Types<'_> {
    fn add(&self, builder: SchemaBuilder, named: Named) -> Result<SchemaBuilder, Problem> {
        let model = self.model;
        Ok(match named {
            Named::Scalar(scalar) => match scalar::definition(scalar) {
                Some(scalar) => builder.register(scalar),
                None => builder,
            },
            Named::Enum(id) => match model.enums.get(id.0) {
                Some(one) => builder.register(enumeration(one)),
                None => builder,
            },
            Named::Union(id) => match model.unions.get(id.0) {
                Some(one) => builder.register(self.union(one)),
                None => builder,
            },
            Named::Input(id) => match model.inputs.get(id.0) {
                Some(one) => builder.register(self.input(one)?),
                None => builder,
            },
            Named::Object(id) => match model.objects.get(id.0) {
                Some(one) if model.subscription == Some(id) => {
                    builder.register(self.subscription(one)?)
                }
                Some(one) => builder.register(self.object(one)?),
                None => builder,
            },
        })
    }

    fn object(&self, object: &Object) -> Result<dynamic::Object, Problem> {
        let start = dynamic::Object::new(&object.name);
        let mut registered = described(start, object.description.as_deref());
        for field in &object.fields {
            let resolver = self.resolvers.field(object, field);
            let ty = self.type_ref(&field.ty);
            let made = dynamic::Field::new(&field.name, ty, resolver);
            let mut made = said(made, field.description.as_deref(), field.deprecated.as_deref());
            for argument in &field.arguments {
                made = made.argument(self.argument(argument)?);
            }
            self.distinct(&object.name, &object.fields, field)?;
            registered = registered.field(made);
        }
        if self.options.federation {
            registered = object.keys.iter().fold(registered, |object, key| object.key(key));
        }
        Ok(registered)
    }

    fn subscription(&self, object: &Object) -> Result<dynamic::Subscription, Problem> {
        let start = dynamic::Subscription::new(&object.name);
        let mut registered = described(start, object.description.as_deref());
        for field in &object.fields {
            let resolver = self.resolvers.stream(field);
            let ty = self.type_ref(&field.ty);
            let made = dynamic::SubscriptionField::new(&field.name, ty, resolver);
            let mut made = said(made, field.description.as_deref(), field.deprecated.as_deref());
            for argument in &field.arguments {
                made = made.argument(self.argument(argument)?);
            }
            self.distinct(&object.name, &object.fields, field)?;
            registered = registered.field(made);
        }
        Ok(registered)
    }

    /// async-graphql panics where an object has a name twice.
    fn distinct(&self, object: &str, fields: &[Field], field: &Field) -> Result<(), Problem> {
        match fields.iter().filter(|other| other.name == field.name).count() {
            1 => Ok(()),
            _ => Err(Problem(format!("{object} has more than one field named {}", field.name))),
        }
    }

    fn union(&self, union: &graphql::Union) -> dynamic::Union {
        let start = described(dynamic::Union::new(&union.name), union.description.as_deref());
        let objects = union.members.iter().filter_map(|(_, id)| self.model.objects.get(id.0));
        objects.fold(start, |union, object| union.possible_type(&object.name))
    }

    fn input(&self, input: &Input) -> Result<dynamic::InputObject, Problem> {
        let start = dynamic::InputObject::new(&input.name);
        let mut registered = described(start, input.description.as_deref());
        let mut names = HashSet::new();
        for (argument, _) in &input.fields {
            if !names.insert(&argument.name) {
                let (input, field) = (&input.name, &argument.name);
                return Err(Problem(format!("{input} has more than one field named {field}")));
            }
            registered = registered.field(self.argument(argument)?);
        }
        Ok(if input.one_of { registered.oneof() } else { registered })
    }

    fn argument(&self, argument: &Argument) -> Result<InputValue, Problem> {
        let value = InputValue::new(&argument.name, self.type_ref(&argument.ty));
        let value = said(value, argument.description.as_deref(), argument.deprecated.as_deref());
        match &argument.default {
            None => Ok(value),
            Some(text) => match constant(text) {
                Some(default) => Ok(value.default_value(default)),
                None => {
                    let name = &argument.name;
                    Err(Problem(format!("the default of {name} is no value: {text}")))
                }
            },
        }
    }

    fn type_ref(&self, ty: &graphql::TypeRef) -> TypeRef {
        let named = TypeRef::named(self.name(ty.named));
        let wrap = |inner: TypeRef, non_null: bool| match non_null {
            true => TypeRef::NonNull(Box::new(inner)),
            false => inner,
        };
        let inner = match ty.list {
            Some(list) => TypeRef::List(Box::new(wrap(named, list.non_null))),
            None => named,
        };
        wrap(inner, ty.non_null)
    }

    /// A type that is not there has no name, which `finish` tells.
    fn name(&self, named: Named) -> String {
        let model = self.model;
        let name = match named {
            Named::Scalar(scalar) => Some(scalar.name()),
            Named::Enum(id) => model.enums.get(id.0).map(|one| &*one.name),
            Named::Object(id) => model.objects.get(id.0).map(|one| &*one.name),
            Named::Union(id) => model.unions.get(id.0).map(|one| &*one.name),
            Named::Input(id) => model.inputs.get(id.0).map(|one| &*one.name),
        };
        name.unwrap_or_default().to_owned()
    }
}

fn enumeration(one: &graphql::Enum) -> dynamic::Enum {
    let start = described(dynamic::Enum::new(&one.name), one.description.as_deref());
    one.values.iter().fold(start, |registered, value| {
        let item = EnumItem::new(&value.name);
        registered.item(said(item, value.description.as_deref(), value.deprecated.as_deref()))
    })
}

/// A constant as GraphQL writes it. The parser reads values only within a document.
fn constant(text: &str) -> Option<Value> {
    let document = parse_query(format!("{{f(v:{text}\n)}}")).ok()?;
    let DocumentOperations::Single(operation) = &document.operations else { return None };
    let [selection] = operation.node.selection_set.node.items.as_slice() else { return None };
    let Selection::Field(field) = &selection.node else { return None };
    let [(_, value)] = field.node.arguments.as_slice() else { return None };
    value.node.clone().into_const()
}

/// What has a description.
trait Described: Sized {
    fn describe(self, description: String) -> Self;
}

/// What can be deprecated.
trait Deprecated: Described {
    fn deprecate(self, reason: &str) -> Self;
}

macro_rules! described {
    ($($ty:ty),*) => {
        $(impl Described for $ty {
            fn describe(self, description: String) -> Self {
                self.description(description)
            }
        })*
    };
}

macro_rules! deprecated {
    ($($ty:ty),*) => {
        $(impl Deprecated for $ty {
            fn deprecate(self, reason: &str) -> Self {
                self.deprecation(Some(reason))
            }
        })*
    };
}

described!(dynamic::Object, dynamic::Subscription, dynamic::Union, dynamic::Enum);
described!(dynamic::InputObject, dynamic::Field, dynamic::SubscriptionField, InputValue, EnumItem);
deprecated!(dynamic::Field, dynamic::SubscriptionField, InputValue, EnumItem);

fn described<T: Described>(registered: T, description: Option<&str>) -> T {
    match description {
        // A federation's SDL prints it between such quotes as it is.
        Some(text) => registered.describe(text.replace("\"\"\"", "'''")),
        None => registered,
    }
}

fn said<T: Deprecated>(registered: T, description: Option<&str>, deprecated: Option<&str>) -> T {
    let registered = described(registered, description);
    match deprecated {
        // Printed there between quotes as it is, too.
        Some(reason) => registered.deprecate(&reason.replace('"', "'")),
        None => registered,
    }
}
