//! Files that are there, and those that are still coming.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use uuid::Uuid;

/// How many files may be on their way at once; of more the oldest is given up.
const SESSIONS: usize = 1000;

/// The files of an environment. Whoever keeps one says afterwards whether a row
/// names it ([`Files::settle`]); files that no row names any more go when room is
/// made.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Files(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Made with the first file, gone with the environment.
    folder: Option<TempDir>,
    files: HashMap<Uuid, Named>,
    /// Files that a row is yet to name.
    pending: HashSet<Uuid>,
    sessions: HashMap<Uuid, Session>,
    /// Counts the sessions that were begun.
    begun: u64,
    /// Of files and sessions together.
    bytes: u64,
    /// So many there may be.
    most: u64,
    /// From so many on it is worth looking for files that no row names.
    sweep_at: u64,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Named {
    pub(in crate::stack::dataverse) name: String,
    pub(in crate::stack::dataverse) size: u64,
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
    begun: u64,
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
    /// None yet, and at most so many bytes of them.
    pub(in crate::stack::dataverse) fn new(most: u64) -> Self {
        Self(Mutex::new(Kept { most, sweep_at: most / 4, ..Kept::default() }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a whole file; gives its id.
    pub(super) fn keep(&self, name: String, content: &[u8]) -> io::Result<Uuid> {
        let id = Uuid::new_v4();
        let size = content.len() as u64;
        let mut kept = self.kept();
        kept.fits(size)?;
        let path = kept.path(id)?;
        kept.bytes += size;
        kept.files.insert(id, Named { name, size });
        kept.pending.insert(id);
        drop(kept);
        let written = File::create(path).and_then(|mut file| file.write_all(content));
        if written.is_err() {
            self.settle(id, false);
        }
        written.map(|()| id)
    }

    /// A row names the file by now, or never will: then it goes.
    pub(in crate::stack::dataverse) fn settle(&self, id: Uuid, named: bool) {
        let mut kept = self.kept();
        if kept.pending.remove(&id) && !named {
            kept.forget(id);
        }
    }

    /// Begins an upload in chunks; gives its token, which becomes the file's id.
    pub(super) fn begin(&self, name: String, place: (usize, Uuid, usize)) -> io::Result<Uuid> {
        let token = Uuid::new_v4();
        let mut kept = self.kept();
        File::create(kept.path(token)?)?;
        if kept.sessions.len() >= SESSIONS {
            kept.give_up();
        }
        kept.begun += 1;
        let begun = kept.begun;
        kept.sessions.insert(token, Session { name, size: 0, place, done: false, begun });
        Ok(token)
    }

    /// Adds a chunk: from where, of how much in all. Where the file is whole
    /// with it, a row is yet to name it.
    pub(super) fn chunk(
        &self,
        (token, place): (Uuid, (usize, Uuid, usize)),
        (from, total): (u64, u64),
        content: &[u8],
    ) -> io::Result<Chunk> {
        let mut kept = self.kept();
        let path = kept.path(token)?;
        let Some(session) = kept.sessions.get(&token).filter(|session| session.place == place) else {
            return Ok(Chunk::Unknown);
        };
        if session.done {
            return Ok(Chunk::Again);
        }
        if from > session.size {
            return Ok(Chunk::Gap(session.size));
        }
        let (name, size) = (session.name.clone(), session.size.max(from + content.len() as u64));
        let more = size - session.size;
        kept.fits(more)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(from))?;
        file.write_all(content)?;
        kept.bytes += more;
        let done = size >= total;
        if let Some(session) = kept.sessions.get_mut(&token) {
            (session.size, session.done) = (size, done);
        }
        if !done {
            return Ok(Chunk::Partial);
        }
        kept.files.insert(token, Named { name, size });
        kept.pending.insert(token);
        Ok(Chunk::Whole)
    }

    /// Takes in a file that another run kept, piece by piece; a row is yet to
    /// name it. `None` where it is here already.
    ///
    /// # Errors
    /// There is no room, or it can't be written.
    pub(in crate::stack::dataverse) fn take_in(&self, id: Uuid, named: Named) -> io::Result<Option<File>> {
        let mut kept = self.kept();
        if kept.files.contains_key(&id) {
            return Ok(None);
        }
        kept.fits(named.size)?;
        let file = File::create(kept.path(id)?)?;
        kept.bytes += named.size;
        kept.files.insert(id, named);
        kept.pending.insert(id);
        Ok(Some(file))
    }

    /// A file's name and size.
    pub(in crate::stack::dataverse) fn named(&self, id: Uuid) -> Option<Named> {
        self.kept().files.get(&id).cloned()
    }

    /// A file, to be read.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub(in crate::stack::dataverse) fn open(&self, id: Uuid) -> io::Result<File> {
        let path = self.kept().path(id)?;
        File::open(path)
    }

    /// A part of a file.
    pub(super) fn part(&self, id: Uuid, from: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut file = self.open(id)?;
        file.seek(SeekFrom::Start(from))?;
        let mut content = Vec::new();
        file.take(length).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Whether so many more bytes are a reason to look for files that no row
    /// names.
    pub(super) fn crowded(&self, more: u64) -> bool {
        let kept = self.kept();
        kept.bytes.saturating_add(more) > kept.sweep_at
    }

    /// Lets go of the files that nothing names. Whoever calls holds what names
    /// them, so that nobody names one meanwhile.
    pub(super) fn sweep(&self, named: &HashSet<Uuid>) {
        let mut kept = self.kept();
        let gone = kept.files.keys().filter(|id| !named.contains(*id) && !kept.pending.contains(*id));
        let gone: Vec<Uuid> = gone.copied().collect();
        gone.into_iter().for_each(|id| kept.forget(id));
        kept.sweep_at = (kept.most / 4).max(kept.bytes.saturating_mul(2)).min(kept.most);
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

    fn fits(&self, more: u64) -> io::Result<()> {
        if self.bytes.saturating_add(more) <= self.most {
            return Ok(());
        }
        let (held, most) = (self.bytes, self.most);
        Err(io::Error::other(format!(
            "with these {more} bytes there would be more than the {most} that the mock keeps ({held} are there; \
             `file_storage` of environment.yaml says how many megabytes)"
        )))
    }

    fn forget(&mut self, id: Uuid) {
        if let Some(named) = self.files.remove(&id) {
            self.bytes = self.bytes.saturating_sub(named.size);
            self.remove(id);
        }
    }

    /// The bytes of a file go. One that can't be removed is gone with the
    /// folder.
    fn remove(&mut self, id: Uuid) {
        if let Ok(path) = self.path(id) {
            let _ = fs::remove_file(path);
        }
    }

    /// Uploads that are done need not be known any more; where none is, the
    /// oldest is given up.
    fn give_up(&mut self) {
        let before = self.sessions.len();
        self.sessions.retain(|_, session| !session.done);
        if self.sessions.len() < before {
            return;
        }
        let oldest = self.sessions.iter().min_by_key(|(_, session)| session.begun).map(|(token, _)| *token);
        if let Some((token, session)) = oldest.and_then(|token| self.sessions.remove_entry(&token)) {
            self.bytes = self.bytes.saturating_sub(session.size);
            self.remove(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: (usize, Uuid, usize) = (0, Uuid::nil(), 3);

    #[test]
    fn chunks_come_in_order_and_may_come_again() {
        let files = Files::new(100);
        let token = files.begin("f.bin".into(), PLACE).expect("room");
        let chunk = |from, content: &[u8]| files.chunk((token, PLACE), (from, 6), content).expect("room");
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

    #[test]
    fn files_that_nothing_names_make_room() {
        let files = Files::new(100);
        let keep = |size: usize| files.keep("f".into(), &vec![b'x'; size]);
        let (first, second, third) = (keep(20).expect("room"), keep(20).expect("room"), keep(20).expect("room"));
        files.settle(first, true);
        files.settle(second, true);
        assert!(files.crowded(1) && keep(50).is_err());
        // The third is still to be named.
        files.sweep(&HashSet::from([first]));
        let there = [first, second, third].map(|id| files.named(id).is_some());
        assert_eq!(there, [true, false, true]);
        assert!(files.open(second).is_err(), "its bytes are gone");
        assert!(keep(50).is_ok());
        files.settle(third, false);
        assert_eq!(files.named(third), None);
    }

    #[test]
    fn of_too_many_uploads_the_oldest_is_given_up() {
        let files = Files::new(100);
        let begin = || files.begin("f".into(), PLACE).expect("room");
        let first = begin();
        files.chunk((first, PLACE), (0, 80), &[0; 70]).expect("room");
        for _ in 0..SESSIONS {
            begin();
        }
        assert_eq!(files.chunk((first, PLACE), (70, 80), &[0; 10]).expect("room"), Chunk::Unknown);
        assert!(!files.crowded(20), "its bytes count no longer");
    }
}
