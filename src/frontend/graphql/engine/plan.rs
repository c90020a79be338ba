//! A query as it runs: a tree of calls, with what is written of their replies.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Name, Variables};
use async_graphql_value::{ConstValue, Value};

use crate::codec::selection::Selection;
use crate::contract::graphql::{Target, TypeRef};
use crate::contract::shape::ShapeId;
use crate::frontend::Endpoint;

/// A query, planned for certain values of the variables in its `@skip`s and `@include`s.
#[derive(Debug)]
pub struct Plan {
    /// The root, written over a message without fields: everything in it is a hole or a constant.
    pub root: Selection,
    /// What fills the root's holes.
    pub nodes: Vec<Node>,
    /// What it costs.
    pub cost: Cost,
    reply_size: AtomicUsize,
}

impl Plan {
    /// A plan that has not been run yet.
    pub fn new(root: Selection, nodes: Vec<Node>, cost: Cost) -> Self {
        Self { root, nodes, cost, reply_size: AtomicUsize::new(512) }
    }

    /// A buffer for an answer, sized by the last one.
    pub fn buffer(&self) -> Vec<u8> {
        Vec::with_capacity(self.reply_size.load(Ordering::Relaxed))
    }

    /// Remembers how large an answer was.
    pub fn answer_was(&self, size: usize) {
        self.reply_size.store((size + size / 8 + 64).min(1 << 20), Ordering::Relaxed);
    }
}

/// What fills a hole.
#[derive(Debug)]
pub enum Node {
    /// A call.
    Call(Box<CallNode>),
    /// `__schema`, `__type` or `_service`, which the schema answers: a document of that field
    /// alone.
    Schema(Box<ExecutableDocument>),
    /// Entities of a federated graph.
    Entities(Box<Entities>),
}

/// `_entities`: for each representation the object it stands for.
#[derive(Debug)]
pub struct Entities {
    /// The list of representations.
    pub representations: Value,
    /// What there is.
    pub types: Vec<Entity>,
}

/// A type of entities.
#[derive(Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// The call that finds one, without what its request says.
    pub call: CallNode,
    /// The fields of its key, and what they set in the request.
    pub key: Vec<(String, TypeRef, Target)>,
}

/// A call that a field makes.
#[derive(Debug)]
pub struct CallNode {
    /// What is called.
    pub endpoint: Endpoint,
    /// What its request is made of.
    pub parts: Vec<Part>,
    /// Set where one call is made for all parents at once.
    pub batch: Option<BatchNode>,
    /// What is written of the reply.
    pub shown: Shown,
    /// Whether that is a list.
    pub list: bool,
    /// What fills the holes in that.
    pub nodes: Vec<Node>,
}

/// How one call answers for many parents.
#[derive(Debug)]
pub struct BatchNode {
    /// The message that the parents are.
    pub parent_shape: ShapeId,
    /// From the parent down to the key.
    pub parent: Vec<usize>,
    /// Where the keys go in the request.
    pub key: Target,
    /// From the reply down to the repeated field that has the items.
    pub items: Vec<usize>,
    /// From an item down to its key.
    pub by: Vec<usize>,
    /// What a parent gets of the items with its key.
    pub deal: Deal,
}

/// What a parent gets of the items that have its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deal {
    /// What is shown of the first.
    First,
    /// A list of what is shown of each.
    Each {
        /// Whether null in it takes the whole list with it.
        items_non_null: bool,
    },
    /// One list of all that is in the lists that are shown of each.
    Joined,
}

/// A piece of a request.
#[derive(Debug)]
pub enum Part {
    /// Always the same.
    Bytes(Vec<u8>),
    /// What an argument is given, with variables in it.
    Argument {
        /// The argument's name, for errors.
        name: String,
        /// Its type.
        ty: TypeRef,
        /// What it sets.
        target: Target,
        /// What it is given.
        value: Value,
        /// What it is where its variable is not given.
        default: Option<ConstValue>,
    },
    /// A field of the parent.
    Parent {
        /// The message that the parent is.
        shape: ShapeId,
        /// From the parent down to it.
        path: Vec<usize>,
        /// What it sets.
        target: Target,
    },
}

/// What is written of a reply.
#[derive(Debug)]
pub enum Shown {
    /// The message, as an object.
    Object(Selection),
    /// The message, which GraphQL sees as a scalar.
    Leaf(ShapeId),
    /// `true`.
    True,
    /// A field below it: the message fields down to the one that has it, and that field alone.
    Field {
        /// From the reply down to the message that has the field.
        path: Vec<usize>,
        /// The field alone.
        selection: Selection,
    },
}

/// What a query costs: a sum of products.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// What is the same in every run.
    pub fixed: u64,
    /// Lists whose length a variable says.
    pub lists: Vec<(Name, u64, Cost)>,
}

impl Cost {
    /// The cost where the variables have these values.
    pub fn with(&self, variables: &Variables) -> u64 {
        let lists = self.lists.iter().map(|(name, usual, each)| {
            let given = match variables.get(name) {
                Some(ConstValue::Number(number)) => number.as_u64(),
                _ => None,
            };
            given.unwrap_or(*usual).max(1).saturating_mul(each.with(variables))
        });
        lists.fold(self.fixed, u64::saturating_add)
    }

    /// Both.
    pub fn add(&mut self, other: Self) {
        self.fixed = self.fixed.saturating_add(other.fixed);
        self.lists.extend(other.lists);
    }

    /// As often as that.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.fixed = self.fixed.saturating_mul(times);
        for (_, _, each) in &mut self.lists {
            *each = std::mem::take(each).times(times);
        }
        self
    }
}
