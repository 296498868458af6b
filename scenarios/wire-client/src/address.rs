//! Where a database is, and as whom to go there.

use std::fmt;
use std::str::FromStr;

/// Redis's own port, where an address names none.
const USUAL_PORT: u16 = 6379;

/// A longer address is a slip: no host's name is longer than 255 letters.
const LONGEST: usize = 4096;

/// A Redis, as in `redis://user:password@host:port/number`. All but the host may be left
/// out.
///
/// It is never printed with its user and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    login: Option<Login>,
    number: u32,
}

/// As whom, if the database wants to know.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// `default` where the address has a password alone.
    pub user: String,
    /// What no message may repeat.
    pub password: String,
}

/// Why a text is no [`Address`]. Nothing of the text is in it, since a part of that may
/// be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has another scheme, or none.
    #[error("it does not begin with redis://")]
    Scheme,
    /// `rediss://`.
    #[error("it begins with rediss://, and this client has no TLS")]
    Tls,
    /// More than anybody would write.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// No host, or something that no host is called.
    #[error("it names no host")]
    Host,
    /// Behind the host stands something that is no port.
    #[error("its port is no whole number from 1 to 65535")]
    Port,
    /// Behind the slash stands something else.
    #[error("behind the slash stands no number of a database")]
    Number,
    /// `?` or `#`.
    #[error("it has options behind a ? or a #, and this client knows none")]
    Options,
    /// A user alone.
    #[error("it has a user without a password")]
    NoPassword,
    /// `%` and no two digits, or no text.
    #[error("its user or its password has a % that stands for no letter")]
    Percent,
}

impl Address {
    /// One without user and password, as of a server that was just started.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, login: None, number: 0 }
    }

    /// The same database at another place, as behind a relay.
    #[must_use]
    pub fn moved_to(&self, host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, ..self.clone() }
    }

    /// Where to connect to, as sockets take it.
    pub fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// As whom; none where the database does not ask.
    pub fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Which of the server's databases: 0 is the one that a connection begins with.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > LONGEST {
            return Err(AddressError::TooLong);
        }
        let rest = match text.split_once("://") {
            Some(("redis", rest)) => rest,
            Some(("rediss", _)) => return Err(AddressError::Tls),
            _ => return Err(AddressError::Scheme),
        };
        // A password may hold any sign that has a meaning further on.
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(Login::parse(login)?), rest),
            None => (None, rest),
        };
        if rest.contains(['?', '#']) {
            return Err(AddressError::Options);
        }
        let (place, number) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = split_port(place)?;
        let number = match number {
            "" => 0,
            number => whole(number).ok_or(AddressError::Number)?,
        };
        Ok(Self { host: host.to_owned(), port, login, number })
    }
}

/// The host, without the brackets of an IPv6 address, and the port.
fn split_port(place: &str) -> Result<(&str, u16), AddressError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(AddressError::Host)?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(AddressError::Host);
        }
        match port {
            "" => (host, None),
            port => (host, Some(port.strip_prefix(':').ok_or(AddressError::Port)?)),
        }
    } else {
        let (host, port) =
            place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
        let is_of_a_name =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        if host.is_empty() || !host.chars().all(is_of_a_name) {
            return Err(AddressError::Host);
        }
        (host, port)
    };
    let port = match port {
        None => USUAL_PORT,
        Some(port) => whole(port).filter(|port| *port > 0).ok_or(AddressError::Port)?,
    };
    Ok((host, port))
}

/// A number of digits alone: `+1` is none here.
fn whole<N: FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Login {
    fn parse(text: &str) -> Result<Self, AddressError> {
        let (user, password) = text.split_once(':').ok_or(AddressError::NoPassword)?;
        if password.is_empty() {
            return Err(AddressError::NoPassword);
        }
        let user = if user.is_empty() { "default".to_owned() } else { decoded(user)? };
        Ok(Self { user, password: decoded(password)? })
    }
}

/// With `%40` and its kind as what they stand for.
fn decoded(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(AddressError::Percent)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(AddressError::Percent);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| AddressError::Percent)?);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).map_err(|_| AddressError::Percent)
}

