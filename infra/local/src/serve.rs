//! A router on a socket of this machine, so that the client that reaches the real network can talk to the simulated tenant.

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// Takes a port of 127.0.0.1; port 0 takes a free one. Nobody can connect before it is served, but nobody else can take it either.
pub async fn loopback(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// Serves a router for as long as it is polled.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    // Answers are short: each leaves at once instead of waiting for company, which at sixty times real speed would look like seconds.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
    });
    axum::serve(listener, router).await
}
