//! The door without a screen: one line for each thing that happens.
//!
//! With [`Format::Json`] each line is one object with a `type`. Fields are added, never changed:
//!
//! | `type` | Fields |
//! |---|---|
//! | `verdict` | `at` (RFC 3339, server's time), `verdict` (`admit`, `exit`, `check`: a question for staff, `deny`), `direction` (`entry`, `exit`), `code` (the finding shown; null if let in), `codes` (every finding), `flags`, `ticket` (typed code or null), `name`, `class` (or null), `entry` (journal number or null), `ms` (text to durable verdict), `override` (`door`, `supervisor`, `nobody`; null if let in) |
//! | `fault` | `fault` (`store`, `disk_full`, `clock_went_back`, `other`), `detail` |
//! | `status` | `at`, `link` (`{"state":"online"}` or `{"state":"offline","since":ms}`), `list_at` (RFC 3339 or null), `tickets`, `unsent`, `inside` (known), `inside_least` and `inside_most` (whatever silent doors did), `suspended` (a reason or null), `download` (`[done, total]` or null) |
//! | `double` | an admission of this door that another one, learned of later, shows to be one too many: `at`, `entry` (journal number), `ticket`, `name`, `other` (`at`, `gate` and `device` as numbers, `entry`) |
//! | `camera` | `state` (`off`, `opening`, `streaming`, `absent`, `lost`), `name`, `detail` |
//!
//! A `status` line comes when one of `link`'s state, `tickets`, `unsent`, `suspended`, `download`,
//! or the presence of a list changed. Only a `verdict` with `admit` or `exit` let somebody pass, and
//! its entry is durable before the line is written. A rise of `fps` alone is no line.

use std::io::{self, Write};
use std::sync::mpsc::Receiver;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sync_protocol::id::{DeviceNo, GateId, Seq, TicketId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, Direction, OverrideBy, Verdict};

use crate::app::Look;
use crate::camera::CameraState;
use crate::catalogue::{Catalogue, Language, text};
use crate::door::{CameraStatus, Decided, Double, Fault, Link, Notice, Status, Suspension};
use crate::tui::words::{self, Clockface, Names};

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// One JSON object a line, for programs.
    Json,
    /// One short line, for people.
    #[default]
    Text,
}

