//! Policies that call somewhere: what is sent, when, and what comes of
//! backends that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Notify};

use super::harness::{World, send, serve};
use crate::door::Origin;

/// A document whose inbound chooses the backend.
fn document(inbound: &str, backend: &str, on_error: &str) -> String {
    format!(
        "<policies><inbound><set-backend-service backend-id='dataverse' />{inbound}</inbound>\
         <backend>{backend}</backend><outbound /><on-error>{on_error}</on-error></policies>"
    )
}

const ERROR: &str = r#"<set-header name="X-Error"><value>@($"{context.LastError.Source}/{context.LastError.Reason}/{context.LastError.Path}")</value></set-header>"#;

/// A backend that hands each of its connections, with its number, to `talk`.
async fn raw<F>(talk: impl Fn(usize, TcpStream) -> F + Send + 'static) -> Origin
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = Origin::from(listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            tokio::spawn(talk(number, stream));
        }
    });
    origin
}

/// Reads to the end of a request's header fields and on to so many bytes.
async fn read_request(stream: &mut TcpStream, body: usize) -> String {
    let mut read = Vec::new();
    loop {
        let end = read.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4 + body);
        if end.is_some_and(|end| read.len() >= end) {
            return String::from_utf8(read).expect("text");
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(n @ 1..) => read.extend_from_slice(&buffer[..n]),
            _ => return String::from_utf8(read).expect("text"),
        }
    }
}

async fn error_of(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = send(request).await;
    let error = answer.header("x-error").unwrap_or_default().to_owned();
    (answer.status, error)
}

#[tokio::test]
async fn what_is_not_mapped_is_never_dialled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let there = listener.local_addr().expect("bound");
    let inbound = format!(
        r#"<choose><when condition="@(context.Request.Url.Query.ContainsKey("send"))">
             <send-request mode="new" response-variable-name="r"><set-url>http://{there}/x</set-url><set-method>GET</set-method></send-request>
           </when><otherwise><set-backend-service base-url="http://{there}" /></otherwise></choose>"#
    );
    let world = World::with_document(&document(&inbound, "<forward-request />", ERROR)).await;
    let sent = error_of(world.request(Method::GET, "/test/things?send=1")).await;
    let path = "send-request/BackendConnectionFailure/choose[2]/when[1]/send-request[1]";
    assert_eq!(sent, (500, path.to_owned()));
    // The document's own scope chose by id, so a URL of the same scope counts.
    let forwarded = error_of(world.request(Method::GET, "/test/things")).await;
    assert_eq!(forwarded, (500, "forward-request/BackendConnectionFailure/forward-request[1]".to_owned()));
    let message = &world.rows.all()[0].last_error_message;
    assert_eq!(*message, format!("the host of http://{there} is not mapped, so nothing was sent"));
    assert!(listener.accept().now_or_never().is_none(), "nobody called");
}

#[tokio::test]
async fn a_stub_answers_in_place_of_a_host() {
    let inbound = r#"<set-backend-service base-url="https://stub.example/api" />"#;
    let world = World::with_document(&document(inbound, "<forward-request />", "")).await;
    let answer = send(world.request(Method::POST, "/test/things").body("{}")).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("x-stub")), (203, "from a stub", Some("1")));
    let row = &world.rows.all()[0];
    assert_eq!((row.backend_url.as_str(), row.backend_response_code), ("https://stub.example/api/things", 203));
}

