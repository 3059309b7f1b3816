use std::collections::BTreeMap;

use super::*;

/// What a claim may be.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Claim {
    Text(String),
    Number(i64),
}

fn secrets() -> Secrets {
    Secrets::new(&SigningKey::new([7; 32]), Random::seeded(1))
}

fn at(ms: i64) -> Instant {
    Instant::from_ms(ms).unwrap()
}

fn token() -> AccessToken {
    AccessToken {
        org: OrgId::new(Uuid::from_u128(1)),
        user: UserId::new(Uuid::from_u128(2)),
        session: SessionId::new(Uuid::from_u128(3)),
        issued_at: at(0),
        expires_at: at(60_000),
        refreshed: None,
    }
}

#[test]
fn an_access_token_is_good_until_the_second_it_expires_however_often_it_is_shown() {
    let secrets = secrets();
    let text = secrets.access_token(token());
    let read = |ms| secrets.read_access_token(&text, at(ms));
    assert!(read(60_000).is_none());
    for _ in 0..2 {
        assert_eq!(read(59_999).unwrap().session, token().session);
    }
    assert!(read(60_000).is_none());
}

#[test]
fn however_many_access_tokens_there_are_each_is_good() {
    let secrets = secrets();
    let text = |second: i64| {
        secrets.access_token(AccessToken {
            issued_at: at(second * 1000),
            expires_at: at(60_000_000),
            ..token()
        })
    };
    for second in 0..=TOKENS_BY_SIGHT as i64 {
        let read = secrets.read_access_token(&text(second), at(1)).unwrap();
        assert_eq!(read.issued_at.ms(), second * 1000);
    }
    let read = secrets.read_access_token(&text(0), at(1)).unwrap();
    assert_eq!(read.issued_at.ms(), 0);
    assert!(secrets.verified.read().unwrap().len() < 10);
}

#[test]
fn forged_access_tokens_are_refused() {
    let secrets = secrets();
    let token = token();
    let text = secrets.access_token(token);
    assert!(secrets.read_access_token(&text, at(1)).is_some());
    let [header, claims, signature]: [&str; 3] =
        text.split('.').collect::<Vec<_>>().try_into().unwrap();
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let larger = BASE64URL_NOPAD.encode(br#"{"alg":"HS512","typ":"JWT"}"#);
    let bare = BASE64URL_NOPAD.encode(br#"{"exp":99999999999}"#);
    let other = Secrets::new(&SigningKey::new([8; 32]), Random::seeded(1));
    for forged in [
        String::new(),
        "a.b.c".to_owned(),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{larger}.{claims}.{signature}"),
        format!("{header}.{bare}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
        other.access_token(token),
        secrets.refresh_token(token.org, token.session).0,
    ] {
        assert!(
            secrets.read_access_token(&forged, at(1)).is_none(),
            "{forged}"
        );
    }
}

#[test]
fn a_well_signed_token_without_one_of_its_claims_or_for_somebody_else_is_refused() {
    let secrets = secrets();
    let id = |number| Claim::Text(OrgId::new(Uuid::from_u128(number)).to_string());
    let us = Claim::Text(ISSUER.to_owned());
    let good = BTreeMap::from([
        ("iss", us.clone()),
        ("aud", us),
        ("sub", id(2)),
        ("sid", id(3)),
        ("org", id(1)),
        ("iat", Claim::Number(0)),
        ("exp", Claim::Number(60)),
    ]);
    let is_good = |claims: &BTreeMap<&str, Claim>| {
        let text = jsonwebtoken::encode(&Header::default(), claims, &secrets.access_encoding);
        let read = secrets.read_access_token(&text.unwrap(), at(1));
        read.is_some()
    };
    assert!(is_good(&good));
    for name in good.keys() {
        let mut without = good.clone();
        without.remove(name);
        assert!(!is_good(&without), "without {name}");
        let mut other = good.clone();
        other.insert(name, Claim::Text("somebody-else".to_owned()));
        assert!(!is_good(&other), "with another {name}");
    }
}

#[test]
fn keys_and_invitations_are_known_again_and_typos_are_not() {
    let secrets = secrets();
    let (key, stored) = secrets.api_key();
    assert!(key.starts_with("tt_"));
    assert_eq!(read_api_key(&key), Some(stored));
    assert_eq!(read_api_key(&format!("{key}0")), None);
    assert_eq!(read_api_key(&key.replace("tt_", "tt_0")), None);

    let id = InvitationId::new(Uuid::from_u128(9));
    let link = secrets.invitation_link_id(id);
    assert!(link.len() <= 64);
    assert_eq!(secrets.read_invitation_link_id(&link), Some(id));
    let other = secrets.invitation_link_id(InvitationId::new(Uuid::from_u128(10)));
    let mixed = format!("{}{}", &link[..26], &other[26..]);
    assert_eq!(secrets.read_invitation_link_id(&mixed), None);
    assert_eq!(secrets.read_invitation_link_id(""), None);
}
