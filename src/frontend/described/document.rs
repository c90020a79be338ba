//! The OpenAPI document, written when it is first asked for.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::contract::Contract;
use crate::contract::openapi::{self, Binding, Options};
use crate::contract::view::View;
use crate::frontend::assets::Content;

/// What a document is made from.
#[derive(Debug, Clone)]
pub struct Source {
    /// What can be called.
    pub contract: Arc<Contract>,
    /// How clients of the listener see it.
    pub view: Arc<View>,
    /// How the listener reads and writes.
    pub options: Options,
    /// Where operations are reached.
    pub bindings: Vec<Binding>,
}

/// A document that is made once, if anybody wants it.
#[derive(Debug)]
pub struct Document {
    source: Arc<Source>,
    written: OnceCell<Bytes>,
}

impl Source {
    /// Makes the document.
    pub fn document(&self) -> openapi::Document {
        openapi::Document::build(&self.contract, &self.view, &self.options, &self.bindings)
    }
}

impl Document {
    /// Not made yet.
    pub fn new(source: Source) -> Self {
        Self { source: Arc::new(source), written: OnceCell::new() }
    }

    /// The document as JSON. A large contract takes a while, which calls on this core are not to
    /// wait for.
    pub(super) async fn content(&self) -> Option<Content> {
        let make = || async {
            let source = self.source.clone();
            let made = tokio::task::spawn_blocking(move || serde_json::to_vec(&source.document()));
            match made.await {
                Ok(Ok(json)) => Ok(Bytes::from(json)),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        };
        let json = self.written.get_or_try_init(make).await;
        let json = json.inspect_err(|error| tracing::error!(error, "no OpenAPI document"));
        Some(Content {
            content_type: "application/json",
            body: json.ok()?.clone(),
            headers: Vec::new(),
        })
    }
}
