//! The two clients, alike in all but the waiting.

use delay_server::client::LONGEST_HEAD;
use reqwest::redirect::Policy;

use crate::{Failures, Plan};

impl Plan {
    /// A client whose calls give the thread back while they wait.
    pub fn async_client(&self) -> Result<reqwest::Client, Failures> {
        let client = reqwest::Client::builder()
            .no_proxy()
            // Where a server sends its clients to is not what was to be asked.
            .redirect(Policy::none())
            .resolve_to_addrs(&self.host.name, &self.host.addresses)
            .timeout(self.options.timeout);
        #[cfg(feature = "tls")]
        let client = client.tls_backend_preconfigured(self.trust.for_reqwest()?);
        Ok(client.build()?)
    }

    /// A client whose calls keep the thread until the reply is there.
    pub fn blocking_client(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(self.options.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(LONGEST_HEAD);
        #[cfg(feature = "tls")]
        let config = config.tls_config(self.trust.for_ureq());
        self.host.agent(config.build())
    }
}
