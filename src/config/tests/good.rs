//! Good configs and what they mean.

use std::path::Path;
use std::time::Duration;

use crate::config::checked::{self, BackendKind, Config, Contract};
use crate::config::{from_grpc, load, parse};

pub const MINIMAL: &str = r#"
contracts: [{ reflection: shop }]
backends: { shop: { grpc: { endpoints: ["http://127.0.0.1:50051"] } } }
listeners: { public: { address: "127.0.0.1:8000" } }
"#;

fn good_with(text: &str, variables: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    match parse("dragoman.yaml", text.to_owned(), Path::new("."), &lookup) {
        Ok(config) => config,
        Err(problems) => panic!("{problems}"),
    }
}

fn good(text: &str) -> Config {
    good_with(text, &[])
}

fn grpc(config: &Config, name: &str) -> checked::Grpc {
    let BackendKind::Grpc(grpc) = &config.backends[name].kind else { panic!("{name}") };
    grpc.clone()
}

#[test]
fn defaults_fill_in_what_is_not_written() {
    let config = good(MINIMAL);
    assert!(config.warnings.is_empty());
    assert_eq!(
        config.contracts,
        [Contract::Reflection { backend: "shop".into(), interval: Duration::from_secs(30) }]
    );
    assert_eq!(config.backends["shop"].deadline, Duration::from_secs(15));
    assert_eq!(config.backends["shop"].stream_deadline, Duration::from_secs(60 * 60));
    assert_eq!(grpc(&config, "shop").max_reply, 16 * 1024 * 1024);
    assert_eq!(config.admin, Some("127.0.0.1:9000".parse().unwrap()));
    assert_eq!(config.process.drain, Duration::from_secs(30));
    assert!(config.process.threads > 0);
    let [listener] = config.listeners.as_slice() else { panic!("{:?}", config.listeners) };
    assert_eq!(&*listener.name, "public");
    assert_eq!(listener.expose, ["*"]);
    let rest = listener.rest.as_ref().unwrap();
    assert!(rest.default_routes);
    assert_eq!(rest.openapi.path.as_deref(), Some("/openapi.json"));
    assert_eq!((&*rest.openapi.title, &*rest.openapi.version), ("public", "1"));
    assert_eq!(rest.docs.as_deref(), Some("/docs"));
    assert_eq!(listener.limits.body, 4 * 1024 * 1024);
    assert_eq!(listener.limits.stream, 16 * 1024 * 1024 * 1024);
    assert_eq!(listener.limits.depth, 100);
}

#[test]
fn page_goes_with_its_document() {
    let of = |rest: &str| {
        let rest = format!("8000\", rest: {{ {rest} }} }}");
        let config = good(&MINIMAL.replace("8000\" }", &rest));
        let rest = config.listeners[0].rest.clone().unwrap();
        (rest.openapi.path, rest.docs)
    };
    assert_eq!(of("openapi: { enabled: false }"), (None, None));
    assert_eq!(of("docs: { enabled: false }"), (Some("/openapi.json".to_owned()), None));
}

#[test]
fn rest_is_off_where_only_graphql_is_named() {
    let of = |frontends: &str| {
        let config = good(&MINIMAL.replace("8000\" }", &format!("8000\", {frontends} }}")));
        let listener = &config.listeners[0];
        (listener.rest.is_some(), listener.graphql.clone())
    };
    let (rest, graphql) = of("graphql: {}");
    assert!(!rest);
    let graphql = graphql.unwrap();
    assert_eq!(graphql.path, "/graphql");
    assert!(graphql.get && graphql.graphiql && graphql.introspection && graphql.emit_defaults);
    assert_eq!((graphql.batch, graphql.persisted), (None, Some(1000)));
    assert_eq!(graphql.limits.document, 64 * 1024);
    assert!(of("rest: {}, graphql: { path: /v1 }").0);
}

#[test]
fn only_backend_serves_everything() {
    let config = good(MINIMAL);
    let [service] = config.services.as_slice() else { panic!("{:?}", config.services) };
    assert_eq!((service.pattern.as_str(), &*service.backend), ("*", "shop"));
}

