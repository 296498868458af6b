//! Who may deliver.

use std::env;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use harness::Failure;
use subtle::ConstantTimeEq;

const VARIABLE: &str = "DELIVERY_SECRET";

/// What whoever delivers has to know. It is never printed.
#[derive(Clone)]
pub(crate) struct Secret(Option<String>);

impl Secret {
    /// From the environment. Only where nobody but this machine can ask may there be none.
    pub(crate) fn from_env(is_loopback: bool) -> Result<Self, Failure> {
        let hint = "set DELIVERY_SECRET to a long random text, such as openssl rand -hex 32 gives";
        match env::var(VARIABLE) {
            Err(env::VarError::NotPresent) if is_loopback => Ok(Self(None)),
            Err(env::VarError::NotPresent) => Err(Failure::new(
                "others than this machine can reach --addr, and could deliver any position",
                hint,
            )),
            // It goes into a header, which has no others.
            Ok(secret) if !secret.is_empty() && secret.bytes().all(|it| it.is_ascii_graphic()) => {
                Ok(Self(Some(secret)))
            }
            _ => Err(Failure::new(
                format!("{VARIABLE} has to be of visible ASCII characters, and not empty"),
                hint,
            )),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a request has it. How long that takes tells of its length at most.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let Some(secret) = &self.0 else { return true };
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(first), None) = (given.next(), given.next()) else { return false };
        let token = first.as_bytes().split_at_checked(7).filter(|(scheme, _)| {
            // RFC 9110, 11.1: in capitals or not.
            scheme.eq_ignore_ascii_case(b"bearer ")
        });
        token.is_some_and(|(_, token)| token.ct_eq(secret.as_bytes()).into())
    }
}

/// What a client sends.
pub(crate) fn bearer() -> Option<String> {
    env::var(VARIABLE)
        .ok()
        .filter(|secret| !secret.is_empty())
        .map(|secret| format!("Bearer {secret}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_secret_once_and_whole() {
        let secret = Secret(Some("abc".to_owned()));
        let is_in = |given: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append(AUTHORIZATION, axum::http::HeaderValue::from_static(value));
            }
            secret.is_in(&headers)
        };
        assert!(is_in(&["Bearer abc"]) && is_in(&["bearer abc"]));
        for wrong in [
            &[][..],
            &["Bearer abd"],
            &["Bearer ab"],
            &["Bearer abcd"],
            &["Bearer  abc"],
            &["Basic abc"],
            &["abc"],
            &["Bearer "],
            &["Bearer abc", "Bearer abc"],
        ] {
            assert!(!is_in(wrong), "{wrong:?}");
        }
    }
}