/// Without the user and the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, login, number } = self;
        let login = login.as_ref().map_or("", |_| "***@");
        match host.contains(':') {
            true => write!(f, "redis://{login}[{host}]:{port}")?,
            false => write!(f, "redis://{login}{host}:{port}")?,
        }
        match number {
            0 => Ok(()),
            number => write!(f, "/{number}"),
        }
    }
}

/// As it is displayed: what is printed for a programmer is printed.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Without the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, u16, Option<(String, String)>, u32) {
        let address: Address = text.parse().unwrap();
        let login = address.login.map(|login| (login.user, login.password));
        (address.host, address.port, login, address.number)
    }

    #[test]
    fn all_but_the_host_may_be_left_out() {
        let plain = |host: &str, port, number| (host.to_owned(), port, None, number);
        for (text, wanted) in [
            ("redis://localhost", plain("localhost", 6379, 0)),
            ("redis://localhost/", plain("localhost", 6379, 0)),
            ("redis://127.0.0.1:7000", plain("127.0.0.1", 7000, 0)),
            ("redis://db-1.example_x:7000/15", plain("db-1.example_x", 7000, 15)),
            ("redis://[::1]", plain("::1", 6379, 0)),
            ("redis://[::1]:65535/1", plain("::1", 65535, 1)),
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_password_may_hold_every_sign() {
        let login = |text| parts(text).2.unwrap();
        let wanted = |user: &str, password: &str| (user.to_owned(), password.to_owned());
        assert_eq!(login("redis://:secret@host"), wanted("default", "secret"));
        assert_eq!(login("redis://me:s/e:c?r#e@t@host"), wanted("me", "s/e:c?r#e@t"));
        assert_eq!(login("redis://m%65:100%25%c3%A9@host"), wanted("me", "100%é"));
    }

    #[test]
    fn what_is_no_address_is_said_without_a_part_of_it() {
        for (text, why) in [
            ("", AddressError::Scheme),
            ("localhost:6379", AddressError::Scheme),
            ("http://localhost", AddressError::Scheme),
            ("REDIS://localhost", AddressError::Scheme),
            ("rediss://localhost", AddressError::Tls),
            ("redis://", AddressError::Host),
            ("redis:///0", AddressError::Host),
            ("redis://:6379", AddressError::Host),
            ("redis://here there", AddressError::Host),
            ("redis://one,two", AddressError::Host),
            ("redis://[::1", AddressError::Host),
            ("redis://[localhost]", AddressError::Host),
            ("redis://::1", AddressError::Host),
            ("redis://host:", AddressError::Port),
            ("redis://host:0", AddressError::Port),
            ("redis://host:65536", AddressError::Port),
            ("redis://host:+1", AddressError::Port),
            ("redis://[::1]6379", AddressError::Port),
            ("redis://host/one", AddressError::Number),
            ("redis://host/-1", AddressError::Number),
            ("redis://host/4294967296", AddressError::Number),
            ("redis://host/0/1", AddressError::Number),
            ("redis://host?protocol=3", AddressError::Options),
            ("redis://host/0#here", AddressError::Options),
            ("redis://me@host", AddressError::NoPassword),
            ("redis://me:@host", AddressError::NoPassword),
            ("redis://me:%@host", AddressError::Percent),
            ("redis://me:%4@host", AddressError::Percent),
            ("redis://me:%+1@host", AddressError::Percent),
            ("redis://me:%ff@host", AddressError::Percent),
            ("redis://me:%é@host", AddressError::Percent),
        ] {
            assert_eq!(text.parse::<Address>(), Err(why), "{text}");
        }
        let long = format!("redis://{}", "a".repeat(LONGEST));
        assert_eq!(long.parse::<Address>(), Err(AddressError::TooLong));
    }

    #[test]
    fn no_password_is_printed() {
        let address: Address = "redis://me:secret@[::1]:7000/3".parse().unwrap();
        assert_eq!(address.to_string(), "redis://***@[::1]:7000/3");
        let debugged = format!("{address:?} {:?}", address.login());
        assert!(!debugged.contains("secret"), "{debugged}");
        let moved = address.moved_to("127.0.0.1", 1);
        assert_eq!(moved.to_string(), "redis://***@127.0.0.1:1/3");
        assert_eq!(moved.login(), address.login());
        assert_eq!(Address::new("localhost", 6379).to_string(), "redis://localhost:6379");
    }
}
