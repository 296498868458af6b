//! What the `redis` crate is told, and what it says when things go wrong.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use redis::{RedisConnectionInfo, RedisError};

use crate::{Address, Error, Failure};

impl Address {
    /// The same as the `redis` crate has it.
    ///
    /// # Errors
    ///
    /// When it can make nothing of it.
    pub fn for_library(&self) -> Result<ConnectionInfo, Failure> {
        let (host, port) = self.host_and_port();
        let mut settings = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(self.number().into());
        if let Some(login) = self.login() {
            settings = settings.set_username(&login.user).set_password(&login.password);
        }
        let place = ConnectionAddr::Tcp(host.to_owned(), port).into_connection_info()?;
        Ok(place.set_redis_settings(settings))
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if let Some(code) = error.code() {
            let detail = error.detail().unwrap_or_default();
            return Error::Refused(format!("{code} {detail}")).into();
        }
        let hint = if error.is_timeout() {
            "look whether the database is as far away as --round-trip says"
        } else {
            "look whether the database is still there, and what it says itself"
        };
        Self::new(format!("the redis crate reports: {error}"), hint)
    }
}
