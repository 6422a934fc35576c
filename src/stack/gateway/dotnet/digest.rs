//! Hashes, keyed and not.

use aws_lc_rs::{digest as aws, hmac as aws_hmac};

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::gateway) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// `ComputeHash` of an algorithm without a key.
pub(in crate::stack::gateway) fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        Algorithm::Md5 => return md5(data).to_vec(),
        Algorithm::Sha1 => &aws::SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => &aws::SHA256,
        Algorithm::Sha384 => &aws::SHA384,
        Algorithm::Sha512 => &aws::SHA512,
    };
    aws::digest(algorithm, data).as_ref().to_vec()
}

/// `ComputeHash` of an `HMAC`.
pub(in crate::stack::gateway) fn hmac(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        Algorithm::Md5 => return hmac_md5(key, data),
        Algorithm::Sha1 => aws_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => aws_hmac::HMAC_SHA256,
        Algorithm::Sha384 => aws_hmac::HMAC_SHA384,
        Algorithm::Sha512 => aws_hmac::HMAC_SHA512,
    };
    aws_hmac::sign(&aws_hmac::Key::new(algorithm, key), data).as_ref().to_vec()
}

/// RFC 2104 over MD5.
fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let hashed = md5(key);
    let key = if key.len() > 64 { &hashed[..] } else { key };
    block[..key.len()].copy_from_slice(key);
    let inner: Vec<u8> = block.iter().map(|b| b ^ 0x36).chain(data.iter().copied()).collect();
    let outer: Vec<u8> = block.iter().map(|b| b ^ 0x5c).chain(md5(&inner)).collect();
    md5(&outer).to_vec()
}

/// RFC 1321. It protects nothing; documents use it for checksums, and the
/// library for the rest has it not.
fn md5(data: &[u8]) -> [u8; 16] {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let mut padded = data.to_vec();
    padded.push(0x80);
    // Up to eight bytes before the end of a block, where the length stands.
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((data.len() as u64).wrapping_mul(8).to_le_bytes());
    for block in padded.chunks_exact(64) {
        let word =
            |at: usize| u32::from_le_bytes([block[at * 4], block[at * 4 + 1], block[at * 4 + 2], block[at * 4 + 3]]);
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mixed, at) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), 7 * i % 16),
            };
            let sine = (((i + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(word(at));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d]) {
            *old = old.wrapping_add(new);
        }
    }
    let mut out = [0; 16];
    for (bytes, word) in out.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).map(char::from).collect()
    }

    #[test]
    fn hashes_are_those_of_their_standards() {
        assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&md5(b"message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
        for length in [55, 56, 57, 63, 64, 65, 120] {
            assert_eq!(md5(&vec![b'a'; length]).len(), 16);
        }
        assert_eq!(hex(&md5(&[b'a'; 64])), "014842d480b571495a4a0363793f7367");
        assert_eq!(
            hex(&hmac(Algorithm::Md5, b"Jefe", b"what do ya want for nothing?")),
            "750c783e6ab0b503eaa86e310a5db738"
        );
        assert_eq!(hex(&digest(Algorithm::Sha1, b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(&hmac(Algorithm::Sha256, b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
