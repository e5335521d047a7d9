//! The network's end before the server: what of each request arrives, how often, and what of the answer goes back.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tower::ServiceExt as _;

/// The longest request.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// What becomes of the next request of a terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It arrives, and so does the answer.
    Delivered,
    /// It does not arrive.
    Lost,
    /// It arrives, and the answer is lost.
    Unanswered,
    /// It arrives twice.
    Doubled,
    /// It arrives, and once more later.
    Echoed,
    /// Somebody else answers: a hotel that wants people to log in.
    Hotel,
}

/// A request that arrives once more.
type Echo = (Parts, Vec<u8>);

#[derive(Default)]
struct Wires {
    server: Option<Router>,
    fate: Option<Fate>,
    echoes: Vec<Echo>,
}

/// Where terminals and organisers reach the server, if it runs.
#[derive(Clone, Default)]
pub(super) struct Front(Arc<Mutex<Wires>>);

impl Front {
    /// Listens on a port of this machine, and returns the address.
    pub(super) async fn listen(&self) -> anyhow::Result<String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(pass).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(url)
    }

    /// Says who answers from now on; nobody does where the server does not run.
    pub(super) fn set_server(&self, server: Option<Router>) {
        self.wires().server = server;
    }

    /// Says what becomes of the next request of a terminal.
    pub(super) fn set_fate(&self, fate: Fate) {
        self.wires().fate = Some(fate);
    }

    /// Lets one of the requests arrive once more that were to, and returns whether there was one.
    pub(super) async fn echo(&self, at: usize) -> bool {
        let (server, echo) = {
            let mut wires = self.wires();
            let is_there = wires.server.is_some() && at < wires.echoes.len();
            (wires.server.clone(), is_there.then(|| wires.echoes.remove(at)))
        };
        let (Some(server), Some((parts, body))) = (server, echo) else { return false };
        let _ = answer(server, parts, body).await;
        true
    }

    /// Returns how many requests are to arrive once more.
    pub(super) fn echoes(&self) -> usize {
        self.wires().echoes.len()
    }

    fn wires(&self) -> MutexGuard<'_, Wires> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass(State(front): State<Front>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_BYTES_MAX).await else { return broken() };
    let body = body.to_vec();
    let is_of_terminal = parts.uri.path().starts_with("/sync/");
    let (server, fate) = {
        let mut wires = front.wires();
        let fate = if is_of_terminal { wires.fate.take() } else { None };
        (wires.server.clone(), fate.unwrap_or(Fate::Delivered))
    };
    let Some(server) = server else { return broken() };
    match fate {
        Fate::Lost => broken(),
        Fate::Hotel => (StatusCode::OK, [(header::CONTENT_TYPE, "text/html")], "<h1>Welcome!</h1>").into_response(),
        Fate::Delivered => answer(server, parts, body).await,
        Fate::Unanswered => {
            let _ = answer(server, parts, body).await;
            broken()
        }
        Fate::Doubled => {
            let _ = answer(server.clone(), parts.clone(), body.clone()).await;
            answer(server, parts, body).await
        }
        Fate::Echoed => {
            front.wires().echoes.push((parts.clone(), body.clone()));
            answer(server, parts, body).await
        }
    }
}

async fn answer(server: Router, parts: Parts, body: Vec<u8>) -> Response {
    match server.oneshot(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => {
            // Read whole, so that nothing of the request is still being done once it is answered.
            let (parts, body) = response.into_parts();
            match to_bytes(body, usize::MAX).await {
                Ok(body) => Response::from_parts(parts, Body::from(body)),
                Err(_) => broken(),
            }
        }
        Err(never) => match never {},
    }
}

/// An answer that breaks off before it has begun.
fn broken() -> Response {
    let breaks_off = stream::iter([Err::<Vec<u8>, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    Response::new(Body::from_stream(breaks_off))
}
