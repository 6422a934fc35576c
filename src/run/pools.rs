//! Values that exist, fetched from where the behaviour file says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::data_calls::DataCalls;
use super::open::could_not_run;
use super::{Options, RunError};
use crate::contract::behaviour::{Behaviour, Pool, PoolSource, Selector};
use crate::diagnose::Diagnostic;
use crate::generate::{Generators, Pools};
use crate::target::Target;

/// Makes the set-up calls of a contract and fetches its pools. A pool that the
/// target can't fill stays empty: what needs it is "could not make", never a
/// finding. Beside the pools: what could not be done for them.
pub(super) async fn fetch_pools(
    generators: &Arc<Generators>,
    target: &Arc<Target>,
    options: &Options,
) -> Result<(Pools, Vec<String>), RunError> {
    let contract = generators.contract();
    let Some(behaviour) = contract.behaviour.clone() else { return Ok((Pools::new(), Vec::new())) };
    let mut pools = Pools::new();
    for pool in &behaviour.pools {
        match &pool.source {
            PoolSource::Mock { table, column } => {
                if let Some(control) = &target.control {
                    pools.insert(pool.name.clone(), control.pool(table, column).await.map_err(could_not_run)?);
                }
            }
            PoolSource::File { path, values } => {
                pools.insert(pool.name.clone(), read(&behaviour, pool, path, values.as_ref())?);
            }
            PoolSource::Get { .. } | PoolSource::SetUp => pools.insert(pool.name.clone(), []),
            PoolSource::Fresh(_) => {}
        }
    }
    let mut calls = DataCalls::new(generators.clone(), target.clone(), options.clone(), pools);
    calls.play(&behaviour.set_up, "set-up").await;
    for pool in &behaviour.pools {
        if let PoolSource::Get { target, values } = &pool.source {
            calls.fetch(&pool.name, target, values).await;
        }
    }
    Ok(calls.into_parts())
}

/// Reads a pool's file; a path is relative to the behaviour file.
fn read(behaviour: &Behaviour, pool: &Pool, file: &Path, values: Option<&Selector>) -> Result<Vec<Value>, RunError> {
    let path = Path::new(&*behaviour.file).parent().map_or_else(PathBuf::new, Path::to_path_buf).join(file);
    let place = behaviour.place(&format!("/data/pools/{}/from", pool.name));
    let fault = |what: String| {
        let expected = "JSON (.json), rows under a header line (.csv), or one value a line";
        RunError::Input(Diagnostic::error(place.clone(), what).expected(expected).into())
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|why| fault(format!("the pool's file {} can't be read: {why}", path.display())))?;
    let kind = path.extension().map(std::ffi::OsStr::to_ascii_lowercase).unwrap_or_default();
    let content = match kind.to_str() {
        Some("json") => {
            serde_json::from_str(&text).map_err(|why| fault(format!("{} is no JSON: {why}", path.display())))?
        }
        Some("csv") => rows(&text).map_err(|why| fault(format!("{} is no CSV: {why}", path.display())))?,
        _ => text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect(),
    };
    Ok(chosen(&content, values))
}

/// The values in what was read: those of a selector, else each element.
fn chosen(content: &Value, values: Option<&Selector>) -> Vec<Value> {
    match (values, content) {
        (Some(selector), content) => selector.select(content).into_iter().cloned().collect(),
        (None, Value::Array(items)) => items.clone(),
        (None, one) => vec![one.clone()],
    }
}

/// A list of objects, by the names of the header line; a single column is a
/// list of its values as well.
fn rows(text: &str) -> Result<Value, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let row: serde_json::Map<String, Value> =
            header.iter().zip(record.iter()).map(|(name, value)| (name.to_owned(), value.into())).collect();
        rows.push(Value::Object(row));
    }
    Ok(Value::Array(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool_of(file: &str, text: &str, from: &str) -> Result<Vec<Value>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(file), text).expect("written");
        let name = folder.path().join("behaviour.yaml");
        let text = format!("format: seamstress/behaviour/1\ndata: {{ pools: {{ p: {{ from: {from} }} }} }}\n");
        let behaviour = Behaviour::parse(&name.to_string_lossy(), &text).expect("valid");
        let PoolSource::File { path, values } = &behaviour.pools[0].source else { panic!("no file") };
        read(&behaviour, &behaviour.pools[0], path, values.as_ref()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn files_are_json_rows_or_lines() {
        let json = pool_of("a.json", r#"{"items":[{"id":1},{"id":2}]}"#, "file a.json /items/*/id");
        assert_eq!(json.expect("read"), [1, 2]);
        assert_eq!(pool_of("a.csv", "id,name\n7,x\n8,y\n", "file a.csv /*/id").expect("read"), ["7", "8"]);
        assert_eq!(pool_of("a.txt", "one\n\n two \n", "file a.txt").expect("read"), ["one", "two"]);
        let fault = pool_of("a.json", "[", "file a.json").expect_err("broken");
        assert!(fault.contains("is no JSON") && fault.contains("behaviour.yaml:2:"), "{fault}");
        assert!(pool_of("a.txt", "", "file b.txt").expect_err("absent").contains("b.txt can't be read"));
    }
}
