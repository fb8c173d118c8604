//! Rows that people edit: each carries a tag of its content, and only whoever read that content replaces it.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::keys::{self, Key};
use super::write::{Write, Written};
use super::{Item, Store, attribute, encode};
use crate::error::{Error, Kind, Result};
use crate::model::access::Role;
use crate::model::digest;
use crate::model::edit::FieldPolicy;
use crate::model::inventory::{NumberRange, RangeId};
use crate::model::persona::{Profile, SitePath};
use crate::model::tenant::{Settings, TenantId};
use crate::model::tree::Node;

/// Names a content: two contents with one tag are the same but once in 2^80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub String);

impl Tag {
    /// The tag of a content.
    pub fn of<T: Serialize>(value: &T) -> Result<Self> {
        let text = serde_json::to_vec(value)
            .map_err(|error| Error::new(Kind::Invalid, "tagging a row").with_source(error))?;
        Ok(Self(digest::short(&text)))
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

    /// Stores a range in the place of the one that was read, or a new one. False = there is another by now.
    pub async fn replace_range(
        &self,
        tenant: &TenantId,
        range: &NumberRange,
        read: Option<&Tag>,
    ) -> Result<bool> {
        self.replace_row(keys::range(tenant, &range.id), range, read)
            .await
    }

    /// Stores what a role may do to fields in the place of what was read, or for the first time. False = there is another by now.
    pub async fn replace_fields(
        &self,
        tenant: &TenantId,
        policy: &FieldPolicy,
        read: Option<&Tag>,
    ) -> Result<bool> {
        let key = keys::fields(tenant, policy.role, policy.node.as_ref());
        self.replace_row(key, policy, read).await
    }

    /// Takes a node away, if it is the one that was read. False = it is another by now.
    pub async fn remove_node(
        &self,
        tenant: &TenantId,
        path: &SitePath,
        read: &Tag,
    ) -> Result<bool> {
        self.remove_row(keys::node(tenant, path), read).await
    }

    /// Takes a profile away likewise.
    pub async fn remove_profile(&self, tenant: &TenantId, name: &str, read: &Tag) -> Result<bool> {
        self.remove_row(keys::profile(tenant, name), read).await
    }

    /// Takes a range away likewise.
    pub async fn remove_range(&self, tenant: &TenantId, id: &RangeId, read: &Tag) -> Result<bool> {
        self.remove_row(keys::range(tenant, id), read).await
    }

    /// Takes away likewise what a role may do to fields: they are open then.
    pub async fn remove_fields(
        &self,
        tenant: &TenantId,
        role: Role,
        node: Option<&SitePath>,
        read: &Tag,
    ) -> Result<bool> {
        self.remove_row(keys::fields(tenant, role, node), read)
            .await
    }

    /// Stores what is written down of a tenant's settings in the place of what was read; the switches that people turn by hand stay as
    /// they are. False = something else is written by now.
    pub async fn replace_settings(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        read: &Tag,
    ) -> Result<bool> {
        let Settings {
            readiness,
            offboard_licences,
            sync,
            values,
            countries,
            protected,
            limits,
            paused: _,
            read_only: _,
            flow_through: _,
        } = settings;
        let written = [
            ("readiness", attribute(readiness)?),
            ("offboard_licences", attribute(offboard_licences)?),
            ("sync", attribute(sync)?),
            ("values", attribute(values)?),
            ("countries", attribute(countries)?),
            ("protected", attribute(protected)?),
            ("limits", attribute(limits)?),
        ];
        let set = written
            .iter()
            .map(|(name, _)| format!("#settings.#{name} = :{name}"));
        let set: Vec<String> = set.chain(["#settings_etag = :etag".to_owned()]).collect();
        let change = format!("SET {}", set.join(", "));
        let mut write = Write::update(keys::tenant(tenant), change)
            .when("attribute_exists(#id) AND (attribute_not_exists(#settings_etag) OR #settings_etag = :read)")
            .name("id")
            .name("settings")
            .name("settings_etag")
            .value("read", AttributeValue::S(read.0.clone()))
            .value("etag", AttributeValue::S(Tag::of(&settings.clone().written())?.0));
        for (name, value) in written {
            write = write.name(name).value(name, value);
        }
        Ok(matches!(self.write(write).await?, Written::Yes(_)))
    }

    async fn remove_row(&self, key: Key, read: &Tag) -> Result<bool> {
        let write = Write::delete(key)
            .when("attribute_exists(#pk) AND (attribute_not_exists(#etag) OR #etag = :read)")
            .name("pk")
            .name("etag")
            .value("read", AttributeValue::S(read.0.clone()));
        Ok(matches!(self.write(write).await?, Written::Yes(_)))
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
