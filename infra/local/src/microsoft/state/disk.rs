//! The tenant's own SQLite file: one row an entity, as JSON.

use std::path::Path;

use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use shared::error::{Error, Kind, Result};

/// An open file.
pub(crate) struct Disk {
    connection: Connection,
}

/// One row to be written.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) json: String,
}

impl Disk {
    /// Opens the file, makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path).map_err(failed)?;
        // A crash of the process loses nothing under WAL with NORMAL; a crash of the machine may lose the last moments.
        connection
            .execute_batch(
                "pragma journal_mode = wal; pragma synchronous = normal;
                 create table if not exists entity (kind text, id text, json text not null, primary key (kind, id)) without rowid;",
            )
            .map_err(failed)?;
        Ok(Self { connection })
    }

    /// All entities of a kind, by id.
    pub(crate) fn load<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(String, T)>> {
        let mut select = self
            .connection
            .prepare("select id, json from entity where kind = ?1 order by id")
            .map_err(failed)?;
        let rows = select
            .query_map([kind], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
            .map_err(failed)?;
        rows.map(|row| {
            let (id, json): (String, String) = row.map_err(failed)?;
            let value = serde_json::from_str(&json).map_err(|e| {
                Error::new(Kind::Invalid, format!("stored {kind} {id} cannot be read"))
                    .with_source(e)
            })?;
            Ok((id, value))
        })
        .collect()
    }

    /// Writes all rows and forgets those of each kind in `oldest` before the id there, both or nothing.
    pub(crate) fn write(&mut self, rows: &[Row], oldest: &[(&str, String)]) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        for row in rows {
            transaction
                .prepare_cached(
                    "insert or replace into entity (kind, id, json) values (?1, ?2, ?3)",
                )
                .and_then(|mut insert| insert.execute(params![row.kind, row.id, row.json]))
                .map_err(failed)?;
        }
        for (kind, id) in oldest {
            transaction
                .prepare_cached("delete from entity where kind = ?1 and id < ?2")
                .and_then(|mut delete| delete.execute(params![kind, id]))
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }
}

fn failed(error: rusqlite::Error) -> Error {
    Error::new(Kind::Unavailable, "the simulated tenant's file").with_source(error)
}
