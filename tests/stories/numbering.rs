//! Telephone numbers: never two people, never somebody else's.

use local::microsoft::NewNumber;
use serde_json::json;
use shared::model::access::Role;

use super::scene::Scene;

/// The numbers of London, of which so many are there.
async fn london(scene: &Scene, numbers: &[&str]) {
    for number in numbers {
        let new = NewNumber::new(*number, "directRouting");
        scene.microsoft.add_number(new);
    }
    let range = json!({"name": "London", "node": "europe/london"});
    scene.store("ranges/london", &range).await;
    let rows: String = numbers
        .iter()
        .map(|one| format!("{one},london\n"))
        .collect();
    let file = format!("number,range\n{rows}");
    let taken = scene.hand_in(Role::Administrator, "numbers/import", file);
    let taken = taken.await.body;
    assert_eq!(taken["new"], numbers.len(), "{taken}");
    let persona = json!({
        "name": "Telephone",
        "usage_location": "site",
        "licences": [local::contoso::E5],
        "numbers": ["london"],
    });
    scene.store("personas/telephone", &persona).await;
}

async fn give(scene: &Scene, nth: usize) {
    let asked = json!({"persona": "telephone", "site": "europe/london"});
    scene.order_for(nth, "provision", &asked).await;
}

/// I5, V1, R125: two want a number and there is one: one has it, the other waits for it; it stays with whoever has it, and the next
/// number goes to the one who waits.
pub async fn one_number_goes_to_one_person(scene: Scene) {
    let (first, second) = ("+442071000001", "+442071000002");
    scene.until_known().await;
    london(&scene, &[first]).await;
    give(&scene, 0).await;
    scene.until_is(0, "provisioned").await;
    give(&scene, 1).await;
    scene.until_is(1, "waiting").await;
    assert_eq!(scene.person(0).await["number"], first);
    assert_eq!(scene.truth(0).numbers, [first.to_owned()].into());
    assert!(scene.truth(1).numbers.is_empty());
    let new = NewNumber::new(second, "directRouting");
    scene.microsoft.add_number(new);
    let file = format!("number,range\n{second},london\n");
    scene
        .hand_in(Role::Administrator, "numbers/import", file)
        .await;
    scene.until_is(1, "provisioned").await;
    assert_eq!(scene.truth(1).numbers, [second.to_owned()].into());
    assert_eq!(scene.truth(0).numbers, [first.to_owned()].into());
}

/// I5: a number that the inventory holds free, but that somebody was given in the portal meanwhile, stays theirs; the next one is
/// given.
pub async fn a_number_that_somebody_has_is_not_given(scene: Scene) {
    let (taken, free) = ("+442071000001", "+442071000002");
    scene.until_known().await;
    london(&scene, &[taken, free]).await;
    let holder = scene.id(1).to_owned();
    scene.microsoft.give_licence(&holder, local::contoso::E5);
    scene.microsoft.move_number_by_hand(taken, Some(&holder));
    give(&scene, 0).await;
    scene.until_is(0, "provisioned").await;
    assert_eq!(scene.truth(0).numbers, [free.to_owned()].into());
    assert_eq!(scene.truth(1).numbers, [taken.to_owned()].into());
    let entry = scene.get("numbers/%2B442071000001").await;
    assert_ne!(entry["state"], "available", "{entry}");
}
