//! From the contract's operations to the schema that is made of them.

mod field_names;
mod input;
mod output;
mod reach;
mod roots;
mod type_names;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use self::field_names::FieldNames;
use self::reach::{Form, Forms, Reached};
use self::roots::RootField;
use self::type_names::TypeNames;
use super::{
    Binding, Call, EnumTypeId, Exposed, Field, InputId, Model, Named, Note, Object, ObjectId,
    ObjectOf, Options, Root, Scalar, Source, Target, TypeRef, UnionId, Value,
};
use crate::contract::Contract;
use crate::contract::described::Way;
use crate::contract::shape::{EnumId, ShapeId};

/// Why what is deprecated is. The contract says only that it is.
const DEPRECATED: &str = "No longer supported";

/// The schema of `exposed`, which must be of `contract`. Only types that an operation leads to are
/// in it; those of hidden operations are, too, for whoever adds fields by hand.
pub fn build(contract: &Contract, exposed: &[Exposed], options: &Options) -> (Model, Vec<Note>) {
    let mut notes = Vec::new();
    let forms = Forms::new(contract);
    let fields = roots::choose(&forms, exposed, &mut notes);
    let mut reached = Reached::default();
    for field in &fields {
        if let Some(one) = exposed.get(field.exposed) {
            reached.request(&forms, one.operation.input, field.mask);
            reached.reply(&forms, one.operation.output);
        }
    }
    let names = TypeNames::of(&forms, &reached, &mut notes);
    let roots = Roots::of(&fields);
    let ids = Ids::of(&forms, &reached, roots.objects.len());
    let builder = Builder {
        forms: &forms,
        names: &names,
        ids: &ids,
        options,
        field_names: RefCell::default(),
    };
    let mut model = builder.model(&reached, roots);
    for field in fields {
        let Some(one) = exposed.get(field.exposed) else { continue };
        builder.add(&mut model, field, one);
    }
    input::loosen(&mut model, &mut notes);
    (model, notes)
}

/// The root objects, without their fields.
struct Roots {
    objects: Vec<Object>,
    query: Option<ObjectId>,
    mutation: Option<ObjectId>,
    subscription: Option<ObjectId>,
}

impl Roots {
    /// A query there always is; the others where a field stands in them.
    fn of(fields: &[RootField]) -> Self {
        let mut objects = Vec::new();
        let mut add = |root: Root| {
            let stands = fields.iter().any(|field| field.root == Some(root));
            (stands || root == Root::Query).then(|| {
                objects.push(Object {
                    name: root.type_name().to_owned(),
                    description: None,
                    of: ObjectOf::Root,
                    fields: Vec::new(),
                    keys: Vec::new(),
                });
                ObjectId(objects.len() - 1)
            })
        };
        let query = add(Root::Query);
        let mutation = add(Root::Mutation);
        let subscription = add(Root::Subscription);
        Self { objects, query, mutation, subscription }
    }
}

/// Where each type stands in the model.
struct Ids {
    objects: HashMap<ShapeId, ObjectId>,
    unions: HashMap<(ShapeId, usize), UnionId>,
    members: HashMap<(ShapeId, usize), ObjectId>,
    enums: HashMap<EnumId, EnumTypeId>,
    inputs: HashMap<ShapeId, InputId>,
    choices: HashMap<(ShapeId, usize), InputId>,
}

impl Ids {
    fn of(forms: &Forms<'_>, reached: &Reached, roots: usize) -> Self {
        let objects: HashMap<_, _> =
            reached.output.iter().copied().zip((roots..).map(ObjectId)).collect();
        let (mut unions, mut members) = (HashMap::new(), HashMap::new());
        for id in &reached.output {
            for (oneof, fields) in forms.oneofs(*id, Way::Out) {
                unions.insert((*id, oneof), UnionId(unions.len()));
                for field in fields {
                    let at = roots + objects.len() + members.len();
                    members.insert((*id, field), ObjectId(at));
                }
            }
        }
        let inputs: HashMap<_, _> = reached.input.iter().copied().zip((0..).map(InputId)).collect();
        let mut choices = HashMap::new();
        for id in reached.choosers() {
            for (oneof, _) in forms.oneofs(id, Way::In) {
                choices.insert((id, oneof), InputId(inputs.len() + choices.len()));
            }
        }
        let enums = reached.enums.iter().copied().zip((0..).map(EnumTypeId)).collect();
        Self { objects, unions, members, enums, inputs, choices }
    }
}

