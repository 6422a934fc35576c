//! What `serve` leaves for others while it runs: settings for the other
//! commands, variables for services and clients, the certificates they need.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::stack::{CertificateError, Stack};

/// Files to write, in this order: the settings come last, so that whoever waits
/// for them finds the rest.
#[derive(Clone, Debug, Default)]
pub struct Handover {
    /// All files.
    pub files: Vec<HandedOver>,
    /// The authority's certificate among them, where tiers speak TLS.
    pub authority: Option<PathBuf>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct HandedOver {
    /// Where it is to lie.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// Only its owner may read it.
    pub secret: bool,
}

impl HandedOver {
    /// Writes it under another name and renames it: whoever waits for the file
    /// finds it whole.
    ///
    /// # Errors
    /// The folder can't be written to.
    pub fn write(&self) -> io::Result<()> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if self.secret {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options.open(&name)?.write_all(self.text.as_bytes())?;
        std::fs::rename(&name, &self.path)
    }
}

/// Names of the variables by which programs find an authority: OpenSSL and Go,
/// Python's requests, Node.
pub(super) const AUTHORITY_VARIABLES: [&str; 3] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

impl Handover {
    /// What a stack leaves beside a settings file.
    ///
    /// # Errors
    /// A certificate of a client could not be made.
    pub fn of(stack: &Stack, settings: &Path) -> Result<Self, CertificateError> {
        let mut handover = Self::authority(stack, settings);
        let clients = clients(stack, settings, &mut handover.files)?;
        let public = public(stack, handover.authority.as_deref());
        let lines: String = public.iter().chain(&clients).map(|(name, value)| line(name, value)).collect();
        let head = "# Written by `seamstress serve`; valid as long as it runs. For services and clients of it:\n";
        handover.files.push(HandedOver {
            path: beside(settings, "env"),
            text: format!("{head}# set -a; . ./THIS-FILE; set +a\n{lines}"),
            secret: true,
        });
        handover.files.push(HandedOver {
            path: settings.to_owned(),
            text: settings_text(stack, handover.authority.as_deref(), &public),
            secret: false,
        });
        Ok(handover)
    }

    /// What a service of the user's has to know of a stack, in a file of
    /// variables.
    pub fn for_service(stack: &Stack, file: &Path) -> Self {
        let mut handover = Self::authority(stack, file);
        let mut variables = stack.surroundings().variables();
        if let Some(authority) = &handover.authority {
            let value = authority.display().to_string();
            variables.extend(AUTHORITY_VARIABLES.map(|name| (name.to_owned(), value.clone())));
        }
        let lines: String = variables.iter().map(|(name, value)| line(name, value)).collect();
        let head = "# Written by `seamstress`; valid as long as the run that waits for the service.\n# set -a; . ./THIS-FILE; set +a\n";
        handover.files.push(HandedOver { path: file.to_owned(), text: format!("{head}{lines}"), secret: true });
        handover
    }

    /// The authority's certificate alone; nothing, where no tier speaks TLS.
    pub fn authority(stack: &Stack, settings: &Path) -> Self {
        let Some(pem) = stack.authority() else { return Self::default() };
        let path = beside(settings, "ca.pem");
        let file = HandedOver { path: path.clone(), text: pem.to_owned(), secret: false };
        Self { files: vec![file], authority: Some(path) }
    }
}

/// The settings' name with another end, as an absolute path: who reads it
/// stands elsewhere.
fn beside(settings: &Path, end: &str) -> PathBuf {
    let file = settings.with_extension(end);
    let file = if file == settings { settings.with_extension(format!("variables.{end}")) } else { file };
    std::path::absolute(&file).unwrap_or(file)
}

/// What is no secret.
fn public(stack: &Stack, authority: Option<&Path>) -> Vec<(String, String)> {
    let at = stack.addresses();
    let mut variables = vec![
        ("AZURE_AUTHORITY_HOST".to_owned(), at.issuer.to_string()),
        ("AZURE_TENANT_ID".to_owned(), stack.tenant().directory().home().id.clone()),
        ("SEAMSTRESS_AUTHORITY".to_owned(), stack.tenant().base().to_owned()),
        ("SEAMSTRESS_GATEWAY".to_owned(), at.gateway.to_string()),
    ];
    // What a client of Dataverse asks tokens for.
    variables.extend(at.dataverse.iter().map(|origin| ("SEAMSTRESS_DATAVERSE".to_owned(), origin.to_string())));
    if let Some(authority) = authority {
        let value = authority.display().to_string();
        variables.extend(AUTHORITY_VARIABLES.map(|name| (name.to_owned(), value.clone())));
    }
    variables
}

/// Each client's id, secret and certificate; the first client also under the
/// names that Azure's own libraries read.
fn clients(
    stack: &Stack,
    settings: &Path,
    files: &mut Vec<HandedOver>,
) -> Result<Vec<(String, String)>, CertificateError> {
    let tenant = stack.tenant();
    let mut variables = Vec::new();
    let known = tenant.directory().home().clients.iter().filter(|client| !client.managed);
    for (at, client) in known.enumerate() {
        let mut own = vec![("CLIENT_ID", client.application_id.clone())];
        own.extend(tenant.secret(&client.name).map(|secret| ("CLIENT_SECRET", secret.expose().to_owned())));
        if let Some(pem) = tenant.certificate(&client.name)? {
            let path = beside(settings, &format!("{}.pem", client.name));
            own.push(("CLIENT_CERTIFICATE_PATH", path.display().to_string()));
            files.push(HandedOver { path, text: pem.to_string(), secret: true });
        }
        let name = client.name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let prefixes = if at == 0 {
            vec!["AZURE".to_owned(), format!("SEAMSTRESS_{name}")]
        } else {
            vec![format!("SEAMSTRESS_{name}")]
        };
        for prefix in prefixes {
            variables.extend(own.iter().map(|(end, value)| (format!("{prefix}_{end}"), value.clone())));
        }
    }
    Ok(variables)
}

/// For a shell; the values hold no quotes but in paths.
fn line(name: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+%=,".contains(c);
    if value.chars().all(plain) {
        return format!("{name}={value}\n");
    }
    format!("{name}='{}'\n", value.replace('\'', "'\\''"))
}

fn settings_text(stack: &Stack, authority: Option<&Path>, variables: &[(String, String)]) -> String {
    let at = stack.addresses();
    let mut text = "# Written by `seamstress serve`; valid as long as it runs.\n[environments.stack]\n".to_owned();
    // A JSON text is a TOML one.
    let quoted = |value: &str| serde_json::Value::from(value).to_string();
    for (key, origin) in [("gateway", &at.gateway), ("service", &at.service), ("control", &at.control)] {
        let _ = writeln!(text, "{key} = {}", quoted(&origin.to_string()));
    }
    // Our own service marks its answers, and tells its health; of another one nothing is known.
    if let Some(dataverse) = &at.dataverse {
        let _ = writeln!(text, "dataverse = {}", quoted(&dataverse.to_string()));
        text.push_str("service-marker = \"X-Served-By\"\nhealth = \"/health\"\n");
    }
    if let Some(authority) = authority {
        let _ = writeln!(text, "ca-file = {}", quoted(&authority.display().to_string()));
    }
    text.push_str("\n# What services and clients find in their environment. The secrets lie beside, in the file that ends in .env.\n");
    text.push_str("[environments.stack.variables]\n");
    for (name, value) in variables {
        let _ = writeln!(text, "{name} = {}", quoted(value));
    }
    text
}