#[test]
fn everything_that_can_be_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["proto/shop/v1", "tls", "graphql"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    for name in [
        "proto/shop/v1/b.proto",
        "proto/shop/v1/a.proto",
        "proto/shop/v1/readme.md",
        "shop.binpb",
        "tls/ca.pem",
        "tls/cert.pem",
        "tls/key.pem",
        "graphql/shop.graphql",
    ] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    std::fs::write(folder.path().join("graphql/cart.gql"), "{ cart { id } }").unwrap();
    let path = folder.path().join("dragoman.yaml");
    std::fs::write(&path, FULL).unwrap();
    let config = load(&path).unwrap_or_else(|problems| panic!("{problems}"));

    let file = |name: &str| folder.path().join(name);
    assert_eq!(
        config.contracts,
        [
            Contract::Proto {
                files: vec![file("proto/shop/v1/a.proto"), file("proto/shop/v1/b.proto")],
                include: vec![file("proto")],
            },
            Contract::Descriptors(file("shop.binpb")),
            Contract::Reflection { backend: "catalog".into(), interval: Duration::from_secs(60) },
        ]
    );
    assert_eq!(config.contract_places[1].line(), 4);
    let grpc = grpc(&config, "catalog");
    assert_eq!(grpc.endpoints[0].authority(), "127.0.0.1:50051");
    assert!(grpc.endpoints[1].tls);
    assert_eq!(grpc.tls.ca, Some(file("tls/ca.pem")));
    assert_eq!(grpc.tls.identity.unwrap().key, file("tls/key.pem"));
    assert_eq!(grpc.tls.server_name.as_deref(), Some("catalog.internal"));
    assert_eq!(grpc.compression, Some(checked::Compression::Gzip));
    assert_eq!(grpc.max_request, 1_000_000);

    let orders = config.services.iter().find(|one| one.pattern == "shop.v1.Orders").unwrap();
    let settings = &orders.operations["Get"];
    assert_eq!(settings.deadline, Some(Duration::from_millis(250)));
    assert_eq!(settings.http[0].method, "GET");
    assert_eq!(settings.http[0].template, "/v1/orders/{id}");
    assert_eq!(settings.http[0].body, "");
    assert_eq!(settings.http[1].body, "order");
    assert_eq!(settings.http[1].response_body, "order");
    assert_eq!(settings.http[0].place.to_string(), format!("{}:32:18", path.display()));

    let listener = &config.listeners[0];
    assert_eq!(listener.tls.as_ref().unwrap().certificate, file("tls/cert.pem"));
    let rest = listener.rest.as_ref().unwrap();
    assert_eq!(rest.errors, checked::ErrorFormat::Problem);
    assert_eq!(rest.unknown_fields, checked::UnknownFields::Ignore);
    assert_eq!(rest.sse.heartbeat, Duration::from_secs(5));
    assert_eq!(rest.sse.retry, Some(Duration::from_secs(3)));
    let events = orders.operations["Watch"].events.as_ref().unwrap();
    assert_eq!(events.id.as_ref().unwrap().path, "sequence");
    assert_eq!(rest.forward_headers, ["x-tenant"]);
    let openapi = checked::OpenApi {
        path: Some("/v1/openapi.json".into()),
        title: "The shop".into(),
        version: "2.1".into(),
        description: "All of it.".into(),
        servers: vec!["https://api.example.com/shop".into(), "/shop".into()],
    };
    assert_eq!((&rest.openapi, rest.docs.as_deref()), (&openapi, Some("/v1/docs")));
    assert!(!rest.etag && rest.response_headers.contains("x-shop-region"));
    assert_eq!(rest.status_header.as_deref(), Some("x-http-code"));
    assert_eq!(rest.prefer, [checked::Preference::Wait, checked::Preference::Lenient]);
    let cors = listener.cors.as_ref().unwrap();
    assert!(matches!(&cors.origins, checked::Origins::Listed(origins) if origins.len() == 2));
    assert!(cors.credentials && cors.private_network);
    assert_eq!(cors.max_age, Duration::from_secs(3600));
    assert_eq!(cors.exposed_headers.as_deref(), Some(&["etag".to_owned()][..]));
    let compression = listener.compression.as_ref().unwrap();
    assert_eq!(compression.codings, [checked::Coding::Br, checked::Coding::Gzip]);
    assert_eq!(
        (compression.min_size, compression.level),
        (2048, checked::CompressionLevel::Balanced)
    );
    let graphql = listener.graphql.clone().unwrap();
    assert_eq!(
        graphql,
        checked::Graphql {
            path: "/api/graphql".to_owned(),
            graphiql: false,
            introspection: false,
            emit_defaults: false,
            forward_headers: vec!["x-tenant".to_owned()],
            get: false,
            batch: Some(5),
            persisted: Some(50),
            documents: checked::Documents {
                known: vec![checked::Document {
                    path: "graphql/cart.gql".into(),
                    name: "cart".to_owned(),
                    text: "{ cart { id } }".into(),
                }],
                only: true,
            },
            uploads: false,
            federation: true,
            schema: vec![checked::Document {
                path: "graphql/shop.graphql".into(),
                name: "shop".to_owned(),
                text: "".into(),
            }],
            single_connection_sse: true,
            limits: checked::GraphqlLimits {
                depth: 10,
                aliases: 0,
                root_fields: 5,
                complexity: 500,
                tokens: 1000,
                document: 16 * 1024,
                calls: 4,
                plans: 100,
                files: 3,
                subscriptions: 7,
                connection_init_timeout: Duration::from_secs(3),
            },
        }
    );
    let websocket = listener.websocket.as_ref().unwrap();
    assert_eq!(websocket.ping_interval, Duration::from_secs(20));
    assert_eq!(listener.limits.headers_timeout, Duration::from_secs(90));
    assert_eq!(listener.limits.stream, 2 * 1024 * 1024 * 1024);
    assert_eq!(config.admin, None);
    assert_eq!(config.process.threads, 2);
    assert_eq!(config.process.log.format, checked::LogFormat::Json);
    assert_eq!(config.masked, FULL);
}

