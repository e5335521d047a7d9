//! Copies of events: the same again at another time.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use sync_protocol::id::EventId;
use sync_protocol::time::{UnixMillis, Window};

use super::check::NAME_CHARS_MAX;
use super::{Event, store, tasks};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::db::StoreError;
use crate::http::problem::FieldError;
use crate::http::time::parse_rfc3339;

/// Why an event was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no such event.
    #[error("there is no such event")]
    Unknown,
    /// The copy would not do.
    #[error("the copy will not do")]
    Invalid(Vec<FieldError>),
    /// The database failed.
    #[error("could not store the copy")]
    Store(#[from] StoreError),
}

/// Makes a draft like an event, which begins at `starts` and is called `name` if that is given.
///
/// # Errors
///
/// [`CopyError`].
pub async fn copy(
    app: &App,
    organiser: Organiser,
    id: EventId,
    starts: &str,
    name: Option<&str>,
) -> Result<Event, CopyError> {
    let invalid = |path: &str, kind: &str, msg: String| CopyError::Invalid(vec![FieldError::new(path, kind, msg)]);
    let starts = parse_rfc3339(starts).ok_or_else(|| {
        let msg = "must be a time with an offset, such as 2026-11-21T09:00:00+01:00";
        invalid("body.starts", "time", msg.to_owned())
    })?;
    let mut tx = app.database().begin_write().await?;
    let mut event = store::find(&mut tx, organiser.organisation, id).await?.ok_or(CopyError::Unknown)?;
    if let Some(name) = name {
        let name = sync_protocol::text::tidy(name, usize::MAX);
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            let msg = format!("must have 1 to {NAME_CHARS_MAX} characters");
            return Err(invalid("body.name", "length", msg));
        }
        event.policy.event = name;
    }
    let Some(shift) = Shift::of(&event, starts) else {
        return Err(invalid("body.starts", "out_of_range", "is too far away".to_owned()));
    };
    shift.event(&mut event);
    let copy = super::begin(&mut tx, app, organiser, event.policy, event.offer, event.about).await?;
    tasks::copy(&mut tx, id, copy.id, |due| shift.time(due), copy.created_at).await?;
    let (source, subject) = (id.to_string(), copy.id.to_string());
    let change = audit::Change {
        action: "event.copy",
        event: Some(copy.id),
        subject: &subject,
        before: serde_json::Value::Null,
        after: serde_json::json!({ "of": source, "name": copy.policy.event }),
    };
    audit::note(&mut tx, organiser, &change, copy.created_at).await?;
    tx.commit().await?;
    Ok(copy)
}

/// By how much the clocks at the event go on: what began at nine begins at nine, also when summer time lies between.
#[derive(Clone, Copy, Debug)]
struct Shift {
    zone: Tz,
    by: TimeDelta,
    /// By how much the instants go on, where the clocks give no answer.
    by_instants_ms: i64,
}

impl Shift {
    fn of(event: &Event, starts: UnixMillis) -> Option<Self> {
        let zone: Tz = event.policy.time_zone.parse().ok()?;
        let by = local(zone, starts)?.signed_duration_since(local(zone, event.policy.starts)?);
        let by_instants_ms = i64::try_from(starts.0).ok()?.checked_sub(i64::try_from(event.policy.starts.0).ok()?)?;
        let shift = Self { zone, by, by_instants_ms };
        // Whatever else the event says lies near these two.
        shift.by_clock(event.policy.ends)?;
        Some(shift)
    }

    fn event(self, event: &mut Event) {
        let (policy, offer) = (&mut event.policy, &mut event.offer);
        let span = self.window_of(policy.starts, policy.ends);
        (policy.starts, policy.ends) = span;
        for class in &mut policy.classes {
            for window in class.windows.iter_mut().chain(&mut class.uses.periods) {
                *window = self.window(*window);
            }
        }
        for offered in &mut offer.ticket_types {
            offered.sale = offered.sale.map(|window| self.window(window));
        }
        offer.cancel_until = offer.cancel_until.map(|time| self.time(time));
    }

    /// Moves a time.
    fn time(self, time: UnixMillis) -> UnixMillis {
        self.by_clock(time).unwrap_or_else(|| self.by_instant(time))
    }

    fn window(self, window: Window) -> Window {
        let (from, until) = self.window_of(window.from(), window.until());
        Window::new(from, until).unwrap_or(window)
    }

    /// Moves a span, which must not become empty where an hour is left out.
    fn window_of(self, from: UnixMillis, until: UnixMillis) -> (UnixMillis, UnixMillis) {
        let moved = (self.time(from), self.time(until));
        if moved.0 < moved.1 { moved } else { (self.by_instant(from), self.by_instant(until)) }
    }

    fn by_instant(self, time: UnixMillis) -> UnixMillis {
        UnixMillis(time.0.saturating_add_signed(self.by_instants_ms))
    }

    fn by_clock(self, time: UnixMillis) -> Option<UnixMillis> {
        let moved = local(self.zone, time)?.checked_add_signed(self.by)?;
        let instant = match self.zone.from_local_datetime(&moved) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant,
            // An hour that the clocks leave out: what was to begin then begins when it is over.
            LocalResult::None => {
                self.zone.from_local_datetime(&moved.checked_add_signed(TimeDelta::hours(1))?).earliest()?
            }
        };
        u64::try_from(instant.timestamp_millis()).ok().map(UnixMillis)
    }
}

fn local(zone: Tz, time: UnixMillis) -> Option<NaiveDateTime> {
    let time = DateTime::from_timestamp_millis(i64::try_from(time.0).ok()?)?;
    Some(time.with_timezone(&zone).naive_local())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::time::rfc3339;

    #[test]
    fn what_began_at_nine_begins_at_nine_also_over_summer_time() {
        let at = |text: &str| parse_rfc3339(text).unwrap();
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let (old, new) = (at("2026-02-21T09:00:00+01:00"), at("2026-07-18T09:00:00+02:00"));
        let by = local(zone, new).unwrap().signed_duration_since(local(zone, old).unwrap());
        let shift = Shift { zone, by, by_instants_ms: (new.0 - old.0).cast_signed() };

        assert_eq!(shift.time(old), new);
        assert_eq!(rfc3339(shift.time(at("2026-02-22T18:00:00+01:00"))), "2026-07-19T16:00:00.000Z");

        // To the night in which 02:00 to 03:00 is left out.
        let (old, new) = (at("2026-03-21T20:00:00+01:00"), at("2026-03-28T20:00:00+01:00"));
        let shift = Shift { zone, by: TimeDelta::days(7), by_instants_ms: (new.0 - old.0).cast_signed() };
        assert_eq!(rfc3339(shift.time(at("2026-03-22T02:30:00+01:00"))), "2026-03-29T01:30:00.000Z");
        assert_eq!(rfc3339(shift.time(at("2026-03-22T04:00:00+01:00"))), "2026-03-29T02:00:00.000Z");
        let short = Window::new(at("2026-03-22T02:30:00+01:00"), at("2026-03-22T03:00:00+01:00")).unwrap();
        let moved = shift.window(short);
        assert!(moved.from() < moved.until());
    }
}
