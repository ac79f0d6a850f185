//! The key files: four files of 64 hex digits that only their owner reads.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use anyhow::bail;

use crate::conduct::keys::Keys;
use crate::kernel::digest;
use crate::kernel::sealing::SecretKey;

const FILES: [&str; 4] = ["seal.key", "contact.key", "token.key", "mac.key"];

/// Refuses a folder that holds keys already.
pub fn require_free(folder: &Path) -> anyhow::Result<()> {
    match FILES.iter().find(|name| folder.join(name).exists()) {
        None => Ok(()),
        Some(known) => {
            bail!("{} is there already: keys are never overwritten", folder.join(known).display())
        }
    }
}

/// Writes new keys; a file that is there is never overwritten.
pub fn write(folder: &Path, keys: &Keys) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    require_free(folder)?;
    for (name, key) in FILES.iter().zip([&keys.seal, &keys.contact, &keys.token, &keys.mac]) {
        let path = folder.join(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        writeln!(file, "{}", digest::hex(key.bytes()))?;
        file.sync_all()?;
    }
    Ok(())
}

/// Reads the keys; files that others may read are refused.
pub fn read(folder: &Path) -> anyhow::Result<Keys> {
    let key = |name: &str| -> anyhow::Result<SecretKey> {
        let path = folder.join(name);
        let shown = path.display();
        let text = fs::read_to_string(&path).with_context(|| format!("can't read the key file {shown}"))?;
        let mode = fs::metadata(&path)?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("{shown} can be read by others: chmod 600 {shown}");
        }
        let bytes = digest::unhex32(text.trim()).with_context(|| format!("{shown} is not 64 hex digits"))?;
        Ok(SecretKey::new(bytes))
    };
    Ok(Keys {
        seal: key("seal.key")?,
        contact: key("contact.key")?,
        token: key("token.key")?,
        mac: key("mac.key")?,
    })
}