/// Writes a line for each of `notices` that tells something new, until their senders are gone.
/// Each line is flushed.
///
/// # Errors
///
/// If `out` can't be written to.
pub fn run(notices: Receiver<Notice>, mut out: impl Write, format: Format, language: Language) -> io::Result<()> {
    let mut teller = Teller::new(format, language);
    for notice in notices {
        if let Some(line) = teller.line(&notice) {
            writeln!(out, "{line}")?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Makes lines of notices. Remembers what was told, so that only news is.
#[derive(Debug, Default)]
pub struct Teller {
    format: Format,
    catalogue: Catalogue,
    status: Option<Box<Status>>,
    camera: Option<&'static str>,
    last_at: UnixMillis,
}

impl Teller {
    /// Returns what tells in `format`, to people in `language`, and has told nothing yet.
    pub fn new(format: Format, language: Language) -> Self {
        Self { format, catalogue: Catalogue::new(language), ..Self::default() }
    }

    /// Returns the line for a notice, if it tells something new.
    pub fn line(&mut self, notice: &Notice) -> Option<String> {
        let record = match notice {
            Notice::Decided(decided) => {
                self.last_at = decided.at;
                Record::verdict(decided)
            }
            Notice::Fault(fault) => Record::fault(fault),
            Notice::Status(status) => {
                self.last_at = status.now;
                let is_news = self.status.as_ref().is_none_or(|told| news(told) != news(status));
                self.status = Some(status.clone());
                is_news.then(|| Record::status(status))?
            }
            Notice::Camera(camera) => {
                let record = Record::camera(camera);
                let Record::Camera { state, .. } = record else { return None };
                if self.camera.replace(state) == Some(state) {
                    return None;
                }
                record
            }
            Notice::Double(double) => Record::double(double),
            Notice::Seen | Notice::View(_) | Notice::Aim(_) | Notice::Rules(_) | Notice::Answer(_) => return None,
        };
        match self.format {
            Format::Json => Some(serde_json::to_string(&record).expect("a record is made of texts and numbers")),
            Format::Text => Some(self.sentence(notice)),
        }
    }

    /// One short line: the time, then what happened.
    fn sentence(&self, notice: &Notice) -> String {
        let zone = self.status.as_ref().map_or("UTC", |status| status.time_zone.as_str());
        let names = Names::new(&self.catalogue, None, Clockface::new(zone, self.last_at));
        let line = |id, what: String| names.say_with(id, &[("what", text(what))]);
        let what = match notice {
            Notice::Decided(decided) => {
                let verdict = words::look_word(Look::of(decided), &names);
                let values = [("verdict", text(verdict)), ("what", text(words::recent(decided, &names)))];
                names.say_with("lines-verdict", &values)
            }
            Notice::Fault(fault) => line("lines-fault", words::fault(fault, &names).headline),
            Notice::Status(status) => match status.suspended {
                Some(suspension) => line("lines-stop", words::suspension(suspension, &names).headline),
                None => {
                    let link = text(words::link(status.link, &names));
                    let values = [("link", link), ("tickets", status.tickets.into()), ("unsent", status.unsent.into())];
                    names.say_with("lines-status", &values)
                }
            },
            Notice::Camera(camera) => words::camera(camera, &names)
                .into_iter()
                .take_while(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join(": "),
            Notice::Double(double) => words::double(double, &names),
            Notice::Seen | Notice::View(_) | Notice::Aim(_) | Notice::Rules(_) | Notice::Answer(_) => String::new(),
        };
        format!("{} {what}", names.clock().seconds(self.last_at))
    }
}

type News = (bool, u64, u64, Option<Suspension>, Option<(u64, u64)>, bool);

fn news(status: &Status) -> News {
    let is_online = status.link == Link::Online;
    (is_online, status.tickets, status.unsent, status.suspended, status.download, status.list_at.is_some())
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record<'a> {
    Verdict {
        at: String,
        verdict: &'static str,
        direction: &'static str,
        code: Option<Code>,
        codes: &'a [Code],
        flags: Vec<&'static str>,
        ticket: Option<TicketId>,
        name: Option<&'a str>,
        class: Option<&'a str>,
        entry: Option<Seq>,
        ms: f64,
        r#override: Option<OverrideBy>,
    },
    Fault {
        fault: &'static str,
        detail: String,
    },
    Status {
        at: String,
        link: Link,
        list_at: Option<String>,
        tickets: u64,
        unsent: u64,
        inside: u64,
        inside_least: u64,
        inside_most: u64,
        suspended: Option<Suspension>,
        download: Option<(u64, u64)>,
    },
    Double {
        at: String,
        entry: Seq,
        ticket: TicketId,
        name: &'a str,
        other: Other,
    },
    Camera {
        state: &'static str,
        name: Option<&'a str>,
        detail: Option<String>,
    },
}

/// The other one of two admissions.
#[derive(Serialize)]
struct Other {
    at: String,
    gate: GateId,
    device: DeviceNo,
    entry: Seq,
}

impl<'a> Record<'a> {
    fn verdict(decided: &'a Decided) -> Self {
        let (verdict, flags, code, codes, by) = match (&decided.verdict, decided.direction) {
            (Verdict::Admit { flags, .. }, Direction::Exit) => ("exit", flags, None, [].as_slice(), None),
            (Verdict::Admit { flags, .. }, Direction::Entry) => ("admit", flags, None, [].as_slice(), None),
            (Verdict::Deny { primary, all, by, flags, .. }, _) => {
                let verdict = if *by == OverrideBy::Door { "check" } else { "deny" };
                (verdict, flags, Some(*primary), all.as_slice(), Some(*by))
            }
        };
        Self::Verdict {
            at: rfc3339(decided.at),
            verdict,
            direction: match decided.direction {
                Direction::Entry => "entry",
                Direction::Exit => "exit",
            },
            code,
            codes,
            flags: flags.names(),
            ticket: decided.ticket,
            name: decided.attendee.as_ref().map(|attendee| attendee.name.as_str()),
            class: decided.class.as_deref(),
            entry: decided.entry,
            ms: decided.took_us as f64 / 1_000.0,
            r#override: by,
        }
    }

    fn fault(fault: &Fault) -> Self {
        let (fault, detail) = match fault {
            Fault::Store(detail) => ("store", detail.clone()),
            Fault::DiskFull(left) => ("disk_full", format!("{left} bytes left")),
            Fault::ClockWentBack => ("clock_went_back", String::new()),
            Fault::Other(detail) => ("other", detail.clone()),
        };
        Self::Fault { fault, detail }
    }

    fn status(status: &Status) -> Self {
        Self::Status {
            at: rfc3339(status.now),
            link: status.link,
            list_at: status.list_at.map(rfc3339),
            tickets: status.tickets,
            unsent: status.unsent,
            inside: status.inside,
            inside_least: status.inside_least,
            inside_most: status.inside_most,
            suspended: status.suspended,
            download: status.download,
        }
    }

    fn double(double: &'a Double) -> Self {
        let other = &double.other;
        Self::Double {
            at: rfc3339(double.at),
            entry: double.entry,
            ticket: double.ticket,
            name: &double.name,
            other: Other { at: rfc3339(other.at), gate: other.gate, device: other.device, entry: other.seq },
        }
    }

    fn camera(camera: &'a CameraStatus) -> Self {
        let (state, name, detail) = match camera {
            CameraStatus::Off => ("off", None, None),
            CameraStatus::Opening { name } => ("opening", Some(name.as_str()), None),
            CameraStatus::Streaming { name, .. } => ("streaming", Some(name.as_str()), None),
            CameraStatus::Absent { found } => {
                ("absent", None, Some(CameraState::Absent { found: found.clone() }.to_string()))
            }
            CameraStatus::Lost { name, reason, .. } => ("lost", Some(name.as_str()), Some(reason.clone())),
        };
        Self::Camera { state, name, detail }
    }
}

/// Returns the time in UTC with milliseconds; 1970 if no calendar has it.
fn rfc3339(at: UnixMillis) -> String {
    let at = i64::try_from(at.0).ok().and_then(DateTime::<Utc>::from_timestamp_millis).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::camera::Trouble;
    use std::sync::mpsc::channel;
    use sync_protocol::journal::Flags;

    #[test]
    fn an_admission_is_one_line_with_every_field() {
        let lines = told(vec![Notice::Decided(Box::new(samples::admit(Flags::STALE)))], Format::Json);

        assert_eq!(
            lines,
            [format!(
                "{{\"type\":\"verdict\",\"at\":\"2026-09-01T12:02:29.000Z\",\"verdict\":\"admit\",\
                 \"direction\":\"entry\",\"code\":null,\"codes\":[],\"flags\":[\"STALE\"],\"ticket\":\"{}\",\
                 \"name\":\"Ada Lovelace\",\"class\":\"Speaker\",\"entry\":97,\"ms\":1.42,\"override\":null}}",
                samples::ticket()
            )]
        );
    }

    #[test]
    fn a_denial_names_its_codes_and_who_may_decide() {
        let notice = Notice::Decided(Box::new(samples::deny(Code::AlreadyIn, OverrideBy::Supervisor)));

        let lines = told(vec![notice], Format::Json);

        for field in [r#""verdict":"deny""#, r#""code":"ALREADY_IN""#, r#""codes":["ALREADY_IN"]"#] {
            assert!(lines[0].contains(field), "{lines:?}");
        }
        assert!(lines[0].contains(r#""override":"supervisor""#));
    }

    #[test]
    fn a_question_for_the_door_is_a_check() {
        let notice = Notice::Decided(Box::new(samples::deny(Code::Unpaid, OverrideBy::Door)));

        assert!(told(vec![notice], Format::Json)[0].contains(r#""verdict":"check""#));
    }

    #[test]
    fn only_news_about_the_terminal_is_told() {
        let status = |change: fn(&mut Status)| {
            let mut status = samples::status();
            change(&mut status);
            Notice::Status(Box::new(status))
        };

        let lines = told(
            vec![
                status(|_| {}),
                status(|status| status.now = status.now.plus(1_000)),
                status(|status| status.link = Link::Offline { since: UnixMillis(5) }),
                status(|status| status.link = Link::Offline { since: UnixMillis(6) }),
                status(|status| status.suspended = Some(Suspension::Revoked)),
            ],
            Format::Json,
        );

        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains(r#""link":{"state":"offline","since":5}"#));
        assert!(lines[2].contains(r#""suspended":"revoked""#));
    }

    #[test]
    fn a_camera_that_only_changes_its_pace_is_no_news() {
        let streaming = |fps| Notice::Camera(CameraStatus::Streaming { name: "C920".into(), fps });
        let lost = Notice::Camera(CameraStatus::Lost {
            name: "C920".into(),
            trouble: Trouble::Unplugged,
            reason: "unplugged".into(),
        });

        let lines = told(vec![streaming(28), streaming(29), lost, streaming(28)], Format::Json);

        assert_eq!(
            lines,
            [
                r#"{"type":"camera","state":"streaming","name":"C920","detail":null}"#,
                r#"{"type":"camera","state":"lost","name":"C920","detail":"unplugged"}"#,
                r#"{"type":"camera","state":"streaming","name":"C920","detail":null}"#,
            ]
        );
    }

    #[test]
    fn people_read_one_short_line_each_without_control_characters() {
        let mut decided = samples::admit(Flags::default());
        if let Some(attendee) = &mut decided.attendee {
            attendee.name = "Ada\u{1b}[31m".into();
        }

        let lines = told(
            vec![
                Notice::Status(Box::new(samples::status())),
                Notice::Decided(Box::new(decided)),
                Notice::Fault(Fault::ClockWentBack),
            ],
            Format::Text,
        );

        assert_eq!(
            lines,
            [
                "14:02:31 ● ONLINE, 1\u{2009}500 tickets, 0 to send",
                "14:02:29 ADMIT Ada [31m · Speaker",
                "14:02:29 FAULT This terminal's clock went back."
            ]
        );
    }

    fn told(notices: Vec<Notice>, format: Format) -> Vec<String> {
        let (sender, receiver) = channel();
        for notice in notices {
            sender.send(notice).unwrap();
        }
        drop(sender);
        let mut out = Vec::new();
        run(receiver, &mut out, format, Language::English).unwrap();
        String::from_utf8(out).unwrap().lines().map(String::from).collect()
    }
}
