//! Expected text with holes, and putting a new expectation into a file.

/// Whether `actual` is what `expected` says; `[..]` stands for anything within a line.
pub fn matches(expected: &str, actual: &str) -> bool {
    let (mut expected, mut actual) = (expected.trim_end().lines(), actual.trim_end().lines());
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(expected), Some(actual)) if line_matches(expected, actual) => {}
            _ => return false,
        }
    }
}

fn line_matches(expected: &str, actual: &str) -> bool {
    let mut parts = expected.trim_end().split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = actual.trim_end().strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The file's text with the `expect: |` of the case `name` replaced, or added where it had none.
pub fn replace(file: &str, name: &str, actual: &str) -> String {
    let lines: Vec<&str> = file.lines().collect();
    let is_case = |line: &str| line.trim_start().starts_with("- name: ");
    let start = lines
        .iter()
        .position(|line| is_case(line) && line.trim_start()["- name: ".len()..].trim() == name)
        .unwrap_or_else(|| panic!("no case {name} in the file"));
    let indent = lines[start].len() - lines[start].trim_start().len() + 2;
    let next = lines[start + 1..].iter().position(|line| is_case(line));
    let mut end = next.map_or(lines.len(), |next| start + 1 + next);
    // Empty lines and comments before the next case are not this one's.
    while lines[end - 1].trim().is_empty() || lines[end - 1].trim_start().starts_with('#') {
        end -= 1;
    }
    let head = format!("{}expect: |", " ".repeat(indent));
    let body = lines[start..end].iter().position(|line| *line == head).map_or(end, |at| start + at);

    let mut text: Vec<String> = lines[..body].iter().map(|line| (*line).to_owned()).collect();
    text.push(head);
    for line in actual.trim_end().lines() {
        let line = format!("{}{line}", " ".repeat(indent + 2));
        text.push(line.trim_end().to_owned());
    }
    text.extend(lines[end..].iter().map(|line| (*line).to_owned()));
    text.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_match_within_a_line() {
        assert!(matches("404\n{\"message\":\"[..]\"}\n", "404\n{\"message\":\"no route\"}"));
        assert!(matches("a[..]b[..]c", "a1b2c"));
        assert!(!matches("a[..]c", "a\nc"));
        assert!(!matches("a[..]b[..]c", "a1c"));
        assert!(!matches("abc", "abcd"));
        assert!(!matches("a", "a\nb"));
        assert!(!matches("aa[..]aa", "aaa"));
    }

    #[test]
    fn expectation_is_replaced_in_its_case_only() {
        let file = "cases:\n  - name: one\n    expect: |\n      200\n\n  # two\n  - name: two\n    expect: |\n      404\n";
        let replaced = replace(file, "one", "500\n\nbody");
        assert_eq!(replaced, file.replacen("200", "500\n\n      body", 1));
        let added = replace("cases:\n  - name: one\n    request: {}\n", "one", "200");
        assert_eq!(added, "cases:\n  - name: one\n    request: {}\n    expect: |\n      200\n");
    }
}
