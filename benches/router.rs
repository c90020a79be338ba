//! Finding the operation of a request, among 10 routes and among 10,000, through the REST front
//! end: what it costs must not depend on how many routes there are. `cargo bench --bench router`
//! ends with the ratios.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use dragoman::call::{Answer, BoxFuture, Call, CallError, CallService, Reply};
use dragoman::config;
use dragoman::contract::http_rule::HttpRule;
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::{Contract, Operation, load};
use dragoman::frontend::rest::{Builder, Frontend, NAME};
use dragoman::frontend::{Body, Endpoint};
use dragoman::telemetry::metrics::Metrics;
use dragoman::telemetry::record::Recorder;
use tokio::runtime::Runtime;

const FEW: usize = 10;
const MANY: usize = 10_000;

/// What is asked for: a route's own path, no route's, and a route's with another method.
const REQUESTS: [(&str, &str, &str, u16); 4] = [
    ("hit, literal path", "GET", "/v1/area7/things/all", 200),
    ("hit, path variable", "GET", "/v1/area7/things/p-1", 200),
    ("miss", "GET", "/v1/area7/nothing/p-1", 404),
    ("other method", "PATCH", "/v1/area7/things/p-1", 405),
];

fn main() -> io::Result<()> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40)
        .configure_from_args();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut best: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for routes in [FEW, MANY] {
        let frontend = frontend(routes);
        for (what, method, path, status) in REQUESTS {
            // What is measured is right.
            assert_eq!(ask(&runtime, &frontend, method, path), status, "{method} {path}");
            let mut fastest = f64::INFINITY;
            criterion.bench_function(&format!("{what}/{routes} routes"), |bencher| {
                bencher.iter_custom(|times| {
                    let start = Instant::now();
                    for _ in 0..times {
                        black_box(ask(&runtime, &frontend, method, path));
                    }
                    let taken = start.elapsed();
                    fastest = fastest.min(taken.as_secs_f64() / times as f64);
                    taken
                });
            });
            best.entry(what).or_default().push(fastest);
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out)?;
    for (what, times) in best {
        let [few, many] = times[..] else { continue };
        if few.is_finite() && many.is_finite() {
            let (few_micros, many_micros) = (few * 1e6, many * 1e6);
            writeln!(
                out,
                "{what:<20} {few_micros:.2} µs of {FEW}, {many_micros:.2} µs of {MANY}: {:.2}",
                many / few
            )?;
        }
    }
    Ok(())
}

fn ask(runtime: &Runtime, frontend: &Arc<Frontend>, method: &str, path: &str) -> u16 {
    let request = http::Request::builder().method(method).uri(path).body(Body::empty());
    let request = request.expect("a legal request");
    runtime.block_on(frontend.handle(request, None)).status().as_u16()
}

/// A front end with so many routes, all of the shop's GetProduct: half of them literal, half with
/// a variable, in areas of their own and in one large area together.
fn frontend(routes: usize) -> Arc<Frontend> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let (loaded, _) = load::proto(&[proto.join("shop/v1/products.proto")], &[proto]);
    let (contract, _) = Contract::build(&[loaded]);
    let operation = contract.operation("shop.v1.ProductService/GetProduct").expect("it is there");
    let text = "{ contracts: [{ reflection: a }], backends: { a: { grpc: { endpoints: [\"http://a\"] } } }, \
                listeners: { a: { address: \"127.0.0.1:0\" } } }";
    let config = config::parse("bench", text.to_owned(), Path::new("/"), &|_| None);
    let listener = config.expect("a legal config").listeners.remove(0);
    let settings = listener.rest.as_ref().expect("it is on by default");
    let view = Arc::new(View::json(contract.shapes().clone(), JsonNames::default()));
    let metrics = Metrics::new();
    let mut builder =
        Builder::new(settings, None, &listener.limits, view, metrics.listener(&listener.name));
    let endpoint = Endpoint {
        operation: Arc::<Operation>::clone(operation),
        service: CallService::new(Nothing),
        recorder: Arc::new(Recorder::new(operation.name(), &listener.name, NAME, &metrics)),
    };
    // The one that is asked for comes first, so that the few have it too.
    for index in (7..).take(routes / 2) {
        let (literal, variable) = if index % 2 == 1 {
            (
                format!("/v1/area{index}/things/all"),
                format!("/v1/area{index}/things/{{product_id}}"),
            )
        } else {
            (format!("/v1/all/things{index}"), format!("/v1/all/{{product_id}}/kind{index}"))
        };
        for template in [literal, variable] {
            let rule = HttpRule::parse("GET", &template, "", "").expect("a legal rule");
            builder.add(&rule, &endpoint, None);
        }
    }
    let (frontend, problems) = builder.build();
    assert!(problems.is_empty(), "{problems:?}");
    Arc::new(frontend)
}

/// Answers with an empty message.
#[derive(Debug)]
struct Nothing;

impl Answer for Nothing {
    fn answer(&self, _: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(async { Ok(Reply::message(bytes::Bytes::new())) })
    }
}
