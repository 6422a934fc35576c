//! What a contract is called.

use crate::contract::ContractId;
use crate::contract::openapi::OpenApi;

/// From the title and the version of a document: `Visits of Customers` 2.1.0 is
/// `visits-of-customers/v2`.
pub fn contract_name(document: &OpenApi) -> ContractId {
    let words = document.title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let api = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    let api = if api.is_empty() { "service".to_owned() } else { api };
    let digits: String =
        document.version.trim_start_matches(['v', 'V']).chars().take_while(char::is_ascii_digit).collect();
    let version = if matches!(digits.as_str(), "" | "0") { "1" } else { &digits };
    ContractId::new(&api, &format!("v{version}"))
}
