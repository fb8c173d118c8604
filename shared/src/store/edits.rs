//! Rows that people edit: each carries a tag of its content, and only whoever read that content replaces it.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::keys::{self, Key};
use super::known::short_digest;
use super::write::{Write, Written};
use super::{Item, Store, encode};
use crate::error::{Error, Kind, Result};
use crate::model::persona::Profile;
use crate::model::tenant::TenantId;
use crate::model::tree::Node;

/// Names a content: two contents with one tag are the same but once in 2^80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub String);

impl Tag {
    /// The tag of a content.
    pub fn of<T: Serialize>(value: &T) -> Result<Self> {
        let text = serde_json::to_vec(value)
            .map_err(|error| Error::new(Kind::Invalid, "tagging a row").with_source(error))?;
        Ok(Self(short_digest(&text)))
    }
}

/// A row with its tag.
pub(super) fn tagged<T: Serialize>(value: &T) -> Result<Item> {
    let mut item = encode(value)?;
    item.insert("etag".to_owned(), AttributeValue::S(Tag::of(value)?.0));
    Ok(item)
}

impl Store {
    /// Stores a node in the place of the one that was read, or a new one. False = there is another by now.
    pub async fn replace_node(
        &self,
        tenant: &TenantId,
        node: &Node,
        read: Option<&Tag>,
    ) -> Result<bool> {
        self.replace_row(keys::node(tenant, &node.path), node, read)
            .await
    }

    /// Stores a profile in the place of the one that was read, or a new one. False = there is another by now.
    pub async fn replace_profile(
        &self,
        tenant: &TenantId,
        profile: &Profile,
        read: Option<&Tag>,
    ) -> Result<bool> {
        self.replace_row(keys::profile(tenant, &profile.name), profile, read)
            .await
    }

    async fn replace_row<T: Serialize>(
        &self,
        key: Key,
        value: &T,
        read: Option<&Tag>,
    ) -> Result<bool> {
        let write = Write::put(key, tagged(value)?).name("pk");
        let write = match read {
            None => write.when("attribute_not_exists(#pk)"),
            // What an older version wrote has no tag.
            Some(tag) => write
                .when("attribute_exists(#pk) AND (attribute_not_exists(#etag) OR #etag = :read)")
                .name("etag")
                .value("read", AttributeValue::S(tag.0.clone())),
        };
        Ok(matches!(self.write(write).await?, Written::Yes(_)))
    }
}
