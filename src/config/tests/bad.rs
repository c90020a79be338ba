//! Bad configs. The snapshots are the document of what users are told.

use std::path::Path;

use crate::config::{parse, problem::Problems};

/// What stands in for the parts of a config that a case is not about.
const BACKENDS: &str =
    "backends: { shop: { grpc: { endpoints: [\"http://127.0.0.1:50051\"] } } }\n";
const CONTRACTS: &str = "contracts: [{ reflection: shop }]\n";
const LISTENERS: &str = "listeners: { public: { address: \"127.0.0.1:8000\" } }\n";

fn problems(text: &str) -> Problems {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("proto/shop/v1")).unwrap();
    std::fs::create_dir_all(folder.path().join("other")).unwrap();
    for file in ["proto/shop/v1/product.proto", "other/stray.proto", "cert.pem"] {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    problems_in(text, folder.path())
}

fn problems_in(text: &str, folder: &Path) -> Problems {
    let lookup = |name: &str| (name == "SECRET").then(|| "hunter2".to_owned());
    match parse("dragoman.yaml", text.to_owned(), folder, &lookup) {
        Ok(config) => config.warnings,
        Err(problems) => problems,
    }
}

macro_rules! bad {
    ($($name:ident: $($text:expr),+;)*) => {$(
        #[test]
        fn $name() {
            let text = [$($text),+].concat();
            let problems = problems(&text);
            assert!(!problems.is_empty(), "nothing was found in\n{text}");
            insta::assert_snapshot!(stringify!($name), problems.render(false, 120));
        }
    )*};
}

