//! Protocols that services speak. Each backend is an [`Answer`](crate::call::Answer).

pub mod grpc;
