//! The two clients, alike in all but the waiting.

use crate::{Failures, Plan};

impl Plan {
    /// A client whose calls give the thread back while they wait.
    pub fn async_client(&self) -> Result<reqwest::Client, Failures> {
        let client = reqwest::Client::builder().no_proxy().timeout(self.options.timeout);
        #[cfg(feature = "tls")]
        let client = client.tls_backend_preconfigured(self.trust.for_reqwest()?);
        Ok(client.build()?)
    }

    /// A client whose calls keep the thread until the reply is there.
    pub fn blocking_client(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(self.options.timeout))
            .http_status_as_error(false);
        #[cfg(feature = "tls")]
        let config = config.tls_config(self.trust.for_ureq());
        config.build().into()
    }
}
