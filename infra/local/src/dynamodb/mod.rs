//! DynamoDB: dynoxide in this process, with what it does not have: index lag, conflicts, throttling, and a meter.

mod lag;
mod meter;
mod refusal;
pub mod schema;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, DynoxideError, Item};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::Clock;
use shared::error::{Error, Kind, Result};

use self::lag::Behind;
pub use self::meter::{Units, Usage};
pub(crate) use self::refusal::{conflict, throttled};
use crate::wire::{Answer, unknown_operation};

/// Where the table lives.
#[derive(Clone, Debug, Default)]
pub enum Place {
    /// In memory.
    #[default]
    Memory,
    /// In memory, with what another table held.
    Copy(Items),
    /// In a SQLite file, made if it is missing.
    File(PathBuf),
}

/// What a table held at a moment.
#[derive(Clone)]
pub struct Items(Arc<Vec<Item>>);

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.0.len())
    }
}

/// The Rollcall table.
pub struct Table {
    name: String,
    clock: Clock,
    database: Database,
    /// Only where indexes lag.
    behind: Option<Mutex<Behind>>,
    usage: Mutex<Usage>,
    observer: OnceLock<Observer>,
}

/// One item as a write left it.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// The item in DynamoDB's JSON; `None` = it is gone.
    pub item: Option<Value>,
}

impl Written {
    /// An item as it stands in the table.
    pub fn of(item: Value) -> Self {
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        Self {
            pk: text("pk"),
            sk: text("sk"),
            item: Some(item),
        }
    }
}

/// Is told of every write that was carried out, right after it: all the items of a transaction together.
pub type Observer = Arc<dyn Fn(&[Written]) + Send + Sync>;

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    pk: String,
    sk: String,
}

impl Table {
    /// Opens the table, creating it if it is missing. A write is seen in the indexes up to `index_lag` later, drawn from `seed`;
    /// with a lag of zero nothing is kept for it.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened as a database.
    pub fn open(
        name: &str,
        place: &Place,
        clock: Clock,
        seed: u64,
        index_lag: Duration,
    ) -> Result<Self> {
        Self::open_database(name, place, clock, seed, index_lag).map_err(|e| {
            Error::new(Kind::Unavailable, format!("open the table {name}")).with_source(e)
        })
    }

    fn open_database(
        name: &str,
        place: &Place,
        clock: Clock,
        seed: u64,
        index_lag: Duration,
    ) -> dynoxide::Result<Self> {
        let database = match place {
            Place::Memory | Place::Copy(_) => Database::memory()?,
            Place::File(path) => Database::new(&path.to_string_lossy())?,
        };
        schema::create(&database, name)?;
        if let Place::Copy(Items(items)) = place {
            for item in items.iter() {
                database.put_item(PutItemRequest {
                    table_name: name.to_owned(),
                    item: item.clone(),
                    ..PutItemRequest::default()
                })?;
            }
        }
        let mut table = Self {
            name: name.to_owned(),
            clock,
            database,
            behind: None,
            usage: Mutex::default(),
            observer: OnceLock::new(),
        };
        if !index_lag.is_zero() {
            let mut items = Vec::new();
            table.scan(None, |item| items.push(item))?;
            let behind = Behind::new(name, seed, index_lag, items)?;
            table.behind = Some(Mutex::new(behind));
        }
        Ok(table)
    }

    /// Answers one request.
    pub fn answer(&self, operation: &str, request: Value) -> Answer {
        match operation {
            "GetItem" => self.perform(operation, request, Database::get_item),
            "BatchGetItem" => self.perform(operation, request, Database::batch_get_item),
            "TransactGetItems" => self.perform(operation, request, Database::transact_get_items),
            "Query" => self.perform(operation, request, Database::query),
            "Scan" => self.perform(operation, request, Database::scan),
            "PutItem" => self.perform(operation, request, Database::put_item),
            "UpdateItem" => self.perform(operation, request, Database::update_item),
            "DeleteItem" => self.perform(operation, request, Database::delete_item),
            "BatchWriteItem" => self.perform(operation, request, Database::batch_write_item),
            "TransactWriteItems" => {
                self.perform(operation, request, Database::transact_write_items)
            }
            "DescribeTable" => self.perform(operation, request, Database::describe_table),
            _ => unknown_operation(operation),
        }
    }

    /// Has every write told to `observer` from now on; only the first is heard.
    pub fn observe(&self, observer: Observer) {
        self.observer.set(observer).ok();
    }

    /// What has been used so far.
    pub fn usage(&self) -> Usage {
        lock(&self.usage).clone()
    }

