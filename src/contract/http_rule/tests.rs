use proptest::prelude::*;

use super::*;

fn error(text: &str) -> (usize, String) {
    let error = Template::parse(text).expect_err(text);
    (error.offset.expect("a place"), error.message)
}

#[test]
fn templates_are_read() {
    let template = Template::parse("/v1/{name=shelves/*/books/**}:read").expect("legal");
    let literal = |text: &str| Segment::Literal(text.to_owned());
    assert_eq!(
        template.segments,
        [literal("v1"), literal("shelves"), Segment::One, literal("books"), Segment::Rest]
    );
    assert_eq!(template.verb.as_deref(), Some("read"));
    let [variable] = template.variables.as_slice() else { panic!("{template:?}") };
    assert_eq!((variable.path.join("."), variable.start, variable.end), ("name".into(), 1, 5));
}

#[test]
fn canonical_form_says_the_same() {
    for (text, canonical) in [
        ("/", "/"),
        ("/v1", "/v1"),
        ("/v1/{id=*}", "/v1/{id}"),
        ("/v1/{book.shelf.id}/x", "/v1/{book.shelf.id}/x"),
        ("/v1/{name=a/*}/{rest=**}", "/v1/{name=a/*}/{rest=**}"),
        ("/v1/{name=a}:go", "/v1/{name=a}:go"),
        ("/v1/**:go", "/v1/**:go"),
        ("/*/a/*", "/*/a/*"),
        ("/urn:isbn/x", "/urn%3Aisbn/x"),
        ("/a:b:c", "/a%3Ab:c"),
        ("/{x=a:b}", "/{x=a%3Ab}"),
        ("/caf%C3%A9/%2F", "/caf%C3%A9/%2F"),
        ("/café", "/caf%C3%A9"),
        ("/a=b;c,d", "/a%3Db%3Bc%2Cd"),
    ] {
        let template = Template::parse(text).expect(text);
        assert_eq!(template.to_string(), canonical, "{text}");
        assert_eq!(template.text, text);
    }
}

#[test]
fn bad_templates_say_where() {
    for (text, offset, message) in [
        ("", 0, "a path begins with `/`"),
        ("v1", 0, "a path begins with `/`"),
        ("//", 1, "expected a literal, `*`, `**` or `{`, but found '/'"),
        ("/v1/", 4, "expected a literal, `*`, `**` or `{`, but it ends"),
        ("/v1/:go", 4, "expected a literal, `*`, `**` or `{`, but found ':'"),
        ("/v1:", 4, "expected a verb, but it ends"),
        ("/a:b/{c}:", 9, "expected a verb, but it ends"),
        ("/{a", 3, "expected `}`"),
        ("/{}", 2, "expected the name of a field, but found '}'"),
        ("/{1a}", 2, "expected the name of a field, but found '1'"),
        ("/{a.}", 4, "expected the name of a field, but found '}'"),
        ("/{a={b}}", 4, "a variable holds no other variable"),
        ("/{a}/{a}", 6, "variable a stands twice"),
        ("/{a=}", 4, "expected a literal, `*`, `**` or `{`, but found '}'"),
        ("/**/a", 4, "nothing but a verb can follow `**`"),
        ("/{a=**}/b", 8, "nothing but a verb can follow `**`"),
        ("/a*", 2, "expected `/`, `:` or the end, but found '*'"),
        ("/***", 3, "expected `/`, `:` or the end, but found '*'"),
        ("/{a}b", 4, "expected `/`, `:` or the end, but found 'b'"),
        ("/a}", 2, "expected `/`, `:` or the end, but found '}'"),
        ("/a b", 2, "expected `/`, `:` or the end, but found ' '"),
        ("/a?b", 2, "expected `/`, `:` or the end, but found '?'"),
        ("/a%2", 2, "expected two hexadecimal digits after `%`"),
        ("/ab%zz", 3, "expected two hexadecimal digits after `%`"),
        ("/%ff", 1, "not UTF-8 once it is decoded"),
        ("/a:b:%", 5, "expected two hexadecimal digits after `%`"),
    ] {
        assert_eq!(error(text), (offset, message.to_owned()), "{text}");
    }
    assert_eq!(error(&format!("/{}", "a".repeat(5000))).0, 4096);
}

#[test]
fn rules_are_read() {
    let rule = HttpRule::parse("get", "/v1/{id}", "", "item").expect("legal");
    assert_eq!((rule.method.as_str(), &rule.body), ("GET", &Body::None));
    assert_eq!(rule.response_body.as_deref(), Some("item"));
    assert_eq!(rule.note(), None);
    let rule = HttpRule::parse("GET", "/v1", "*", "").expect("legal");
    assert_eq!((&rule.body, &rule.response_body), (&Body::Whole, &None));
    assert!(rule.note().is_some());
    // The usual rule of an update: the path names a field of the body.
    let rule = HttpRule::parse("PATCH", "/v1/{book.name}", "book", "").expect("legal");
    assert_eq!(rule.body, Body::Field("book".to_owned()));
    for (method, path, body, message) in [
        ("", "/v1", "", "\"\" is no HTTP method"),
        ("GE T", "/v1", "", "\"GE T\" is no HTTP method"),
        ("PUT", "/v1/{book}", "book", "field book is both the body and in the path"),
        (
            "PUT",
            "/v1/",
            "",
            "at byte 4 of the path: expected a literal, `*`, `**` or `{`, but it ends",
        ),
    ] {
        let error = HttpRule::parse(method, path, body, "").expect_err(path);
        assert_eq!(error.to_string(), message);
    }
}

proptest! {
    #[test]
    fn parser_never_panics(text in "[/{}*:.=%a-c0-9é ]{0,24}|.{0,24}") {
        if let Ok(template) = Template::parse(&text) {
            for variable in &template.variables {
                prop_assert!(variable.start < variable.end);
                prop_assert!(variable.end <= template.segments.len());
            }
            let again = Template::parse(&template.to_string()).expect("what is printed is legal");
            prop_assert_eq!(again.to_string(), template.to_string());
            prop_assert_eq!(
                (again.segments, again.variables, again.verb),
                (template.segments, template.variables, template.verb)
            );
        }
    }

    #[test]
    fn printing_gives_back_what_was_read(text in canonical()) {
        prop_assert_eq!(Template::parse(&text).expect("legal").to_string(), text);
    }
}

/// Canonical templates with distinct variables.
fn canonical() -> impl Strategy<Value = String> {
    let part = || prop_oneof![Just("*".to_owned()), "[a-z0-9_.~-]{1,4}"];
    let segment = prop_oneof![
        2 => part(),
        1 => Just("{v}".to_owned()),
        1 => (part(), part()).prop_map(|(a, b)| format!("{{v={a}/{b}}}")),
    ];
    let end = prop_oneof![Just(""), Just("/**"), Just("/{w=**}"), Just("/{w=a/**}")];
    let verb = prop_oneof![Just(""), Just(":go")];
    (prop::collection::vec(segment, 1..5), end, verb).prop_map(|(segments, end, verb)| {
        let number = |(i, segment): (usize, &String)| segment.replace("{v", &format!("{{v{i}"));
        let segments: Vec<String> = segments.iter().enumerate().map(number).collect();
        format!("/{}{end}{verb}", segments.join("/"))
    })
}
