//! Complex types over messages: which element is which field.

use super::matching::{is_plural, same};
use super::told::Named;
use super::{Binder, Key, TypeWish, Way};
use crate::contract::shape::{Field, Kind, ShapeId, Shapes};
use crate::contract::wsdl::read::{
    self, Complex, Content as Given, Element as Declared, Part, TypeRef,
};
use crate::contract::xml::{
    Attribute, Content, Element, Holds, Literal, Occurs, Simple, Type, TypeId,
};

/// Steps to a field: each message on the way and the index of the field in it.
pub(super) type Steps = Vec<(ShapeId, usize)>;

/// Where in a message the elements of a type find their fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The message that paths count from: the one of the nearest element that is a message.
    root: ShapeId,
    /// The way from there.
    steps: Steps,
    /// The message at its end, whose fields the names are.
    here: ShapeId,
    /// The field that the only element is: of a type that is only around the items of a list.
    items: Option<Steps>,
    /// Whether this is the element in the body, or one that is only around all of the message.
    is_whole: bool,
    /// Whether this is an element around only some of a message.
    is_part: bool,
}

impl Place {
    fn of(shape: ShapeId) -> Self {
        Self {
            root: shape,
            steps: Vec::new(),
            here: shape,
            items: None,
            is_whole: false,
            is_part: false,
        }
    }

    /// The steps to a field of the message here.
    fn to(&self, index: usize) -> Steps {
        let mut steps = self.steps.clone();
        steps.push((self.here, index));
        steps
    }
}

impl<'w> Binder<'w> {
    /// The type of the element in a body, or of one that a message is.
    pub(super) fn root(
        &mut self,
        part: &Part,
        shape: ShapeId,
        way: Way,
        encoded: bool,
    ) -> Option<TypeId> {
        let place = Place { is_whole: true, ..Place::of(shape) };
        match &part.of {
            TypeRef::Complex(id) => Some(self.of(*id, place, way, encoded)),
            TypeRef::Simple(simple) => {
                let (path, simple) = self.only(simple, &place, &part.element.local, &part.place)?;
                Some(self.add(Type {
                    name: None,
                    shape,
                    attributes: Vec::new(),
                    content: Content::Text(path.into(), simple),
                    derived: Vec::new(),
                    says: None,
                    encoded: false,
                    comment: None,
                }))
            }
            TypeRef::Any => {
                let local = &part.element.local;
                self.problems.push(format!("{}: {local} may be anything (xs:anyType)", part.place));
                None
            }
        }
    }

    /// A complex type over a place.
    pub(super) fn of(&mut self, id: usize, place: Place, way: Way, encoded: bool) -> TypeId {
        let wsdl = self.wsdl;
        let abstract_one = wsdl.get(id).filter(|one| one.is_abstract && way == Way::Reply);
        let chosen = abstract_one.and_then(|one| {
            let concrete = |id: &&usize| wsdl.get(**id).is_some_and(|one| !one.is_abstract);
            let mut derived = one.derived.iter().filter(concrete);
            let first = *derived.next()?;
            if derived.next().is_some() {
                let written = wsdl.get(first).map(|one| &*one.label).unwrap_or_default();
                self.notes.push(format!(
                    "{}: {} is abstract, and replies have {written} in its place",
                    one.place, one.label
                ));
            }
            Some(first)
        });
        let says = chosen.is_some();
        let id = chosen.unwrap_or(id);
        let key = Key { complex: id, place, way, encoded, says };
        if let Some(known) = self.types.get(&key) {
            return *known;
        }
        let given = wsdl.get(id);
        let name = given.and_then(|one| one.name.as_ref());
        let name = name.map(|name| self.name(name));
        let made = self.add(Type {
            says: name.clone().filter(|_| says),
            name,
            shape: key.place.root,
            attributes: Vec::new(),
            content: Content::Elements(Vec::new()),
            derived: Vec::new(),
            encoded,
            comment: None,
        });
        // Known before it is looked into: a type may hold itself.
        self.types.insert(key.clone(), made);
        let Some(given) = given else { return made };
        let wish = self.wish(given);
        let attributes = self.attributes(given, &wish, &key.place, way);
        let content = match &given.content {
            Given::Text(simple) => {
                let found = self.text(given, simple, &wish, &key.place);
                found.unwrap_or(Content::Elements(Vec::new()))
            }
            Given::Elements(elements) => {
                let only = elements.len() == 1;
                let elements = elements.iter();
                let made = elements.map(|one| self.element(given, one, &wish, &key, only));
                Content::Elements(made.collect())
            }
        };
        let derived = match way {
            Way::Reply => Vec::new(),
            Way::Request => {
                let derived = given.derived.iter();
                derived.map(|id| self.of(*id, key.place.clone(), way, encoded)).collect()
            }
        };
        if let Some(of) = self.view.types.get_mut(made.0 as usize) {
            (of.attributes, of.content, of.derived) = (attributes, content, derived);
        }
        if key.place.steps.is_empty() && key.place.items.is_none() && !key.place.is_part {
            self.uncovered(given, made, &key, key.place.root);
        }
        made
    }

