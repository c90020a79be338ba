//! Stops async-graphql behind its validation where nothing is to be run.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{ServerError, ValidationResult, async_trait};

/// A request's mark that it is only checked.
pub struct CheckOnly;

/// Makes the extension for each request.
pub struct Steps;

impl ExtensionFactory for Steps {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Steps)
    }
}

#[async_trait::async_trait]
impl Extension for Steps {
    /// Validation comes before an operation is chosen of the document, so that a document of
    /// several is checked, too. What ends without an error is valid.
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(context).await?;
        match context.data_opt::<CheckOnly>() {
            Some(CheckOnly) => Err(Vec::new()),
            None => Ok(result),
        }
    }
}
