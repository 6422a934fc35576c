//! ZIP archives (APPNOTE 6.3) as plain values: named parts and their content.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// The end record without its comment.
const END_SIZE: usize = 22;
/// So many parts may an archive have that is read.
const MOST_PARTS: usize = 1024;
/// The first day that an archive can name: 1 January 1980.
const DAY: u16 = 0x21;
/// Names are UTF-8.
const UTF_8: u16 = 0x0800;

/// A part on its way into an archive.
#[derive(Clone, Debug)]
pub struct Packed {
    name: String,
    deflated: bool,
    content: Vec<u8>,
    checksum: u32,
    size: u32,
}

impl Packed {
    /// A part, stored as it is or deflated.
    pub fn new(name: &str, content: &[u8], deflated: bool) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let packed = if deflated { deflate(content) } else { content.to_vec() };
        Self { name: name.to_owned(), deflated, content: packed, checksum: crc.sum(), size: content.len() as u32 }
    }

    /// A part that was deflated before: what it is when inflated is told by
    /// its checksum and its size.
    pub fn deflated(name: &str, content: Vec<u8>, checksum: u32, size: u32) -> Self {
        Self { name: name.to_owned(), deflated: true, content, checksum, size }
    }
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(content.len() / 2), Compression::fast());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.expect("memory takes what is written")
}

/// An archive of these parts, in this order.
pub fn archive(parts: &[Packed]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|p| p.content.len() + 2 * p.name.len() + 76).sum::<usize>() + 22);
    let mut places = Vec::with_capacity(parts.len());
    for part in parts {
        places.push(out.len() as u32);
        out.extend(LOCAL.to_le_bytes());
        head(&mut out, part);
        out.extend(part.name.as_bytes());
        out.extend(&part.content);
    }
    let begin = out.len() as u32;
    for (part, place) in parts.iter().zip(places) {
        out.extend(CENTRAL.to_le_bytes());
        out.extend(20_u16.to_le_bytes());
        head(&mut out, part);
        out.extend([0; 10]);
        out.extend(place.to_le_bytes());
        out.extend(part.name.as_bytes());
    }
    let size = out.len() as u32 - begin;
    let count = parts.len() as u16;
    out.extend(END.to_le_bytes());
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(begin.to_le_bytes());
    out.extend([0; 2]);
    out
}

/// What the head of a part and its entry in the directory share.
fn head(out: &mut Vec<u8>, part: &Packed) {
    let method: u16 = if part.deflated { 8 } else { 0 };
    for short in [20, UTF_8, method, 0, DAY] {
        out.extend(short.to_le_bytes());
    }
    for long in [part.checksum, part.content.len() as u32, part.size] {
        out.extend(long.to_le_bytes());
    }
    out.extend((part.name.len() as u16).to_le_bytes());
    out.extend([0; 2]);
}

/// The parts of an archive, by its directory.
#[derive(Clone, Debug)]
pub struct Archive<'b> {
    bytes: &'b [u8],
    parts: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    method: u16,
    packed: usize,
    checksum: u32,
    place: usize,
}

impl<'b> Archive<'b> {
    /// Reads the directory; none where the bytes are no archive.
    pub fn open(bytes: &'b [u8]) -> Option<Self> {
        let last = bytes.len().checked_sub(END_SIZE)?;
        let first = last.saturating_sub(usize::from(u16::MAX));
        let end = (first..=last).rev().find(|at| long(bytes, *at) == Some(END as usize))?;
        let count = short(bytes, end + 10)?;
        let mut at = long(bytes, end + 16)?;
        if count > MOST_PARTS {
            return None;
        }
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let (entry, next) = Entry::read(bytes, at)?;
            parts.push(entry);
            at = next;
        }
        Some(Self { bytes, parts })
    }

    /// The names of its parts, in the order of the directory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// The content of a part, if it has at most so many bytes and is what its
    /// checksum says.
    pub fn part(&self, name: &str, most: usize) -> Option<Vec<u8>> {
        let entry = self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))?;
        if long(self.bytes, entry.place)? != LOCAL as usize {
            return None;
        }
        // The head of the part has lengths of its own.
        let begin = entry.place + 30 + short(self.bytes, entry.place + 26)? + short(self.bytes, entry.place + 28)?;
        let packed = self.bytes.get(begin..begin.checked_add(entry.packed)?)?;
        let content = match entry.method {
            0 if packed.len() <= most => packed.to_vec(),
            8 => inflate(packed, most)?,
            _ => return None,
        };
        let mut crc = Crc::new();
        crc.update(&content);
        (crc.sum() == entry.checksum).then_some(content)
    }
}

impl Entry {
    fn read(bytes: &[u8], at: usize) -> Option<(Self, usize)> {
        if long(bytes, at)? != CENTRAL as usize {
            return None;
        }
        let name_end = at + 46 + short(bytes, at + 28)?;
        let name = std::str::from_utf8(bytes.get(at + 46..name_end)?).ok()?.to_owned();
        let next = name_end + short(bytes, at + 30)? + short(bytes, at + 32)?;
        let entry = Self {
            name,
            method: short(bytes, at + 10)? as u16,
            packed: long(bytes, at + 20)?,
            checksum: long(bytes, at + 16)? as u32,
            place: long(bytes, at + 42)?,
        };
        Some((entry, next))
    }
}

fn inflate(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let read = DeflateDecoder::new(packed).take(most as u64 + 1).read_to_end(&mut content);
    read.ok().filter(|size| *size <= most)?;
    Some(content)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_again_within_bounds() {
        let text = b"abc".repeat(1000);
        let bytes = archive(&[Packed::new("a.txt", &text, true), Packed::new("b/c.bin", b"\x00\x01", false)]);
        assert!(bytes.len() < 400);
        let read = Archive::open(&bytes).expect("an archive");
        assert_eq!(read.names().collect::<Vec<_>>(), ["a.txt", "b/c.bin"]);
        assert_eq!(read.part("A.txt", 3000), Some(text));
        assert_eq!(read.part("a.txt", 2999), None, "larger than allowed");
        assert_eq!(read.part("b/c.bin", 2), Some(vec![0, 1]));
        assert_eq!(read.part("none", 2), None);
    }

    #[test]
    fn no_bytes_make_it_stumble() {
        let good = archive(&[Packed::new("a.txt", &b"abc".repeat(100), true), Packed::new("b", b"x", false)]);
        for cut in 0..good.len() {
            assert!(Archive::open(&good[..cut]).is_none());
        }
        for at in 0..good.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= bits;
                if let Some(read) = Archive::open(&bad) {
                    let names: Vec<String> = read.names().map(str::to_owned).collect();
                    names.iter().for_each(|name| drop(read.part(name, 1000)));
                }
            }
        }
    }
}
