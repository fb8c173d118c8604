//! Keys sort as they should and read back.

use super::indexes::due_sort;
use super::*;

#[test]
fn due_keys_sort_by_time_and_read_back() {
    let (early, late) = (Time::from_millis(5), Time::from_millis(1_700_000_000_000));
    let id = JobId("01ABC".into());
    assert!(due_sort(early, &id) < due_sort(late, &id));
    assert!(
        due_sort(early, &id) < due_until(early)
            && due_until(early) < due_sort(Time::from_millis(6), &id)
    );
    assert_eq!(read_due(&due_sort(late, &id)), Some((late, id)));
    assert_eq!(read_due("nonsense"), None);
}

#[test]
fn a_wake_up_reads_back_and_nonsense_does_not() {
    let tenant = TenantId::parse("contoso").unwrap();
    let key = wake(&tenant, Lane::Offboard, Time::from_millis(7));
    assert_eq!(read_wake(&key.sk), Some((tenant, Lane::Offboard)));
    for nonsense in ["", "1", "1#a", "1#a#nothing", "1#a b#sync"] {
        assert_eq!(read_wake(nonsense), None, "{nonsense:?}");
    }
}

#[test]
fn ids_spread_evenly_over_the_shards() {
    let mut counts = [0_u32; 4];
    for n in 0..4_000 {
        counts[usize::from(shard_of(&format!("{n:08x}-person"), 4))] += 1;
    }
    assert!(
        counts.iter().all(|n| (800..1_200).contains(n)),
        "{counts:?}"
    );
}
