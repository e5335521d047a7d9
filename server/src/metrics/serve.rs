//! Where metrics are read: on a listener of their own.
//!
//! Nobody logs in to read them, and they tell how busy every door is. So they are never among the routes that the
//! public reaches, where a mistake in a proxy's rules would show them to everybody; whoever runs the server says
//! where they are listened for, and keeps that to the machines that collect them.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::reading;
use crate::app::App;

/// OpenMetrics 1.0 as text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Served {
    app: App,
    folder: PathBuf,
}

/// Serves the metrics of `app` at `/metrics` on `listener` until [`App::begin_shutdown`]. `folder` is that of the
/// data, whose disk is watched as well.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(app: App, listener: TcpListener, folder: PathBuf) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let shutdown = app.shutdown();
    let router = Router::new().route("/metrics", get(show)).with_state(Served { app, folder });
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

/// A database that cannot be read shortens the answer and does not fail it: then most of all somebody looks.
async fn show(State(Served { app, folder }): State<Served>) -> Response {
    let reading = reading::shared(&app, &folder).await;
    match app.metrics().write(reading.as_deref()) {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS), (header::CACHE_CONTROL, "no-store")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