    fn add(&mut self, of: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.view.types.len()).unwrap_or(u32::MAX));
        self.view.types.push(of);
        id
    }

    fn wish(&mut self, of: &Complex) -> TypeWish {
        let mut found = self.wishes.types.get(&*of.label);
        if found.is_some() {
            self.used.insert(format!("types.{}", of.label));
        }
        // The element in a body is often of a type that is named like it, or has no name.
        if found.is_none()
            && let Some((_, last)) = of.label.rsplit_once('/')
        {
            found = self.wishes.types.get(last);
            if found.is_some() {
                self.used.insert(format!("types.{last}"));
            }
        }
        let wish = found.cloned().unwrap_or_default();
        let known = |name: &str| match (name.strip_prefix('@'), &of.content) {
            (Some(name), _) => of.attributes.iter().any(|one| *one.name.local == *name),
            (None, Given::Elements(elements)) => {
                elements.iter().any(|one| *one.name.local == *name)
            }
            (None, Given::Text(_)) => name == "text()",
        };
        let TypeWish { fields, constants, defaults, ignore } = &wish;
        let names = fields.keys().chain(constants.keys()).chain(defaults.keys()).chain(ignore);
        for name in names.filter(|name| !known(name)) {
            self.problems.push(format!("{}: {} has no {name}", of.place, of.label));
        }
        wish
    }

    fn attributes(
        &mut self,
        given: &'w Complex,
        wish: &TypeWish,
        place: &Place,
        way: Way,
    ) -> Vec<Attribute> {
        let shapes = self.view.shapes.clone();
        let mut made = Vec::with_capacity(given.attributes.len());
        for attribute in &given.attributes {
            let name = format!("@{}", attribute.name.local);
            let named = Named {
                label: &given.label,
                name: &name,
                place: &attribute.place,
                way,
                required: attribute.required,
            };
            let fixed = attribute.fixed.as_deref();
            let holds = match self.literal(wish, &named, fixed) {
                Some(literal) => Err(literal),
                None => match self.source(wish, &named, &attribute.name.local, place) {
                    Some(Target::Field(steps)) => {
                        let label = format!("{}/{}", given.label, attribute.name.local);
                        match self.simple(&attribute.of, field(&shapes, &steps), &label) {
                            Ok(simple) => Ok((steps.into(), simple)),
                            Err(why) => Err(self.unfit(&named, &why)),
                        }
                    }
                    Some(Target::Here) => Err(self.unfit(&named, "an attribute is no message")),
                    None => Err(self.unbound(&named, false, fixed)),
                },
            };
            let default = wish.defaults.get(&name).map(|text| text.as_str().into());
            made.push(Attribute {
                name: self.name(&attribute.name),
                required: attribute.required,
                holds,
                default: default.or(attribute.default.clone()),
            });
        }
        made
    }

    fn element(
        &mut self,
        given: &'w Complex,
        declared: &'w Declared,
        wish: &TypeWish,
        key: &Key,
        only: bool,
    ) -> Element {
        let name = &*declared.name.local;
        let named = Named {
            label: &given.label,
            name,
            place: &declared.place,
            way: key.way,
            required: declared.occurs.min > 0,
        };
        let fixed = declared.fixed.as_deref();
        let holds = match self.literal(wish, &named, fixed) {
            Some(literal) => Holds::Literal(literal),
            None => {
                let target = match &key.place.items {
                    Some(steps) => Some(Target::Field(steps.clone())),
                    None => self.source(wish, &named, name, &key.place),
                };
                match target {
                    Some(Target::Here) => {
                        let mut key = key.clone();
                        (key.place.is_whole, key.place.is_part) = (false, true);
                        self.here(declared, &named, &key)
                    }
                    Some(Target::Field(steps)) => self.at(declared, &named, key, steps),
                    None => self.guessed(declared, &named, key, only),
                }
            }
        };
        let absent = wish.defaults.get(name).map(|text| text.as_str().into());
        let single = matches!(holds, Holds::Inner(_) | Holds::Literal(_));
        Element {
            name: self.name(&declared.name),
            occurs: if single && declared.occurs.max.is_none() {
                Occurs { max: Some(1), ..declared.occurs }
            } else {
                declared.occurs
            },
            nillable: declared.nillable,
            choice: declared.choice,
            holds,
            default: declared.default.clone(),
            absent,
            comment: None,
        }
    }

    /// An element around more of the same message.
    fn here(&mut self, declared: &Declared, named: &Named<'_>, key: &Key) -> Holds {
        match &declared.of {
            TypeRef::Complex(id) => {
                Holds::Inner(self.of(*id, key.place.clone(), key.way, key.encoded))
            }
            TypeRef::Simple(simple) => {
                let only = self.only(simple, &key.place, named.name, named.place);
                only.map_or(Holds::Literal(Literal::Refused), |(path, simple)| {
                    Holds::Value(path.into(), simple)
                })
            }
            TypeRef::Any => Holds::Literal(self.unfit(named, "it may be anything (xs:anyType)")),
        }
    }

    /// An element that is the field at the end of some steps.
    fn at(&mut self, declared: &'w Declared, named: &Named<'_>, key: &Key, steps: Steps) -> Holds {
        let shapes = self.view.shapes.clone();
        let Some(field) = field(&shapes, &steps) else { return Holds::Literal(Literal::Refused) };
        let many = declared.occurs.max != Some(1);
        let unfit = |binder: &mut Self, why: &str| Holds::Literal(binder.unfit(named, why));
        match &declared.of {
            TypeRef::Complex(id) => {
                let Some(complex) = self.wsdl.get(*id) else {
                    return unfit(self, "it has no type");
                };
                if field.is_repeated() && !many {
                    if items(complex).is_none() {
                        return unfit(self, "the field is a list, and there is one element");
                    }
                    let place = Place { items: Some(steps), ..key.place.clone() };
                    return Holds::Inner(self.of(*id, place, key.way, key.encoded));
                }
                if many && !field.is_repeated() {
                    return unfit(self, "there may be many elements, and the field is no list");
                }
                match (field.message(), &complex.content) {
                    // Its attributes and its text are of the message around it, as the text alone may be
                    // one value with the field's message.
                    (_, Given::Text(_)) if !field.is_repeated() => {
                        let mut inner = key.place.clone();
                        inner.items = Some(steps.clone());
                        inner.is_whole = false;
                        if let Some(message) = field.message() {
                            inner.here = message;
                            inner.steps = steps;
                        }
                        Holds::Inner(self.of(*id, inner, key.way, key.encoded))
                    }
                    (Some(message), _) => {
                        let place = Place::of(message);
                        let of = self.of(*id, place, key.way, key.encoded);
                        Holds::Message(steps.into(), of)
                    }
                    (None, _) => unfit(self, "it has elements, and the field is a single value"),
                }
            }
            TypeRef::Simple(simple) => {
                if many && !field.is_repeated() {
                    return unfit(self, "there may be many elements, and the field is no list");
                }
                if field.is_repeated() && !many && !simple.list {
                    return unfit(self, "the field is a list, and there is one element");
                }
                let label = format!("{}/{}", named.label, named.name);
                match self.simple(simple, Some(field), &label) {
                    Ok(simple) => Holds::Value(steps.into(), simple),
                    Err(why) => unfit(self, &why),
                }
            }
            TypeRef::Any => match self.any(field) {
                Some(simple) => {
                    self.notes.push(format!(
                        "{}: {} of {} may be anything (xs:anyType), and is taken as text",
                        named.place, named.name, named.label
                    ));
                    Holds::Value(steps.into(), simple)
                }
                None => unfit(self, "it may be anything (xs:anyType), and the field is no text"),
            },
        }
    }

    /// An element whose name is no field's: around the items of a list, or around the whole message.
    fn guessed(
        &mut self,
        declared: &'w Declared,
        named: &Named<'_>,
        key: &Key,
        only: bool,
    ) -> Holds {
        let single = declared.occurs.max == Some(1);
        if let (TypeRef::Complex(id), true) = (&declared.of, single)
            && let Some(item) = self.wsdl.get(*id).and_then(items)
            && let Some(steps) = self.list_of(&item.name.local, &key.place)
        {
            let place = Place { items: Some(steps), ..key.place.clone() };
            return Holds::Inner(self.of(*id, place, key.way, key.encoded));
        }
        if only && key.place.is_whole && single {
            return self.here(declared, named, key);
        }
        let fixed = declared.fixed.as_deref();
        Holds::Literal(self.unbound(named, declared.nillable, fixed))
    }

    /// The text of a type with simple content.
    fn text(
        &mut self,
        given: &Complex,
        simple: &read::Simple,
        wish: &TypeWish,
        place: &Place,
    ) -> Option<Content> {
        let shapes = self.view.shapes.clone();
        let label = &*given.label;
        let wished = wish.fields.get("text()").map(|path| self.steps(path, place));
        let path = match (wished, &place.items) {
            (Some(Ok(Target::Field(steps))), _) => steps,
            (Some(Ok(Target::Here)), Some(steps)) => steps.clone(),
            (Some(Ok(Target::Here)), None) => place.steps.clone(),
            (Some(Err(why)), _) => {
                self.problems.push(format!("{}: {}: {why}", given.place, given.label));
                return None;
            }
            // The field itself, where a text can be all of it.
            (None, Some(steps)) if self.simple(simple, field(&shapes, steps), label).is_ok() => {
                steps.clone()
            }
            (None, _) => {
                let (path, simple) = self.only(simple, place, &given.label, &given.place)?;
                return Some(Content::Text(path.into(), simple));
            }
        };
        match self.simple(simple, field(&shapes, &path), label) {
            Ok(simple) => Some(Content::Text(path.into(), simple)),
            Err(why) => {
                self.problems.push(format!("{}: {}: {why}", given.place, given.label));
                None
            }
        }
    }

    /// The field that a text is which has no name: `value` or the like, else the only one of the message.
    fn only(
        &mut self,
        simple: &read::Simple,
        place: &Place,
        name: &str,
        at: &read::Place,
    ) -> Option<(Steps, Simple)> {
        let shapes = self.view.shapes.clone();
        let shape = shapes.get(place.here);
        let named = ["value", "text", "content", name];
        let found = named.iter().find_map(|name| {
            shape.fields.iter().position(|field| same(&field.name, name) && !field.is_repeated())
        });
        let found = found.or(match shape.fields.as_slice() {
            [_] => Some(0),
            _ => None,
        });
        let Some(index) = found else {
            self.problems.push(format!(
                "{at}: {name} is a text, and {} has no field for one: say which, `types: {{ ... }}`",
                shape.full_name
            ));
            return None;
        };
        match self.simple(simple, shape.fields.get(index), name) {
            Ok(simple) => Some((place.to(index), simple)),
            Err(why) => {
                self.problems.push(format!("{at}: {name}: {why}"));
                None
            }
        }
    }

    /// The field that config names, else the one of the same name.
    fn source(
        &mut self,
        wish: &TypeWish,
        named: &Named<'_>,
        local: &str,
        place: &Place,
    ) -> Option<Target> {
        if let Some(path) = wish.fields.get(named.name) {
            return match self.steps(path, place) {
                Ok(target) => Some(target),
                Err(why) => {
                    self.problems.push(format!("{}: {}: {why}", named.place, named.label));
                    None
                }
            };
        }
        let shape = self.view.shapes.get(place.here);
        let is = |field: &Field| same(&field.name, local) || same(&field.json_name, local);
        let index = shape.fields.iter().position(is);
        // Elements of a list are named for one of it.
        let index = index.or_else(|| {
            let is = |field: &Field| field.is_repeated() && is_plural(&field.name, local);
            shape.fields.iter().position(is).filter(|_| !named.name.starts_with('@'))
        });
        index.map(|index| Target::Field(place.to(index)))
    }

    /// A list of the message whose items are called so.
    fn list_of(&self, item: &str, place: &Place) -> Option<Steps> {
        let is = |field: &Field| {
            field.is_repeated() && (is_plural(&field.name, item) || same(&field.name, item))
        };
        let index = self.view.shapes.get(place.here).fields.iter().position(is)?;
        Some(place.to(index))
    }

    /// The steps of a path in config.
    fn steps(&self, path: &str, from: &Place) -> Result<Target, String> {
        if path == "." {
            return Ok(Target::Here);
        }
        let (mut here, mut steps) = (from.here, from.steps.clone());
        let mut rest = path.split('.').peekable();
        while let Some(name) = rest.next() {
            let shape = self.view.shapes.get(here);
            let found = shape.fields.iter().position(|field| *field.name == *name);
            let Some((index, field)) = found.and_then(|at| Some((at, shape.fields.get(at)?)))
            else {
                let near = shape.fields.iter().map(|field| &*field.name);
                let near = super::nearest(name, near);
                let near = near.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
                return Err(format!("{} has no field {name}{near}", shape.full_name));
            };
            steps.push((here, index));
            if rest.peek().is_some() {
                here = match field.message() {
                    Some(message) if !field.is_repeated() => message,
                    _ => return Err(format!("{name} of {} is no message", shape.full_name)),
                };
            }
        }
        Ok(Target::Field(steps))
    }

    /// How a text of any form can be the value of a field.
    fn any(&self, field: &Field) -> Option<Simple> {
        use crate::contract::shape::WellKnown;
        use crate::contract::xml::{Builtin, Form};
        let form = match field.kind {
            Kind::String => Form::Scalar(Kind::String),
            Kind::Message(id) => match self.view.shapes.get(id).well_known? {
                WellKnown::Struct | WellKnown::Value | WellKnown::ListValue => Form::Json(id),
                _ => return None,
            },
            _ => return None,
        };
        Some(Simple { builtin: Builtin::String, form, list: false })
    }
}

/// The field at the end of steps.
fn field<'s>(shapes: &'s Shapes, steps: &[(ShapeId, usize)]) -> Option<&'s Field> {
    let (shape, index) = steps.last()?;
    shapes.get(*shape).fields.get(*index)
}

/// What an element is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// More of the same message.
    Here,
    /// The field at the end of the steps.
    Field(Steps),
}

/// The only element of a type that is nothing but a list.
fn items(of: &Complex) -> Option<&Declared> {
    match &of.content {
        Given::Elements(elements) => match elements.as_slice() {
            [only] if only.occurs.max != Some(1) => Some(only),
            _ => None,
        },
        Given::Text(_) => None,
    }
}
