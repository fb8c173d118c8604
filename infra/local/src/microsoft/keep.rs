//! The tenant's own SQLite file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::error::Result;

use super::broken;
use super::world::{Person, Policy, Product};

/// The open file.
pub(super) struct Keep {
    connection: Connection,
}

/// What a file held.
pub(super) struct Kept {
    pub people: Vec<(String, Person)>,
    pub products: Vec<Product>,
    pub policies: Vec<Policy>,
}

impl Keep {
    /// Opens the file, making it if it is missing. Every write is on disk when it returns.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS entity (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id))",
            )?;
            Ok(Self { connection })
        };
        open().map_err(|error: rusqlite::Error| broken("opening its file", error))
    }

    /// Stores one entity.
    pub fn write(&self, kind: &str, id: &str, json: &Value) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO entity (kind, id, json) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![kind, id, json.to_string()]))
            .map(|_| ())
            .map_err(|error| broken("storing a change", error))
    }

    /// Everything in the file.
    pub fn read(&self) -> Result<Kept> {
        Ok(Kept {
            people: self.all("person")?,
            products: self.all("product")?.into_iter().map(|(_, product)| product).collect(),
            policies: self.all("policy")?.into_iter().map(|(_, policy)| policy).collect(),
        })
    }

    fn all<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(String, T)>> {
        let rows = || {
            let mut select = self.connection.prepare("SELECT id, json FROM entity WHERE kind = ?1 ORDER BY rowid")?;
            let rows = select.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let rows = rows().map_err(|error| broken("reading its file", error))?;
        rows.into_iter()
            .map(|(id, json)| Ok((id, serde_json::from_str(&json).map_err(|error| broken("reading its file", error))?)))
            .collect()
    }
}