/// Makes the model's parts.
struct Builder<'b> {
    forms: &'b Forms<'b>,
    names: &'b TypeNames,
    ids: &'b Ids,
    options: &'b Options,
    field_names: RefCell<HashMap<ShapeId, Rc<FieldNames>>>,
}

impl Builder<'_> {
    /// All types, each at the place that the ids have for it.
    fn model(&self, reached: &Reached, roots: Roots) -> Model {
        let mut model = Model {
            objects: roots.objects,
            query: roots.query,
            mutation: roots.mutation,
            subscription: roots.subscription,
            ..Model::default()
        };
        model.objects.extend(reached.output.iter().map(|id| self.object(*id)));
        for id in &reached.output {
            for (oneof, fields) in self.forms.oneofs(*id, Way::Out) {
                model.objects.extend(fields.iter().map(|field| self.member(*id, *field)));
                model.unions.push(self.union(*id, oneof, &fields));
            }
        }
        model.enums = reached.enums.iter().map(|id| self.enumeration(*id)).collect();
        model.inputs = reached.input.iter().map(|id| self.input(*id)).collect();
        for id in reached.choosers() {
            for (oneof, fields) in self.forms.oneofs(id, Way::In) {
                model.inputs.push(self.choice(id, oneof, &fields));
            }
        }
        let names = &mut model.names;
        for (at, object) in model.objects.iter().enumerate() {
            names.insert(object.name.clone(), Named::Object(ObjectId(at)));
        }
        for (at, union) in model.unions.iter().enumerate() {
            names.insert(union.name.clone(), Named::Union(UnionId(at)));
        }
        for (at, one) in model.enums.iter().enumerate() {
            names.insert(one.name.clone(), Named::Enum(EnumTypeId(at)));
        }
        for (at, input) in model.inputs.iter().enumerate() {
            names.insert(input.name.clone(), Named::Input(InputId(at)));
        }
        model
    }

    /// Adds an operation's field to its root.
    fn add(&self, model: &mut Model, field: RootField, one: &Exposed) {
        let root = match field.root {
            Some(Root::Query) => model.query,
            Some(Root::Mutation) => model.mutation,
            Some(Root::Subscription) => model.subscription,
            None => None,
        };
        let Some(object) = root.and_then(|ObjectId(at)| model.objects.get_mut(at)) else { return };
        let operation = &one.operation;
        let given = self.places(operation.input, field.mask);
        let mut arguments = Vec::with_capacity(given.len());
        let mut bindings = Vec::with_capacity(given.len());
        for (argument, place) in given {
            bindings.push(Binding {
                target: Target { path: Vec::new(), leaf: place },
                value: Value::Argument(arguments.len()),
            });
            arguments.push(argument);
        }
        let comment = self.forms.described.operation(operation);
        object.fields.push(Field {
            name: field.name,
            description: comment.map(str::to_owned),
            deprecated: operation.deprecated.then(|| DEPRECATED.to_owned()),
            ty: self.reply(operation.output, field.root == Some(Root::Subscription)),
            arguments,
            source: Source::Call(Box::new(Call {
                operation: operation.clone(),
                bindings,
                select: Vec::new(),
                batch: None,
                mask: field.mask,
            })),
        });
    }

    /// What an operation answers. A call that fails is null in its place, and what stands beside it
    /// is kept; beside a subscription there is nothing.
    fn reply(&self, id: ShapeId, is_stream: bool) -> TypeRef {
        let form = self.forms.message(id, Way::Out);
        let may_be_null = self.forms.may_be_null(crate::contract::shape::Kind::Message(id));
        TypeRef {
            named: self.named(form, Way::Out),
            list: None,
            non_null: is_stream && !may_be_null,
        }
    }

    fn named(&self, form: Form, way: Way) -> Named {
        let found = match (form, way) {
            (Form::Scalar(scalar), _) => Some(Named::Scalar(scalar)),
            (Form::Enum(id), _) => self.ids.enums.get(&id).map(|id| Named::Enum(*id)),
            (Form::Message(id), Way::Out) => self.ids.objects.get(&id).map(|id| Named::Object(*id)),
            (Form::Message(id), Way::In) => self.ids.inputs.get(&id).map(|id| Named::Input(*id)),
        };
        // What is named was reached before.
        found.unwrap_or(Named::Scalar(Scalar::Json))
    }

    fn field_names(&self, id: ShapeId) -> Rc<FieldNames> {
        let make = || Rc::new(FieldNames::of(self.forms.shape(id)));
        self.field_names.borrow_mut().entry(id).or_insert_with(make).clone()
    }
}

#[cfg(test)]
mod tests;
