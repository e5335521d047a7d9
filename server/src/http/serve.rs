//! Listening, and stopping without dropping what was taken.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

use super::tls::Tls;
use crate::app::{App, router};

/// From a request's first byte to the end of its head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long requests that have begun may take after the server was told to stop.
pub const FINISH_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves `app` on `listener` until [`App::begin_shutdown`], then finishes what has begun.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(app: App, listener: TcpListener, tls: Option<Tls>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = Handle::<SocketAddr>::new();
    let stopper = tokio::spawn({
        let (handle, shutdown) = (handle.clone(), app.shutdown());
        async move {
            shutdown.await;
            handle.graceful_shutdown(Some(FINISH_TIMEOUT));
        }
    });
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            limit_heads(server.http_builder());
            server.serve(service).await
        }
        Some(tls) => {
            let config = RustlsConfig::from_config(tls.config);
            let mut server = axum_server::from_tcp_rustls(listener, config)?.handle(handle);
            limit_heads(server.http_builder());
            server.serve(service).await
        }
    };
    stopper.abort();
    served
}

/// Ends connections that begin a request and never finish its head.
fn limit_heads(http: &mut Builder<TokioExecutor>) {
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    http.http2().timer(TokioTimer::new());
}
