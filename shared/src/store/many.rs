//! Many items by their keys in few requests.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::keys::Key;
use super::{Item, Store, read_error, text, write};
use crate::error::{Error, Kind, Result};

/// DynamoDB takes no more keys in one request.
const AT_MOST: usize = 100;
/// So often keys are asked for again that were left out because the table was busy.
const TRIES: u32 = 6;

impl Store {
    /// The items with these keys, in no order; what is not there is left out. Eventually consistent, at half the price: good for
    /// what a condition proves later, or for what is only shown.
    pub(crate) async fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Item>> {
        self.read_many(keys, false).await
    }

    /// Two items in one request, each as the last write left it; what is written meanwhile may show in one and not in the other.
    pub(crate) async fn get_both(&self, [one, other]: [Key; 2]) -> Result<[Option<Item>; 2]> {
        let is_one =
            |item: &Item| text(item, "pk") == Some(&one.pk) && text(item, "sk") == Some(&one.sk);
        let items = self.read_many(vec![one.clone(), other], true).await?;
        let (one, other): (Vec<Item>, Vec<Item>) = items.into_iter().partition(is_one);
        Ok([one, other].map(|items| items.into_iter().next()))
    }

    async fn read_many(&self, keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        // One key twice in a request is refused as a whole.
        let keys: BTreeSet<(String, String)> =
            keys.into_iter().map(|key| (key.pk, key.sk)).collect();
        let mut left: Vec<Item> = keys
            .into_iter()
            .map(|(pk, sk)| super::at(&pk, &sk))
            .collect();
        let mut attempt = 0;
        while !left.is_empty() {
            let some = left.split_off(left.len().saturating_sub(AT_MOST));
            let asked = KeysAndAttributes::builder()
                .set_keys(Some(some))
                .consistent_read(consistent)
                .build()
                .map_err(|error| {
                    Error::new(Kind::Invalid, "asking for many items").with_source(error)
                })?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, asked)
                .send()
                .await
                .map_err(|error| {
                    let kind = write::kind_of(&error);
                    read_error(kind, "asking for many items".to_owned(), error)
                })?;
            found.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let unread = answer.unprocessed_keys.into_iter().flatten();
            let unread: Vec<Item> = unread.flat_map(|(_, asked)| asked.keys).collect();
            if !unread.is_empty() {
                if attempt == TRIES {
                    return Err(Error::new(
                        Kind::Unavailable,
                        "the table is too busy to be asked for many items",
                    ));
                }
                self.pause("asking for many items", attempt).await;
                attempt += 1;
                left.extend(unread);
            }
        }
        Ok(found)
    }
}
