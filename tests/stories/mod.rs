//! Stories through the public API, in verbs of the domain. `scenarios` tells all of them on the embedded cloud and its virtual clock;
//! `rehearsal` tells those marked `real_time`, unchanged, on the deployed installation: the others take hours, because for an hour after
//! a job no read is trusted.
//!
//! | file | tells of |
//! |---|---|
//! | `scene` | what a story is told with |
//! | `lives` | people who come, wait, leave and return |
//! | `orders` | what administrators order for them |
//! | `numbering` | telephone numbers |
//! | `care` | what keeps people from being changed by surprise |

pub mod care;
pub mod lives;
pub mod numbering;
pub mod orders;
mod scene;

pub use scene::{Part, Patience, Scene, cast, customer, furnish, tenant};

/// Hands every story to a macro: `real_time` or `embedded`, its module and name, and who plays in it.
#[macro_export]
macro_rules! each_story {
    ($take:ident) => {
        $take! {
            real_time lives::somebody_gets_what_their_persona_gives [Office];
            real_time lives::nobody_is_touched_whom_no_rule_names [Office, Nobody, Guest];
            real_time lives::who_waits_for_a_seat_gets_the_one_that_is_bought [Office];
            real_time lives::who_leaves_loses_all_and_nobody_else_does [Nobody, Nobody];
            real_time lives::a_deleted_account_is_gone_until_it_is_restored [FrontLine];
            embedded lives::who_leaves_on_a_day_leaves_at_its_minute [FrontLine];
            real_time orders::a_persona_is_given_by_hand [Nobody];
            embedded orders::a_move_brings_what_the_site_gives [Office];
            embedded orders::an_edit_changes_one_thing [Office];
            real_time orders::an_order_that_comes_twice_is_carried_out_once [Nobody];
            real_time orders::a_file_of_orders_is_followed_to_its_end [Nobody, Nobody];
            real_time numbering::one_number_goes_to_one_person [Nobody, Nobody];
            real_time numbering::a_number_that_somebody_has_is_not_given [Nobody, Nobody];
            real_time care::who_may_not_order_orders_nothing [FrontLine];
            real_time care::a_tenant_that_is_only_read_is_not_changed [FrontLine];
            real_time care::a_decision_about_too_many_waits_for_a_yes [FrontLine, FrontLine];
            real_time care::a_policy_changed_by_hand_is_shown_and_stays [Office];
            real_time care::a_schedule_names_its_next_runs [];
            real_time care::a_busy_microsoft_is_waited_for [FrontLine, Office];
            embedded care::a_wrong_secret_stops_the_tenant_until_it_is_right [FrontLine];
        }
    };
}
