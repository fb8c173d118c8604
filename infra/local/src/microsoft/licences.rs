//! Products and direct assignment (`graph-api.md 3`). Error texts are Microsoft's, byte for byte where they are known.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, denied, error, not_found, ok};
use super::world::{Licence, World};

impl World {
    /// `GET /subscribedSkus`.
    pub fn subscribed_skus(&self, roles: &BTreeSet<String>) -> Answer {
        if !roles.contains("LicenseAssignment.Read.All") && !roles.contains("LicenseAssignment.ReadWrite.All") {
            return denied();
        }
        let seats = self.seats();
        let product = |sku: &String, taken: u32| {
            let product = self.products.get(sku)?;
            let plans: Vec<Value> = product.plans.iter().map(|plan| json!({"servicePlanId": plan, "appliesTo": "User"})).collect();
            Some(json!({
                "id": format!("{}_{sku}", self.options.directory), "skuId": sku, "skuPartNumber": product.name, "appliesTo": "User",
                "capabilityStatus": "Enabled", "consumedUnits": taken, "servicePlans": plans,
                "prepaidUnits": {"enabled": product.enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
            }))
        };
        let value: Vec<Value> = seats.iter().filter_map(|(sku, (_, taken))| product(sku, *taken)).collect();
        ok(json!({ "value": value }))
    }

    /// `POST /users/{id}/assignLicense`: removals and additions are judged together.
    pub fn assign_licence(&mut self, call: &Call<'_>, id: &str, roles: &BTreeSet<String>) -> Answer {
        let body = match call.json() {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let (Some(add), Some(remove)) = (body["addLicenses"].as_array(), body["removeLicenses"].as_array()) else {
            return bad("One of the provided parameters is missing: 'addLicenses', 'removeLicenses'.");
        };
        let Some(person) = self.people.get(id).filter(|person| person.deleted.is_none()) else { return not_found(id) };
        if !roles.contains("LicenseAssignment.ReadWrite.All") || person.protected {
            return denied();
        }
        let direct = |sku: &str| person.licences.iter().any(|licence| licence.sku == sku && licence.group.is_none());
        let held = |sku: &str| person.licences.iter().any(|licence| licence.sku == sku);
        let remove: Vec<String> = remove.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        for sku in &remove {
            if !direct(sku) {
                return bad(if held(sku) {
                    "User license is inherited from group membership and cannot be removed directly from the user."
                } else {
                    "User does not have a corresponding license."
                });
            }
        }
        let add: Vec<Licence> = add
            .iter()
            .filter_map(|licence| {
                let disabled = licence["disabledPlans"].as_array().into_iter().flatten();
                Some(Licence {
                    sku: licence["skuId"].as_str()?.to_owned(),
                    group: None,
                    disabled: disabled.filter_map(Value::as_str).map(str::to_owned).collect(),
                })
            })
            .collect();
        let located = person.properties.get("usageLocation").is_some_and(Value::is_string)
            && person.location_known_at.is_none_or(|at| at <= self.clock.now());
        if !add.is_empty() && !located {
            return bad("License assignment cannot be done for user with invalid usage location.");
        }
        let seats = self.seats();
        for licence in add.iter().filter(|licence| !held(&licence.sku)) {
            match seats.get(&licence.sku) {
                None => return bad(&format!("License {} does not correspond to a valid company License.", licence.sku)),
                Some((enabled, taken)) if taken >= enabled => {
                    return bad(&format!("Subscription with SKU {} does not have any available licenses.", licence.sku));
                }
                Some(_) => {}
            }
        }
        self.change_over_the_wire(id, "change licences", |person| {
            person.licences.retain(|held| {
                held.group.is_some() || !(remove.contains(&held.sku) || add.iter().any(|new| new.sku == held.sku))
            });
            person.licences.extend(add);
        });
        self.licensed(id);
        match self.people.get(id) {
            Some(person) => ok(self.shown(id, person, None)),
            None => not_found(id),
        }
    }
}

fn bad(message: &str) -> Answer {
    error(400, "Request_BadRequest", message)
}
