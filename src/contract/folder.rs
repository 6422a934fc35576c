//! `contracts/<api>/<version>/` on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::behaviour::Behaviour;
use super::openapi::OpenApi;
use super::recorded::{self, Recorded};
use super::{Contract, ContractId, lint};
use crate::diagnose::{Diagnostic, Diagnostics, Place};

/// The spellings of a file's extension, the usual one first.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads every contract of a folder, `<api>/<version>/openapi.yaml` with
/// `behaviour.yaml` beside it (or `.yml`, `.json`; the second may be absent),
/// in the order of their names. A folder without contracts gives none.
///
/// # Errors
/// All faults of all files at once; a folder that can't be read.
pub fn load_dir(path: &Path) -> Result<Vec<Contract>, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut contracts = Vec::new();
    for api in folders(path, &mut faults) {
        if document(&api, "openapi").is_some() {
            let place = Place::file(&*api.to_string_lossy());
            faults.push(
                Diagnostic::error(place, "this contract has no version")
                    .expected("contracts/<api>/<version>/openapi.yaml")
                    .hint("move the files into a folder of their version, e.g. `v1`"),
            );
            continue;
        }
        for version in folders(&api, &mut faults) {
            contracts.extend(load_version(&version, path, &mut faults));
        }
    }
    if faults.has_errors() {
        // All at once: what contradicts itself in the files that could be read
        // is told with what could not be read in the others.
        faults.extend(lint::lint_each(&contracts));
        return Err(faults);
    }
    link(&mut contracts, &mut faults);
    if faults.has_errors() { Err(faults) } else { Ok(contracts) }
}

/// Gives each contract the API that its service calls back.
fn link(contracts: &mut [Contract], faults: &mut Diagnostics) {
    let callees: Vec<Contract> = contracts.iter().filter(|c| c.is_consumed()).cloned().collect();
    for callee in callees {
        let Some(behaviour) = callee.behaviour.clone() else { continue };
        let Some(callback) = &behaviour.callback else { continue };
        match contracts.iter_mut().find(|contract| contract.id == callback.of) {
            Some(caller) => caller.callee = Some(Arc::new(callee)),
            None => faults.push(
                Diagnostic::error(behaviour.place("/callback/of"), format!("there is no contract `{}`", callback.of))
                    .expected("a contract of this folder, whose jobs end here"),
            ),
        }
    }
}

/// Reads a lone OpenAPI document, with the behaviour file that is named, else
/// with the one that stands beside it, else without: then nothing is promised
/// but what the document says.
///
/// # Errors
/// All faults of both files; a file that can't be read.
pub fn load_file(path: &Path, behaviour: Option<&Path>) -> Result<Contract, Diagnostics> {
    let mut faults = Diagnostics::new();
    let openapi = OpenApi::load(path).map_err(|found| faults.extend(found)).ok();
    let beside = || document(path.parent().unwrap_or(Path::new("")), "behaviour").filter(|file| file != path);
    let behaviour = behaviour
        .map(Path::to_path_buf)
        .or_else(beside)
        .and_then(|file| Behaviour::load(&file).map_err(|found| faults.extend(found)).ok());
    let stem = name(path.file_stem().map_or(path, Path::new));
    match openapi {
        Some(openapi) if !faults.has_errors() => Ok(Contract {
            id: ContractId::new(&stem, ""),
            path: path.to_owned(),
            openapi: Arc::new(openapi),
            behaviour: behaviour.map(Arc::new),
            callee: None,
            recorded: None,
        }),
        _ => Err(faults),
    }
}

