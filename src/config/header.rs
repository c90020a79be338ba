//! Response headers that a backend may set by their own names, and those it may not.

/// Names, and globs over the rest of one: `cache-control`, `x-shop-*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderNames {
    exact: Vec<String>,
    prefixes: Vec<String>,
}

impl HeaderNames {
    /// Adds a name in lower case, or a glob that ends in `*`. The error says what is wrong with it.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let text = text.to_ascii_lowercase();
        if let Some(prefix) = text.strip_suffix('*') {
            if !is_name(prefix) {
                return Err(format!("`{text}` is no glob over header names"));
            }
            self.prefixes.push(prefix.to_owned());
            return Ok(());
        }
        if !is_name(&text) {
            return Err(format!("`{text}` is no header name"));
        }
        if let Some(why) = refusal(&text) {
            return Err(format!("`{text}` cannot be a backend's to say: {why}"));
        }
        self.exact.push(text);
        Ok(())
    }

    /// Whether nothing is in here.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty()
    }

    /// The names that are given in full.
    pub fn exact(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(String::as_str)
    }

    /// Whether this name, in lower case, is one of them. A glob stands for no name that could not
    /// be given in full, nor for cookies, which must be named.
    pub fn contains(&self, name: &str) -> bool {
        self.exact.iter().any(|one| one == name)
            || (self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
                && name != "set-cookie"
                && refusal(name).is_none())
    }
}

/// Why a header is not a backend's to say; `None` where it may be.
fn refusal(name: &str) -> Option<&'static str> {
    match name {
        "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer"
        | "transfer-encoding" | "upgrade" => Some("it is of one connection"),
        "content-length" | "content-type" | "content-encoding" | "content-range" => {
            Some("the gateway writes the body, and says what it is")
        }
        "date" | "server" | "x-request-id" | "preference-applied" | "allow" => {
            Some("the gateway says it of itself")
        }
        "host" | "authorization" | "cookie" | "proxy-authorization" => Some("clients send it"),
        _ if name.starts_with("access-control-") => Some("`cors` says who may call"),
        _ if name.starts_with("grpc-") => Some("it is gRPC's own"),
        _ if name.ends_with("-bin") => Some("it holds bytes, and headers hold text"),
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> HeaderNames {
        let mut names = HeaderNames::default();
        list.iter().for_each(|text| names.add(text).expect(text));
        names
    }

    #[test]
    fn names_and_globs_are_contained() {
        let names = names(&["Cache-Control", "x-shop-*"]);
        for good in ["cache-control", "x-shop-region", "x-shop-"] {
            assert!(names.contains(good), "{good}");
        }
        for bad in ["etag", "x-shop", "x-shop-key-bin", "cache-control-x"] {
            assert!(!names.contains(bad), "{bad}");
        }
    }

    #[test]
    fn globs_stand_for_nothing_that_cannot_be_named() {
        let names = names(&["c*", "s*", "t*"]);
        for bad in ["connection", "content-type", "set-cookie", "server", "trailer", "te"] {
            assert!(!names.contains(bad), "{bad}");
        }
        assert!(names.contains("content-language"));
    }

    #[test]
    fn what_is_not_a_backends_is_refused() {
        for bad in [
            "*",
            "",
            "x y",
            "x-*-y",
            "Transfer-Encoding",
            "content-length",
            "access-control-allow-origin",
            "grpc-status",
            "x-key-bin",
            "x-request-id",
        ] {
            assert!(HeaderNames::default().add(bad).is_err(), "{bad}");
        }
        assert!(names(&["set-cookie"]).contains("set-cookie"));
    }
}
