//! The state folder: whose it is, what it was made for, and how far its clock has come.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use local::demo;
use local::issuer::Issuer;
use serde::{Deserialize, Serialize};
use shared::model::tenant::TenantId;
use shared::model::time::Time;

/// Held by the one process that works in the folder.
const LOCK: &str = "lock";
/// What the folder was made for. Written last when it is made: a folder without it holds nothing of value.
const MADE_FOR: &str = "installation.json";
/// The moment from which the clock goes on.
const CLOCK: &str = "clock";
/// The Rollcall table.
const TABLE: &str = "table.sqlite";
/// The simulated tenant.
const MICROSOFT: &str = "microsoft.sqlite";
/// The private key that signs tokens for the API.
const ISSUER: &str = "issuer.pem";
/// Nobody but the owner reads it.
const OWNER_ONLY: u32 = 0o600;
/// What SQLite puts beside a file while it is open.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// What a folder was made for; it serves nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tenant", rename_all = "snake_case")]
pub enum MadeFor {
    /// Contoso in the simulated tenant.
    Simulated(Contoso),
    /// A real tenant.
    Real {
        /// Base URL of Graph.
        graph: String,
        /// The Entra tenant id.
        directory: String,
    },
}

impl MadeFor {
    /// Our name for its tenant; domains have dots, which our names do not. `None` = there can be none.
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Simulated(_) => Some(demo::tenant()),
            Self::Real { directory, .. } => TenantId::parse(&directory.replace('.', "-")),
        }
    }
}

/// Which Contoso, and where its simulated tenant is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contoso {
    /// Its people.
    pub users: u32,
    /// Where all chance comes from.
    pub seed: u64,
    /// The tenant's port of 127.0.0.1. Links that the table keeps hold it, and the client follows no link to another port.
    pub port: u16,
}

