//! https, for the public API: which servers are taken for what they say they are.

use std::path::Path;
use std::sync::Arc;

use harness::Failure;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Whose word is taken for a server's name.
pub(crate) struct Trust {
    /// The certificates of `--ca`; without it Mozilla's list, which is compiled in.
    own: Option<Vec<CertificateDer<'static>>>,
}

impl Trust {
    /// Reads the file, if there is one.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self { own: ca.map(read).transpose()? })
    }

    pub(crate) fn for_ureq(&self) -> TlsConfig {
        let roots = match &self.own {
            Some(own) => {
                let own: Vec<_> =
                    own.iter().map(|it| Certificate::from_der(it).to_owned()).collect();
                RootCerts::new_with_certs(&own)
            }
            None => RootCerts::WebPki,
        };
        TlsConfig::builder().root_certs(roots).build()
    }

    pub(crate) fn for_reqwest(&self) -> Result<ClientConfig, Failure> {
        let mut roots = RootCertStore::empty();
        match &self.own {
            Some(own) => {
                roots.add_parsable_certificates(own.iter().cloned());
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                let cause = format!("TLS cannot be set up: {error}");
                Failure::new(cause, "build it with what the lock file names: cargo run --locked")
            })?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let hint = "name a PEM file with --ca: its lines begin with -----BEGIN CERTIFICATE-----";
    let unreadable =
        |why: String| Failure::new(format!("cannot read '{}': {why}", path.display()), hint);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("no certificate is in it".to_owned()));
    }
    Ok(certificates)
}
