//! Which signature a host expects.

use zeroize::Zeroizing;

use super::{AccessKey, hex, mac};

/// How a signature is made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `SDK-HMAC-SHA256`, signed with the secret key itself. What HSS and all public endpoints expect.
    SdkHmacSha256,
    /// `V11-HMAC-SHA256`, signed with a key derived for one day, region and service. What some services expect on
    /// endpoints of a customer's own; HSS does not.
    V11HmacSha256 {
        /// The region's id; `globe` for a global service.
        region: String,
        /// The service's name for this purpose, as its SDK has it.
        service: String,
    },
}

impl Scheme {
    /// What the official SDKs use for `host` (with or without port): the derived key if the service has a name for
    /// this, the region is known, and the host is not one of the cloud's own.
    #[must_use]
    pub fn for_host(host: &str, region: Option<&str>, service: Option<&str>) -> Self {
        match (region, service) {
            (Some(region), Some(service)) if !is_public(host) => {
                Self::V11HmacSha256 { region: region.to_owned(), service: service.to_owned() }
            }
            _ => Self::SdkHmacSha256,
        }
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::SdkHmacSha256 => "SDK-HMAC-SHA256",
            Self::V11HmacSha256 { .. } => "V11-HMAC-SHA256",
        }
    }

    /// What a derived key is good for, on the day of `date`; `None` if the key is not derived.
    pub(super) fn scope(&self, date: &str) -> Option<String> {
        match self {
            Self::SdkHmacSha256 => None,
            Self::V11HmacSha256 { region, service } => {
                let (day, _) = date.split_once('T').unwrap_or((date, ""));
                Some(format!("{day}/{region}/{service}"))
            }
        }
    }
}

/// One block of HKDF with the id as salt. The signature takes its hexadecimal digits as the key, not its bytes.
pub(super) fn derived_key(key: &AccessKey, scope: &str) -> Zeroizing<String> {
    let extracted = mac(key.id().as_bytes(), key.secret());
    let expanded = mac(extracted.as_ref(), &format!("{scope}\u{1}"));
    Zeroizing::new(hex(expanded.as_ref()))
}

/// Whether `host` looks like `service.myhuaweicloud.com` or `service.cn-north-4.myhuaweicloud.com`. As in the SDKs
/// only its beginning counts, so that a port may follow.
fn is_public(host: &str) -> bool {
    let Some((service, rest)) = host.split_once('.') else { return false };
    let mut characters = service.bytes();
    let is_service = service.len() >= 2
        && characters.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && characters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let of_region = || rest.split_once('.').is_some_and(|(region, domain)| is_region(region) && is_domain(domain));
    is_service && (is_domain(rest) || of_region())
}

/// `cn-north-4`: at least two letters, letters, one or two digits.
fn is_region(label: &str) -> bool {
    let mut parts = label.split('-');
    let (Some(area), Some(side), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    area.len() >= 2
        && letters(area)
        && !side.is_empty()
        && letters(side)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_domain(host: &str) -> bool {
    ["huaweicloud.", "myhuaweicloud.", "myhwclouds."]
        .iter()
        .find_map(|name| host.strip_prefix(name))
        .is_some_and(|top| top.starts_with("com") || top.starts_with("cn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derived_key_is_for_hosts_that_are_not_the_clouds_own() {
        for public in [
            "hss.cn-north-4.myhuaweicloud.com",
            "hss.cn-north-4.myhuaweicloud.com:443",
            "iam.myhuaweicloud.com",
            "iam.huaweicloud.com",
            "obs2-x.ap-southeast-12.myhuaweicloud.cn",
            "ecs.cn-north-1.myhwclouds.com",
        ] {
            assert_eq!(Scheme::for_host(public, Some("r"), Some("s")), Scheme::SdkHmacSha256, "{public}");
        }
        let derived = Scheme::V11HmacSha256 { region: "r".into(), service: "s".into() };
        for own in [
            "",
            "localhost",
            "127.0.0.1:18080",
            "hss.example.com",
            "h.cn-north-4.myhuaweicloud.com",
            "2hss.cn-north-4.myhuaweicloud.com",
            "hss.cn-north-400.myhuaweicloud.com",
            "hss.c-north-4.myhuaweicloud.com",
            "hss.cn-north.myhuaweicloud.com",
            "hss.eu-west-101.myhuaweicloud.eu",
            "hss.example.cn-north-4.myhuaweicloud.com",
            "myhuaweicloud.com",
            "service.hwclouds.com",
        ] {
            assert_eq!(Scheme::for_host(own, Some("r"), Some("s")), derived, "{own}");
        }
    }

    #[test]
    fn a_service_without_a_name_for_it_never_gets_a_derived_key() {
        assert_eq!(Scheme::for_host("hss.example.com", Some("r"), None), Scheme::SdkHmacSha256);
        assert_eq!(Scheme::for_host("hss.example.com", None, Some("s")), Scheme::SdkHmacSha256);
    }
}
