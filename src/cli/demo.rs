//! `dragoman demo`: the sample shop, the gateway before it, and calls to paste.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;

use super::{Failure, print, serve};
use crate::config::{self, Overrides, checked};
use crate::shop::{self, Shop};

/// What the shop's contract does not say: notices have a number, from which whoever watches them can
/// go on after a lost connection.
const SERVICES: &str = "\
services:
  \"*\": { backend: backend }
  shop.v1.NotificationService:
    backend: backend
    operations:
      Watch: { sse: { id: sequence } }
";

/// What the documentation says of the shop as a whole.
const ABOUT: &str = "\
Eight gRPC services with invented data behind a Dragoman gateway. All of this is made from what the
shop's server reflection tells; whatever is changed here is gone with the process.";

/// The order service as older clients know it, and the files that this names.
const LEGACY: &str = include_str!("../../wsdl/legacy-orders.yaml");
const LEGACY_FILES: [(&str, &str); 2] = [
    ("legacy-orders.wsdl", include_str!("../../wsdl/legacy-orders.wsdl")),
    ("legacy-orders-types.xsd", include_str!("../../wsdl/legacy-orders-types.xsd")),
];

/// The shop's services as one graph.
const JOINS: &str = include_str!("../../graphql/shop.graphql");

/// Runs the shop and the gateway in this process, on loopback, until told to stop.
pub fn run(address: SocketAddr, admin: SocketAddr, log: Overrides) -> Result<(), Failure> {
    let shop = open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let url = format!("http://{shop}");
    let (_, text) = config::from_grpc(&url, address, admin).map_err(Failure::Problems)?;
    let config = config::parse("demo", text + SERVICES, Path::new("."), &|_| None);
    let mut config = config.map_err(Failure::Problems)?;
    log.apply(&mut config).map_err(Failure::problem)?;
    for rest in config.listeners.iter_mut().filter_map(|listener| listener.rest.as_mut()) {
        rest.openapi.title = "The sample shop".to_owned();
        rest.openapi.description = ABOUT.to_owned();
    }
    let legacy = config::wsdl("wsdl/legacy-orders.yaml", LEGACY.to_owned(), &mut legacy_file);
    let legacy = legacy.map_err(Failure::Problems)?;
    for soap in config.listeners.iter_mut().filter_map(|listener| listener.soap.as_mut()) {
        soap.wsdl.push(legacy.clone());
    }
    for graphql in config.listeners.iter_mut().filter_map(|listener| listener.graphql.as_mut()) {
        graphql.single_connection_sse = true;
        graphql.schema.push(checked::Document {
            path: "graphql/shop.graphql".into(),
            name: "shop".to_owned(),
            text: JOINS.into(),
        });
    }
    serve::run(config, |addresses| {
        let Some(gateway) = addresses.listeners.first() else { return };
        // Whoever closed stdout does not want the tour; the demo runs all the same.
        let _ = print(|out| {
            writeln!(
                out,
                "The sample shop is open behind http://{gateway}. Paste in another terminal:\n"
            )?;
            writeln!(out, "{}", shop::tour(*gateway))?;
            writeln!(out, "In a browser, with a try-it-out: http://{gateway}/docs")?;
            writeln!(out, "The same for machines: http://{gateway}/openapi.json")?;
            writeln!(out, "All of it as one graph: http://{gateway}/graphql")?;
            writeln!(
                out,
                "The orders by a WSDL that older clients have: http://{gateway}/soap/legacy/orders?wsdl"
            )?;
            if let Some(admin) = addresses.admin {
                writeln!(out, "Metrics, health and config: http://{admin}/")?;
            }
            writeln!(out, "Stop with Ctrl-C.")
        });
    })
}

fn legacy_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let found = LEGACY_FILES.iter().find(|(name, _)| Path::new(name) == path);
    let found = found.map(|(_, text)| text.as_bytes().to_vec());
    found.ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

/// Runs the shop alone until the process ends, for benchmarks and for trying `serve --grpc`.
pub fn shop(address: SocketAddr) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::runtime)?.block_on(async {
        let running = Shop::start(address).await.map_err(Failure::runtime)?;
        print(|out| writeln!(out, "the sample shop listens on {}", running.address))?;
        running.closed().await.map_err(Failure::runtime)
    })
}

/// Opens the shop on a thread and a runtime of its own, so that it is to the gateway what another
/// process would be.
fn open(address: SocketAddr) -> Result<SocketAddr, Failure> {
    let (opened, address_of) = mpsc::channel();
    let serve = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let running = Shop::start(address).await?;
            // The other side waits for this before it does anything else.
            let _ = opened.send(running.address);
            running.closed().await
        })
    };
    let thread = std::thread::Builder::new().name("shop".to_owned()).spawn(serve);
    let thread: std::thread::JoinHandle<std::io::Result<()>> = thread.map_err(Failure::runtime)?;
    address_of.recv().map_err(|_| match thread.join() {
        Ok(Err(error)) => Failure::Runtime(format!("the sample shop cannot open: {error}")),
        _ => Failure::Runtime("the sample shop cannot open".to_owned()),
    })
}