    /// Every item of the table in DynamoDB's JSON, in the order of its keys. For those who check invariants.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn items(&self) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        self.each(|item| items.push(item))?;
        items.sort_by_cached_key(|item| ["pk", "sk"].map(|name| item[name]["S"].to_string()));
        Ok(items)
    }

    /// Everything that it holds now.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn copy(&self) -> Result<Items> {
        let mut items = Vec::new();
        let scanned = self.scan(None, |item| items.push(item));
        scanned.map_err(|e| Error::new(Kind::Unavailable, "copy the table").with_source(e))?;
        Ok(Items(Arc::new(items)))
    }

    /// Hands every item over, one after the other, in no order; only a page of them is held at a time.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn each(&self, mut take: impl FnMut(Value)) -> Result<()> {
        let scanned = self.scan(None, |item| {
            take(serde_json::to_value(item).unwrap_or_default())
        });
        scanned.map_err(|e| Error::new(Kind::Unavailable, "read every item").with_source(e))
    }

    /// The keys of an index, `(partition, sort)`, as they are without any lag.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn index_keys(&self, index: &str) -> Result<Vec<(String, String)>> {
        let names = [format!("{index}_pk"), format!("{index}_sk")];
        let mut keys = Vec::new();
        let scanned = self.scan(Some(index), |item| {
            let [pk, sk] = names.each_ref().map(|name| match item.get(name) {
                Some(AttributeValue::S(text)) => text.clone(),
                Some(_) | None => String::new(),
            });
            keys.push((pk, sk));
        });
        scanned.map_err(|e| Error::new(Kind::Unavailable, "read an index").with_source(e))?;
        Ok(keys)
    }

    fn perform<Q: DeserializeOwned, A: Serialize>(
        &self,
        operation: &str,
        mut request: Value,
        run: impl Fn(&Database, Q) -> dynoxide::Result<A>,
    ) -> Answer {
        let metered = meter::ask(operation, &mut request);
        let touched = if self.behind.is_some() || self.observer.get().is_some() {
            refusal::targets(operation, &request)
        } else {
            Vec::new()
        };
        let result = parse(&request)
            .and_then(|q| self.choose(&request, |database| run(database, q)))
            .and_then(|answer| {
                self.note(touched)?;
                serde_json::to_value(answer)
                    .map_err(|e| DynoxideError::InternalServerError(e.to_string()))
            });
        let mut usage = lock(&self.usage);
        match result {
            Ok(mut answer) => {
                usage.answered(operation, &mut answer, metered);
                Answer::ok(answer)
            }
            Err(error) => {
                let sizes = || {
                    refusal::targets(operation, &request)
                        .into_iter()
                        .map(|key| self.size(key))
                };
                usage.refused(operation, &error, sizes);
                let body = serde_json::from_str(&error.to_json()).unwrap_or_default();
                Answer {
                    status: error.status_code(),
                    body,
                }
            }
        }
    }

    /// Runs a question to an index on the table that is behind, everything else on the table itself.
    fn choose<A>(
        &self,
        request: &Value,
        run: impl FnOnce(&Database) -> dynoxide::Result<A>,
    ) -> dynoxide::Result<A> {
        match &self.behind {
            Some(behind) if request["IndexName"].is_string() => {
                run(lock(behind).at(self.clock.elapsed())?)
            }
            Some(_) | None => run(&self.database),
        }
    }

    /// Keeps the new images of what was written, and tells of them.
    fn note(&self, touched: Vec<Key>) -> dynoxide::Result<()> {
        let mut told = Vec::new();
        for key in touched {
            let image = self.item(&key)?;
            if self.observer.get().is_some() {
                told.push(Written {
                    pk: key.pk.clone(),
                    sk: key.sk.clone(),
                    item: image
                        .as_ref()
                        .and_then(|item| serde_json::to_value(item).ok()),
                });
            }
            if let Some(behind) = &self.behind {
                lock(behind).wrote(self.clock.elapsed(), key, image)?;
            }
        }
        if let (Some(observer), false) = (self.observer.get(), told.is_empty()) {
            observer(&told);
        }
        Ok(())
    }

    fn item(&self, key: &Key) -> dynoxide::Result<Option<Item>> {
        let request = GetItemRequest {
            table_name: self.name.clone(),
            key: key.item(),
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        Ok(self.database.get_item(request)?.item)
    }

    /// Bytes of a stored item; 0 where there is none.
    fn size(&self, key: Key) -> usize {
        let item = self.item(&key).ok().flatten();
        item.map_or(0, |item| dynoxide::types::item_size(&item))
    }

    fn scan(&self, index: Option<&str>, mut take: impl FnMut(Item)) -> dynoxide::Result<()> {
        let mut start = None;
        loop {
            let page = self.database.scan(ScanRequest {
                table_name: self.name.clone(),
                index_name: index.map(str::to_owned),
                exclusive_start_key: start,
                ..ScanRequest::default()
            })?;
            page.items
                .unwrap_or_default()
                .into_iter()
                .for_each(&mut take);
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Key {
    fn item(&self) -> Item {
        Item::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// Reads a request; what dynoxide marks as a refusal of DynamoDB keeps DynamoDB's words.
fn parse<Q: DeserializeOwned>(request: &Value) -> dynoxide::Result<Q> {
    Q::deserialize(request).map_err(|e| {
        let text = e.to_string();
        let marked = text
            .strip_prefix("VALIDATION_REQUEST:")
            .or_else(|| text.strip_prefix("VALIDATION:"));
        match marked {
            Some(message) => DynoxideError::ValidationException(message.to_owned()),
            None => DynoxideError::SerializationException(text),
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
