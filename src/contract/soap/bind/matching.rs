//! When two names are the same to people.

/// A name without case, underscores and the like: `getOrder`, `GetOrder` and `get_order` are one.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two names are the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// Whether `plural` is a list of what `singular` names: `items` of `Item`, `entries` of `Entry`.
pub(super) fn is_plural(plural: &str, singular: &str) -> bool {
    let (plural, singular) = (key(plural), key(singular));
    let stem = singular.strip_suffix('y');
    plural == format!("{singular}s")
        || plural == format!("{singular}es")
        || stem.is_some_and(|stem| plural == format!("{stem}ies"))
        || plural == format!("{singular}list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_every_house_style() {
        for name in ["getOrder", "GetOrder", "get_order", "GET-ORDER"] {
            assert!(same(name, "GetOrder"), "{name}");
        }
        assert!(!same("getOrders", "getOrder"));
    }

    #[test]
    fn lists_are_known_by_their_items() {
        for (plural, singular) in [
            ("items", "Item"),
            ("Addresses", "address"),
            ("entries", "Entry"),
            ("LineList", "line"),
        ] {
            assert!(is_plural(plural, singular), "{plural}");
        }
        assert!(!is_plural("item", "items"));
    }
}
