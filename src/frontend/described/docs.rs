//! The page that shows the OpenAPI document: Swagger UI, out of the binary, so that nothing comes
//! from elsewhere.

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Page, status};
use crate::frontend::Response;
use crate::frontend::assets::{Asset, Content, asset, escape};

static ASSETS: [Asset; 5] = [
    asset!("docs", "swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    asset!("docs", "swagger-ui.css", "text/css; charset=utf-8"),
    asset!("docs", "start.js", "text/javascript; charset=utf-8"),
    asset!("docs", "favicon-32x32.png", "image/png"),
    asset!("docs", "LICENSE", "text/plain; charset=utf-8"),
];

/// The page and its files.
#[derive(Debug)]
pub struct Docs {
    path: String,
    page: Bytes,
    policy: HeaderValue,
}

impl Docs {
    /// A page at `path` that shows the document at `document`. Requests that it sends go to its
    /// own origin, and to `servers` where these are elsewhere.
    pub fn new(path: String, document: &str, title: &str, servers: &[String]) -> Self {
        let page = include_str!("page.html")
            .replace("{title}", &escape(title))
            .replace("{folder}", &escape(path.rsplit('/').next().unwrap_or_default()))
            .replace("{document}", &escape(&relative(&path, document)));
        let mut connect = String::new();
        for origin in servers.iter().filter_map(|url| origin(url)) {
            connect.push(' ');
            connect.push_str(&origin);
        }
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
             img-src 'self' data: blob:; connect-src 'self'{connect}; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        );
        Self {
            path,
            page: Bytes::from(page),
            // Origins are checked to be plain; a policy without them is the stricter one.
            policy: HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                 connect-src 'self'",
            )),
        }
    }

    /// All paths that are taken.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let below = ASSETS.iter().map(|asset| format!("{}/{}", self.path, asset.name));
        std::iter::once(self.path.clone()).chain(below)
    }

    pub(super) fn find(&self, path: &str) -> Option<Page> {
        let name = match path.strip_prefix(self.path.as_str())? {
            "" => return Some(Page::Docs),
            "/" => return Some(Page::DocsFolder),
            below => below.strip_prefix('/')?,
        };
        ASSETS.iter().position(|asset| asset.name == name).map(Page::Asset)
    }

    pub(super) fn page(&self) -> Content {
        Content::page(self.page.clone(), self.policy.clone())
    }

    /// To the page, whatever prefix a proxy in front has taken off its path.
    pub(super) fn redirect(&self) -> Response {
        let mut response = status(StatusCode::PERMANENT_REDIRECT);
        let last = self.path.rsplit('/').next().unwrap_or_default();
        if let Ok(to) = HeaderValue::try_from(format!("../{last}")) {
            response.headers_mut().insert(LOCATION, to);
        }
        response
    }

    pub(super) fn asset(&self, index: usize, asked: &HeaderMap) -> Option<Content> {
        ASSETS.get(index)?.content(asked)
    }
}

/// How a page at `from` names `to`, so that both may stand below a prefix that a proxy takes off.
fn relative(from: &str, to: &str) -> String {
    let (mut from, mut to_rest) = (from, to);
    // Folders that both are in.
    while let (Some((a, from_rest)), Some((b, rest))) =
        (from.split_once('/'), to_rest.split_once('/'))
        && a == b
    {
        (from, to_rest) = (from_rest, rest);
    }
    let up = "../".repeat(from.matches('/').count());
    format!("{up}{to_rest}")
}

/// The scheme and host of an absolute URL, if they are plain.
fn origin(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    authority
        .bytes()
        .all(plain)
        .then(|| format!("{}://{authority}", uri.scheme_str().unwrap_or("https")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_is_named_from_where_the_page_is() {
        for (from, to, expected) in [
            ("/docs", "/openapi.json", "openapi.json"),
            ("/docs", "/docs/openapi.json", "docs/openapi.json"),
            ("/a/docs", "/openapi.json", "../openapi.json"),
            ("/a/docs", "/a/openapi.json", "openapi.json"),
            ("/a/b/docs", "/a/c/openapi.json", "../c/openapi.json"),
        ] {
            assert_eq!(relative(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn files_are_found_below_the_page_alone() {
        let docs = Docs::new("/docs".into(), "/openapi.json", "<Shop>", &[]);
        assert_eq!(docs.find("/docs"), Some(Page::Docs));
        assert_eq!(docs.find("/docs/"), Some(Page::DocsFolder));
        assert_eq!(docs.find("/docs/swagger-ui.css"), Some(Page::Asset(1)));
        for other in ["/docsx", "/docs/x", "/docs/../docs", "/doc", "/docs/swagger-ui.css/"] {
            assert_eq!(docs.find(other), None, "{other}");
        }
        assert!(std::str::from_utf8(&docs.page).unwrap().contains("&lt;Shop&gt;"));
    }

    #[test]
    fn servers_elsewhere_may_be_called() {
        let servers = ["/shop".to_owned(), "https://api.example.com:8443/shop".to_owned()];
        let docs = Docs::new("/docs".into(), "/openapi.json", "Shop", &servers);
        let policy = docs.policy.to_str().unwrap();
        assert!(policy.contains("connect-src 'self' https://api.example.com:8443;"), "{policy}");
    }
}
