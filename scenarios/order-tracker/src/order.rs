//! What an order is called.

use std::fmt;

/// 128 bits from the system's source of randomness. Whoever knows them may watch the
/// order, so nobody can guess them, and no log has all of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OrderId(u128);

impl OrderId {
    /// One that nobody knows yet.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(u128::from_be_bytes(bits)))
    }

    /// Reads what [`Display`](fmt::Display) has written, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_ours = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        let is_one = text.len() == 32 && text.bytes().all(is_ours);
        u128::from_str_radix(text, 16).ok().filter(|_| is_one).map(Self)
    }

    /// As much of it as a log or a picture may show.
    pub(crate) fn short(self) -> String {
        format!("{:04x}", self.0 >> 112)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// So that none is written somewhere by a slip.
impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written_and_no_other_way() {
        let order = OrderId::new().unwrap();
        assert_eq!(OrderId::parse(&order.to_string()), Some(order));
        assert_ne!(OrderId::new().unwrap(), order);
        let low = "00000000000000000000000000000abc";
        assert_eq!(OrderId::parse(low).unwrap().to_string(), low);
        for wrong in ["", "abc", &low.to_uppercase(), &low[1..], &format!("+{}", &low[1..])] {
            assert_eq!(OrderId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_log_has_all_of_it() {
        let order = OrderId::parse("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{order:?}"), "0123…");
    }
}
