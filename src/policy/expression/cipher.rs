//! Ciphers that expressions name by text.

use super::compiled::Expr;
use super::members::{BytesOp, Op};

/// The names that .NET knows AES by.
const AES: [&str; 5] = ["Aes", "AES", "AesManaged", "AesCryptoServiceProvider", "System.Security.Cryptography.Aes"];

/// Whether a name of an algorithm, as `Encrypt` and `Decrypt` take it, is that
/// of AES.
pub fn is_aes(name: &str) -> bool {
    AES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || name.strip_prefix("System.Security.Cryptography.").is_some_and(|n| AES.contains(&n))
}

/// Why a call can't be emulated, and at which argument: a cipher other than AES
/// that is written out.
pub(super) fn refused(op: Op, operands: &[Expr]) -> Option<(usize, String)> {
    match (op, operands) {
        (Op::Bytes(BytesOp::Encrypt | BytesOp::Decrypt), [_, Expr::Text(name), ..]) if !is_aes(name) => {
            Some((0, format!("the cipher `{name}` is not emulated, only `Aes` is")))
        }
        _ => None,
    }
}