#[tokio::test]
async fn retries_wait_by_the_clock() {
    let backend = r#"<retry condition="@(context.Response.StatusCode == 418)" count="2" interval="60" delta="60"><forward-request /></retry>"#;
    let world = Arc::new(World::with_document(&document("", backend, "")).await);
    let asked = {
        let world = Arc::clone(&world);
        tokio::spawn(async move { send(world.request(Method::GET, "/test/things/teapot")).await.status })
    };
    for (calls, seconds) in [(1, 60), (2, 120)] {
        while world.backend.seen().len() < calls {
            tokio::task::yield_now().await;
        }
        assert!(!asked.is_finished());
        // Whether the wait has begun can't be seen from here: the clock goes on
        // until it is over.
        while world.backend.seen().len() == calls && !asked.is_finished() {
            world.clock.jump(Duration::from_secs(seconds));
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(asked.await.expect("no panic"), 418);
    assert_eq!(world.backend.seen().len(), 3);
}

#[tokio::test]
async fn a_connection_that_fails_is_retried_and_the_body_sent_again_only_where_it_is_kept() {
    let backend = raw(|number, mut stream| async move {
        let request = read_request(&mut stream, 5).await;
        if number % 2 == 0 {
            return;
        }
        let body = request.rsplit("\r\n").next().expect("a body");
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let policies = r#"<choose><when condition="@(context.Request.Url.Query.ContainsKey("keep"))">
          <retry condition="@(context.Response == null)" count="3" interval="0"><forward-request buffer-request-body="true" /></retry></when>
        <when condition="@(context.Request.Url.Query.ContainsKey("wrong"))">
          <retry condition="@(context.Response.StatusCode == 500)" count="3" interval="0"><forward-request /></retry></when>
        <otherwise><forward-request /></otherwise></choose>"#;
    let world = World::with_document_before(&document("", policies, ERROR), Some(&backend)).await;
    let call = |query: &str| world.request(Method::POST, &format!("/test/things{query}")).body("12345");
    let kept = send(call("?keep=1")).await;
    assert_eq!((kept.status, kept.body.as_str()), (200, "12345"));
    let failed = |path: &str| (500, format!("forward-request/BackendConnectionFailure/choose[1]/{path}"));
    assert_eq!(error_of(call("")).await, failed("otherwise/forward-request[1]"));
    assert_eq!(send(call("")).await.status, 200, "every other connection answers");
    // A condition that needs a response can't be evaluated without one.
    assert_eq!(error_of(call("?wrong=1")).await, failed("when[2]/retry[1]/forward-request[1]"));
}

#[tokio::test]
async fn backends_that_close_early_or_say_too_much_are_survived() {
    let backend = raw(|_, mut stream| async move {
        while let request = read_request(&mut stream, 0).await
            && !request.is_empty()
        {
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let (answer, closes): (&[u8], bool) = match path.rsplit('/').next() {
                Some("trailing") => {
                    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nmore", false)
                }
                Some("short") => (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", true),
                Some("garbage") => (b"220 welcome\r\n", true),
                Some("silent") => (b"", true),
                _ => (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", false),
            };
            let _ = stream.write_all(answer).await;
            if closes {
                return;
            }
        }
    })
    .await;
    let world = World::with_document_before(&document("", "<forward-request />", ERROR), Some(&backend)).await;
    let get = |id: &str| world.request(Method::GET, &format!("/test/things/{id}"));
    for _ in 0..3 {
        assert_eq!(send(get("trailing")).await.body, "ok");
        assert_eq!(send(get("fine")).await.body, "fine");
        let broken = get("short").send().await.expect("header fields").text().await;
        assert!(broken.is_err(), "half a body is no whole one: {broken:?}");
        for id in ["garbage", "silent"] {
            let expected = "forward-request/BackendConnectionFailure/forward-request[1]";
            assert_eq!(error_of(get(id)).await, (500, expected.to_owned()), "{id}");
        }
    }
}

#[tokio::test]
async fn a_large_response_is_handed_on_while_it_comes() {
    let go = Arc::new(Notify::new());
    let answer = {
        let go = Arc::clone(&go);
        move || async move {
            let first = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 80_000])) });
            let second = futures_util::stream::once(async move {
                go.notified().await;
                Ok(Bytes::from(vec![b'b'; 80_000]))
            });
            Body::from_stream(futures_util::StreamExt::chain(first, second))
        }
    };
    let backend = serve(Router::new().fallback(answer)).await;
    let world = World::with_document_before(&document("", "<forward-request />", ""), Some(&backend)).await;
    let mut response = world.request(Method::GET, "/test/things").send().await.expect("answered");
    let mut read = 0;
    while read < 80_000 {
        read += response.chunk().await.expect("comes").expect("not the end").len();
    }
    go.notify_one();
    while let Some(chunk) = response.chunk().await.expect("comes") {
        read += chunk.len();
    }
    assert_eq!(read, 160_000);
}

#[tokio::test]
async fn wait_asks_side_by_side_and_any_is_content_with_one() {
    let together = Arc::new(Barrier::new(2));
    let answer = move |request: Request| {
        let together = Arc::clone(&together);
        async move {
            match request.uri().path() {
                "/both" => {
                    together.wait().await;
                }
                "/never" => std::future::pending().await,
                _ => {}
            }
            "here".into_response()
        }
    };
    let backend = serve(Router::new().fallback(answer)).await;
    let ask = |name: &str, path: &str| {
        format!(
            "<send-request mode='new' response-variable-name='{name}' timeout='30'>\
             <set-url>http://a.example{path}</set-url><set-method>GET</set-method></send-request>"
        )
    };
    let inbound = format!(
        r#"<set-variable name="seen" value="before" />
           <wait for="all">{}{}</wait>
           <wait for="any">{}{}</wait>
           <return-response><set-body>@($"{{context.Variables["seen"]}} {{((IResponse)context.Variables["a"]).StatusCode}} {{((IResponse)context.Variables["b"]).Body.As<string>()}} {{context.Variables.ContainsKey("c")}} {{context.Variables.ContainsKey("d")}}")</set-body></return-response>"#,
        ask("a", "/both"),
        ask("b", "/both"),
        ask("c", "/never"),
        ask("d", "/now"),
    );
    let world = World::with_document_before(&document(&inbound, "<forward-request />", ERROR), Some(&backend)).await;
    assert_eq!(send(world.request(Method::GET, "/test/things")).await.body, "before 200 here False True");
    // An error of one is the call's, with its own place.
    let inbound = format!(
        r#"<wait>{}<choose><when condition="@(true)"><send-request mode="new" response-variable-name="x"><set-url>http://nowhere.invalid/</set-url></send-request></when></choose></wait>"#,
        ask("a", "/now")
    );
    let world = World::with_document_before(&document(&inbound, "<forward-request />", ERROR), Some(&backend)).await;
    let place = "wait[2]/choose[2]/when[1]/send-request[1]";
    let expected = (500, format!("send-request/BackendConnectionFailure/{place}"));
    assert_eq!(error_of(world.request(Method::GET, "/test/things")).await, expected);
}

#[tokio::test]
async fn a_one_way_request_is_sent_and_not_waited_for() {
    let told = Arc::new(Notify::new());
    let answer = {
        let told = Arc::clone(&told);
        move |request: Request| {
            let told = Arc::clone(&told);
            async move {
                if request.uri().path() == "/hook" {
                    told.notify_one();
                    std::future::pending::<Response>().await
                } else {
                    "answered".into_response()
                }
            }
        }
    };
    let backend = serve(Router::new().fallback(answer)).await;
    let inbound = r#"<send-one-way-request mode="copy"><set-url>http://hooks.example/hook</set-url><set-method>POST</set-method></send-one-way-request>"#;
    let world = World::with_document_before(&document(inbound, "<forward-request />", ""), Some(&backend)).await;
    assert_eq!(send(world.request(Method::GET, "/test/things")).await.body, "answered");
    told.notified().await;
    world.gateway.stop().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_raises_timeout() {
    let ask = "<send-request mode='new' response-variable-name='r' timeout='1'><set-url>http://a.example/slow</set-url></send-request>";
    let inbound = format!(
        r#"<choose><when condition="@(context.Request.Method == "POST")">{}</when><otherwise>{ask}</otherwise></choose>
           <return-response><set-body>@((context.Variables["r"] == null).ToString())</set-body></return-response>"#,
        ask.replace("timeout='1'", "timeout='0' ignore-error='true'")
    );
    let world = World::with_document(&document(&inbound, "<forward-request />", ERROR)).await;
    let place = "send-request/Timeout/choose[2]/otherwise/send-request[1]";
    assert_eq!(error_of(world.request(Method::GET, "/test/things")).await, (500, place.to_owned()));
    assert_eq!(send(world.request(Method::POST, "/test/things")).await.body, "True");
}

#[tokio::test]
async fn a_body_waits_for_continue_and_not_for_ever() {
    let waited = Arc::new(AtomicUsize::new(0));
    let backend = {
        let waited = Arc::clone(&waited);
        raw(move |_, mut stream| {
            let waited = Arc::clone(&waited);
            async move {
                let head = read_request(&mut stream, 0).await;
                assert!(head.to_ascii_lowercase().contains("expect: 100-continue"), "{head}");
                assert!(head.ends_with("\r\n\r\n"), "the body came unasked: {head}");
                if head.contains("/mute") {
                    std::future::pending::<()>().await;
                }
                waited.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
                let mut body = [0; 5];
                let _ = stream.read_exact(&mut body).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n").await;
                let _ = stream.write_all(&body).await;
            }
        })
        .await
    };
    let forward = r#"<forward-request continue-timeout="@(context.Request.Url.Path.EndsWith("mute") ? 0 : 30)" />"#;
    let world = World::with_document_before(&document("", forward, ERROR), Some(&backend)).await;
    let answer = send(world.request(Method::POST, "/test/things").body("12345")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "12345"));
    let mute = error_of(world.request(Method::GET, "/test/things/mute").body("12345")).await;
    assert_eq!(mute, (500, "forward-request/Timeout/forward-request[1]".to_owned()));
    assert_eq!(waited.load(Ordering::SeqCst), 1);
}
