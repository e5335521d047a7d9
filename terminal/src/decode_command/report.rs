//! The answer, for people or for programs.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use serde::Serialize;

use super::explain::Explanation;
use crate::{
    camera::{CameraState, picture::PictureError},
    decoder::Reading,
};

/// Writes the answer to standard output as it comes.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
    explains: bool,
    read: u64,
    empty: u64,
    unreadable: u64,
    total: Duration,
    longest: Duration,
}

#[derive(Serialize)]
struct PictureLine<'a> {
    file: String,
    texts: Vec<&'a str>,
    /// By the clock.
    ms: f64,
    /// Of the processor.
    cpu_ms: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ran_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explanation>,
}

#[derive(Serialize)]
struct FrameLine<'a> {
    frame: u64,
    texts: Vec<&'a str>,
    /// Those texts that were not in the picture a moment ago.
    new: &'a [&'a str],
    ms: f64,
}

#[derive(Serialize)]
struct CameraLine<'a> {
    camera: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    message: String,
}

impl Report {
    pub(super) const fn new(json: bool, explains: bool) -> Self {
        Self { json, explains, read: 0, empty: 0, unreadable: 0, total: Duration::ZERO, longest: Duration::ZERO }
    }

    /// Tells what a picture says, and that the processor worked on it for `worked`.
    pub(super) fn picture(&mut self, file: &Path, reading: &Reading, worked: Duration) -> io::Result<()> {
        let is_empty = reading.codes.is_empty();
        *(if is_empty { &mut self.empty } else { &mut self.read }) += 1;
        self.total += reading.elapsed;
        self.longest = self.longest.max(reading.elapsed);
        let explain = self.explains.then(|| Explanation::of(reading));
        if self.json {
            return line(&PictureLine {
                file: file.display().to_string(),
                texts: texts(reading),
                ms: ms(reading.elapsed),
                cpu_ms: ms(worked),
                ran_out: reading.ran_out,
                error: None,
                explain,
            });
        }
        let time = format!("{:>6.0} ms", reading.elapsed.as_secs_f64() * 1e3);
        if is_empty {
            let why = if reading.ran_out { "nothing read within the time" } else { "no code" };
            say(&format!("-  {time}  {}  ({why})", file.display()))?;
        }
        for code in &reading.codes {
            say(&format!("+  {time}  {}  {}", file.display(), printable(&code.text)))?;
        }
        explain.iter().flat_map(Explanation::lines).try_for_each(|told| say(&format!("   {:>9}  {told}", "")))
    }

    pub(super) fn unreadable(&mut self, file: &Path, error: PictureError) -> io::Result<()> {
        self.unreadable += 1;
        let error = format!("{:#}", anyhow::Error::new(error));
        if self.json {
            let file = file.display().to_string();
            return line(&PictureLine {
                file,
                texts: Vec::new(),
                ms: 0.0,
                cpu_ms: 0.0,
                ran_out: false,
                error: Some(error),
                explain: None,
            });
        }
        say(&format!("!  {:>9}  {}  {error}", "", file.display()))
    }

    /// Sums up; `cut_short` is the number of pictures that would have been read if nobody had stopped it.
    ///
    /// Programs get no summary: they have counted themselves. Whoever stopped one is told beside its lines.
    pub(super) fn summary(&self, cut_short: Option<usize>) -> io::Result<()> {
        let pictures = self.read + self.empty;
        let mean = self.total.as_secs_f64() * 1e3 / pictures.max(1) as f64;
        let sum = format!(
            "{} with a code, {} without, {} not opened; {mean:.0} ms a picture, {:.0} ms the longest",
            self.read,
            self.empty,
            self.unreadable,
            self.longest.as_secs_f64() * 1e3
        );
        let cut_short = cut_short.map(|of| format!("stopped after {} of {of}: ", pictures + self.unreadable));
        match (self.json, cut_short) {
            (false, cut_short) => say(&(cut_short.unwrap_or_default() + &sum)),
            (true, Some(cut_short)) => writeln!(io::stderr(), "usher: {cut_short}{sum}"),
            (true, None) => Ok(()),
        }
    }

    pub(super) fn frame(&mut self, number: u64, reading: &Reading, new: &[&str]) -> io::Result<()> {
        if self.json {
            return line(&FrameLine { frame: number, texts: texts(reading), new, ms: ms(reading.elapsed) });
        }
        new.iter().try_for_each(|text| say(&printable(text)))
    }

    pub(super) fn camera(&mut self, state: &CameraState) -> io::Result<()> {
        if self.json {
            let (camera, name) = match state {
                CameraState::Absent { .. } => ("absent", None),
                CameraState::Opening { name } => ("opening", Some(name.as_str())),
                CameraState::Streaming { name, .. } => ("streaming", Some(name.as_str())),
                CameraState::Stalled => ("stalled", None),
                CameraState::Lost { .. } => ("lost", None),
            };
            return line(&CameraLine { camera, name, message: state.to_string() });
        }
        writeln!(io::stderr(), "usher: {state}")
    }
}

fn texts(reading: &Reading) -> Vec<&str> {
    reading.codes.iter().map(|code| code.text.as_str()).collect()
}

/// Returns milliseconds to a tenth.
pub(super) fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

/// Returns `text` in one line that can't steer a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|char| {
            let escaped = char.is_control().then(|| char.escape_default());
            let plain = escaped.is_none().then_some(char);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

pub(super) fn line(value: &impl Serialize) -> io::Result<()> {
    say(&serde_json::to_string(value).map_err(io::Error::other)?)
}

pub(super) fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_a_code_can_not_steer_the_terminal() {
        assert_eq!(printable("Zoë\u{1b}[2J\n"), "Zoë\\u{1b}[2J\\n");
    }

    #[test]
    fn times_are_told_to_a_tenth_of_a_millisecond() {
        assert_eq!(ms(Duration::from_micros(12_345)), 12.3);
    }
}
