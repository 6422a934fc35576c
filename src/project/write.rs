//! Putting a project into a folder.

use std::io;
use std::path::{Path, PathBuf};

use super::plan::{Plan, PlannedFile};

/// Why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The contract's own files are there; nothing was written.
    #[error("nothing is written: these files are there already\n  {}\nhint: --as NAME/VERSION makes another contract; delete them to begin anew", listed(.0))]
    There(Vec<PathBuf>),
    /// A file or folder could not be made.
    #[error("{0} can't be written: {1}")]
    File(PathBuf, io::Error),
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join("\n  ")
}

/// What became of a project's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Made, in the order of the plan.
    pub made: Vec<PathBuf>,
    /// Were there, and stay as they are.
    pub kept: Vec<PathBuf>,
}

/// Writes a plan into a folder. Files that several contracts share stay as they
/// are where they are there.
///
/// # Errors
/// One of the contract's own files is there: then nothing is written. A file
/// can't be written.
pub fn write(plan: &Plan, folder: &Path) -> Result<Written, WriteError> {
    let is_there = |file: &&PlannedFile| folder.join(&file.path).exists();
    let taken: Vec<PathBuf> =
        plan.files.iter().filter(|file| !file.shared).filter(is_there).map(|file| folder.join(&file.path)).collect();
    if !taken.is_empty() {
        return Err(WriteError::There(taken));
    }
    let mut written = Written::default();
    for file in &plan.files {
        if is_there(&file) {
            written.kept.push(file.path.clone());
            continue;
        }
        put(&folder.join(&file.path), &file.text)?;
        written.made.push(file.path.clone());
    }
    Ok(written)
}

fn put(path: &Path, text: &str) -> Result<(), WriteError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|fault| WriteError::File(path.to_owned(), fault))
}
