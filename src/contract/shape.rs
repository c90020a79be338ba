//! Message types compiled for speed.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

use super::features::Features;

/// Names a shape within its [`Shapes`] arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub u32);

/// All message types of a pool, compiled.
#[derive(Debug, Default)]
pub struct Shapes {
    ids: HashMap<String, ShapeId>,
}

impl Shapes {
    /// Compiles every message type of `pool`.
    pub fn compile(pool: &DescriptorPool, _features: &Features) -> Self {
        let names = pool.all_messages().map(|message| message.full_name().to_owned());
        Self { ids: names.zip((0..).map(ShapeId)).collect() }
    }

    /// The shape of the message of that full name.
    pub fn id(&self, full_name: &str) -> Option<ShapeId> {
        self.ids.get(full_name).copied()
    }
}
