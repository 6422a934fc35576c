//! Bodies and connections.

use bytes::Bytes;
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::harness::{World, send};

/// Forwards, and waits as long as it takes.
const PATIENT: &str = "<policies><inbound><set-backend-service backend-id='dataverse' /></inbound>\
    <backend><forward-request /></backend><outbound /><on-error /></policies>";

#[tokio::test]
async fn a_body_reaches_the_backend_and_one_that_a_policy_reads_does_too() {
    let world = World::with_policies("", "", "").await;
    let big = Bytes::from(vec![b'x'; 5 * 1024 * 1024]);
    assert_eq!(send(world.request(Method::POST, "/test/things").body(big.clone())).await.status, 200);
    let seen = world.backend.last();
    assert_eq!((seen.body.len(), seen.header("content-length")), (big.len(), big.len().to_string().as_str()));

    let world = World::with_policies(
        r#"<set-header name="X-Name"><value>@((string)context.Request.Body.As<JObject>(preserveContent: true)["name"])</value></set-header>"#,
        "",
        "",
    )
    .await;
    assert_eq!(send(world.request(Method::POST, "/test/things").body(r#"{"name":"n"}"#)).await.status, 200);
    let seen = world.backend.last();
    assert_eq!((seen.header("x-name"), &seen.body[..]), ("n", br#"{"name":"n"}"#.as_slice()));
    let too_much = send(world.request(Method::POST, "/test/things").body(vec![b' '; 3 * 1024 * 1024])).await;
    assert_eq!(too_much.status, 500, "more than a policy may read");
}

#[tokio::test]
async fn a_refusal_is_read_even_while_the_client_still_sends() {
    let world = World::with_policies(r#"<return-response><set-status code="413" /></return-response>"#, "", "").await;
    for _ in 0..5 {
        let answer = send(world.request(Method::POST, "/test/things").body(vec![b'x'; 8 * 1024 * 1024])).await;
        assert_eq!(answer.status, 413);
    }
    assert!(world.backend.seen().is_empty());
}

#[tokio::test]
async fn many_calls_at_once_are_answered_and_each_has_a_row() {
    let world = std::sync::Arc::new(World::with_document(PATIENT).await);
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..200 {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move { send(world.request(Method::GET, &format!("/test/things/{i}"))).await.body });
    }
    while let Some(body) = calls.join_next().await {
        assert_eq!(body.expect("no panic"), "answered");
    }
    assert_eq!(world.rows.written(), 200);
}

#[tokio::test]
async fn a_client_that_leaves_has_a_row() {
    let world = World::with_policies("", "", "").await;
    let origin = world.gateway.origin();
    let mut left = tokio::net::TcpStream::connect((origin.host.as_str(), origin.port)).await.expect("listening");
    let request = b"GET /test/things/slow HTTP/1.1\r\nHost: x\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut left, request).await.expect("sent");
    while world.backend.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(left);
    while world.rows.written() == 0 {
        tokio::task::yield_now().await;
    }
    let row = &world.rows.all()[0];
    assert_eq!((row.response_code, row.last_error_reason.as_str()), (0, "ClientConnectionFailure"));
}

/// A backend that answers the first call of each connection and closes at the
/// second, without a word.
async fn closing_at_the_second() -> crate::door::Origin {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = listener.local_addr().expect("bound").into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 16 * 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
                let _ = stream.read(&mut request).await;
            });
        }
    });
    origin
}

#[tokio::test]
async fn what_reads_is_sent_again_where_a_kept_connection_closes_and_what_writes_is_not() {
    let backend = closing_at_the_second().await;
    let world = World::with_document_before(PATIENT, Some(&backend)).await;
    for _ in 0..3 {
        assert_eq!(send(world.request(Method::GET, "/test/things")).await.status, 200);
    }
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(send(world.request(Method::POST, "/test/things").body("{}")).await.status);
    }
    assert!(answers.contains(&500), "{answers:?}");
}
