//! I2: why somebody has what they have, through the API.

use serde_json::Value;
use shared::model::lane::{Lane, Mark};

use super::{House, people, play};

#[test]
fn every_decision_is_explained() {
    play(async {
        let house = House::of(people(30)).await;
        let pulled = house.stage.installation.ask(Lane::Sync, Mark::Pull);
        pulled.await.unwrap();
        let minute = std::time::Duration::from_secs(60);
        house.beside(house.stage.clock.sleep(30 * minute)).await;
        let listed = house.get("/v1/tenants/contoso/people?limit=100").await;
        let (mut matched, mut unmatched) = (0, 0);
        for one in listed.body["people"].as_array().unwrap() {
            let path = format!("/v1/tenants/contoso/people/{}", one["id"].as_str().unwrap());
            let told = house.get(&format!("{path}/explanation")).await;
            assert_eq!(told.status, 200, "{told:?}");
            let person = house.get(&path).await;
            let persona = &told.body["persona"];
            let order = ["Nurses and drivers", "Sales", "Office"];
            let failed = persona["failed"].as_array().unwrap();
            for (nth, verdict) in failed.iter().enumerate() {
                assert_eq!(verdict["rule"], order[nth]);
                for reason in verdict["because"].as_array().unwrap() {
                    let comparison = reason["comparison"].as_str().unwrap();
                    let property = comparison.strip_prefix("user.").unwrap();
                    let property = property.split(' ').next().unwrap();
                    assert_eq!(reason["value"], person.body["facts"][property], "{told:?}");
                }
            }
            if persona["matched"] == Value::Null {
                unmatched += 1;
                assert_eq!(failed.len(), 3);
                assert!(
                    told.body["next"]
                        .as_str()
                        .unwrap()
                        .starts_with("left alone")
                );
            } else {
                matched += 1;
                assert_eq!(persona["matched"]["rule"], order[failed.len()]);
                assert!(persona["then"]["persona"].is_string());
            }
        }
        assert!(matched > 5 && unmatched > 0, "{matched} {unmatched}");
        let nobody = house
            .get("/v1/tenants/contoso/people/nobody/explanation")
            .await;
        assert!(nobody.is_problem(404, "not-found"), "{nobody:?}");
    });
}
