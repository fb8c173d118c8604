//! Licences: what the tenant owns, and direct assignment (`graph-api.md 3.1`, `3.2`).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::properties::selected;
use crate::microsoft::state::catalogue;
use crate::microsoft::state::person::{Directory, Licence, Person};
use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Family, Refusal};
use crate::microsoft::wire::request::{Query, Request};

/// The body of `assignLicense`; both collections must be there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) add_licenses: Vec<Addition>,
    pub(super) remove_licenses: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addition {
    pub(super) sku_id: String,
    #[serde(default)]
    disabled_plans: Vec<String>,
}

impl Order {
    pub(super) fn read(request: &Request) -> Result<Self, Refusal> {
        serde_json::from_value(request.json()?).map_err(|_| {
            Refusal::bad_request(
                "One or more parameters of the operation 'assignLicense' are missing from the request payload. \
                 The missing parameters are: addLicenses, removeLicenses.",
            )
        })
    }
}

impl World {
    pub(crate) fn list_skus(&self, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let tenant = &self.options.tenant_id;
        let value: Vec<Value> = self
            .products
            .values()
            .map(|product| {
                let plans: Vec<Value> = product
                    .plans
                    .iter()
                    .map(|plan| {
                        let name = catalogue::plan(plan).name;
                        json!({"servicePlanId": plan, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"})
                    })
                    .collect();
                json!({
                    "id": format!("{tenant}_{}", product.id),
                    "accountId": tenant,
                    "accountName": "local",
                    "skuId": product.id,
                    "skuPartNumber": product.name,
                    "appliesTo": "User",
                    "capabilityStatus": "Enabled",
                    "consumedUnits": product.consumed.seen(self.now()),
                    "prepaidUnits": {"enabled": product.enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
                    "servicePlans": plans,
                    "subscriptionIds": [self.chance.guid("subscription", &product.id, 0)],
                })
            })
            .collect();
        Ok(Answer::ok(
            json!({"@odata.context": self.context("subscribedSkus"), "value": value}),
        ))
    }

    pub(crate) fn assign_licence(
        &mut self,
        key: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let id = self.writable(key, Family::Directory, &[])?;
        let order = Order::read(request)?;
        let person = self.person(&id).ok_or_else(|| Refusal::not_found(&id))?;
        self.judge(person, &order)?;
        let before = direct(person.directory.truth());

        let now = self.now();
        let lag = self.lag(&id, self.options.staleness);
        self.change_directory(
            &id,
            lag,
            &["assignedLicenses", "assignedPlans"],
            |directory| {
                directory.licences.retain(|licence| {
                    licence.group.is_some() || !order.remove_licenses.contains(&licence.sku)
                });
                for Addition {
                    sku_id,
                    disabled_plans,
                } in order.add_licenses
                {
                    let held = directory
                        .licences
                        .iter_mut()
                        .find(|licence| licence.group.is_none() && licence.sku == sku_id);
                    match held {
                        Some(licence) => licence.disabled_plans = disabled_plans,
                        None => directory.licences.push(Licence {
                            sku: sku_id,
                            group: None,
                            disabled_plans,
                            since: now,
                            error: None,
                        }),
                    }
                }
            },
        );

        let person = self.person(&id).ok_or_else(|| Refusal::not_found(&id))?;
        let after = direct(person.directory.truth());
        let entity = self.user_entity(person, &selected(&request.query)?);
        self.record(Recorded {
            at: now,
            request: request.line(),
            person: id,
            before,
            after,
        });
        Ok(Answer::ok(entity))
    }

    /// Inherited licences are looked at again, as after new seats were bought.
    pub(crate) fn reprocess_licences(&mut self, key: &str) -> Result<Answer, Refusal> {
        let id = self.writable(key, Family::Directory, &[])?;
        self.reprocess(&id);
        let person = self.person(&id).ok_or_else(|| Refusal::not_found(&id))?;
        Ok(Answer::ok(
            self.user_entity(person, &selected(&Query::default())?),
        ))
    }

    /// Whether the whole order is possible; removal and addition are judged together.
    fn judge(&self, person: &Person, order: &Order) -> Result<(), Refusal> {
        let directory = person.directory.truth();
        let (direct, held) = (directory.direct(), directory.products());
        for sku in &order.remove_licenses {
            if !direct.contains(sku.as_str()) {
                let inherited = "User license is inherited from group membership and cannot be removed directly from the user.";
                let message = if held.contains(sku.as_str()) {
                    inherited
                } else {
                    "User does not have a corresponding license."
                };
                return Err(Refusal::bad_request(message));
            }
        }
        for addition in &order.add_licenses {
            self.known_product(addition)?;
        }
        if order.add_licenses.is_empty() {
            return Ok(());
        }
        if person.licensable_from.is_none_or(|from| from > self.now()) {
            return Err(Refusal::bad_request(
                "License assignment cannot be done for user with invalid usage location.",
            ));
        }
        let wanted: BTreeSet<&str> = order
            .add_licenses
            .iter()
            .map(|addition| addition.sku_id.as_str())
            .collect();
        for product in wanted
            .difference(&held)
            .filter_map(|sku| self.products.get(*sku))
        {
            if *product.consumed.truth() >= product.enabled {
                let message = format!(
                    "Subscription with SKU {} does not have any available licenses.",
                    product.id
                );
                return Err(Refusal::bad_request(message));
            }
        }
        Ok(())
    }
}

impl World {
    /// Whether the tenant owns what an addition names, and it has the plans that are to be off.
    pub(super) fn known_product(&self, addition: &Addition) -> Result<(), Refusal> {
        let Addition {
            sku_id,
            disabled_plans,
        } = addition;
        let product = self.products.get(sku_id).ok_or_else(|| {
            Refusal::bad_request(format!(
                "License {sku_id} does not correspond to a valid company License."
            ))
        })?;
        match disabled_plans
            .iter()
            .find(|plan| !product.plans.contains(plan))
        {
            None => Ok(()),
            Some(plan) => Err(Refusal::bad_request(format!(
                "Service plan {plan} is not part of the subscription with SKU {sku_id}."
            ))),
        }
    }

    /// Every product of somebody with its plans and how they stand (`graph-api.md 3.5`).
    pub(crate) fn licence_details(&self, key: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let person = self.person(key).ok_or_else(|| Refusal::not_found(key))?;
        let directory = person.directory.seen(self.now());
        let held = directory
            .working()
            .filter_map(|licence| Some((licence, self.products.get(&licence.sku)?)));
        let value: Vec<Value> = held
            .map(|(licence, product)| {
                let plan = |id: &String| {
                    let off = licence.disabled_plans.contains(id);
                    json!({
                        "servicePlanId": id, "servicePlanName": catalogue::plan(id).name, "appliesTo": "User",
                        "provisioningStatus": if off { "Disabled" } else { "Success" },
                    })
                };
                let plans: Vec<Value> = product.plans.iter().map(plan).collect();
                json!({"id": product.id, "skuId": product.id, "skuPartNumber": product.name, "servicePlans": plans})
            })
            .collect();
        let context = self.context(&format!("users('{}')/licenseDetails", person.id));
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": value}),
        ))
    }

    /// Whether a plan of Teams is among them.
    pub(crate) fn teams_licensing(&self, key: &str) -> Result<Answer, Refusal> {
        let person = self.person(key).ok_or_else(|| Refusal::not_found(key))?;
        let mut held = person.directory.seen(self.now()).working();
        let has = held.any(|licence| {
            let product = self.products.get(&licence.sku);
            let plans = product.map(|product| product.plans.as_slice());
            let on = |plan: &&String| !licence.disabled_plans.contains(plan);
            let mut plans = plans.unwrap_or_default().iter().filter(on);
            plans.any(|plan| catalogue::plan(plan).feature == Some("Teams"))
        });
        let context = self.context("microsoft.graph.teamsLicensingDetails");
        Ok(Answer::ok(
            json!({"@odata.context": context, "hasTeamsLicense": has}),
        ))
    }
}

fn direct(directory: &Directory) -> Value {
    json!({"directLicences": directory.direct()})
}
