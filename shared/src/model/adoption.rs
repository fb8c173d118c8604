//! An adoption: people at the tenant level who are handed over to the rules of one site (R28, F115).

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;
use super::persona::SitePath;
use super::time::Time;

/// A ULID: sorts by the moment it was ordered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdoptionId(pub String);

/// People who were to be adopted at a site, and what was said of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Its key.
    pub id: AdoptionId,
    /// The site.
    pub site: SitePath,
    /// When it was ordered.
    pub at: Time,
    /// By whom.
    pub by: String,
    /// Everybody in it, at most [`Adoption::MOST`].
    pub people: Vec<Adoptee>,
}

impl Adoption {
    /// So many people fit its row.
    pub const MOST: usize = 500;
}

/// Somebody who was to be adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoptee {
    /// Who.
    pub person: UserId,
    /// Why they were not; `None` = the rules have them now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
