//! What a REST listener says of itself: its OpenAPI document, and the page that shows it.

mod docs;
mod document;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

pub use self::docs::Docs;
use self::document::Document;
pub use self::document::Source;
use super::{Body, Request, Response};

const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The pages of one listener. They stand at fixed paths beside the operations.
#[derive(Debug, Default)]
pub struct Described {
    document: Option<(String, Document)>,
    docs: Option<Docs>,
}

/// One of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The OpenAPI document.
    Document,
    /// The page that shows it.
    Docs,
    /// The same with a slash too many.
    DocsFolder,
    /// One of the files that the page needs.
    Asset(usize),
}

impl Described {
    /// Serves the document at `path`.
    pub fn with_document(mut self, path: String, source: Source) -> Self {
        self.document = Some((path, Document::new(source)));
        self
    }

    /// Serves the page.
    pub fn with_docs(mut self, docs: Docs) -> Self {
        self.docs = Some(docs);
        self
    }

    /// The page at a path. This is asked of every request, so it only compares.
    pub fn find(&self, path: &str) -> Option<Page> {
        if let Some((at, _)) = &self.document
            && at == path
        {
            return Some(Page::Document);
        }
        self.docs.as_ref()?.find(path)
    }

    /// Answers a request for a page that was found.
    pub async fn answer(&self, page: Page, request: Request) -> Response {
        let (request, _) = request.into_parts();
        if request.method == Method::OPTIONS {
            let mut response = status(StatusCode::NO_CONTENT);
            response.headers_mut().insert(ALLOW, ALLOWED);
            return response;
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return method_not_allowed();
        }
        let content = match (page, &self.document, &self.docs) {
            (Page::Document, Some((_, document)), _) => document.content().await,
            (Page::Docs, _, Some(docs)) => Some(docs.page()),
            (Page::DocsFolder, _, Some(docs)) => return docs.redirect(),
            (Page::Asset(index), _, Some(docs)) => docs.asset(index, &request.headers),
            _ => return status(StatusCode::NOT_FOUND),
        };
        match content {
            Some(content) => content.respond(request.method == Method::HEAD),
            None => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// 405 (RFC 9110, section 15.5.6), with a body in the form of the operations' errors.
fn method_not_allowed() -> Response {
    let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
    let body = br#"{"code":12,"message":"this path takes GET, HEAD, OPTIONS","details":[]}"#;
    *response.body_mut() = Body::from(Bytes::from_static(body));
    response.headers_mut().insert(ALLOW, ALLOWED);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