bad! {
    yaml_that_is_no_yaml: "contracts:\n  - reflection: shop\n backends: {}\n";
    brace_that_is_never_closed: "backends: { shop: { grpc: {}\n";
    tab_as_indentation: "backends:\n\tshop: {}\n";
    variable_without_quotes_in_braces: "listeners: { public: { address: ${ADDRESS} } }\n";
    list_instead_of_a_mapping: "- contracts\n- backends\n";
    empty_file: "";
    unknown_keys_everywhere:
        "contract: []\npolicies: []\n",
        CONTRACTS,
        "backends:\n  shop:\n    grpc: { endpoint: [], endpoints: [\"http://127.0.0.1:50051\"] }\n    deadlines: 2s\n",
        "listeners:\n  public:\n    adress: 127.0.0.1:8000\n    address: 127.0.0.1:8000\n    soap: {}\n    limits: { bodies: 1MiB }\n",
        "process: { log: { fromat: json } }\n";
    key_that_stands_twice:
        BACKENDS, CONTRACTS, LISTENERS,
        "process:\n  drain: 1s\n  drain: 2s\n";
    every_value_of_a_wrong_type:
        CONTRACTS,
        "backends:\n  shop:\n    grpc:\n      endpoints: http://127.0.0.1:50051\n      max_reply: big\n      compression: gzipp\n    deadline: 30\n",
        "listeners:\n  public:\n    address: localhost:8000\n    expose: everything\n    rest:\n    limits:\n      body: 4 MB\n      connections: many\n      streams_per_connection: -1\n      depth: 5000000000\n",
        "admin: { enabled: yes }\nprocess: 4\n";
    bad_endpoints:
        CONTRACTS, LISTENERS,
        "backends:\n  shop:\n    grpc:\n      endpoints:\n        - 127.0.0.1:50051\n        - grpc://shop:50051\n        - http://shop:50051/v1\n        - http://me:hunter2@shop:50051\n        - http://shop:0\n        - http://shop:1\n        - http://shop:1\n";
    backend_without_a_protocol:
        CONTRACTS, LISTENERS,
        "backends:\n  shop: {}\n  old:\n    rest: { url: \"http://127.0.0.1:3001\" }\n  bare:\n  poor: { grpc: {} }\n";
    names_that_are_not_there:
        BACKENDS, LISTENERS,
        "contracts:\n  - reflection: shpo\n  - reflection: { backend: warehouse, interval: 10ms }\nservices:\n  shop.v1.Orders: { backend: sohp }\n";
    contracts_of_no_kind:
        BACKENDS, LISTENERS,
        "contracts:\n  - protos: {}\n  - {}\n  - proto: { files: [] }\n    descriptors: shop.binpb\n  - shop.proto\n  - descriptors:\n  - reflection: {}\n";
    files_that_are_not_there:
        BACKENDS, LISTENERS,
        "contracts:\n  - descriptors: shop.binpb\n  - proto: { files: [\"proto/**/*.porto\", \"proto/missing.proto\", \"[\"], include: [protos] }\n  - proto: { files: [\"other/*.proto\"], include: [proto] }\n";
    certificates_that_are_not_there:
        CONTRACTS,
        "backends:\n  shop:\n    grpc:\n      endpoints: [\"https://shop\"]\n      tls: { ca: ca.pem, identity: { certificate: cert.pem } }\n",
        "listeners:\n  public:\n    address: 127.0.0.1:8000\n    tls: { certificate: cert.pem, key: /nowhere/key.pem }\n";
    services_that_make_no_sense:
        BACKENDS, CONTRACTS, LISTENERS,
        "services:\n  shop.v1.Orders/Get: { backend: shop }\n  shop.v2.*:\n    backend: shop\n    operations: { Get: { deadline: 1s } }\n  \"shop v3\": { backend: shop }\n  \"shop.[v4\": { backend: shop }\n  shop.v5.Orders: {}\n";
    http_rules_that_make_no_sense:
        BACKENDS, CONTRACTS, LISTENERS,
        "services:\n  shop.v1.Orders:\n    backend: shop\n    operations:\n      Get:\n        deadline: 0s\n        http:\n          - get: v1/orders\n          - get: /v1/a\n            post: /v1/b\n          - body: \"*\"\n          - get: /v1/c\n            body: \"*\"\n          - gett: /v1/d\n      \"Get-It\": {}\n";
    several_backends_and_nobody_to_choose:
        LISTENERS,
        "contracts:\n  - proto: { files: [\"proto/**/*.proto\"], include: [proto] }\nbackends:\n  one: { grpc: { endpoints: [\"http://127.0.0.1:1\"] } }\n  two: { grpc: { endpoints: [\"http://127.0.0.1:2\"] } }\n";
    listeners_in_each_others_way:
        BACKENDS, CONTRACTS,
        "listeners:\n  public: { address: \"127.0.0.1:8000\" }\n  inner: { address: \"0.0.0.0:8000\" }\n  ops: { address: \"127.0.0.1:9000\", expose: [] }\n  any: { address: \"127.0.0.1:0\", expose: [\"shop v1\"] }\n  more: { address: \"127.0.0.1:0\", rest: { forward_headers: [\"X Y\"] } }\n";
    limits_that_are_absurd:
        BACKENDS, CONTRACTS,
        "listeners:\n  public:\n    address: 127.0.0.1:8000\n    limits: { headers: 10B, body: 0B, connections: 0, headers_timeout: 0s, idle_timeout: 48h, depth: 0 }\nprocess: { threads: 0, drain: 2h, log: { filter: \"dragoman=loud\" } }\n";
    streams_that_are_smaller_than_a_message:
        BACKENDS, CONTRACTS,
        "listeners:\n  one: { address: \"127.0.0.1:1\", limits: { stream: 1MiB } }\n  two: { address: \"127.0.0.1:2\", limits: { body: 1GiB, stream: 1MiB } }\n  all: { address: \"127.0.0.1:3\", limits: { body: 1MiB, stream: 1MiB } }\n";
    websockets_that_are_never_asked:
        BACKENDS, CONTRACTS,
        "listeners:\n  public: { address: \"127.0.0.1:1\", websocket: { ping_interval: 0s, ping: 1s } }\n";
    events_of_nothing:
        BACKENDS, CONTRACTS,
        "services:\n  shop.v1.Orders:\n    backend: shop\n    operations:\n      Track: { sse: {} }\n      Watch: { sse: { id: \"\", ids: a } }\nlisteners:\n  public: { address: \"127.0.0.1:1\", rest: { sse: { heartbeat: 0s, retry: never } } }\n";
    fields_that_make_no_sense:
        BACKENDS, CONTRACTS, LISTENERS,
        "services:\n  shop.v1.Orders:\n    backend: shop\n    operations:\n      Get: { graphql: { kind: query, hidden: true } }\n      List: { graphql: { kind: stream, field: \"\", mask: m } }\n";
    admin_for_everybody:
        BACKENDS, CONTRACTS, LISTENERS, "admin: { address: \"0.0.0.0:9000\" }\n";
    variables_that_are_not_set:
        BACKENDS, CONTRACTS,
        "listeners:\n  public:\n    address: ${HOST}:${PORT:-8000}\n    limits: { body: \"${BODY}\" }\nprocess: { threads: \"${SECRET}\", log: { filter: \"${1}\" } }\n";
    pages_that_cannot_be:
        BACKENDS, CONTRACTS,
        "listeners:\n  one:\n    address: 127.0.0.1:8000\n    rest:\n      openapi: { enabled: false, path: openapi, servers: [\"ftp://x\"], title: \"\" }\n      docs: { enabled: true, path: /docs/ }\n  two:\n    address: 127.0.0.1:8001\n    rest: { openapi: { path: /api }, docs: { path: /api } }\n  three:\n    address: 127.0.0.1:8002\n    rest: { openapi: { path: \"/{any}\" }, docs: { path: / } }\n";
    graphql_that_cannot_be:
        BACKENDS, CONTRACTS,
        "listeners:\n  one:\n    address: 127.0.0.1:8000\n    graphql:\n      path: graphql/\n      forward_headers: [\"x y\"]\n      batch: { most: 0 }\n      documents: { only: true }\n      schema: [nowhere.graphql]\n      limits: { depth: 1000, tokens: none }\n      playground: true\n  two:\n    address: 127.0.0.1:8001\n    rest: {}\n    graphql: { path: /docs }\n  three:\n    address: 127.0.0.1:8002\n    rest: { openapi: { path: /graphql } }\n    graphql: {}\n";
    cors_that_makes_no_sense:
        BACKENDS, CONTRACTS,
        "listeners:\n  open:\n    address: 127.0.0.1:8000\n    cors: { origins: [\"*\"], credentials: true, max_age: 48h }\n  mixed:\n    address: 127.0.0.1:8001\n    cors: { origins: [\"https://a.example\", \"*\"], methods: [\"GET IT\"], headers: [\"*\"], exposed_headers: [\"a b\"] }\n  wrong:\n    address: 127.0.0.1:8002\n    cors:\n      origins:\n        - app.example.com\n        - https://app.example.com/\n        - https://*example.com\n        - https://*.com\n        - https://app.example.com:port\n        - \"null\"\n  empty: { address: \"127.0.0.1:8003\", cors: { origins: [] } }\n  bare: { address: \"127.0.0.1:8004\", cors: {} }\n";
    compression_that_makes_no_sense:
        BACKENDS, CONTRACTS,
        "listeners:\n  twice:\n    address: 127.0.0.1:8000\n    compression: { codings: [gzip, br, gzip], min_size: 4GiB }\n  none: { address: \"127.0.0.1:8001\", compression: { codings: [] } }\n  other: { address: \"127.0.0.1:8002\", compression: { codings: [deflate], level: 11 } }\n";
    headers_that_a_backend_may_not_say:
        BACKENDS, CONTRACTS,
        "listeners:\n  public:\n    address: 127.0.0.1:8000\n    rest:\n      response_headers: [etag, Content-Length, \"*\", \"x y\", access-control-allow-origin, key-bin]\n      status_header: \"x code\"\n      prefer: [wait, hurry]\n";
    tls_settings_without_tls:
        CONTRACTS, LISTENERS,
        "backends:\n  shop:\n    grpc:\n      endpoints: [\"http://shop:1\"]\n      tls: {}\n";
}

