//! GraphQL documents: those of the end-to-end cases, and some that use what the language has.

use dragoman_fuzz::CONTRACT;
use dragoman_fuzz::graphql::Input;
use serde_json::Value;

use crate::{Seeds, strings};

const DOCUMENTS: [(&str, &str); 14] = [
    ("{query(name:\"a\",number:1){name number large huge ratio flag}}", ""),
    ("{a:query{data colour numbers words colours nested{name inner{depth}}}}", ""),
    ("{query{counts{key value} choice{__typename ... on EverythingChoiceLeft{left}}}}", ""),
    ("{query{time span mask wrapped object any children{...N}}} fragment N on Nested{name}", ""),
    (
        "query($n:Int,$c:EverythingColour){query(number:$n,colour:$c){number}}",
        r#"{"n":1,"c":"RED"}"#,
    ),
    ("query($b:Boolean!){query{name @skip(if:$b) number @include(if:$b)}}", r#"{"b":true}"#),
    (
        "query($l:Int64,$o:JSON){query(large:$l,object:$o){large object}}",
        r#"{"l":"9","o":{"a":[1]}}"#,
    ),
    (
        "query($n:NestedInput){query(nested:$n,choice:{right:2}){nested{name}}}",
        r#"{"n":{"name":"x"}}"#,
    ),
    ("query A{query{name}} query B{__typename}", ""),
    ("{__schema{types{name fields{name args{name}}}} __type(name:\"Nested\"){kind}}", ""),
    ("mutation{plain(words:[\"a\",\"b\"],counts:[{key:\"k\",value:3}]){counts{value}}}", ""),
    ("mutation{x:nothing y:raw(name:\"a\",content:{contentType:\"b\",data:\"YWJj\"}){data}}", ""),
    ("subscription{follow(name:\"\"\"block\"\"\"){name}}", ""),
    ("{query(time:\"2026-01-02T03:04:05Z\",span:\"1.5s\",maybe:null){time span maybe}}", ""),
];

/// Each document alone, and with a reply.
pub fn seeds(cases: &[Value], seeds: &mut Seeds) {
    let seeds = seeds.entry("graphql").or_default();
    let mut add = |document: &str, variables: &str| {
        for reply in [&b""[..], b"\x0a\x01a\x10\x05\x48\x01\x48\x02\x62\x03\x0a\x01b\x7a\x01c"] {
            let input = Input { document, variables: variables.as_bytes(), reply };
            seeds.insert(input.write());
        }
    };
    for (document, variables) in DOCUMENTS {
        add(document, variables);
    }
    for case in cases {
        strings(case, &mut |text| {
            let Ok(body) = serde_json::from_str::<Value>(text) else { return };
            if let Some(document) = body["query"].as_str() {
                let variables = body.get("variables").map(Value::to_string);
                add(document, &variables.unwrap_or_default());
            }
        });
    }
}

/// Words of the language and of the contract.
pub fn dictionary() -> String {
    let mut words: Vec<String> = [
        "query",
        "mutation",
        "subscription",
        "fragment",
        " on ",
        "...",
        "__typename",
        "__schema",
        "@include(if:",
        "@skip(if:",
        "$v",
        "null",
        "true",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
    ]
    .map(str::to_owned)
    .into();
    if let Some(id) = CONTRACT.shapes().id("cases.v1.Everything") {
        words.extend(CONTRACT.shapes().get(id).fields.iter().map(|f| f.json_name.to_string()));
    }
    words.iter().map(|word| format!("\"{word}\"\n")).collect()
}
