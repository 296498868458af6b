//! What the `redis` crate is told, and what it says when things go wrong.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use redis::{RedisConnectionInfo, RedisError};

use crate::error::excerpt;
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
            return Error::refused(format!("{code} {detail}").as_bytes()).into();
        }
        let hint = if error.is_timeout() {
            "look whether the database is as far away as --round-trip says"
        } else {
            "look whether the database is still there, and what it says itself"
        };
        // A value that it did not expect is a part of what it says.
        let error = excerpt(error.to_string().as_bytes());
        Self::new(format!("the redis crate reports: {error}"), hint)
    }
}

#[cfg(test)]
mod tests {
    use redis::ServerErrorKind;

    use super::*;

    fn told(error: RedisError) -> String {
        let told = harness::Failure::from(Failure::from(error)).cause().to_owned();
        assert!(told.len() < 1000, "{} bytes of it are told", told.len());
        told
    }

    #[test]
    fn what_a_server_says_is_not_told_at_any_length() {
        let long = "A".repeat(1 << 20);
        let refused =
            RedisError::from((ServerErrorKind::ResponseError.into(), "refused", long.clone()));
        assert!(told(refused).starts_with("the database refuses: ERR AAA"));
        let no_number =
            RedisError::from((redis::ErrorKind::UnexpectedReturnType, "no number", long.clone()));
        assert!(told(no_number).contains("no number"));
    }
}
