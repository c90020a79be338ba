//! The contract as it is used: everything merged and compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DescriptorPool;

use super::comments::Comments;
use super::features::Features;
use super::http_rule::{HttpRule, RuleError};
use super::operation::Operation;
use super::shape::Shapes;
use super::source::{Loaded, Problem, Source};
use super::{compile, merge, pool, raw};

/// Everything that can be called, whoever brought it.
#[derive(Debug)]
pub struct Contract {
    pool: DescriptorPool,
    features: Features,
    shapes: Arc<Shapes>,
    operations: BTreeMap<Arc<str>, Arc<Operation>>,
    services: BTreeMap<String, Vec<Source>>,
    files: Vec<File>,
    comments: Comments,
}

/// One file of the contract.
#[derive(Debug, Clone)]
pub struct File {
    /// The name it is imported by, different from all others.
    pub name: Arc<str>,
    /// The serialized `google.protobuf.FileDescriptorProto`, as it came wherever that is possible:
    /// in its edition, with its comments and all its options.
    pub descriptor: Bytes,
    /// Who brought it.
    pub source: Source,
}

impl Contract {
    /// Merges and compiles what was loaded. What cannot be used is left out and told; the rest
    /// stands.
    pub fn build(sources: &[Loaded]) -> (Self, Vec<Problem>) {
        let mut merged = merge::merge(sources);
        let built = pool::build(&merged);
        let mut problems = std::mem::take(&mut merged.problems);
        problems.extend(built.problems);

        let shapes = Arc::new(Shapes::compile(&built.pool, &built.features));
        let mut services = merged.services;
        services.retain(|name, _| built.pool.get_service_by_name(name).is_some());
        let operations = compile::operations(&built.pool, &shapes, &services, &mut problems);
        let accepted = merged.entries.into_iter().zip(&built.accepted);
        let files: Vec<File> = accepted
            .filter(|(_, accepted)| **accepted)
            .map(|(entry, _)| File {
                name: Arc::from(entry.name),
                descriptor: entry.descriptor,
                source: entry.source,
            })
            .collect();
        let contract = Self {
            pool: built.pool,
            features: built.features,
            shapes,
            operations,
            services,
            comments: Comments::of(&files),
            files,
        };
        (contract, problems)
    }

    /// All descriptors. Files that came in edition syntax stand here in proto2 form, with what
    /// that cannot say in [`features`](Self::features).
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// What the descriptors in the pool cannot say.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// All message types, compiled.
    pub fn shapes(&self) -> &Arc<Shapes> {
        &self.shapes
    }

    /// All operations, by their names (`shop.v1.ProductService/GetProduct`).
    pub fn operations(&self) -> &BTreeMap<Arc<str>, Arc<Operation>> {
        &self.operations
    }

    /// The operation of that name.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        self.operations.get(name)
    }

    /// Every service by its full name, with the sources that bring it; the definition of the
    /// first one is used. None of the standard schemas has a service.
    pub fn services(&self) -> &BTreeMap<String, Vec<Source>> {
        &self.services
    }

    /// Sees that a rule from elsewhere than the contract fits `operation`.
    pub fn check_rule(&self, operation: &Operation, rule: &HttpRule) -> Result<(), RuleError> {
        let message = |name| self.pool.get_message_by_name(name);
        match (message(&operation.input_name), message(&operation.output_name)) {
            (Some(input), Some(output)) => rule.check(&input, &output),
            // Operations are compiled from the same pool, so both are there.
            _ => Ok(()),
        }
    }

    /// The backends whose reflection shows that they serve `service`.
    pub fn backends_of(&self, service: &str) -> impl Iterator<Item = &Arc<str>> {
        self.services.get(service).into_iter().flatten().filter_map(Source::backend)
    }

    /// All files, each behind those that it imports.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// All files as a serialized `google.protobuf.FileDescriptorSet`.
    pub fn descriptors(&self) -> Vec<u8> {
        let file = self.files.iter().map(|file| file.descriptor.clone()).collect();
        raw::Set { file }.encode_to_vec()
    }

    /// The comment in front of a definition, where the source brought comments. `path` is the
    /// place in the file that `prost-reflect` gives for every descriptor.
    pub fn comment(&self, file: &str, path: &[i32]) -> Option<&str> {
        self.comments.get(file, path)
    }

    /// The comment in front of an operation.
    pub fn operation_comment(&self, operation: &Operation) -> Option<&str> {
        let service = self.pool.get_service_by_name(&operation.service)?;
        let method = service.methods().find(|method| method.name() == &*operation.method)?;
        self.comment(service.parent_file().name(), method.path())
    }
}

impl Default for Contract {
    /// The standard schemas alone.
    fn default() -> Self {
        Self::build(&[]).0
    }
}
