//! What the types of a schema are called: by their own name, and by the package, too, only where
//! that is needed to tell two apart.

use std::collections::HashMap;

use super::reach::{Forms, Reached};
use crate::contract::described::Way;
use crate::contract::graphql::Note;
use crate::contract::graphql::names::{
    RESERVED, Taken, capitalized, lower_camel, settle, upper_camel,
};
use crate::contract::shape::{EnumId, ShapeId};

/// The names of all types.
#[derive(Default)]
pub struct TypeNames {
    objects: HashMap<ShapeId, String>,
    inputs: HashMap<ShapeId, String>,
    enums: HashMap<EnumId, String>,
    unions: HashMap<(ShapeId, usize), String>,
    choices: HashMap<(ShapeId, usize), String>,
    members: HashMap<(ShapeId, usize), String>,
}

/// A definition of the contract that types are named after.
struct Base {
    of: Of,
    full_name: String,
    /// Its names, the shortest first.
    names: [String; 3],
    has_output: bool,
    has_input: bool,
}

#[derive(Clone, Copy)]
enum Of {
    Message(ShapeId),
    Enum(EnumId),
}

impl TypeNames {
    /// Of what was reached. Names that are not the expected ones are told.
    pub fn of(forms: &Forms<'_>, reached: &Reached, notes: &mut Vec<Note>) -> Self {
        let bases = bases(forms, reached);
        let taken_by = |base: &Base| base.names.iter().map(|name| base.takes(name)).collect();
        let levels: Vec<Vec<Vec<String>>> = bases.iter().map(taken_by).collect();
        let chosen = settle(&levels, |name| RESERVED.contains(&name));

        let mut names = Self::default();
        let mut taken = Taken::with(RESERVED);
        let mut plain = HashMap::new();
        for (base, level) in bases.iter().zip(chosen) {
            let wanted = base.names.get(level).cloned().unwrap_or_default();
            if base.has_output {
                let name = taken.claim([wanted.clone()]);
                base.tell(&name, "", notes);
                match base.of {
                    Of::Message(id) => names.objects.insert(id, name),
                    Of::Enum(id) => names.enums.insert(id, name),
                };
            }
            if let (true, Of::Message(id)) = (base.has_input, base.of) {
                let name = taken.claim([format!("{wanted}Input")]);
                // Told already where it is an object, too.
                if !base.has_output {
                    base.tell(&name, "Input", notes);
                }
                names.inputs.insert(id, name);
            }
            if let Of::Message(id) = base.of {
                plain.insert(id, (wanted, base.names[1].clone()));
            }
        }
        names.oneofs(forms, reached, &plain, &mut taken, notes);
        names
    }

    /// The oneofs of everything reached: a union, its members, and a `@oneOf` input.
    fn oneofs(
        &mut self,
        forms: &Forms<'_>,
        reached: &Reached,
        plain: &HashMap<ShapeId, (String, String)>,
        taken: &mut Taken,
        notes: &mut Vec<Note>,
    ) {
        let output = reached.output.iter().map(|id| (*id, Way::Out));
        let both = output.chain(reached.choosers().map(|id| (id, Way::In)));
        let mut stems: HashMap<(ShapeId, usize), String> = HashMap::new();
        for (id, way) in both {
            let shape = forms.shape(id);
            let (short, long) = plain.get(&id).cloned().unwrap_or_default();
            for (oneof, members) in forms.oneofs(id, way) {
                let oneof_name = shape.oneofs.get(oneof).map_or("", |name| name);
                let word = capitalized(&lower_camel(oneof_name));
                let expected = format!("{short}{word}");
                let candidates = match stems.get(&(id, oneof)) {
                    Some(stem) => vec![stem.clone()],
                    None => [&short, &long]
                        .iter()
                        .flat_map(|start| [format!("{start}{word}"), format!("{start}{word}Oneof")])
                        .collect(),
                };
                let (name, expected) = match way {
                    Way::Out => (taken.claim(candidates), expected),
                    Way::In => {
                        let candidates = candidates.into_iter().map(|name| format!("{name}Input"));
                        (taken.claim(candidates), format!("{expected}Input"))
                    }
                };
                // Told already where the union has another name, too.
                if name != expected && !stems.contains_key(&(id, oneof)) {
                    let full_name = &shape.full_name;
                    notes.push(Note::Renamed(format!(
                        "oneof {full_name}.{oneof_name} is {name} in GraphQL, as {expected} is another \
                         type"
                    )));
                }
                if way == Way::In {
                    self.choices.insert((id, oneof), name);
                    continue;
                }
                for index in members {
                    let field = shape.fields.get(index).map_or("", |field| &field.name);
                    let member = format!("{name}{}", capitalized(&lower_camel(field)));
                    self.members.insert((id, index), taken.claim([member]));
                }
                stems.insert((id, oneof), name.clone());
                self.unions.insert((id, oneof), name);
            }
        }
    }

