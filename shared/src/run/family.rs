//! What the families beside people have in common: each is a list that is read page by page, from a place that is kept.

use crate::error::{Error, Kind, Result};
use crate::model::bits::Bits;
use crate::model::tenant::Tenant;
use crate::store::cursors::{Family, Place};

use super::Shell;
use super::lease::Lease;

/// The place is kept after so many pages at the least: whoever dies in between reads these again.
const PAGES: usize = 10;

/// Whether the place is kept now, so many pages after it last was. It costs a unit for each KB of what was seen, and a page is to cost no
/// more than one.
pub(super) fn is_to_be_kept(unsaved: usize, seen: &Bits) -> bool {
    unsaved >= PAGES.max(seen.bytes() / 1_024)
}

/// A page of a list, which is asked for only if there is time; `None` = there is none, and the place is kept. A link that has died
/// while we were away is an error, and the list is read from its beginning the next time.
pub(super) async fn page<T>(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    family: Family,
    place: &mut Place,
    asked: impl Future<Output = Result<T>>,
) -> Result<Option<T>> {
    if !lease.may_go_on() {
        keep(shell, tenant, family, place).await?;
        return Ok(None);
    }
    lease.permit()?;
    match asked.await {
        Err(error) if place.next.is_some() && is_dead_link(&error) => {
            place.next = None;
            keep(shell, tenant, family, place).await?;
            Err(error)
        }
        Err(error) if *error.kind() != Kind::OutOfTime => {
            keep(shell, tenant, family, place).await?;
            Err(error)
        }
        page => page.map(Some),
    }
}

/// Keeps the place.
pub(super) async fn keep(
    shell: &Shell,
    tenant: &Tenant,
    family: Family,
    place: &mut Place,
) -> Result<()> {
    let moved = shell.store.move_place(&tenant.id, family, place);
    moved.await?.or_stop()
}

/// Whether the link of a list has died while nobody read on: the list is read from its beginning.
pub(super) fn is_dead_link(error: &Error) -> bool {
    matches!(error.kind(), Kind::Resync | Kind::Invalid | Kind::NotFound)
}
