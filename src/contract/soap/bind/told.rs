//! What has no field, and which fields have nothing: told with both places.

use std::collections::HashSet;

use super::{Binder, Key, TypeWish, Way};
use crate::contract::shape::ShapeId;
use crate::contract::wsdl::read::{self, Complex};
use crate::contract::xml::{Content, Holds, Literal, TypeId};

/// What is bound, for messages to people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'n> {
    /// The type's label and the element's name in it.
    pub label: &'n str,
    pub name: &'n str,
    pub place: &'n read::Place,
    pub way: Way,
    /// Whether it must be there.
    pub required: bool,
}

impl Binder<'_> {
    /// What config says that is in no message, or what the schema says can be nothing else.
    pub(super) fn literal(
        &mut self,
        wish: &TypeWish,
        named: &Named<'_>,
        fixed: Option<&str>,
    ) -> Option<Literal> {
        if let Some(text) = wish.constants.get(named.name) {
            return Some(Literal::Text(text.as_str().into()));
        }
        if wish.ignore.iter().any(|name| name == named.name) {
            return Some(match (named.way, named.required, fixed) {
                (Way::Reply, true, Some(fixed)) => Literal::Text(fixed.into()),
                _ => Literal::Ignored,
            });
        }
        None
    }

    /// Something that is in no message, as nobody said where.
    pub(super) fn unbound(
        &mut self,
        named: &Named<'_>,
        nillable: bool,
        fixed: Option<&str>,
    ) -> Literal {
        let Named { label, name, place, way, required } = named;
        match (way, required, fixed) {
            (_, true, Some(fixed)) => return Literal::Text(fixed.into()),
            (Way::Request, _, Some(_)) => return Literal::Ignored,
            (Way::Reply, false, _) => {
                self.notes
                    .push(format!("{place}: {name} of {label} has no field, and is in no reply"));
                return Literal::Ignored;
            }
            (Way::Request, false, None) => {
                self.notes.push(format!(
                    "{place}: {name} of {label} has no field: requests that have it are refused"
                ));
                return Literal::Refused;
            }
            (Way::Reply, true, None) if nillable => {
                self.notes
                    .push(format!("{place}: {name} of {label} has no field, and is always nil"));
                return Literal::Nil;
            }
            (_, true, None) => {}
        }
        let message = format!(
            "{place}: {name} of {label} is required and has no field: \
             `types: {{ \"{label}\": {{ fields: {{ \"{name}\": ... }} }} }}` says which, \
             or `constants` or `ignore` that it needs none"
        );
        self.refuse(message);
        Literal::Ignored
    }

    /// Something whose field cannot hold it.
    pub(super) fn unfit(&mut self, named: &Named<'_>, why: &str) -> Literal {
        let Named { label, name, place, way, required } = named;
        let message = format!("{place}: {name} of {label}: {why}");
        match (way, required) {
            (_, true) => {
                self.refuse(message);
                Literal::Ignored
            }
            (Way::Request, false) => {
                self.notes.push(format!("{message}: requests that have it are refused"));
                Literal::Refused
            }
            (Way::Reply, false) => {
                self.notes.push(format!("{message}: it is in no reply"));
                Literal::Ignored
            }
        }
    }

    pub(super) fn refuse(&mut self, message: String) {
        if self.wishes.relaxed {
            self.notes.push(message);
        } else {
            self.problems.push(message);
        }
    }

    /// Tells of fields that no element is.
    pub(super) fn uncovered(&mut self, given: &Complex, made: TypeId, key: &Key, root: ShapeId) {
        // One that is only around another tells nothing that this one does not.
        if let Content::Elements(elements) = &self.view.get(made).content
            && let [only] = elements.as_slice()
            && matches!(only.holds, Holds::Inner(_))
        {
            return;
        }
        let mut covered = HashSet::new();
        self.cover(made, root, &mut covered, 10);
        let shapes = self.view.shapes.clone();
        let shape = shapes.get(root);
        for (index, field) in shape.fields.iter().enumerate() {
            if covered.contains(&index) {
                continue;
            }
            let (name, label) = (&field.name, &given.label);
            let what = match key.way {
                Way::Request => "its clients cannot set it",
                Way::Reply => "its clients do not see it",
            };
            self.notes.push(format!(
                "{}: {}.{name} has no element in {label}: {what}",
                given.place, shape.full_name
            ));
        }
    }

    pub(super) fn cover(
        &self,
        id: TypeId,
        root: ShapeId,
        covered: &mut HashSet<usize>,
        depth: u32,
    ) {
        let of = self.view.get(id);
        let mut add = |path: &[(ShapeId, usize)]| {
            covered
                .extend(path.first().filter(|(shape, _)| *shape == root).map(|(_, index)| *index));
        };
        of.attributes.iter().filter_map(|one| one.holds.as_ref().ok()).for_each(|one| add(&one.0));
        let mut inner = of.derived.clone();
        match &of.content {
            Content::Text(path, _) => add(path),
            Content::Elements(elements) => {
                for element in elements {
                    match &element.holds {
                        Holds::Value(path, _) | Holds::Message(path, _) => add(path),
                        Holds::Inner(id) => inner.push(*id),
                        Holds::Literal(_) => {}
                    }
                }
            }
        }
        if let Some(depth) = depth.checked_sub(1) {
            inner.into_iter().for_each(|id| self.cover(id, root, covered, depth));
        }
    }
}
