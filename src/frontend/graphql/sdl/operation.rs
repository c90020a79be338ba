//! Which operations files can call.

use super::Scope;
use super::definitions::Used;
use super::join::{On, Reader};
use crate::config::{Place, Problem, Problems, suggest};
use crate::contract::Streaming;
use crate::contract::graphql::{self as model, Binding, Exposed, Root};
use crate::contract::shape::{Field, Shape, WellKnown};

impl Reader<'_> {
    /// The field of a request that is told what was selected, where nothing else sets it.
    pub fn mask(&self, exposed: &Exposed, bindings: &[Binding]) -> Option<usize> {
        let shapes = self.scope.view.shapes();
        let name = exposed.wishes.read_mask.as_deref().unwrap_or("read_mask");
        let is_mask = |field: &Field| {
            let is_alone = !field.is_repeated() && field.oneof().is_none();
            let message = field.message().filter(|_| is_alone);
            let known = message.and_then(|id| shapes.get(id).well_known);
            known == Some(WellKnown::FieldMask) && &*field.name == name
        };
        let shape: &Shape = shapes.get(exposed.operation.input);
        let index = shape.fields.iter().position(is_mask)?;
        let leaf = model::Place::Field(index);
        let is_set = |binding: &Binding| {
            binding.target.path.first() == Some(&index)
                || (binding.target.path.is_empty() && binding.target.leaf == leaf)
        };
        (!bindings.iter().any(is_set)).then_some(index)
    }

    /// The operation that a directive names.
    pub fn operation(&self, used: &Used, problems: &mut Problems) -> Option<&Exposed> {
        let (written, place) = used.string("operation")?;
        let found = self.scope.operation(written, &place).and_then(|exposed| {
            let streaming = exposed.operation.streaming;
            let wanted = match self.on {
                On::Root(Root::Subscription) => Streaming::Server,
                _ => Streaming::Unary,
            };
            if streaming == wanted {
                return Ok(exposed);
            }
            let message = format!(
                "`{written}` is {}",
                match streaming {
                    Streaming::Unary => "no stream",
                    Streaming::Client => "a client stream",
                    Streaming::Server => "a server stream",
                    Streaming::Both => "a stream both ways",
                }
            );
            let hint = match wanted {
                Streaming::Server => "a subscription asks for a server stream",
                _ => "a field of this type asks for a call with one message each way",
            };
            Err(Problem::at(place, message).with_hint(hint))
        });
        found.map_err(|problem| problems.push(problem)).ok()
    }
}

impl Scope<'_> {
    /// The operation that a file names with a dot or a slash before the method.
    pub fn operation(&self, written: &str, place: &Place) -> Result<&Exposed, Problem> {
        let written = written.strip_prefix('/').unwrap_or(written);
        let name = match (written.contains('/'), written.rsplit_once('.')) {
            (false, Some((service, method))) => format!("{service}/{method}"),
            _ => written.to_owned(),
        };
        if let Some(known) = self.exposed.iter().find(|known| known.operation.name() == name) {
            return Ok(known);
        }
        let problem = Problem::at(place.clone(), format!("there is no operation `{written}` here"));
        if self.contract.operation(&name).is_some() {
            return Err(
                problem.with_hint("the contract has it, but this listener does not expose it")
            );
        }
        // Services are mistaken more often than misspelt.
        let method = name.rsplit_once('/').map_or(&*name, |(_, method)| method);
        let known = || self.exposed.iter().map(|known| &known.operation);
        let named = |method: &str| known().find(|known| &*known.method == method);
        let nearest = named(method).map(|known| known.name()).or_else(|| {
            suggest::nearest(&name, known().map(|known| known.name())).or_else(|| {
                let method = suggest::nearest(method, known().map(|known| &*known.method))?;
                Some(named(method)?.name())
            })
        });
        Err(match nearest {
            Some(name) => problem.with_hint(format!("did you mean `{}`?", name.replace('/', "."))),
            None => problem,
        })
    }
}
