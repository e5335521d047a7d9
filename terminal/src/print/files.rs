//! Tickets as files, for whoever asks for one: off unless a folder is named, because whoever has
//! such a file has the ticket, and the page says a name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Sheet;
use super::code::DoesNotFit;
use super::pdf::pdf;
use super::picture::{PictureError, png};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The page could not be drawn.
    #[error(transparent)]
    Page(#[from] DoesNotFit),
    /// The picture could not be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The disk says why not.
    #[error("{path} could not be written")]
    Disk {
        /// What was to be written.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

/// Writes the ticket's page and its code into `folder`, for the owner's eyes only, and returns the
/// page's path. A ticket that is written again replaces itself.
///
/// # Errors
///
/// [`FileError`]; then one of the two may be there.
pub fn save(folder: &Path, sheet: &Sheet) -> Result<PathBuf, FileError> {
    // Letters and digits of a ticket's number; whatever else a number held would stay out.
    let name: String = sheet.number.chars().filter(char::is_ascii_alphanumeric).collect();
    let (page, picture) = (folder.join(format!("{name}.pdf")), folder.join(format!("{name}.png")));
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| FileError::Disk { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
    write(&picture, &png(sheet)?).map_err(failed(&picture))?;
    write(&page, &pdf(sheet)?).map_err(failed(&page))?;
    Ok(page)
}

/// Writes a file as a whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("part");
    // Left over from a power cut, perhaps with another mode.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_ticket_becomes_two_files_that_only_their_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let tickets = folder.path().join("tickets");
        let sheet = samples::sheet("Ada");

        let page = save(&tickets, &sheet).unwrap();
        assert_eq!(save(&tickets, &sheet).unwrap(), page, "again");

        assert_eq!(page, tickets.join("R00000000057.pdf"));
        let mut files: Vec<_> = std::fs::read_dir(&tickets).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["R00000000057.pdf", "R00000000057.png"]);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&tickets), mode(&page)), (0o700, 0o600));
    }

    #[test]
    fn a_folder_that_cannot_be_is_said_to_be_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(save(file.path(), &samples::sheet("Ada")), Err(FileError::Disk { .. })));
    }
}
