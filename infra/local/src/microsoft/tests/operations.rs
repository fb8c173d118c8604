//! What becomes of orders: how long they take, how long one hears of them.

use std::time::Duration;

use super::numbers::{FIRST, slow, voiced};
use super::*;

#[tokio::test(start_paused = true)]
async fn operations_stick_vanish_and_are_forgotten() {
    let client = voiced(slow()).await;
    for fate in [OrderFate::Stuck, OrderFate::Lost, OrderFate::Forgotten] {
        client.tenant.decide_next_order(fate);
    }
    let stuck = client.order(FIRST, ADELE).await;
    let lost = client.order(FIRST, ADELE).await;
    assert_eq!(client.get(lost.header("location")).await.status, 404);
    client.pass(1_800).await;
    assert_eq!(client.outcome(&stuck).await.0, "running");
    assert_eq!(client.tenant.numbers()[FIRST], None);
    let forgotten = client.order(FIRST, ADELE).await;
    client.pass(40).await;
    assert_eq!(client.get(forgotten.header("location")).await.status, 404);
    assert_eq!(client.tenant.numbers()[FIRST].as_deref(), Some(ADELE));
}

#[tokio::test(start_paused = true)]
async fn each_order_takes_its_own_time_and_the_same_again() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let client = voiced(Options {
            number_delay: (Duration::from_secs(5), Duration::from_secs(120)),
            ..Options::calm()
        })
        .await;
        let mut orders = Vec::new();
        for _ in 0..20 {
            orders.push(client.order(FIRST, ADELE).await);
        }
        let mut run = Vec::new();
        for _ in 0..12 {
            client.pass(10).await;
            for order in &orders {
                run.push(client.outcome(order).await.0);
            }
        }
        assert_eq!(run.last().unwrap(), "failed", "the first one has it");
        assert!(
            ["notStarted", "running", "failed"]
                .iter()
                .all(|status| run.iter().any(|seen| seen == status))
        );
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_not_kept_for_ever() {
    let client = voiced(Options {
        operation_life: Duration::from_secs(600),
        ..slow()
    })
    .await;
    let order = client.order(FIRST, ADELE).await;
    client.pass(600).await;
    assert_eq!(client.outcome(&order).await.0, "succeeded");
    client.pass(1).await;
    assert_eq!(
        client.get(order.header("location")).await.refusal().1,
        "NotFound"
    );
}
