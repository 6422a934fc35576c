//! A log that grows, read in whole lines from a position on.

use std::fmt;
use std::io;
use std::sync::Arc;

/// The most that one reading gives, in bytes.
const MOST: usize = 1024 * 1024;

/// Where the service's log is read.
#[derive(Clone)]
pub struct LogSource(Arc<ReadAt>);

type ReadAt = dyn Fn(u64, &mut [u8]) -> io::Result<usize> + Send + Sync;

impl LogSource {
    /// From a function that reads bytes from a position on, as many as there
    /// are and fit.
    pub fn new(read_at: impl Fn(u64, &mut [u8]) -> io::Result<usize> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read_at))
    }

    /// Whole lines from a position on, and the position to go on from. A line
    /// that is longer than one reading is cut.
    pub(super) fn lines(&self, since: u64) -> io::Result<(String, u64)> {
        let mut bytes = vec![0; MOST];
        let mut read = 0;
        while read < MOST {
            match (self.0)(since + read as u64, &mut bytes[read..])? {
                0 => break,
                more => read += more,
            }
        }
        let whole = match bytes[..read].iter().rposition(|byte| *byte == b'\n') {
            Some(last) => last + 1,
            None if read == MOST => read,
            None => 0,
        };
        Ok((String::from_utf8_lossy(&bytes[..whole]).into_owned(), since + whole as u64))
    }
}

impl fmt::Debug for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSource")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_waits_for_its_end() {
        let source = |text: &'static str| {
            LogSource::new(move |at, buffer: &mut [u8]| {
                let left = text.as_bytes().get(at as usize..).unwrap_or_default();
                // As a pipe gives it: a few bytes at a time.
                let some = left.len().min(buffer.len()).min(3);
                buffer[..some].copy_from_slice(&left[..some]);
                Ok(some)
            })
        };
        assert_eq!(source("one\ntwo\nhal").lines(0).expect("read"), ("one\ntwo\n".to_owned(), 8));
        assert_eq!(source("one\ntwo\nhal").lines(8).expect("read"), (String::new(), 8));
        assert_eq!(source("one\ntwo\nhalf\n").lines(8).expect("read"), ("half\n".to_owned(), 13));
    }
}
