//! The control side: what administrators and Microsoft itself do to the tenant.
//! Changes made here are seen at once, unless an earlier one of the same person is still on its way.

mod groups;
mod telephony;
pub(super) mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};
use shared::model::time::Time;

pub use groups::NewGroup;
pub use telephony::NewNumber;

use super::Microsoft;
use super::state::catalogue::{Policy, Product};
use super::state::lagged::Lagged;
use super::state::person::{Assigned, Directory, Licence, Life, Person, Teams};
use super::state::world::World;

/// Somebody to be added to the directory.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Entra object id.
    pub id: String,
    /// `userPrincipalName`.
    pub user_principal_name: String,
    /// `displayName`.
    pub display_name: String,
    /// `accountEnabled`.
    pub account_enabled: bool,
    /// `userType`: `Member` or `Guest`.
    pub user_type: String,
    /// Further properties by their name in Graph.
    pub facts: Map<String, Value>,
    /// Products already assigned directly.
    pub licences: Vec<String>,
    /// With a Teams licence: the Teams user is there already.
    pub teams_ready: bool,
}

impl NewPerson {
    /// An enabled member without anything else.
    pub fn new(
        id: impl Into<String>,
        user_principal_name: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            user_principal_name: user_principal_name.into(),
            display_name: display_name.into(),
            account_enabled: true,
            user_type: "Member".into(),
            facts: Map::new(),
            licences: Vec::new(),
            teams_ready: false,
        }
    }
}

impl Microsoft {
    /// Adds somebody; whoever had the id before is replaced, and leaves them groups and telephone numbers.
    pub fn add_person(&self, new: NewPerson) {
        self.change(|world| {
            let now = world.now();
            let mut properties = new.facts;
            properties.retain(|_, value| !value.is_null());
            properties.insert("userPrincipalName".into(), json!(new.user_principal_name));
            properties.insert("displayName".into(), json!(new.display_name));
            properties.insert("accountEnabled".into(), json!(new.account_enabled));
            properties.insert("userType".into(), json!(new.user_type));
            let licensable_from = properties.contains_key("usageLocation").then_some(now);
            let licences = new
                .licences
                .into_iter()
                .map(|sku| Licence {
                    sku,
                    group: None,
                    disabled_plans: Vec::new(),
                    since: now,
                    error: None,
                })
                .collect();
            let since = new.teams_ready.then_some(now);
            let known = world.people.get(&new.id);
            let lines = known.map(|known| known.lines.clone()).unwrap_or_default();
            world.add(Person {
                id: new.id,
                created: now,
                life: Life::Present,
                deleted: None,
                protected: false,
                directory: Lagged::new(Directory {
                    properties,
                    licences,
                }),
                licensable_from,
                teams: Teams {
                    listed_from: since,
                    eligible_from: since,
                    voice_from: since,
                    policies_from: None,
                    numbers_from: None,
                },
                policies: Lagged::new(BTreeMap::new()),
                lines,
                revocations: 0,
                writes: 0,
            });
        });
    }

    /// Sets or clears a property by its name in Graph; `extensionAttribute1` to `15` are found where they belong.
    pub fn set_property(&self, id: &str, name: &str, value: Option<Value>) {
        self.change(|world| {
            if name == "usageLocation" {
                world.set_location(id, value.as_ref().and_then(Value::as_str), Duration::ZERO);
                return;
            }
            let extension = name
                .trim_start_matches("onPremisesExtensionAttributes/")
                .starts_with("extensionAttribute");
            let property = if extension {
                "onPremisesExtensionAttributes"
            } else {
                name
            };
            world.change_directory(id, Duration::ZERO, &[property], |directory| match value {
                value if extension => {
                    let attribute = name.trim_start_matches("onPremisesExtensionAttributes/");
                    let set = directory
                        .properties
                        .entry(property)
                        .or_insert_with(|| json!({}));
                    if let Value::Object(set) = set {
                        set.insert(attribute.into(), value.unwrap_or_default());
                    }
                }
                Some(value) => drop(directory.properties.insert(property.into(), value)),
                None => drop(directory.properties.remove(property)),
            });
        });
    }

    /// Deletes somebody; `soft` = [`Self::restore_person`] can undo it.
    pub fn delete_person(&self, id: &str, soft: bool) {
        self.change(|world| world.set_life(id, if soft { Life::SoftDeleted } else { Life::Gone }));
    }

    /// Brings somebody back from the recycle bin.
    pub fn restore_person(&self, id: &str) {
        self.change(|world| {
            if world
                .people
                .get(id)
                .is_some_and(|person| person.life == Life::SoftDeleted)
            {
                world.set_life(id, Life::Present);
            }
        });
    }

