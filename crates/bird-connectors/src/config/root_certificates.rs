//! Certificate authorities that a client trusts in addition to those of the system.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::Error;

#[derive(Clone, Debug, Default)]
pub(crate) struct RootCertificates(Vec<CertificateDer<'static>>);

impl RootCertificates {
    /// Reads all certificates of these PEM files.
    pub(crate) fn parse(files: &[Vec<u8>]) -> Result<Self, Error> {
        let reject = |reason: &str| {
            Error::configuration(format!(
                "invalid root_certificate: {reason}; expected one or more certificates in PEM format"
            ))
        };
        let mut certificates = Vec::new();
        for file in files {
            let before = certificates.len();
            for certificate in CertificateDer::pem_slice_iter(file) {
                let certificate = certificate.map_err(|_| reject("it is not valid PEM"))?;
                RootCertStore::empty()
                    .add(certificate.clone())
                    .map_err(|_| reject("a certificate in it is malformed"))?;
                certificates.push(certificate);
            }
            if certificates.len() == before {
                return Err(reject("it contains no certificate"));
            }
        }
        Ok(Self(certificates))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.clone()
    }
}
