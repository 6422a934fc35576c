//! AES as .NET has it by default: CBC, padded as PKCS #7 says.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

const WRONG_KEY: &str = "Specified key is not a valid size for this algorithm.";
const WRONG_IV: &str = "Specified initialization vector (IV) does not match the block size for this algorithm.";
const WRONG_PADDING: &str = "Padding is invalid and cannot be removed.";
const WRONG_LENGTH: &str = "The input data is not a complete block.";

/// The data encrypted, or the text of .NET's exception.
pub(in crate::stack::gateway) fn encrypt(data: &[u8], key: &[u8], iv: &[u8]) -> Result<Vec<u8>, &'static str> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(cipher_key(key)?).map_err(|_| WRONG_KEY)?;
    let mut out = data.to_vec();
    key.less_safe_encrypt(&mut out, EncryptionContext::Iv128(vector(iv)?)).map_err(|_| WRONG_KEY)?;
    Ok(out)
}

/// The data decrypted, or the text of .NET's exception.
pub(in crate::stack::gateway) fn decrypt(data: &[u8], key: &[u8], iv: &[u8]) -> Result<Vec<u8>, &'static str> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(cipher_key(key)?).map_err(|_| WRONG_KEY)?;
    let context = DecryptionContext::Iv128(vector(iv)?);
    if data.is_empty() || !data.len().is_multiple_of(16) {
        return Err(WRONG_LENGTH);
    }
    let mut out = data.to_vec();
    key.decrypt(&mut out, context).map(|plain| plain.to_vec()).map_err(|_| WRONG_PADDING)
}

fn cipher_key(key: &[u8]) -> Result<UnboundCipherKey, &'static str> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(WRONG_KEY),
    };
    UnboundCipherKey::new(algorithm, key).map_err(|_| WRONG_KEY)
}

fn vector(iv: &[u8]) -> Result<FixedLength<16>, &'static str> {
    <[u8; 16]>::try_from(iv).map(FixedLength::from).map_err(|_| WRONG_IV)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits: Vec<u8> = hexadecimal.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// NIST SP 800-38A, F.2.1, F.2.3 and F.2.5: the first block of each.
    #[test]
    fn blocks_are_those_of_the_standard() {
        let (plain, iv) = (bytes("6bc1bee22e409f96e93d7e117393172a"), bytes("000102030405060708090a0b0c0d0e0f"));
        for (key, cipher) in [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            ("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8"),
            ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
        ] {
            let key = bytes(key);
            let out = encrypt(&plain, &key, &iv).expect("encrypts");
            assert_eq!(out[..16], bytes(cipher)[..]);
            assert_eq!(out.len(), 32, "a whole block of padding follows");
            assert_eq!(decrypt(&out, &key, &iv).expect("decrypts"), plain);
        }
    }

    #[test]
    fn what_does_not_fit_is_told_as_dot_net_does() {
        assert_eq!(encrypt(b"x", &[0; 5], &[0; 16]), Err(WRONG_KEY));
        assert_eq!(encrypt(b"x", &[0; 16], &[0; 8]), Err(WRONG_IV));
        assert_eq!(decrypt(b"x", &[0; 16], &[0; 16]), Err(WRONG_LENGTH));
        assert_eq!(decrypt(&[0; 16], &[0; 16], &[0; 16]), Err(WRONG_PADDING));
    }
}
