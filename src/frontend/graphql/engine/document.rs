//! A document that is valid, with one of its operations chosen.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition,
    OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};

use super::plan::Plan;
use crate::codec::selection::Segment;
use crate::frontend::graphql::Kind;

/// How many plans of one document are kept: one for each combination of what its `@skip`s and
/// `@include`s are told.
const MOST_PLANS: usize = 32;

/// See the module.
#[derive(Debug)]
pub struct Document {
    /// The operation.
    pub operation: Positioned<OperationDefinition>,
    /// The fragments.
    pub fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    /// The variables that `@skip` and `@include` ask.
    conditions: Vec<Name>,
    plans: Mutex<Vec<(Vec<bool>, Arc<Plan>)>>,
}

impl Document {
    /// Chooses the operation of that name, or the only one.
    pub fn choose(document: ExecutableDocument, name: Option<&str>) -> Result<Self, String> {
        let ExecutableDocument { operations, fragments } = document;
        let operation =
            match (operations, name) {
                (DocumentOperations::Single(operation), None) => operation,
                (DocumentOperations::Single(_), Some(name)) => {
                    return Err(format!("no operation named {name}: the only one has no name"));
                }
                (DocumentOperations::Multiple(mut operations), Some(name)) => operations
                    .remove(name)
                    .ok_or_else(|| format!("no operation named {name} in the document"))?,
                (DocumentOperations::Multiple(operations), None) => {
                    let mut all = operations.into_values();
                    match (all.next(), all.next()) {
                        (Some(operation), None) => operation,
                        _ => return Err("the document has several operations: name one".to_owned()),
                    }
                }
            };
        let mut asked = BTreeSet::new();
        conditions(&operation.node.selection_set.node, &mut asked);
        for fragment in fragments.values() {
            conditions(&fragment.node.selection_set.node, &mut asked);
        }
        let conditions = asked.into_iter().collect();
        Ok(Self { operation, fragments, conditions, plans: Mutex::default() })
    }

    /// What kind of operation it is.
    pub fn kind(&self) -> Kind {
        match self.operation.node.ty {
            OperationType::Query => Kind::Query,
            OperationType::Mutation => Kind::Mutation,
            OperationType::Subscription => Kind::Subscription,
        }
    }

    /// The plan for these variables; `make` makes it where there is none yet.
    pub fn plan<E>(
        &self,
        variables: &Variables,
        make: impl FnOnce() -> Result<Plan, E>,
    ) -> Result<Arc<Plan>, E> {
        let holds = |name: &Name| matches!(variables.get(name), Some(ConstValue::Boolean(true)));
        let key: Vec<bool> = self.conditions.iter().map(holds).collect();
        let known = |plans: &Vec<(Vec<bool>, Arc<Plan>)>| {
            plans.iter().find(|(other, _)| *other == key).map(|(_, plan)| plan.clone())
        };
        let plans = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = known(&plans()) {
            return Ok(plan);
        }
        let plan = Arc::new(make()?);
        let mut plans = plans();
        if plans.len() == MOST_PLANS {
            plans.remove(0);
        }
        plans.push((key, plan.clone()));
        Ok(plan)
    }

    /// Where the field stands that an answer's path leads to.
    pub fn locate(&self, path: &[Segment]) -> Option<Pos> {
        let mut sets = vec![&self.operation.node.selection_set.node];
        let mut position = None;
        for segment in path {
            let Segment::Name(name) = segment else { continue };
            let mut below = Vec::new();
            let mut found = None;
            for set in sets {
                self.named(set, name, &mut found, &mut below);
            }
            position = Some(found?);
            sets = below;
        }
        position
    }

    fn named<'d>(
        &'d self,
        set: &'d SelectionSet,
        name: &str,
        found: &mut Option<Pos>,
        below: &mut Vec<&'d SelectionSet>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.response_key().node.as_str() == name => {
                    found.get_or_insert(field.pos);
                    below.push(&field.node.selection_set.node);
                }
                Selection::Field(_) => {}
                Selection::InlineFragment(fragment) => {
                    self.named(&fragment.node.selection_set.node, name, found, below);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.named(&fragment.node.selection_set.node, name, found, below);
                    }
                }
            }
        }
    }
}

/// Whether `@skip` and `@include` leave something in.
pub fn is_included(directives: &[Positioned<Directive>], variables: &Variables) -> bool {
    directives.iter().all(|directive| {
        let wanted = match directive.node.name.node.as_str() {
            "skip" => false,
            "include" => true,
            _ => return true,
        };
        let told = match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(told)) => *told,
            Some(Value::Variable(name)) => {
                matches!(variables.get(name), Some(ConstValue::Boolean(true)))
            }
            _ => return true,
        };
        told == wanted
    })
}

/// The variables that decide what a selection set holds.
fn conditions(set: &SelectionSet, asked: &mut BTreeSet<Name>) {
    for selection in &set.items {
        let (directives, below) = match &selection.node {
            Selection::Field(field) => {
                (&field.node.directives, Some(&field.node.selection_set.node))
            }
            Selection::InlineFragment(fragment) => {
                (&fragment.node.directives, Some(&fragment.node.selection_set.node))
            }
            Selection::FragmentSpread(spread) => (&spread.node.directives, None),
        };
        for directive in directives {
            if matches!(directive.node.name.node.as_str(), "skip" | "include")
                && let Some(Value::Variable(name)) =
                    directive.node.get_argument("if").map(|value| &value.node)
            {
                asked.insert(name.clone());
            }
        }
        if let Some(below) = below {
            conditions(below, asked);
        }
    }
}
