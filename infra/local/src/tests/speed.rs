//! How fast the table answers.

use super::*;

/// Prints how many conditional updates pass a second; run it with `--nocapture`.
#[tokio::test]
async fn conditional_updates_a_second() {
    for (name, lag) in [
        ("level", Duration::ZERO),
        ("lagging", Duration::from_secs(30)),
    ] {
        let cloud = Cloud::new(Options {
            index_lag: lag,
            ..options()
        })
        .unwrap();
        let client = dynamodb(&cloud);
        let clock = Clock::system();
        let updates = 1000;
        for fence in 1..=updates {
            client
                .update_item()
                .table_name(TABLE)
                .set_key(Some(key("LANE#sync")))
                .update_expression("SET fence = :fence, due_pk = :lane, due_sk = :due")
                .condition_expression("attribute_not_exists(fence) OR fence < :fence")
                .expression_attribute_values(":fence", n(fence))
                .expression_attribute_values(":lane", s("T#1#sync#0"))
                .expression_attribute_values(":due", s("1"))
                .send()
                .await
                .unwrap();
        }
        let rate = f64::from(updates) / clock.elapsed().as_secs_f64();
        println!("{name}: {rate:.0} conditional updates a second");
    }
}
