//! The host that a client asks, looked up once and by the thread that begins the run.

/// Gives a scenario the host that its HTTP clients ask. Left to themselves, both look
/// it up again for each request, on a thread of its own, and panic where the system
/// gives no more threads.
#[macro_export]
macro_rules! known_host {
    () => {
        /// The host in an address, and where it is.
        #[derive(Debug, Clone)]
        pub(crate) struct KnownHost {
            /// As the address has it.
            pub(crate) name: String,
            pub(crate) addresses: Vec<::std::net::SocketAddr>,
        }

        impl KnownHost {
            pub(crate) fn in_url(url: &str) -> Result<Self, ::harness::Failure> {
                let url = ::reqwest::Url::parse(url).map_err(|error| {
                    let cause = format!("'{url}' is no address: {error}");
                    ::harness::Failure::new(cause, "check the host's name in --url")
                })?;
                let name = url.host_str().unwrap_or_default().to_owned();
                let port = url.port_or_known_default().unwrap_or(80);
                let addresses = $crate::client::look_up(&name, port)?;
                Ok(Self { name, addresses })
            }

            /// A client that blocks, and asks no other host.
            pub(crate) fn agent(&self, config: ::ureq::config::Config) -> ::ureq::Agent {
                let connector = ::ureq::unversioned::transport::DefaultConnector::default();
                ::ureq::Agent::with_parts(config, connector, self.clone())
            }
        }

        impl ::ureq::unversioned::resolver::Resolver for KnownHost {
            fn resolve(
                &self,
                _url: &::ureq::http::Uri,
                _config: &::ureq::config::Config,
                _timeout: ::ureq::unversioned::transport::NextTimeout,
            ) -> Result<::ureq::unversioned::resolver::ResolvedSocketAddrs, ::ureq::Error> {
                let mut addresses = self.empty();
                // There is room for no more.
                for address in self.addresses.iter().take(16) {
                    addresses.push(*address);
                }
                Ok(addresses)
            }
        }
    };
}