/// The folder, for as long as this process works in it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The operating system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing and locks it; the error is a sentence for whoever called.
    pub fn open(path: &Path) -> Result<Self, String> {
        let cannot = |error: io::Error| {
            format!(
                "the state folder {} cannot be used: {error}",
                path.display()
            )
        };
        fs::create_dir_all(path).map_err(cannot)?;
        let lock = File::options()
            .create(true)
            .append(true)
            .open(path.join(LOCK))
            .map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "another `rollcall up` works in {}: stop it first, or choose another folder with --state",
                path.display()
            )),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the Rollcall table.
    pub fn table(&self) -> PathBuf {
        self.path.join(TABLE)
    }

    /// The file of the simulated tenant.
    pub fn microsoft(&self) -> PathBuf {
        self.path.join(MICROSOFT)
    }

    /// Who signs tokens for the API; made when it is first needed. Its key is kept, so that tokens hold over a restart.
    pub fn issuer(&self) -> Result<Issuer, String> {
        if let Some(issuer) = kept_issuer(&self.path)? {
            return Ok(issuer);
        }
        let issuer = Issuer::new().map_err(|error| self.broken(ISSUER, &error))?;
        self.keep_secret(ISSUER, issuer.pem())
            .map_err(|error| self.broken(ISSUER, &error))?;
        Ok(issuer)
    }

    /// What it was made for; `None` = nothing yet.
    pub fn made_for(&self) -> Result<Option<MadeFor>, String> {
        made_for(&self.path)
    }

    /// Says what it is made for, once everything else is in it.
    pub fn set_made_for(&self, made_for: &MadeFor) -> Result<(), String> {
        let text = serde_json::to_string_pretty(made_for)
            .map_err(|error| self.broken(MADE_FOR, &error))?;
        self.replace(MADE_FOR, &text)
            .map_err(|error| self.broken(MADE_FOR, &error))
    }

    /// The moment from which the clock goes on; `None` = it has never run.
    pub fn moment(&self) -> Result<Option<Time>, String> {
        let Some(text) = self.read(CLOCK)? else {
            return Ok(None);
        };
        text.trim()
            .parse()
            .map(|millis| Some(Time::from_millis(millis)))
            .map_err(|error| self.broken(CLOCK, &error))
    }

    /// Keeps the moment from which the clock goes on.
    pub fn set_moment(&self, moment: Time) -> Result<(), String> {
        self.replace(CLOCK, &moment.millis().to_string())
            .map_err(|error| self.broken(CLOCK, &error))
    }

    /// Makes the file of the simulated tenant: whole, or not at all. `fill` writes and closes a file at the path it is given.
    pub fn make_microsoft(
        &self,
        fill: impl FnOnce(&Path) -> shared::error::Result<()>,
    ) -> Result<(), String> {
        let part = format!("{MICROSOFT}.part");
        let place = |name: &str, beside: &str| self.path.join(format!("{name}{beside}"));
        for beside in BESIDE {
            match fs::remove_file(place(&part, beside)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(self.broken(&part, &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        fill(&place(&part, "")).map_err(|error| self.broken(MICROSOFT, &error))?;
        for beside in BESIDE {
            match fs::rename(place(&part, beside), place(MICROSOFT, beside)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(self.broken(MICROSOFT, &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The sentence for something in it that cannot be used.
    pub fn broken(&self, name: &str, error: &dyn std::fmt::Display) -> String {
        broken(&self.path, name, error)
    }

    fn read(&self, name: &str) -> Result<Option<String>, String> {
        read(&self.path, name)
    }

    /// The file is never there for others to read, not even for a moment.
    fn keep_secret(&self, name: &str, text: &str) -> io::Result<()> {
        let new = self.path.join(format!("{name}.new"));
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(OWNER_ONLY)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(new, self.path.join(name))
    }

    /// A reader sees the old text or the new one, whenever the process is killed.
    fn replace(&self, name: &str, text: &str) -> io::Result<()> {
        let new = self.path.join(format!("{name}.new"));
        File::create(&new)?.write_all(text.as_bytes())?;
        fs::rename(new, self.path.join(name))
    }
}

/// What a folder was made for, whether or not anything runs in it; `None` = nothing yet.
pub fn made_for(folder: &Path) -> Result<Option<MadeFor>, String> {
    let Some(text) = read(folder, MADE_FOR)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| broken(folder, MADE_FOR, &error))
}

/// Who signs tokens for the API of the installation in a folder, whether or not it runs; `None` = nobody yet.
pub fn kept_issuer(folder: &Path) -> Result<Option<Issuer>, String> {
    let pem = read(folder, ISSUER)?;
    pem.map(|pem| Issuer::of_pem(&pem).map_err(|error| broken(folder, ISSUER, &error)))
        .transpose()
}

fn read(folder: &Path, name: &str) -> Result<Option<String>, String> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(broken(folder, name, &error)),
    }
}

fn broken(folder: &Path, name: &str, error: &dyn std::fmt::Display) -> String {
    let folder = folder.display();
    format!(
        "{name} in the state folder {folder} cannot be used: {error}. To start over, remove the folder: rm -r {folder}"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// V6: the key is kept where nobody else reads it, and signs the same tokens after a restart.
    #[test]
    fn the_issuers_key_is_the_owners_alone() {
        let path = std::env::temp_dir().join(format!("rollcall-folder-{}", std::process::id()));
        assert!(kept_issuer(&path).unwrap().is_none());
        let made = Folder::open(&path).unwrap().issuer().unwrap();
        let file = path.join(ISSUER);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let kept = kept_issuer(&path).unwrap().unwrap();
        assert_eq!(kept.key_id(), made.key_id());
        let again = Folder::open(&path).unwrap().issuer().unwrap();
        assert_eq!(again.key_id(), made.key_id());
        fs::write(&file, "no key").unwrap();
        let why = kept_issuer(&path).unwrap_err();
        assert!(why.contains("rm -r"), "{why}");
        fs::remove_dir_all(&path).unwrap();
    }
}