    /// The name of a message's object.
    pub fn object(&self, id: ShapeId) -> String {
        self.objects.get(&id).cloned().unwrap_or_default()
    }

    /// The name of a message's input object.
    pub fn input(&self, id: ShapeId) -> String {
        self.inputs.get(&id).cloned().unwrap_or_default()
    }

    /// The name of an enum.
    pub fn enumeration(&self, id: EnumId) -> String {
        self.enums.get(&id).cloned().unwrap_or_default()
    }

    /// The name of a oneof's union.
    pub fn union(&self, id: ShapeId, oneof: usize) -> String {
        self.unions.get(&(id, oneof)).cloned().unwrap_or_default()
    }

    /// The name of a oneof's input object.
    pub fn choice(&self, id: ShapeId, oneof: usize) -> String {
        self.choices.get(&(id, oneof)).cloned().unwrap_or_default()
    }

    /// The name of the object of one member of a oneof: the field of that index.
    pub fn member(&self, id: ShapeId, field: usize) -> String {
        self.members.get(&(id, field)).cloned().unwrap_or_default()
    }
}

impl Base {
    /// The type names that it takes where it is called `name`.
    fn takes(&self, name: &str) -> Vec<String> {
        let output = self.has_output.then(|| name.to_owned());
        let input = self.has_input.then(|| format!("{name}Input"));
        output.into_iter().chain(input).collect()
    }

    fn tell(&self, name: &str, suffix: &str, notes: &mut Vec<Note>) {
        let expected = format!("{}{suffix}", self.names[0]);
        if name != expected {
            let full_name = &self.full_name;
            let why = match RESERVED.contains(&&*expected) {
                true => "means something else there",
                false => "is another type, too",
            };
            notes.push(Note::Renamed(format!(
                "{full_name} is {name} in GraphQL, as {expected} {why}"
            )));
        }
    }
}

fn bases(forms: &Forms<'_>, reached: &Reached) -> Vec<Base> {
    let mut bases: Vec<Base> = Vec::new();
    let mut at: HashMap<ShapeId, usize> = HashMap::new();
    let mut message = |id: ShapeId, way: Option<Way>| {
        let index = *at.entry(id).or_insert_with(|| {
            bases.push(base(forms, Of::Message(id), &forms.shape(id).full_name));
            bases.len() - 1
        });
        match (bases.get_mut(index), way) {
            (Some(base), Some(Way::Out)) => base.has_output = true,
            (Some(base), Some(Way::In)) => base.has_input = true,
            _ => {}
        }
    };
    reached.output.iter().for_each(|id| message(*id, Some(Way::Out)));
    reached.input.iter().for_each(|id| message(*id, Some(Way::In)));
    // Only their oneofs are types.
    reached.requests.iter().for_each(|id| message(*id, None));
    for id in &reached.enums {
        let full_name = &forms.shapes.get_enum(*id).full_name;
        bases.push(Base { has_output: true, ..base(forms, Of::Enum(*id), full_name) });
    }
    // The order that the names depend on, where they do, is the contract's own.
    bases.sort_by(|a, b| a.full_name.cmp(&b.full_name));
    bases
}

fn base(forms: &Forms<'_>, of: Of, full_name: &str) -> Base {
    let package = forms.described.package(full_name);
    let own = match package.is_empty() {
        true => full_name,
        false => full_name.get(package.len() + 1..).unwrap_or(full_name),
    };
    let words = |text: &str| -> Vec<String> {
        text.split('.').filter(|part| !part.is_empty()).map(upper_camel).collect()
    };
    let (package, own) = (words(&package), words(own));
    let short = own.concat();
    let long = format!("{}{short}", package.concat());
    // Tells `OrderItem` and `Order.Item` of one package apart.
    let longest = [package, own].concat().join("_");
    let (full_name, names) = (full_name.to_owned(), [short, long, longest]);
    Base { of, full_name, names, has_output: false, has_input: false }
}
