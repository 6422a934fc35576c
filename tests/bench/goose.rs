//! Goose by itself, as a peer of the load engine: virtual users that post a
//! body as fast as they are answered.
//!
//! `cargo bench --bench goose -- URL BODY USERS SECONDS`

use std::env::args;
use std::sync::Arc;

use goose::config::GooseConfiguration;
use goose::prelude::*;

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let given: Vec<String> = args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [url, body, users, seconds] = given.as_slice() else { return Ok(()) };
    let body: Arc<[u8]> = std::fs::read(body)?.into();
    let (host, path) = url.split_at(url.rfind('/').unwrap_or(url.len()));
    let path: Arc<str> = path.into();
    let post: TransactionFunction = Arc::new(move |user| {
        let (body, path) = (body.clone(), path.clone());
        Box::pin(async move {
            let builder = user
                .get_request_builder(&GooseMethod::Post, &path)?
                .header("Content-Type", "application/json")
                .header("X-Correlation-Id", "0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11")
                .body(body.to_vec());
            let request = GooseRequest::builder().set_request_builder(builder).build();
            let answer = user.request(request).await?;
            if let Ok(response) = answer.response {
                let _ = response.bytes().await;
            }
            Ok(())
        })
    });
    let time = format!("{seconds}s");
    let configuration = GooseConfiguration::parse_args_default(&[
        "--host",
        host,
        "--users",
        users,
        "--increase-rate",
        "1000",
        "--run-time",
        &time,
    ])?;
    GooseAttack::initialize_with_config(configuration)?
        .register_scenario(Scenario::new("post").register_transaction(Transaction::new(post)))
        .execute()
        .await?;
    Ok(())
}