pub const FULL: &str = r#"contracts:
  - proto: { files: ["proto/**/*.proto", "proto/shop/v1/a.proto"], include: [proto] }
  # a comment
  - descriptors: shop.binpb
  - reflection: { backend: catalog, interval: 1m }
backends:
  catalog:
    grpc:
      endpoints: ["http://127.0.0.1:50051", "https://catalog.internal"]
      tls:
        ca: tls/ca.pem
        identity: { certificate: tls/cert.pem, key: tls/key.pem }
        server_name: catalog.internal
      connect_timeout: 1s
      keep_alive_interval: 10s
      keep_alive_timeout: 5s
      max_request: 1MB
      max_reply: 8MiB
      compression: gzip
    deadline: 2s
    stream_deadline: 12h
  orders: { grpc: { endpoints: ["http://[::1]:50052"] } }
services:
  shop.v1.*: { backend: catalog }
  shop.v1.Orders:
    backend: orders
    operations:
      Watch: { sse: { id: sequence, event: state } }
      Get:
        deadline: 250ms
        http:
          - get: "/v1/orders/{id}"
          - { post: "/v1/orders:get", body: order, response_body: order }
listeners:
  public:
    address: "[::1]:8443"
    tls: { certificate: tls/cert.pem, key: tls/key.pem }
    expose: ["shop.v1.*", "shop.v2.Search/Get*"]
    rest:
      errors: problem
      unknown_fields: ignore
      emit_defaults: true
      enum_as_number: true
      original_names: true
      forward_headers: [X-Tenant]
      etag: false
      response_headers: [ETag, x-shop-*]
      status_header: X-Http-Code
      prefer: [wait, lenient]
      default_routes: false
      sse: { heartbeat: 5s, retry: 3s }
      openapi:
        enabled: true
        path: /v1/openapi.json
        title: The shop
        version: "2.1"
        description: All of it.
        servers: ["https://api.example.com/shop", /shop]
      docs: { enabled: true, path: /v1/docs }
    graphql:
      path: /api/graphql
      graphiql: false
      introspection: false
      emit_defaults: false
      forward_headers: [X-Tenant]
      get: false
      batch: { enabled: true, most: 5 }
      persisted: { automatic: true, entries: 50 }
      documents: { files: ["graphql/*.gql"], only: true }
      uploads: false
      federation: true
      schema: ["graphql/*.graphql"]
      single_connection_sse: true
      limits:
        depth: 10
        aliases: 0
        root_fields: 5
        complexity: 500
        tokens: 1000
        document: 16KiB
        calls: 4
        plans: 100
        files: 3
        subscriptions: 7
        connection_init_timeout: 3s
    cors:
      origins: ["https://*.example.com", "http://localhost:*"]
      methods: [GET]
      headers: [content-type]
      exposed_headers: [etag]
      credentials: true
      max_age: 1h
      private_network: true
    compression: { codings: [br, gzip], min_size: 2KiB, level: balanced }
    websocket: { enabled: true, ping_interval: 20s }
    limits:
      headers: 16KiB
      body: 1MiB
      stream: 2GiB
      connections: 100
      streams_per_connection: 10
      headers_timeout: 1m30s
      body_timeout: 5s
      idle_timeout: 1m
      depth: 50
