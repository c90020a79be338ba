//! HTTP/1.1: requests, keep-alive, pipelining, panics, clients that leave.

use super::*;

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let server = start(&config(limits()));
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(get_and_stay("/").as_bytes()).await.unwrap();
        let response = read_until(&mut stream, "listener 0").await;
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = start(&config(limits()));
    let text = server.talk([get_and_stay("/refuse"), get("/")].concat()).await;
    let statuses: Vec<_> =
        text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["403", "200"], "{text}");
}

#[tokio::test]
async fn a_request_in_single_bytes_is_understood() {
    let server = start(&config(limits()));
    let mut stream = server.connect().await;
    // Begins like the preface of HTTP/2.
    for byte in "PROPFIND / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".bytes() {
        stream.write_u8(byte).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(rest(&mut stream).await.ends_with("listener 0"));
}

#[tokio::test]
async fn a_body_comes_whole_in_pieces_or_in_chunks() {
    let server = start(&config(limits()));
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n";
    stream.write_all(format!("{head}first").as_bytes()).await.unwrap();
    stream.write_all(b"-last").await.unwrap();
    read_until(&mut stream, "first-last").await;
    let chunked = "POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    stream.write_all(chunked.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.ends_with("hello world"));
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let server = start(&config(limits()));
    let mut stream = server.connect().await;
    stream.write_all(get_and_stay("/panic").as_bytes()).await.unwrap();
    let response = read_until(&mut stream, "\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
    stream.write_all(get("/").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.ends_with("listener 0"));
    assert!(server.talk(get("/")).await.ends_with("listener 0"));
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request() {
    let mut server = start(&config(limits()));
    let mut stream = server.connect().await;
    stream.write_all(get("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    drop(stream);
    server.left.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let mut server = start(&config(limits()));
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}nonsense\r\n").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    let response = rest(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.ends_with("the request body broke off"), "{response}");
}

#[tokio::test]
async fn connections_stay_on_the_core_that_took_them() {
    let mut config = config(limits());
    config.process.threads = 2;
    let server = start(&config);
    let mut cores = std::collections::BTreeSet::new();
    // The kernel deals connections out by their ports: this many on one core would be odd.
    for _ in 0..64 {
        let mut stream = server.connect().await;
        stream.write_all(get_and_stay("/core").as_bytes()).await.unwrap();
        let first = read_until(&mut stream, " is core ").await + &read_digit(&mut stream).await;
        stream.write_all(get_and_stay("/core").as_bytes()).await.unwrap();
        let second = read_until(&mut stream, " is core ").await + &read_digit(&mut stream).await;
        assert_eq!(last_line(&first), last_line(&second));
        cores.insert(last_line(&first).to_owned());
    }
    let expected = ["core-0 is core 0", "core-1 is core 1"].map(str::to_owned);
    assert!(cores.into_iter().eq(expected));
}

async fn read_digit(stream: &mut TcpStream) -> String {
    char::from(stream.read_u8().await.unwrap()).to_string()
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap()
}

#[tokio::test]
async fn each_listener_has_its_place() {
    let mut config = config(limits());
    config.listeners.push(Listener { name: "partners".into(), ..config.listeners[0].clone() });
    let server = start(&config);
    let mut stream = TcpStream::connect(server.addresses[1]).await.unwrap();
    stream.write_all(get("/").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.ends_with("listener 1"));
}

#[tokio::test]
async fn an_address_in_use_names_the_listener() {
    let server = start(&config(limits()));
    let mut config = config(limits());
    config.listeners[0].address = server.address;
    let error = Server::bind(&config, &Metrics::new()).unwrap_err().to_string();
    let expected = format!("listener public cannot listen on {}: ", server.address);
    assert!(error.starts_with(&expected), "{error}");
}
