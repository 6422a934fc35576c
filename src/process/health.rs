//! Asking a service whether it is well.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::door::{Door, Origin, RestClient};

/// How long one question may take, in real time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two questions.
const BETWEEN: Duration = Duration::from_millis(50);

/// Asks a service for its health until the answer is 2xx.
///
/// # Errors
/// What came of the last question, where that did not happen within the time.
pub async fn until_well(door: &Door, origin: &Origin, path: &str, within: Duration) -> Result<(), String> {
    let rest = RestClient::new(door, within);
    let until = Instant::now() + within;
    loop {
        let last = match timeout(PATIENCE, ask(&rest, origin, path)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(what)) => what,
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        if Instant::now() >= until {
            return Err(last);
        }
        sleep(BETWEEN).await;
    }
}

async fn ask(rest: &RestClient, origin: &Origin, path: &str) -> Result<(), String> {
    let request = rest.request(http::Method::GET, &format!("{origin}{path}")).map_err(|fault| fault.to_string())?;
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("it answered {}", answer.status().as_u16())),
        Err(fault) if fault.is_connect() => Err("nobody listens there".to_owned()),
        Err(fault) => Err(fault.without_url().to_string()),
    }
}
