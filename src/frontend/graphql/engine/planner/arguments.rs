//! What a request is made of: the values that do not depend on variables are written once.

use async_graphql::parser::types::Field as Asked;
use async_graphql::{Pos, Positioned};
use async_graphql_value::{ConstValue, Value};

use super::{Mistake, Planner};
use crate::contract::graphql::{self as model, Argument, Field};
use crate::contract::shape::ShapeId;
use crate::frontend::graphql::engine::plan::Part;
use crate::frontend::graphql::engine::request;
use crate::frontend::graphql::input;

impl<'a> Planner<'a> {
    /// The parts of a call's request.
    pub(super) fn parts(
        &self,
        known: &Field,
        call: &model::Call,
        asked: &'a Positioned<Asked>,
        parent: ShapeId,
    ) -> Result<Vec<Part>, Mistake> {
        let (operation, bindings) = match &call.batch {
            Some(batch) => (&batch.operation, &batch.bindings),
            None => (&call.operation, &call.bindings),
        };
        let mut parts = Vec::new();
        let mut bytes = Vec::new();
        for binding in bindings {
            let target = &binding.target;
            match &binding.value {
                model::Value::Constant(constant) => {
                    request::write_constant(
                        &self.schema.shapes,
                        operation.input,
                        target,
                        constant,
                        &mut bytes,
                    );
                }
                model::Value::Parent(path) => {
                    let (shape, path, target) = (parent, path.clone(), target.clone());
                    parts.push(Part::Parent { shape, path, target });
                }
                model::Value::Argument(index) => {
                    let Some(argument) = known.arguments.get(*index) else { continue };
                    let (value, position) = given(argument, asked);
                    let default = default(argument);
                    let Some(value) = value.or_else(|| default.clone().map(ConstValue::into_value))
                    else {
                        continue;
                    };
                    match value.clone().into_const() {
                        Some(constant) => {
                            let schema = self.schema;
                            request::write_argument(
                                schema,
                                operation.input,
                                argument,
                                target,
                                &constant,
                                &mut bytes,
                            )
                            .map_err(|message| Mistake { position, message })?;
                        }
                        None => parts.push(Part::Argument {
                            name: argument.name.clone(),
                            ty: argument.ty,
                            target: target.clone(),
                            value,
                            default,
                        }),
                    }
                }
            }
        }
        if !bytes.is_empty() {
            parts.push(Part::Bytes(bytes));
        }
        Ok(parts)
    }
}

/// What an argument is given, and where that stands.
fn given(argument: &Argument, asked: &Positioned<Asked>) -> (Option<Value>, Pos) {
    let found = asked.node.arguments.iter().find(|(name, _)| name.node.as_str() == argument.name);
    match found {
        Some((_, value)) => (Some(value.node.clone()), value.pos),
        None => (None, asked.pos),
    }
}

/// The default of an argument as a value.
fn default(argument: &Argument) -> Option<ConstValue> {
    input::literal(argument.default.as_deref()?)
}
