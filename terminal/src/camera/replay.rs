//! Image files as a source of frames: as fast as they are asked for, or at a rate like a video.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use super::{FrameSource, Sight, picture};

/// How fast files are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// The next one whenever it is asked for.
    AsAsked,
    /// One in each span of time; a reader that is slower gets every one all the same, later.
    Every(Duration),
}

/// What happens after the last file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AtEnd {
    /// The source ends.
    Stop,
    /// It begins again with the first file.
    Repeat,
}

/// Shows image files one after the other.
#[derive(Debug)]
pub struct Replay {
    files: Vec<PathBuf>,
    next: usize,
    pace: Pace,
    at_end: AtEnd,
    due: Option<Instant>,
    /// Whether any file of this round was a picture: a round without one is the last.
    round_had_picture: bool,
}

impl Pace {
    /// Returns the pace of `fps` frames a second; [`Pace::AsAsked`] unless it is a positive number.
    pub fn per_second(fps: f64) -> Self {
        Duration::try_from_secs_f64(1.0 / fps).map_or(Self::AsAsked, Self::Every)
    }
}

impl Replay {
    /// Returns a source that shows the files in `paths`, folders opened and sorted.
    pub fn new(paths: &[PathBuf], pace: Pace, at_end: AtEnd) -> Self {
        Self { files: picture::expand(paths), next: 0, pace, at_end, due: None, round_had_picture: false }
    }

    /// Waits for the next frame's time, but no longer than `wait`; says whether it has come.
    fn is_due(&mut self, wait: Duration) -> bool {
        let Pace::Every(span) = self.pace else { return true };
        let now = Instant::now();
        let due = self.due.unwrap_or(now);
        let left = due.saturating_duration_since(now);
        thread::sleep(left.min(wait));
        if left > wait {
            return false;
        }
        // A reader that was late doesn't have to catch up.
        self.due = Some(due.max(now) + span);
        true
    }
}

impl FrameSource for Replay {
    fn next(&mut self, wait: Duration) -> Sight {
        if self.next >= self.files.len() && self.at_end == AtEnd::Repeat && self.round_had_picture {
            self.next = 0;
            self.round_had_picture = false;
        }
        let Some(path) = self.files.get(self.next).cloned() else { return Sight::End };
        if !self.is_due(wait) {
            return Sight::Nothing;
        }
        self.next += 1;
        match picture::read(&path) {
            Ok(frame) => {
                self.round_had_picture = true;
                Sight::Frame { frame, name: Some(path) }
            }
            Err(error) => Sight::Unreadable { path, error },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_folder_is_shown_in_order_and_what_is_no_picture_is_reported() {
        let folder = Folder::new("order");
        folder.picture("b.pgm", 2);
        folder.picture("a.pgm", 1);
        fs::write(folder.0.join("c.png"), "not a picture").unwrap();
        fs::write(folder.0.join("notes.txt"), "not asked for").unwrap();
        let mut replay = Replay::new(std::slice::from_ref(&folder.0), Pace::AsAsked, AtEnd::Stop);

        assert!(matches!(replay.next(NOW), Sight::Frame { frame, .. } if frame.luma() == [1]));
        assert!(matches!(replay.next(NOW), Sight::Frame { frame, .. } if frame.luma() == [2]));
        assert!(matches!(replay.next(NOW), Sight::Unreadable { path, .. } if path.ends_with("c.png")));
        assert!(matches!(replay.next(NOW), Sight::End));
        assert!(matches!(replay.next(NOW), Sight::End));
    }

    #[test]
    fn a_repeated_folder_begins_again() {
        let folder = Folder::new("repeat");
        folder.picture("a.pgm", 1);
        let mut replay = Replay::new(std::slice::from_ref(&folder.0), Pace::AsAsked, AtEnd::Repeat);

        for _ in 0..3 {
            assert!(matches!(replay.next(NOW), Sight::Frame { .. }));
        }
    }

    #[test]
    fn a_repeated_folder_without_a_picture_ends() {
        let mut replay = Replay::new(&["/nowhere/at/all.png".into()], Pace::AsAsked, AtEnd::Repeat);

        assert!(matches!(replay.next(NOW), Sight::Unreadable { .. }));
        assert!(matches!(replay.next(NOW), Sight::End));
    }

    #[test]
    fn a_paced_replay_shows_nothing_before_its_time() {
        let folder = Folder::new("pace");
        folder.picture("a.pgm", 1);
        folder.picture("b.pgm", 2);
        let mut replay = Replay::new(std::slice::from_ref(&folder.0), Pace::per_second(0.001), AtEnd::Stop);

        assert!(matches!(replay.next(NOW), Sight::Frame { .. }));
        assert!(matches!(replay.next(NOW), Sight::Nothing));
    }

    #[test]
    fn a_rate_that_is_no_number_is_no_rate() {
        assert_eq!(Pace::per_second(0.0), Pace::AsAsked);
        assert_eq!(Pace::per_second(-1.0), Pace::AsAsked);
        assert_eq!(Pace::per_second(f64::NAN), Pace::AsAsked);
        assert_eq!(Pace::per_second(4.0), Pace::Every(Duration::from_millis(250)));
    }

    /// A folder that goes away at the end of the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("usher-replay-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn picture(&self, name: impl AsRef<Path>, pixel: u8) {
            fs::write(self.0.join(name), [b"P5 1 1 255\n".as_slice(), &[pixel]].concat()).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