admin: { enabled: false }
process:
  threads: 2
  drain: 5s
  log: { filter: "warn,dragoman=debug", format: json }
"#;

#[test]
fn variables_stand_for_values_of_any_type() {
    let text = format!(
        "{MINIMAL}process: {{ threads: \"${{THREADS}}\", drain: \"${{DRAIN:-5s}}\" }}\nadmin:\n  enabled: ${{ADMIN}}\n"
    );
    let config = good_with(&text, &[("THREADS", "3"), ("ADMIN", "false")]);
    assert_eq!(config.process.threads, 3);
    assert_eq!(config.process.drain, Duration::from_secs(5));
    assert_eq!(config.admin, None);
}

#[test]
fn variables_cannot_add_structure() {
    let text = format!("{MINIMAL}process:\n  log:\n    filter: ${{FILTER}}\n");
    let lookup = |_: &str| Some("info }\nadmin: { enabled: false".to_owned());
    let config = parse("f.yaml", text, Path::new("."), &lookup).unwrap();
    assert_eq!(config.process.log.filter, "info }\nadmin: { enabled: false");
    assert!(config.admin.is_some());
}

#[test]
fn anchors_and_merge_keys_are_read() {
    let text = r#"
contracts: [{ reflection: one }]
backends:
  one: &base { grpc: { endpoints: ["http://127.0.0.1:1"] }, deadline: 3s }
  two: { <<: *base, deadline: 4s }
  three: *base
listeners: { public: { address: "127.0.0.1:8000" } }
"#;
    let config = good(text);
    let deadline = |name: &str| config.backends[name].deadline.as_secs();
    assert_eq!((deadline("one"), deadline("two"), deadline("three")), (3, 4, 3));
    assert_eq!(grpc(&config, "two").endpoints, grpc(&config, "one").endpoints);
}

#[test]
fn environment_and_secrets_stay_out_of_the_masked_text() {
    let text = format!(
        "{MINIMAL}# password: swordfish\n# see https://me:hunter2@wiki.internal/gateway\n\
         process:\n  drain: ${{DRAIN}}\n"
    );
    let config = good_with(&text, &[("DRAIN", "7s")]);
    assert!(config.masked.contains("drain: ${DRAIN}"), "{}", config.masked);
    for secret in ["7s", "swordfish", "hunter2"] {
        assert!(!config.masked.contains(secret), "{}", config.masked);
    }
    assert!(config.masked.contains("https://me:***@wiki.internal/gateway"), "{}", config.masked);
}

#[test]
fn url_alone_makes_a_config() {
    let address = "127.0.0.1:8000".parse().unwrap();
    let admin = "127.0.0.1:9000".parse().unwrap();
    let (config, text) = from_grpc("http://localhost:50051", address, admin).unwrap();
    assert_eq!(grpc(&config, "backend").endpoints[0].authority(), "localhost:50051");
    assert_eq!(config.listeners[0].address, address);
    assert_eq!(config.admin, Some(admin));
    insta::assert_snapshot!(text);
    assert_eq!(good(&text).masked, text);
}

#[test]
fn bad_url_is_a_problem() {
    let address = "127.0.0.1:8000".parse().unwrap();
    let problems = from_grpc("localhost:50051", address, address).unwrap_err();
    insta::assert_snapshot!(problems.to_string());
}

/// Every YAML block of the documents is a config that a reader may paste.
#[test]
fn configs_in_the_documents_are_legal() {
    let mut found = 0;
    for document in ["README.md", "docs/rest.md", "docs/graphql.md"] {
        let text = std::fs::read_to_string(document).unwrap();
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap().to_owned();
            let config = parse(document, block, Path::new("."), &|_| None);
            assert_eq!(config.map(drop), Ok(()), "{document}");
            found += 1;
        }
    }
    assert!(found > 0, "the README shows a config");
}
