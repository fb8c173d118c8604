//! Dead letters: doorbells that nobody could answer. They carry no work, so ringing them again is all there is to do (F153).

use crate::error::Result;
use crate::model::lane::Lane;
pub use crate::queue::DeadLetters;

use super::Shell;

/// How many there are of every lane, and how old the oldest is.
pub async fn dead_letters(shell: &Shell) -> Result<Vec<(Lane, DeadLetters)>> {
    let mut found = Vec::new();
    for lane in Lane::ALL {
        found.push((lane, shell.queue.dead_letters(lane).await?));
    }
    Ok(found)
}

/// Rings all of them once more; how many.
pub async fn ring_dead_letters(shell: &Shell) -> Result<usize> {
    let mut rung = 0;
    for lane in Lane::ALL {
        rung += shell.queue.ring_dead_letters(lane).await?;
    }
    Ok(rung)
}