#[test]
fn value_from_the_environment_is_not_repeated() {
    let text = "process: { threads: \"${SECRET}\", drain: \"${SECRET}\", log: { format: \"${SECRET}\" } }\n\
                listeners: { public: { address: \"${SECRET}\" } }\n";
    let said = problems(text).to_string();
    assert!(said.contains("dragoman.yaml:1"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn secrets_of_the_file_are_not_shown() {
    for text in [
        "listeners:\n  public: { address: bad, password: swordfish }\n",
        "password: swordfish: listeners: [\n",
    ] {
        let said = problems(text).to_string();
        assert!(said.contains("*********"), "{said}");
        assert!(!said.contains("swordfish"), "{said}");
    }
}

#[test]
fn documents_that_are_not_good_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    for (name, text) in [
        ("a.graphql", &b"{ a }"[..]),
        ("more/a.graphql", b"{ b }"),
        ("more/long.graphql", &[b' '; 101]),
        ("more/odd.graphql", b"{ \xff }"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let documents = "documents: { files: [\"**/*.graphql\"] }, limits: { document: 100 }";
    let listener = format!("{{ address: \"127.0.0.1:1\", graphql: {{ {documents} }} }}");
    let text = format!("{BACKENDS}{CONTRACTS}listeners: {{ public: {listener} }}\n");
    insta::assert_snapshot!(problems_in(&text, folder.path()).render(false, 120));
}

#[test]
fn file_that_is_not_there_is_named() {
    let problems = crate::config::load(Path::new("nowhere/dragoman.yaml")).unwrap_err();
    let said = problems.to_string();
    assert!(said.contains("cannot read config file `nowhere/dragoman.yaml`"), "{said}");
}

proptest::proptest! {
    #[test]
    fn damaged_files_have_problems_but_no_panic(
        damage in proptest::collection::vec(
            (proptest::prelude::any::<proptest::sample::Index>(), DAMAGE), 1..6
        ),
    ) {
        let mut text = super::good::FULL.chars().collect::<Vec<_>>();
        for (at, with) in damage {
            let at = at.index(text.len());
            text.splice(at..(at + 1).min(text.len()), with.chars());
        }
        let text = text.into_iter().collect::<String>();
        let said = problems_in(&text, Path::new("nowhere")).to_string();
        assert!(!said.is_empty());
    }
}

/// What a slip of the hand leaves in a YAML file.
const DAMAGE: &str = "[ \n:{}\\[\\]#&*!|>'\"%@`$,\t\\-a1é\u{feff}\u{0}]{0,3}";

#[test]
fn alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        let items = vec![format!("*a{below}"); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(problems(&text).has_errors());
}
