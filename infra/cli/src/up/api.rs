//! The API beside the simulated tenant: the router that is deployed, on a port of this machine, with tokens of a local issuer.

use std::io::ErrorKind;
use std::sync::Arc;

use api::Verifier;
use axum::Router;
use local::installation::Installation;
use local::issuer::Issuer;
use local::serve;
use shared::clock::Clock;
use tokio::net::TcpListener;

use super::folder::Folder;

/// The API, ready to be served.
pub struct Api {
    /// Its port.
    pub listener: TcpListener,
    /// Its routes.
    pub router: Router,
    /// Where it listens.
    pub base: String,
}

impl Api {
    /// Takes the port and reads, or makes, the issuer's key; the error is a sentence for whoever called.
    pub async fn open(
        folder: &Folder,
        installation: &Installation,
        port: u16,
    ) -> Result<Self, String> {
        let listener = serve::loopback(port).await;
        let listener = listener.map_err(|error| {
            let place = format!("port {port} of 127.0.0.1, where the API is to listen,");
            if error.kind() == ErrorKind::AddrInUse {
                format!("{place} is taken by another program: choose one with --port; 0 takes a free one")
            } else {
                format!("{place} cannot be used: {error}")
            }
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let issuer = folder.issuer()?;
        // Tokens are people's, who live by the machine's clock and not by the simulated one.
        let verifier = Verifier::new(Issuer::access(), issuer.documents(), Clock::system());
        Ok(Self {
            listener,
            router: api::router(Arc::new(installation.shell()), Arc::new(verifier)),
            base: format!("http://{address}/v1"),
        })
    }
}
