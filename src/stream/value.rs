//! Values of rows that have a form of their own: moments, addresses, numbers with thousandths.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Text;
use crate::net;
use crate::timestamp::Timestamp;

thread_local! {
    /// Text on its way into a row: a million rows take one allocation.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Serializes the text that `write` appends.
fn serialize_text<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<S::Ok, S::Error> {
    SCRATCH.with_borrow_mut(|text| {
        text.clear();
        write(text);
        serializer.serialize_str(std::str::from_utf8(text).unwrap_or_default())
    })
}

/// Visits a string, borrowed where the input allows it.
struct TextVisitor;

impl<'l> Visitor<'l> for TextVisitor {
    type Value = Text<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'l str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_text(serializer, |out| self.write(out))
    }
}

impl<'l> Deserialize<'l> for Timestamp {
    fn deserialize<D: Deserializer<'l>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_str(TextVisitor)?;
        let read = Self::read(text.as_bytes()).map(|(ts, _)| ts);
        read.ok_or_else(|| de::Error::custom("not an RFC 3339 timestamp"))
    }
}

/// Reads a key that holds a moment; text that is not one counts as absent.
pub(super) fn moment<'l, D: Deserializer<'l>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = from.deserialize_str(TextVisitor)?;
    Ok(Timestamp::read(text.as_bytes()).map(|(ts, _)| ts))
}

/// A value that rows spell as one of a few names.
pub(super) trait Named: Sized {
    fn named(name: &str) -> Option<Self>;
}

/// Reads a key that holds a name; one that this version does not have counts as absent.
pub(super) fn named<'l, T: Named, D: Deserializer<'l>>(from: D) -> Result<Option<T>, D::Error> {
    from.deserialize_str(TextVisitor).map(|name| T::named(&name))
}

/// The same, with a default for what is absent.
pub(super) fn named_or_default<'l, T: Named + Default, D: Deserializer<'l>>(
    from: D,
) -> Result<T, D::Error> {
    named(from).map(Option::unwrap_or_default)
}

/// A number of thousandths, written as a number of units: `36862` as `36.862`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thousandths(pub u64);

impl Thousandths {
    /// The number of units.
    #[expect(clippy::cast_precision_loss, reason = "2^53 thousandths are 285,000 years of seconds")]
    pub fn units(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            serializer.serialize_u64(self.0 / 1000)
        } else {
            serializer.serialize_f64(self.units())
        }
    }
}

impl<'l> Deserialize<'l> for Thousandths {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    fn deserialize<D: Deserializer<'l>>(from: D) -> Result<Self, D::Error> {
        Ok(Self((f64::deserialize(from)? * 1000.0).round() as u64))
    }
}

/// Where connections come from: an address, a network, or a name that stands for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin<'l> {
    Ip(IpAddr),
    /// A network and its prefix length.
    Net(IpAddr, u8),
    /// `AS3352`, or a name that hides an address.
    Name(Text<'l>),
}

impl<'l> Origin<'l> {
    pub fn read(text: Text<'l>) -> Self {
        if let Some(ip) = net::parse_ip(text.as_bytes()) {
            return Self::Ip(ip);
        }
        let net = text.split_once('/').and_then(|(ip, length)| {
            let ip = net::parse_ip(ip.as_bytes())?;
            let bits = if ip.is_ipv4() { 32 } else { 128 };
            Some((ip, length.parse().ok().filter(|length| *length <= bits)?))
        });
        net.map_or(Self::Name(text), |(ip, length)| Self::Net(ip, length))
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ip(ip) => net::write(*ip, out),
            Self::Net(ip, length) => {
                net::write(*ip, out);
                out.push(b'/');
                out.extend_from_slice(itoa::Buffer::new().format(*length).as_bytes());
            }
            Self::Name(name) => out.extend_from_slice(name.as_bytes()),
        }
    }

    /// The same with text of its own.
    pub fn into_owned(self) -> Origin<'static> {
        match self {
            Self::Ip(ip) => Origin::Ip(ip),
            Self::Net(ip, length) => Origin::Net(ip, length),
            Self::Name(name) => Origin::Name(Cow::Owned(name.into_owned())),
        }
    }
}

impl Default for Origin<'_> {
    fn default() -> Self {
        Self::Name(Cow::Borrowed(""))
    }
}

impl From<IpAddr> for Origin<'_> {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(48);
        self.write(&mut text);
        f.pad(&String::from_utf8_lossy(&text))
    }
}

impl Serialize for Origin<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_text(serializer, |out| self.write(out))
    }
}

impl<'de: 'l, 'l> Deserialize<'de> for Origin<'l> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextVisitor).map(Self::read)
    }
}

/// Values by name, in the order in which they are given.
#[derive(Clone, Debug, PartialEq)]
pub struct ByName<'l, T>(pub Vec<(Text<'l>, T)>);

impl<T> Default for ByName<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for ByName<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<'_, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct MapVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
            type Value = Vec<(Text<'static>, T)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    all.push((Cow::Owned(name), value));
                }
                Ok(all)
            }
        }
        from.deserialize_map(MapVisitor(std::marker::PhantomData)).map(Self)
    }
}

/// A key with one value: the type that holds it needs no room and no argument.
macro_rules! constant {
    ($($name:ident = $text:literal;)+) => {$(
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }

        impl<'l> serde::Deserialize<'l> for $name {
            fn deserialize<D: serde::Deserializer<'l>>(from: D) -> Result<Self, D::Error> {
                crate::stream::value::ignore(from).map(|()| Self)
            }
        }
    )+};
}
pub(super) use constant;

/// Passes over a value.
pub(super) fn ignore<'l, D: Deserializer<'l>>(from: D) -> Result<(), D::Error> {
    IgnoredAny::deserialize(from).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_keep_their_text() {
        for text in ["203.0.113.7", "203.0.113.0/24", "2001:db8::/64", "AS3352", "addr-17", "1/2/3"]
        {
            let origin = Origin::read(text.into());
            assert_eq!(origin.to_string(), text);
            assert_eq!(serde_json::to_string(&origin).unwrap(), format!("\"{text}\""));
        }
        assert_eq!(Origin::read("10.0.0.0/33".into()), Origin::Name("10.0.0.0/33".into()));
    }

    #[test]
    fn thousandths_have_no_trailing_zeros() {
        for (value, text) in [(0, "0"), (57_600, "57.6"), (36_862, "36.862"), (5, "0.005")] {
            assert_eq!(serde_json::to_string(&Thousandths(value)).unwrap(), text);
            assert_eq!(serde_json::from_str::<Thousandths>(text).unwrap(), Thousandths(value));
        }
        let largest = u64::from(u32::MAX) * 1000 + 999;
        assert_eq!(serde_json::to_string(&Thousandths(largest)).unwrap(), "4294967295.999");
    }
}
