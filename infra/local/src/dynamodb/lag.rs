//! Index lag: a second database that holds the table as its indexes show it.
//!
//! Every write is kept with the moment from which the indexes show it. Until then an index query is answered from the old image,
//! with conditions, limits and page keys as DynamoDB applies them, because it *is* a query, on a table that is behind.

use std::collections::BTreeMap;
use std::time::Duration;

use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::{Database, Item};

use super::{Key, schema};
use crate::seed::draw;

/// The table as its indexes show it.
pub(super) struct Behind {
    database: Database,
    table: String,
    seed: u64,
    /// No write is shown later than this.
    most: Duration,
    written: u64,
    /// By the moment of showing, then in the order of writing.
    pending: BTreeMap<(Duration, u64), (Key, Option<Item>)>,
    /// When the last pending write of a key is shown: the next one must not overtake it.
    last: BTreeMap<Key, Duration>,
}

impl Behind {
    /// Starts level with the items of the table.
    pub(super) fn new(
        table: &str,
        seed: u64,
        most: Duration,
        items: Vec<Item>,
    ) -> dynoxide::Result<Self> {
        let database = Database::memory()?;
        schema::create(&database, table)?;
        let behind = Self {
            database,
            table: table.to_owned(),
            seed,
            most,
            written: 0,
            pending: BTreeMap::new(),
            last: BTreeMap::new(),
        };
        for item in items {
            behind.put(item)?;
        }
        Ok(behind)
    }

    /// Takes note of a write: `image` is the item after it.
    pub(super) fn wrote(
        &mut self,
        now: Duration,
        key: Key,
        image: Option<Item>,
    ) -> dynoxide::Result<()> {
        let span = u64::try_from(self.most.as_millis()).unwrap_or(u64::MAX);
        let lag = draw(self.seed, self.written) % span.saturating_add(1);
        let shown = now + Duration::from_millis(lag);
        let shown = self.last.get(&key).map_or(shown, |last| shown.max(*last));
        self.last.insert(key.clone(), shown);
        self.pending.insert((shown, self.written), (key, image));
        self.written += 1;
        self.catch_up(now)
    }

    /// The database to query at this moment.
    pub(super) fn at(&mut self, now: Duration) -> dynoxide::Result<&Database> {
        self.catch_up(now)?;
        Ok(&self.database)
    }

    fn catch_up(&mut self, now: Duration) -> dynoxide::Result<()> {
        while let Some(entry) = self.pending.first_entry() {
            let (shown, _) = *entry.key();
            if shown > now {
                break;
            }
            let (key, image) = entry.remove();
            if self.last.get(&key) == Some(&shown) {
                self.last.remove(&key);
            }
            match image {
                Some(item) => self.put(item)?,
                None => self.delete(&key)?,
            }
        }
        Ok(())
    }

    fn put(&self, item: Item) -> dynoxide::Result<()> {
        let request = PutItemRequest {
            table_name: self.table.clone(),
            item,
            ..PutItemRequest::default()
        };
        self.database.put_item(request).map(drop)
    }

    fn delete(&self, key: &Key) -> dynoxide::Result<()> {
        let request = DeleteItemRequest {
            table_name: self.table.clone(),
            key: key.item(),
            ..DeleteItemRequest::default()
        };
        self.database.delete_item(request).map(drop)
    }
}
