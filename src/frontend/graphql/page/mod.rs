//! The page that a browser gets at the GraphQL path: an editor, the schema, and answers as they come.

use bytes::Bytes;
use http::HeaderValue;

use crate::frontend::assets::{Asset, Content, asset, escape};

static ASSETS: [Asset; 10] = [
    asset!("graphql", "main.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "editor.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "language.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "complete.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "schema.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "explorer.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "transport.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "history.js", "text/javascript; charset=utf-8"),
    asset!("graphql", "style.css", "text/css; charset=utf-8"),
    asset!("graphql", "icon.svg", "image/svg+xml"),
];

/// What the page may load and call: this listener and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page of one listener; its files are below its path.
#[derive(Debug)]
pub struct Page {
    path: String,
    html: Bytes,
}

impl Page {
    /// A page at `path` that asks what is there.
    pub fn new(path: &str) -> Self {
        let folder = path.rsplit('/').next().unwrap_or_default();
        let html = include_str!("page.html")
            .replace("{title}", &escape(path))
            .replace("{folder}", &escape(folder));
        Self { path: path.to_owned(), html: Bytes::from(html) }
    }

    /// The file at a path below the page.
    pub fn find(&self, path: &str) -> Option<&'static Asset> {
        let name = path.strip_prefix(self.path.as_str())?.strip_prefix('/')?;
        ASSETS.iter().find(|asset| asset.name == name)
    }

    /// The page itself.
    pub fn html(&self) -> Content {
        Content::page(self.html.clone(), POLICY)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn page_names_files_that_there_are() {
        let page = Page::new("/api/graphql");
        let html = std::str::from_utf8(&page.html).unwrap();
        let mut found = 0;
        for named in html.split("\"graphql/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(page.find(&format!("/api/graphql/{name}")).is_some(), "{name}");
            found += 1;
        }
        assert!(found >= 3, "{html}");
        for other in ["/api/graphql", "/api/graphql/", "/api/graphql/x.js", "/graphql/main.js"] {
            assert!(page.find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn every_module_is_served() {
        let mut found = 0;
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            let text = asset.content(&HeaderMap::new()).unwrap().body;
            for named in std::str::from_utf8(&text).unwrap().split("from \"./").skip(1) {
                let name = named.split('"').next().unwrap();
                assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}");
                found += 1;
            }
        }
        assert!(found > 5, "{found}");
    }
}
