//! What an organisation does before each of its events: the template that an event's own tasks are made from.

pub mod routes;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::check::Errors;
use super::store;
use crate::accounts::{OrganisationId, Organiser};
use crate::audit::{self, Change};
use crate::db::{StoreError, Tx};
use crate::http::problem::FieldError;

/// The most tasks before an event.
pub const TASKS_MAX: usize = 100;
/// The earliest that something is to be done: two years before.
pub const DAYS_BEFORE_MAX: u16 = 730;

/// Something to be done before an event.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateTask {
    /// What: 1 to 200 characters.
    #[schema(example = "Book the hall", min_length = 1, max_length = 200)]
    pub title: String,
    /// How many days before the event begins, at most: 0 to 730.
    #[schema(example = 90, maximum = 730)]
    pub days_before: u16,
}

/// Returns what an organisation does before each event, the earliest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn task_template(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<TemplateTask>, StoreError> {
    Ok(versioned(tx, organisation).await?.0)
}

/// Returns the template and how often it was said.
async fn versioned(tx: &mut Tx, organisation: OrganisationId) -> Result<(Vec<TemplateTask>, u64), StoreError> {
    let (tasks, version) = store::task_template(tx, organisation).await?;
    Ok((serde_json::from_str(&tasks).map_err(|_| StoreError::Corrupt("task_template"))?, version))
}

/// Checks tasks, and returns them tidied with the earliest first, or all that is wrong with them.
fn checked(tasks: Vec<TemplateTask>) -> Result<Vec<TemplateTask>, Vec<FieldError>> {
    let mut errors = Errors::default();
    errors.count("body.tasks", tasks.len(), TASKS_MAX);
    let mut checked = Vec::with_capacity(tasks.len());
    for (at, task) in tasks.into_iter().enumerate() {
        let title = errors.name(&format!("body.tasks.{at}.title"), &task.title);
        if task.days_before > DAYS_BEFORE_MAX {
            let msg = format!("must be at most {DAYS_BEFORE_MAX}");
            errors.add(&format!("body.tasks.{at}.days_before"), "out_of_range", msg);
        }
        checked.push(TemplateTask { title, ..task });
    }
    checked.sort_by_key(|task| std::cmp::Reverse(task.days_before));
    errors.or(checked)
}

/// Says what the caller's organisation does before each event, in place of what it was. The organisation is locked.
///
/// # Errors
///
/// [`StoreError`].
async fn put(tx: &mut Tx, by: Organiser, tasks: &[TemplateTask], now: UnixMillis) -> Result<(), StoreError> {
    let before = task_template(tx, by.organisation).await?;
    let text = serde_json::to_string(tasks).map_err(|_| StoreError::Corrupt("task_template"))?;
    store::set_task_template(tx, by.organisation, &text).await?;
    let change = Change {
        action: "task_template.change",
        event: None,
        subject: &by.organisation.to_string(),
        before: json!({ "tasks": before.len() }),
        after: json!({ "tasks": tasks.len() }),
    };
    audit::note(tx, by, &change, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_stand_in_the_order_in_which_they_are_due() {
        let task = |title: &str, days_before| TemplateTask { title: title.to_owned(), days_before };
        let tasks = checked(vec![task("Print signs", 7), task(" Book the hall ", 90)]).unwrap();
        assert_eq!(tasks, [task("Book the hall", 90), task("Print signs", 7)]);
    }

    #[test]
    fn a_task_has_a_title_and_is_due_within_two_years_before() {
        let task = |title: &str, days_before| TemplateTask { title: title.to_owned(), days_before };
        assert!(checked(vec![task("Think", 730)]).is_ok());
        let errors = checked(vec![task("", 731)]).unwrap_err();
        assert_eq!(errors.len(), 2);
        assert!(checked(vec![task("Think", 1); TASKS_MAX + 1]).is_err());
    }
}