    /// Adds a licence product with its service plans, by id, or changes it. Products come before the people who hold them.
    pub fn add_sku(&self, id: &str, name: &str, enabled: u32, plans: &[&str]) {
        self.change(|world| {
            let known = world
                .products
                .get(id)
                .map(|product| product.consumed.clone());
            world.put_product(Product {
                id: id.into(),
                name: name.into(),
                enabled,
                consumed: known.unwrap_or_else(|| Lagged::new(0)),
                plans: plans.iter().map(|plan| (*plan).into()).collect(),
            });
        });
    }

    /// Buys or gives back seats: there are `enabled` now.
    pub fn set_seats(&self, sku: &str, enabled: u32) {
        self.change(|world| {
            if let Some(product) = world.products.get(sku).cloned() {
                world.put_product(Product { enabled, ..product });
            }
        });
    }

    /// Gives somebody a product directly, by hand.
    pub fn give_licence(&self, id: &str, sku: &str) {
        self.change(|world| world.give(id, sku, None));
    }

    /// Somebody inherits a product through a group.
    pub fn give_group_licence(&self, id: &str, sku: &str, group: &str) {
        self.change(|world| world.give(id, sku, Some(group)));
    }

    /// Takes a product away, whether direct (`group` = `None`) or inherited.
    pub fn take_licence(&self, id: &str, sku: &str, group: Option<&str>) {
        self.change(|world| {
            world.change_directory(
                id,
                Duration::ZERO,
                &["assignedLicenses", "assignedPlans"],
                |directory| {
                    directory
                        .licences
                        .retain(|licence| licence.sku != sku || licence.group.as_deref() != group);
                },
            );
        });
    }

    /// Adds a Teams policy.
    pub fn add_policy(&self, policy_type: &str, name: &str) {
        self.change(|world| {
            let id = world
                .chance
                .opaque(43, "policy", &format!("{policy_type}/{name}"));
            world.put_policy(Policy {
                id,
                policy_type: policy_type.into(),
                name: name.into(),
            });
        });
    }

    /// An administrator assigns a policy in the Teams admin centre, or with `None` takes it away.
    pub fn assign_policy_by_hand(&self, id: &str, policy_type: &str, name: Option<&str>) {
        self.change(|world| {
            let now = world.now();
            world.touch(id, |person| {
                let from = person.policies.change(now, Duration::ZERO, |policies| {
                    let key = policy_type.to_lowercase();
                    match name {
                        Some(name) => policies.insert(
                            key,
                            Assigned {
                                policy_type: policy_type.into(),
                                name: name.into(),
                            },
                        ),
                        None => policies.remove(&key),
                    };
                });
                person.teams.policies_from = Some(from);
            });
        });
    }

    /// Makes somebody an account that the app may not touch, or an ordinary one again.
    pub fn protect(&self, id: &str, protected: bool) {
        self.change(|world| world.touch(id, |person| person.protected = protected));
    }

    /// Consent given or taken back; shows in tokens issued from now on. Not stored: it is an option at every start.
    pub fn set_roles(&self, roles: BTreeSet<String>) {
        self.lock().options.roles = roles;
    }

    /// The application permissions consented to.
    pub fn roles(&self) -> BTreeSet<String> {
        self.lock().options.roles.clone()
    }

    /// So many of 1,000 requests are throttled for no reason. Not stored: it is an option at every start.
    pub fn set_throttling(&self, permille: u32) {
        self.lock().gate.set_throttling(permille);
    }

    /// The tenant's time.
    pub fn now(&self) -> Time {
        self.lock().now()
    }

    /// Puts the tenant's clock forward. Not stored: the clock that it was made with goes on as ever.
    pub fn advance(&self, by: Duration) {
        self.lock().advance(by);
    }

    /// Another client secret; tokens already issued live on. Not stored: it is an option at every start.
    pub fn set_secret(&self, secret: &str) {
        self.lock().options.client_secret = secret.into();
    }

    /// Every token issued so far is refused from now on.
    pub fn revoke_tokens(&self) {
        self.lock().gate.forget_tokens();
    }

    /// A change from the control side. What cannot be stored now is stored with the next write.
    fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.lock();
        change(&mut world);
        if let Err(error) = world.store() {
            tracing::error!(%error, "the simulated tenant cannot store a change");
        }
    }
}

impl World {
    fn give(&mut self, id: &str, sku: &str, group: Option<&str>) {
        let since = self.now();
        self.change_directory(
            id,
            Duration::ZERO,
            &["assignedLicenses", "assignedPlans"],
            |directory| {
                if !directory
                    .licences
                    .iter()
                    .any(|licence| licence.sku == sku && licence.group.as_deref() == group)
                {
                    let licence = Licence {
                        sku: sku.into(),
                        group: group.map(String::from),
                        disabled_plans: Vec::new(),
                        since,
                        error: None,
                    };
                    directory.licences.push(licence);
                }
            },
        );
    }
}
