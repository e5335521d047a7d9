//! One exchange with the server, from its beginning until what it brought is stored.

use std::pin::Pin;

use sync_protocol::sync::client::{Lane, Request};

use super::{Brought, StepError};

type Task = Pin<Box<dyn Future<Output = Result<Brought, StepError>> + Send>>;

/// An exchange that is to be made.
pub struct Errand {
    lane: Lane,
    request: Option<Request>,
    task: Task,
}

/// What came of an exchange, still to be stored.
pub struct Returned {
    pub(super) lane: Lane,
    pub(super) brought: Result<Brought, StepError>,
}

impl Errand {
    pub(super) fn new(
        lane: Lane,
        request: Option<Request>,
        task: impl Future<Output = Result<Brought, StepError>> + Send + 'static,
    ) -> Self {
        Self { lane, request, task: Box::pin(task) }
    }

    /// Returns what is asked; nothing where it is only the head that a snapshot is to count under.
    pub const fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Makes the exchange. Nothing is sent before.
    pub async fn run(self) -> Returned {
        Returned { lane: self.lane, brought: self.task.await }
    }
}

impl Returned {
    /// Whether the server answered, and with what was asked.
    pub const fn is_success(&self) -> bool {
        self.brought.is_ok()
    }
}
