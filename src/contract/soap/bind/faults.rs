//! The faults of a WSDL: details of errors by their types, else the error itself.

use super::matching::{key, same};
use super::{Binder, Way};
use crate::contract::shape::ShapeId;
use crate::contract::soap::{ErrorPart, Fault, FaultContent};
use crate::contract::wsdl::read::{Content, Part, TypeRef};
use crate::contract::xml::{Builtin, Name};

/// What names of faults end with, beside what they are about.
const ENDINGS: [&str; 6] = ["fault", "exception", "error", "detail", "details", "type"];

/// Names of elements that hold the code of an error, and those that hold its message.
const CODES: [&str; 6] = ["code", "errorcode", "faultcode", "status", "errcode", "number"];
const MESSAGES: [&str; 11] = [
    "message",
    "errormessage",
    "description",
    "reason",
    "text",
    "faultstring",
    "errortext",
    "errtext",
    "errmsg",
    "msg",
    "detail",
];

impl Binder<'_> {
    /// What a fault holds; `None` where it is never answered, which is told.
    pub(super) fn fault(&mut self, part: &Part) -> Option<Fault> {
        let local = part.element.local.to_string();
        let wish = self.wishes.faults.get(&local).cloned();
        if wish.is_some() {
            self.used.insert(format!("faults.{local}"));
        }
        let element = self.name(&part.element);
        if wish.is_none()
            && let Some((shape, name)) = self.detail(part)
        {
            let of = self.root(part, shape, Way::Reply, false)?;
            return Some(Fault { element, holds: FaultContent::Detail(name, of) });
        }
        let wish = wish.unwrap_or_default();
        let parts = self.parts(part, &wish.constants)?;
        Some(Fault { element, holds: FaultContent::Error(wish.code, parts) })
    }

    /// The message of the contract that is named like the fault.
    fn detail(&self, part: &Part) -> Option<(ShapeId, Box<str>)> {
        let of = match &part.of {
            TypeRef::Complex(id) => self.wsdl.get(*id).map(|of| &*of.label),
            TypeRef::Simple(_) | TypeRef::Any => None,
        };
        let stem = |name: &str| {
            let mut name = key(name);
            while let Some(shorter) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) {
                name = shorter.to_owned();
            }
            name
        };
        let wanted: Vec<String> = std::iter::once(&*part.element.local)
            .chain(of)
            .map(stem)
            .filter(|one| !one.is_empty())
            .collect();
        let found = self.view.shapes.iter().find(|(_, shape)| {
            let local = shape.full_name.rsplit('.').next().unwrap_or_default();
            // Requests and entities are named like that, too.
            ENDINGS.iter().any(|ending| key(local).ends_with(ending))
                && wanted.contains(&stem(local))
                || same(local, &part.element.local)
        });
        found.map(|(id, shape)| (id, shape.full_name.clone()))
    }

    /// The elements of a fault that is the error itself.
    fn parts(
        &mut self,
        part: &Part,
        constants: &std::collections::BTreeMap<String, String>,
    ) -> Option<Vec<(Name, ErrorPart)>> {
        let local = &part.element.local;
        let TypeRef::Complex(id) = &part.of else {
            self.notes.push(format!(
                "{}: the fault {local} has no elements, and is not answered",
                part.place
            ));
            return None;
        };
        let wsdl = self.wsdl;
        let of = wsdl.get(*id)?;
        let Content::Elements(elements) = &of.content else {
            self.notes
                .push(format!("{}: the fault {local} is a text, and is not answered", part.place));
            return None;
        };
        let mut parts = Vec::new();
        for element in elements {
            let name = key(&element.name.local);
            let number = matches!(&element.of, TypeRef::Simple(simple) if {
                !matches!(simple.builtin, Builtin::String | Builtin::Token | Builtin::NormalizedString)
            });
            let holds = if let Some(text) = constants.get(&*element.name.local) {
                ErrorPart::Text(text.as_str().into())
            } else if CODES.contains(&&*name) {
                if number { ErrorPart::Number } else { ErrorPart::Code }
            } else if MESSAGES.contains(&&*name) && !number {
                ErrorPart::Message
            } else if let (Some(fixed), true) = (&element.fixed, element.occurs.min > 0) {
                ErrorPart::Text(fixed.clone())
            } else {
                let required = element.occurs.min > 0;
                let message = format!(
                    "{}: {} of the fault {local} has no source{}",
                    element.place,
                    element.name.local,
                    if required {
                        format!(
                            ": `faults: {{ {local}: {{ constants: {{ {}: ... }} }} }}`",
                            element.name.local
                        )
                    } else {
                        String::new()
                    }
                );
                match required && !self.wishes.relaxed {
                    true => self.problems.push(message),
                    false => self.notes.push(message),
                }
                continue;
            };
            // One of each is enough.
            if parts.iter().any(|(_, known)| *known == holds) && element.occurs.min == 0 {
                continue;
            }
            let name = self.name(&element.name);
            parts.push((name, holds));
        }
        Some(parts)
    }
}
