//! Message types compiled for speed.

/// Names a shape within its [`Shapes`](super::shape) arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub u32);
