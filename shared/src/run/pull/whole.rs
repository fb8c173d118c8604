//! The whole directory, and who of those we knew is not in it any more.

use crate::config;
use crate::error::{Kind, Result};
use crate::graph::UsersFrom;
use crate::model::bits::Bits;
use crate::model::microsoft::UserId;
use crate::store::cursors::{Cursor, Pass, Reading};
use crate::store::known::Known;

use super::Pull;
use crate::run::family::{is_dead_link, is_to_be_kept};

impl Pull<'_> {
    /// Reads everybody: first the place from which changes are read afterwards, then every page, so that nothing is lost in
    /// between; then those who were on no page are looked for one by one. False = the time is over.
    pub(super) async fn whole_directory(&self, cursor: &mut Cursor) -> Result<bool> {
        let since = match &cursor.reading {
            Reading::Full { since, .. } => *since,
            Reading::Nothing | Reading::Changes { .. } => self.begin(cursor).await?,
        };
        let known = self.shell.store.known(self.tenant, since).await?;
        let mut unsaved = 0;
        while let Reading::Full {
            latest,
            next,
            listed: false,
            ..
        } = cursor.reading.clone()
        {
            if !self.lease.may_go_on() {
                self.move_cursor(cursor, Vec::new()).await?;
                return Ok(false);
            }
            self.lease.permit()?;
            let from = next.map_or(UsersFrom::First, UsersFrom::Next);
            let followed = matches!(from, UsersFrom::Next(_));
            let page = match self.graph.users_page(from).await {
                // The link has died while we were away: the list is read from its beginning.
                Err(error) if followed && is_dead_link(&error) => {
                    tracing::warn!(tenant = self.tenant.id.as_str(), %error, "the list of people cannot be gone on with; beginning again");
                    cursor.reading = full(latest, None, since, false);
                    self.move_cursor(cursor, Vec::new()).await?;
                    return Err(error);
                }
                // What was read is not read again, however often this happens.
                Err(error) if *error.kind() != Kind::OutOfTime && unsaved > 0 => {
                    self.move_cursor(cursor, Vec::new()).await?;
                    return Err(error);
                }
                page => page?,
            };
            for user in &page.people {
                if let Some(place) = known.place(&user.id.0) {
                    cursor.seen.insert(place);
                }
            }
            self.store_people(page.people, Some(&known)).await?;
            let listed = page.next.is_none();
            cursor.reading = full(latest, page.next, since, listed);
            unsaved += 1;
            if listed || is_to_be_kept(unsaved, &cursor.seen) {
                unsaved = 0;
                self.move_cursor(cursor, Vec::new()).await?;
            }
        }
        self.look_for_the_missing(cursor, &known).await
    }

    /// The delta link comes before the first page. Returns the fence of the sync that begins.
    async fn begin(&self, cursor: &mut Cursor) -> Result<u64> {
        self.lease.permit()?;
        let latest = self.graph.delta_latest().await?;
        let since = self.lease.worker().fence;
        cursor.seen = Bits::default();
        cursor.reading = full(latest, None, since, false);
        self.move_cursor(cursor, Vec::new()).await?;
        Ok(since)
    }

    /// Who is on no page is asked for once before anything is said of them: a list over many pages may miss somebody (F17).
    async fn look_for_the_missing(&self, cursor: &mut Cursor, known: &Known) -> Result<bool> {
        let Reading::Full { latest, .. } = cursor.reading.clone() else {
            return Ok(true);
        };
        let missing = known.without(|place| cursor.seen.contains(place));
        if !missing.is_empty() {
            let (tenant, missing) = (self.tenant.id.as_str(), missing.len());
            tracing::warn!(
                tenant,
                missing,
                "known people are not in the directory's list"
            );
        }
        let mut left = missing.into_iter().map(UserId);
        loop {
            let some: Vec<UserId> = left.by_ref().take(config::LOOKED_FOR).collect();
            if some.is_empty() {
                break;
            }
            if !self.lease.may_go_on() {
                // Whoever was found or marked meanwhile is not missing the next time.
                self.move_cursor(cursor, Vec::new()).await?;
                return Ok(false);
            }
            self.look_for(&some).await?;
            for id in &some {
                known
                    .place(&id.0)
                    .into_iter()
                    .for_each(|place| cursor.seen.insert(place));
            }
        }
        cursor.pass = Some(Pass::default());
        cursor.full_at = Some(self.shell.clock.now());
        cursor.seen = Bits::default();
        cursor.reading = Reading::Changes { link: latest };
        self.move_cursor(cursor, Vec::new()).await?;
        Ok(true)
    }
}

fn full(latest: String, next: Option<String>, since: u64, listed: bool) -> Reading {
    Reading::Full {
        latest,
        next,
        since,
        listed,
    }
}