/// `all` is the folder of all contracts: what they share lies in it.
fn load_version(folder: &Path, all: &Path, faults: &mut Diagnostics) -> Option<Contract> {
    let Some(openapi) = document(folder, "openapi") else {
        let place = Place::file(&*folder.to_string_lossy());
        faults.push(
            Diagnostic::error(place, "this contract has no OpenAPI document")
                .expected("`openapi.yaml`, `openapi.yml` or `openapi.json`"),
        );
        return None;
    };
    let openapi = OpenApi::load_within(&openapi, all).map_err(|found| faults.extend(found)).ok();
    let behaviour =
        document(folder, "behaviour").map(|file| Behaviour::load(&file).map_err(|found| faults.extend(found)).ok());
    // A behaviour file that can't be read is a fault already.
    let behaviour = behaviour.flatten().map(Arc::new);
    let api = name(folder.parent()?);
    let id = ContractId::new(&api, &name(folder));
    let file = Some(folder.join(recorded::FILE)).filter(|file| file.is_file());
    let recorded = file.and_then(|file| Recorded::load(&file, &id).map_err(|found| faults.extend(found)).ok());
    Some(Contract {
        id,
        path: folder.to_owned(),
        openapi: Arc::new(openapi?),
        behaviour,
        callee: None,
        recorded: recorded.map(Arc::new),
    })
}

/// The folders in a folder by name; those whose name begins with a dot are
/// nobody's contract.
fn folders(path: &Path, faults: &mut Diagnostics) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = match listed {
        Ok(entries) => entries,
        Err(fault) => {
            let place = Place::file(&*path.to_string_lossy());
            faults.push(
                Diagnostic::error(place, format!("the folder can't be read: {fault}"))
                    .expected("a folder with contracts: <api>/<version>/openapi.yaml"),
            );
            return Vec::new();
        }
    };
    let mut found: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    found.retain(|path| path.is_dir() && !name(path).starts_with('.'));
    found.sort();
    found
}

fn document(folder: &Path, stem: &str) -> Option<PathBuf> {
    EXTENSIONS.iter().map(|extension| folder.join(format!("{stem}.{extension}"))).find(|path| path.is_file())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_folder_loads_in_the_order_of_names() {
        let contracts = load_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")).expect("loads");
        let ids: Vec<String> = contracts.iter().map(|c| c.id.to_string()).collect();
        assert!(ids.is_sorted() && ids.len() > 3, "{ids:?}");
        assert!(
            ids.iter().any(|id| id == "bulk-update/v1") && ids.iter().any(|id| id == "tabular-intake/v2"),
            "{ids:?}"
        );
        assert!(contracts.iter().all(|c| c.behaviour.is_some()));
    }

    #[test]
    fn all_faults_of_all_files_come_at_once_and_an_empty_folder_is_no_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(load_dir(folder.path()).expect("empty").is_empty());
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("a/v1/openapi.yaml", "openapi: 4.0.0\n");
        write("a/v1/behaviour.yaml", "format: 2\n");
        write("b/v1/behaviour.yaml", "format: seamstress/behaviour/1\n");
        write("c/openapi.yaml", "openapi: 3.1.0\n");
        let faults = load_dir(folder.path()).expect_err("broken").to_string();
        for what in ["version of OpenAPI", "behaviour.yaml:1:9", "has no OpenAPI document", "has no version"] {
            assert!(faults.contains(what), "{what} in:\n{faults}");
        }
        assert!(load_dir(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_lone_document_takes_the_behaviour_file_beside_it_or_the_one_that_is_named() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/bulk-update");
        let beside = load_file(&shipped.join("v1/openapi.yaml"), None).expect("loads");
        assert_eq!(beside.id.to_string(), "openapi");
        assert!(beside.behaviour.is_some_and(|b| b.lifecycle.as_ref().is_some_and(|l| l.sunset.is_some())));
        let folder = tempfile::tempdir().expect("a folder");
        let alone = folder.path().join("alone.yaml");
        std::fs::copy(shipped.join("v2/openapi.yaml"), &alone).expect("copied");
        assert!(load_file(&alone, None).expect("loads").behaviour.is_none());
        let named = load_file(&alone, Some(&shipped.join("v2/behaviour.yaml"))).expect("loads");
        assert!(named.behaviour.is_some_and(|b| b.lifecycle.as_ref().is_some_and(|l| l.sunset.is_none())));
        assert!(load_file(&alone, Some(&folder.path().join("none.yaml"))).is_err());
    }
}
