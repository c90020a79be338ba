//! Globs over service and operation names: `shop.v1.*`, `shop.v1.ProductService/Get*`.

use globset::{Glob, GlobMatcher};

/// A full name, or a glob over them. `*` stands for any text, dots and slashes included.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a pattern cannot be empty".into());
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_./*?[]{},!-".contains(c);
        if let Some(other) = text.chars().find(|c| !allowed(*c)) {
            return Err(format!("{other:?} stands in no service or operation name"));
        }
        let glob = Glob::new(text).map_err(|error| error.kind().to_string())?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a plain name, so that it can only stand for itself.
    pub fn is_plain(&self) -> bool {
        !self.text.contains(['*', '?', '[', '{'])
    }

    /// Whether it stands for this name.
    pub fn matches(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }

    /// Whether it stands for this operation, by its own name or by its service's.
    pub fn matches_operation(&self, service: &str, operation: &str) -> bool {
        self.matches(operation) || self.matches(service)
    }

    /// Of two patterns that match a name, the greater one is more specific: a plain name before
    /// any glob, then the longer one.
    pub fn specificity(&self) -> (bool, usize) {
        (self.is_plain(), self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_text() {
        let pattern = Pattern::parse("shop.v1.*").unwrap();
        assert!(pattern.matches("shop.v1.ProductService"));
        assert!(pattern.matches("shop.v1.ProductService/GetProduct"));
        assert!(pattern.matches("shop.v1.internal.Audit"));
        assert!(!pattern.matches("shop.v2.ProductService"));
        assert!(Pattern::parse("*").unwrap().matches("Root"));
    }

    #[test]
    fn service_name_stands_for_its_operations() {
        let pattern = Pattern::parse("shop.v1.Orders").unwrap();
        assert!(pattern.matches_operation("shop.v1.Orders", "shop.v1.Orders/Get"));
        assert!(!pattern.matches_operation("shop.v1.OrdersAdmin", "shop.v1.OrdersAdmin/Get"));
    }

    #[test]
    fn plain_names_are_more_specific_than_globs() {
        let order = |text: &str| Pattern::parse(text).unwrap().specificity();
        assert!(order("a.B") > order("a.very.long.*"));
        assert!(order("shop.v1.*") > order("shop.*"));
    }

    #[test]
    fn bad_patterns_say_why() {
        for bad in ["", "shop v1", "shop.[v1", "{a"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
