//! Licences: what the tenant owns, and direct assignment (`graph-api.md 3`).

use std::collections::BTreeSet;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::address::{id_in_path, is_id};
use super::client::{Call, Graph, Receipt, Target};
use super::page::{Fields, Page, Short, Tolerant, body};
use crate::error::Result;
use crate::model::microsoft::{PlanId, Sku, SkuId, UserId};

impl Graph {
    /// The products that the tenant owns. One without an id is left out.
    pub async fn subscribed_skus(&self) -> Result<Vec<Sku>> {
        let answer = self
            .send(Call::read(Target::Path("/subscribedSkus".to_owned()), 3))
            .await?;
        let page: Page = body(&answer, "reading what the tenant owns")?;
        Ok(page
            .value
            .iter()
            .filter_map(|element| sku(&Fields::of(element)?))
            .collect())
    }

    /// Gives and takes direct licences in one request, judged together; each product comes with the service plans that are off. What
    /// is given already is no error; what is not given directly cannot be taken. A refusal with a way out is [`Kind::Refused`](crate::error::Kind::Refused).
    pub async fn assign_licences(
        &self,
        id: &UserId,
        add: &[(SkuId, BTreeSet<PlanId>)],
        remove: &[SkuId],
    ) -> Result<Receipt> {
        let path = format!("/users/{}/assignLicense", id_in_path(&id.0)?);
        let add: Vec<_> = add
            .iter()
            .map(|(sku, off)| json!({"skuId": sku, "disabledPlans": off}))
            .collect();
        self.change(Call::write(
            Method::POST,
            path,
            json!({"addLicenses": add, "removeLicenses": remove}),
        ))
        .await
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Prepaid {
    enabled: u32,
    warning: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    service_plan_id: PlanId,
}

fn sku(fields: &Fields<'_>) -> Option<Sku> {
    let plans: Option<Tolerant<Plan>> = fields.get("servicePlans");
    let plans = plans.into_iter().flat_map(|list| list.0);
    let prepaid: Prepaid = fields.get("prepaidUnits").unwrap_or_default();
    Some(Sku {
        id: fields.get("skuId").filter(|id: &SkuId| is_id(&id.0))?,
        name: fields.get::<Short>("skuPartNumber").unwrap_or_default().0,
        enabled: prepaid.enabled.saturating_add(prepaid.warning),
        consumed: fields.get("consumedUnits").unwrap_or_default(),
        for_users: fields
            .get::<String>("appliesTo")
            .is_some_and(|to| to.eq_ignore_ascii_case("User")),
        plans: plans.map(|plan| plan.service_plan_id).collect(),
        missing: false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::script::{graph, reply};
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn products_are_read_with_their_seats() {
        let (graph, _) = graph(|_| {
            Ok(reply(
                200,
                &json!({"value": [
                    {"skuId": "a", "skuPartNumber": "SPE_E5", "appliesTo": "User", "consumedUnits": 412,
                     "prepaidUnits": {"enabled": 500, "warning": 5, "suspended": 9}},
                    {"skuId": "b", "appliesTo": "Company", "consumedUnits": -1, "prepaidUnits": {"enabled": "many"}},
                    {"skuPartNumber": "NO_ID"},
                ]}),
            ))
        });
        let sku = |id: &str, name: &str, enabled, consumed, for_users| Sku {
            id: SkuId(id.to_owned()),
            name: name.to_owned(),
            enabled,
            consumed,
            for_users,
            plans: BTreeSet::new(),
            missing: false,
        };
        let expected = [
            sku("a", "SPE_E5", 505, 412, true),
            sku("b", "", 0, 0, false),
        ];
        assert_eq!(graph.subscribed_skus().await.unwrap(), expected);
        assert_eq!(graph.counts().resource_units, 3);
    }
}
