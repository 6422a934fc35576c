//! Values that exist, fetched from where the behaviour file says.

use std::path::Path;

use http::Method;
use serde_json::Value;

use super::open::could_not_run;
use super::{Options, RunError};
use crate::contract::Contract;
use crate::contract::behaviour::{Pool, PoolSource, Selector};
use crate::diagnose::{Diagnostic, Place};
use crate::door::RestClient;
use crate::generate::Pools;
use crate::target::Target;

/// Fetches the pools of a contract. A pool that the target can't fill stays
/// empty: what needs it is "could not make", never a finding.
pub(super) async fn fetch_pools(contract: &Contract, target: &Target, options: &Options) -> Result<Pools, RunError> {
    let mut pools = Pools::new();
    let Some(behaviour) = &contract.behaviour else { return Ok(pools) };
    for pool in &behaviour.pools {
        let values = match &pool.source {
            PoolSource::Mock { table, column } => match &target.control {
                Some(control) => control.pool(table, column).await.map_err(could_not_run)?,
                None => Vec::new(),
            },
            PoolSource::Get { target: path, values } => get(contract, target, path, values).await,
            PoolSource::File { path, .. } => read(behaviour.place("/data/pools"), &options.contracts, contract, path)?,
            PoolSource::Fresh(_) | PoolSource::SetUp => Vec::new(),
        };
        insert(&mut pools, pool, values);
    }
    Ok(pools)
}

fn insert(pools: &mut Pools, pool: &Pool, values: Vec<Value>) {
    pools.insert(pool.name.clone(), values);
}

async fn get(contract: &Contract, target: &Target, path: &str, values: &Selector) -> Vec<Value> {
    let identity = contract.behaviour.as_ref().and_then(|b| b.identity.as_ref());
    let client = RestClient::new(&target.door, std::time::Duration::from_secs(30));
    let Ok(mut request) = client.request(Method::GET, &format!("{}{path}", target.gateway)) else { return Vec::new() };
    if let Ok(caller) = target.clients.client(identity, "pools").await
        && let Some(token) = caller.token
    {
        request = request.bearer_auth(token.expose());
    }
    if let Some(correlation) = contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref()) {
        request = request.header(&correlation.header, uuid::Uuid::new_v4().to_string());
    }
    match request.send().await {
        Ok(answer) => answer
            .json::<Value>()
            .await
            .map_or_else(|_| Vec::new(), |body| values.select(&body).into_iter().cloned().collect()),
        Err(_) => Vec::new(),
    }
}

fn read(place: Place, contracts: &Path, contract: &Contract, file: &Path) -> Result<Vec<Value>, RunError> {
    let folder = if contract.path.is_dir() { contract.path.as_path() } else { contracts };
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).map_err(|fault| {
        let what = format!("the pool's file {} can't be read: {fault}", path.display());
        RunError::Input(Diagnostic::error(place, what).hint("one value a line, relative to the behaviour file").into())
    })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect())
}
