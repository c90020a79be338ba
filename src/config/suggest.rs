//! "Did you mean": the nearest of the names there are.

/// The name in `known` that `written` was most likely meant to be.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// What to say about `written` when it is none of `known`: the nearest name, else all of them.
pub fn hint<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(name) = nearest(written, known.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let names = known.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("only {one} is known here")),
        many => Some(format!("known here: {}", many.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_find_their_name() {
        let known = ["address", "expose", "rest", "limits", "tls"];
        assert_eq!(nearest("adress", known), Some("address"));
        assert_eq!(nearest("Rest", known), Some("rest"));
        assert_eq!(nearest("lts", known), Some("tls"));
        assert_eq!(nearest("policies", known), None);
    }

    #[test]
    fn far_names_list_what_is_known() {
        assert_eq!(hint("zzzzz", ["a", "b"]).as_deref(), Some("known here: `a`, `b`"));
        assert_eq!(hint("zzzzz", ["grpc"]).as_deref(), Some("only `grpc` is known here"));
        assert_eq!(hint("zzzzz", []), None);
    }
}
