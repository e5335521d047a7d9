//! Events that are over: what tells the next start that a list was erased because it has done its work.
//!
//! The mark is written before anything is destroyed, so that erasing that was interrupted is finished by the next
//! start. It names the event by its id and holds nothing else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sync_protocol::id::EventId;

use super::erase;
use super::error::StoreError;
use super::file::{Folder, private};

/// What a mark's file is called after the event's id.
const SUFFIX: &str = ".over";

/// Returns the events that are over, in the order of their ids, once what is left of them is erased. A terminal that is
/// enrolled again forgets them.
///
/// # Errors
///
/// If the folder cannot be read, or what is left of an event can't be erased.
pub fn over(data: &Path) -> Result<Vec<EventId>, StoreError> {
    let events = marked(data)?;
    for event in &events {
        if !data.join(event.to_string()).is_dir() {
            continue;
        }
        match Folder::create(data, *event) {
            Ok(folder) => erase::remove(folder.path())?,
            // It is being erased at this moment.
            Err(StoreError::InUse) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(events)
}

/// Marks an event as over, durably.
pub(super) fn mark(data: &Path, event: EventId) -> io::Result<()> {
    private(OpenOptions::new().write(true).create(true).truncate(false)).open(mark_of(data, event))?.sync_all()?;
    File::open(data)?.sync_all()
}

/// Forgets which events are over.
pub(super) fn forget(data: &Path) -> io::Result<()> {
    for event in marked(data)? {
        fs::remove_file(mark_of(data, event))?;
    }
    Ok(())
}

fn mark_of(data: &Path, event: EventId) -> PathBuf {
    data.join(format!("{event}{SUFFIX}"))
}

fn marked(data: &Path) -> io::Result<Vec<EventId>> {
    let entries = match fs::read_dir(data) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut events = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let event = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        events.extend(event.and_then(|event| event.parse::<EventId>().ok()));
    }
    events.sort_unstable();
    Ok(events)
}
