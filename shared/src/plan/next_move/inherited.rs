//! Licences that come with a group.

use crate::config;
use crate::model::ask::Ask;
use crate::model::job::Waits;
use crate::model::microsoft::LicenceState;
use crate::model::step::{Standing, Stands, Step};
use crate::plan::holds::{Glance, Read, Seen, inherits};

use super::looks::Patience;
use super::{Circumstances, Move, absent};

/// Being in a licence group is not yet having its licences: those come later, or not at all, and nobody says so unasked
/// (`graph-api.md 3.3`). Until then the seat is kept. `None` = they are there, or none are expected.
pub(super) fn inherited(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    patience: Patience,
    around: &Circumstances<'_>,
) -> Option<Move> {
    if !matches!(step, Step::Groups { .. }) || around.inherits.is_empty() {
        return None;
    }
    let user = match &seen.user {
        Glance::Unread => return Some(Move::Read(Read::User)),
        Glance::Absent => return Some(absent(step, standing, patience, around.now)),
        Glance::Present(user) => user,
    };
    let missing = around
        .inherits
        .iter()
        .map(|(group, sku)| (group, inherits(user, group, sku)))
        .find(|(_, state)| !state.is_some_and(LicenceState::is_active));
    let (group, state) = missing?;
    let taken = asks.iter().rev().find(|ask| ask.was_taken());
    let since = taken.map(|ask| ask.sent).or(standing.since);
    let since = since.unwrap_or(around.now);
    match state.and_then(LicenceState::problem) {
        Some(_) if state.is_some_and(LicenceState::lacks_a_seat) => Some(Move::Wait {
            until: around.now + config::WAITING_LOOK,
            waits: Some(Waits::Licence),
        }),
        Some(problem) => Some(around.distrust().unwrap_or_else(|| {
            let cause = format!("licence of group {}: {problem}", group.0);
            Move::GiveUp(Stands::Failed(cause))
        })),
        None if around.now >= patience.end(since) => Some(Move::GiveUp(Stands::Failed(format!(
            "the licence of group {} is not there in time",
            group.0
        )))),
        None => Some(Move::Wait {
            until: patience.look_again(since, around.now),
            waits: None,
        }),
    }
}
