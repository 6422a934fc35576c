//! Files that are there, and those that are still coming.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use uuid::Uuid;

/// How many files may be on their way at once.
const SESSIONS: usize = 1000;

/// The files of an environment.
#[derive(Debug, Default)]
pub(in crate::stack::dataverse) struct Files(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Made with the first file, gone with the environment.
    folder: Option<TempDir>,
    files: HashMap<Uuid, Named>,
    sessions: HashMap<Uuid, Session>,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) size: u64,
}

/// A file that comes in chunks.
#[derive(Clone, Debug)]
struct Session {
    name: String,
    /// So much of it is there.
    size: u64,
    /// The column of the row that it is for.
    place: (usize, Uuid, usize),
    done: bool,
}

/// What a chunk leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// More is to come.
    Partial,
    /// The file is whole.
    Whole,
    /// It was whole before.
    Again,
    /// There is no such upload, or not of this column.
    Unknown,
    /// It does not follow what is there: so much is.
    Gap(u64),
}

impl Files {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a whole file; gives its id.
    pub(super) fn keep(&self, name: String, content: &[u8]) -> io::Result<Uuid> {
        let id = Uuid::new_v4();
        let path = self.kept().path(id)?;
        File::create(path)?.write_all(content)?;
        self.kept().files.insert(id, Named { name, size: content.len() as u64 });
        Ok(id)
    }

    /// Begins an upload in chunks; gives its token, which becomes the file's id.
    pub(super) fn begin(&self, name: String, place: (usize, Uuid, usize)) -> io::Result<Uuid> {
        let token = Uuid::new_v4();
        let mut kept = self.kept();
        File::create(kept.path(token)?)?;
        if kept.sessions.len() >= SESSIONS {
            let ended: Vec<Uuid> = kept.sessions.iter().filter(|(_, s)| s.done).map(|(id, _)| *id).collect();
            ended.iter().for_each(|id| drop(kept.sessions.remove(id)));
        }
        kept.sessions.insert(token, Session { name, size: 0, place, done: false });
        Ok(token)
    }

    /// Adds a chunk: from where, of how much in all.
    pub(super) fn chunk(
        &self,
        (token, place): (Uuid, (usize, Uuid, usize)),
        (from, total): (u64, u64),
        content: &[u8],
    ) -> io::Result<Chunk> {
        let mut kept = self.kept();
        let path = kept.path(token)?;
        let Some(session) = kept.sessions.get_mut(&token).filter(|session| session.place == place) else {
            return Ok(Chunk::Unknown);
        };
        if session.done {
            return Ok(Chunk::Again);
        }
        if from > session.size {
            return Ok(Chunk::Gap(session.size));
        }
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(from))?;
        file.write_all(content)?;
        session.size = session.size.max(from + content.len() as u64);
        if session.size < total {
            return Ok(Chunk::Partial);
        }
        session.done = true;
        let named = Named { name: session.name.clone(), size: session.size };
        kept.files.insert(token, named);
        Ok(Chunk::Whole)
    }

    pub(super) fn named(&self, id: Uuid) -> Option<Named> {
        self.kept().files.get(&id).cloned()
    }

    /// A part of a file.
    pub(super) fn part(&self, id: Uuid, from: u64, length: u64) -> io::Result<Vec<u8>> {
        let path = self.kept().path(id)?;
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut content = Vec::new();
        file.take(length).read_to_end(&mut content)?;
        Ok(content)
    }
}

impl Kept {
    fn path(&mut self, id: Uuid) -> io::Result<PathBuf> {
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => TempDir::with_prefix("seamstress-files-")?,
        };
        Ok(self.folder.insert(folder).path().join(id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_in_order_and_may_come_again() {
        let files = Files::default();
        let place = (0, Uuid::nil(), 3);
        let token = files.begin("f.bin".into(), place).expect("room");
        let chunk = |from, content: &[u8]| files.chunk((token, place), (from, 6), content).expect("room");
        assert_eq!(chunk(0, b"abc"), Chunk::Partial);
        assert_eq!(chunk(0, b"abc"), Chunk::Partial);
        assert_eq!(chunk(4, b"ef"), Chunk::Gap(3));
        assert_eq!(files.named(token), None);
        assert_eq!(chunk(3, b"def"), Chunk::Whole);
        assert_eq!(chunk(3, b"def"), Chunk::Again);
        assert_eq!(files.chunk((token, (1, Uuid::nil(), 3)), (0, 6), b"x").expect("room"), Chunk::Unknown);
        assert_eq!(files.named(token), Some(Named { name: "f.bin".into(), size: 6 }));
        assert_eq!(files.part(token, 2, 3).expect("there"), b"cde");
    }
}
