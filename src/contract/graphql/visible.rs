//! Which types of a model its clients see: those that a root leads to.

use std::collections::HashSet;

use super::{Model, Named, Object, ObjectId, TypeRef};

impl Model {
    /// The object of that id.
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.0)
    }

    /// The name of a type.
    pub fn name(&self, named: Named) -> &str {
        let name = match named {
            Named::Scalar(scalar) => Some(scalar.name()),
            Named::Enum(id) => self.enums.get(id.0).map(|ty| ty.name.as_str()),
            Named::Object(id) => self.objects.get(id.0).map(|ty| ty.name.as_str()),
            Named::Union(id) => self.unions.get(id.0).map(|ty| ty.name.as_str()),
            Named::Input(id) => self.inputs.get(id.0).map(|ty| ty.name.as_str()),
        };
        name.unwrap_or_default()
    }

    /// A type as GraphQL writes it: `[Int!]!`.
    pub fn written(&self, ty: &TypeRef) -> String {
        let mark = |non_null: bool| if non_null { "!" } else { "" };
        let name = self.name(ty.named);
        match ty.list {
            Some(items) => format!("[{name}{}]{}", mark(items.non_null), mark(ty.non_null)),
            None => format!("{name}{}", mark(ty.non_null)),
        }
    }

    /// Every type that a root leads to, or that has keys, which a federation may ask for; in the
    /// order they are come by. A root without fields is not among them.
    pub fn visible(&self) -> Vec<Named> {
        let roots = [self.query, self.mutation, self.subscription].into_iter().flatten();
        let has_fields = |id: &ObjectId| self.object(*id).is_some_and(|one| !one.fields.is_empty());
        let roots: Vec<Named> = roots.filter(has_fields).map(Named::Object).collect();
        let has_keys = |id: &ObjectId| self.object(*id).is_some_and(|one| !one.keys.is_empty());
        let keyed = (0..self.objects.len()).map(ObjectId).filter(has_keys).map(Named::Object);

        let mut seen: HashSet<Named> = roots.iter().copied().collect();
        let mut visible = roots.clone();
        let below = roots.iter().flat_map(|root| self.below(*root));
        let mut open: Vec<Named> = below.chain(keyed).collect();
        open.reverse();
        while let Some(named) = open.pop() {
            if seen.insert(named) {
                visible.push(named);
                open.extend(self.below(named).into_iter().rev());
            }
        }
        visible
    }

    /// The types that a type names, in its own order.
    fn below(&self, named: Named) -> Vec<Named> {
        let mut below = Vec::new();
        match named {
            Named::Scalar(_) | Named::Enum(_) => {}
            Named::Object(id) => {
                for field in self.object(id).into_iter().flat_map(|one| &one.fields) {
                    below.extend(field.arguments.iter().map(|argument| argument.ty.named));
                    below.push(field.ty.named);
                }
            }
            Named::Union(id) => {
                let members = self.unions.get(id.0).into_iter().flat_map(|one| &one.members);
                below.extend(members.map(|(_, object)| Named::Object(*object)));
            }
            Named::Input(id) => {
                let fields = self.inputs.get(id.0).into_iter().flat_map(|one| &one.fields);
                below.extend(fields.map(|(argument, _)| argument.ty.named));
            }
        }
        below
    }
}
