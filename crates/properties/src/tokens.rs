//! Access tokens, refresh tokens, password tokens, API keys and invitation links.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use timetracks_app::{
    Random, SigningKey,
    secrets::{AccessToken, Secrets, read_api_key, read_password_token, read_refresh_token},
};
use timetracks_domain::{Instant, InvitationId, OrgId, SessionId, UserId};
use uuid::Uuid;

use crate::text_of;

/// One of each, as a server with a known key gave them out.
struct Given {
    secrets: Secrets,
    access: String,
    refresh: String,
    password: String,
    key: String,
    link: String,
}

static GIVEN: LazyLock<Given> = LazyLock::new(|| {
    let secrets = Secrets::new(&SigningKey::new([7; 32]), Random::seeded(1));
    let org = OrgId::new(Uuid::from_u128(1));
    let (user, session) = (
        UserId::new(Uuid::from_u128(2)),
        SessionId::new(Uuid::from_u128(3)),
    );
    Given {
        access: secrets.access_token(AccessToken {
            org,
            user,
            session,
            issued_at: Instant::MIN,
            expires_at: Instant::MAX,
            refreshed: Some([9; 32]),
        }),
        refresh: secrets.refresh_token(org, session).0,
        password: secrets.password_token(org, user).0,
        key: secrets.api_key().0,
        link: secrets.invitation_link_id(InvitationId::new(Uuid::from_u128(4))),
        secrets,
    }
});

/// Nothing is taken for what this server did not give out where that can be seen, and nothing for two things.
pub(crate) fn tokens(input: &[u8]) {
    let given = &*GIVEN;
    for genuine in [
        &given.access,
        &given.refresh,
        &given.password,
        &given.key,
        &given.link,
    ] {
        assert_eq!(readings(genuine), 1, "{genuine}");
        if let Some(altered) = alter(genuine, input) {
            is_not_genuine(given, genuine, &altered);
        }
    }
    readings(&text_of(input));
}

/// As what a text is read. Each reading must be the only text of what was read.
fn readings(text: &str) -> usize {
    let given = &*GIVEN;
    let access = given.secrets.read_access_token(text, Instant::MIN);
    if access.is_some() {
        assert_eq!(text, given.access);
    }
    let link = given.secrets.read_invitation_link_id(text);
    if let Some(id) = link {
        assert_eq!(given.secrets.invitation_link_id(id), text);
    }
    let digest: [u8; 32] = Sha256::digest(text).into();
    let key = read_api_key(text);
    if let Some(hash) = key {
        assert!(text.starts_with("tt_") && text.len() == 42, "{text}");
        assert_eq!(hash, digest);
    }
    let (refresh, password) = (read_refresh_token(text), read_password_token(text));
    for (token, prefix) in [(&refresh, "ttr_"), (&password, "ttp_")] {
        if let Some(token) = token {
            assert!(text.starts_with(prefix) && text.len() == 90, "{text}");
            assert_eq!(token.hash, digest);
        }
    }
    let readings = [
        access.is_some(),
        link.is_some(),
        key.is_some(),
        refresh.is_some(),
        password.is_some(),
    ];
    let count = readings.into_iter().filter(|read| *read).count();
    assert!(count <= 1, "{text} is several things");
    count
}

/// The text with one change that the input chooses, if it is one.
fn alter(genuine: &str, input: &[u8]) -> Option<String> {
    let [how, at, byte, ..] = *input else {
        return None;
    };
    let mut bytes = genuine.as_bytes().to_vec();
    let at = usize::from(at) * bytes.len() / 256;
    match how % 4 {
        0 => bytes[at] = byte & 0x7f,
        1 => bytes.insert(at, byte & 0x7f),
        2 => drop(bytes.remove(at)),
        _ => bytes.truncate(at),
    }
    let altered = String::from_utf8(bytes).expect("ASCII");
    (altered != genuine).then_some(altered)
}

/// Tokens of random bits are known by their hash alone; the others are refused without the database.
fn is_not_genuine(given: &Given, genuine: &str, altered: &str) {
    readings(altered);
    assert!(
        given
            .secrets
            .read_access_token(altered, Instant::MIN)
            .is_none(),
        "{altered}"
    );
    assert!(
        given.secrets.read_invitation_link_id(altered).is_none(),
        "{altered}"
    );
    assert!(read_api_key(altered).is_none(), "{altered}");
    let hash = |text: &str| {
        let token = read_refresh_token(text).or(read_password_token(text));
        token.map(|token| token.hash)
    };
    if let Some(altered) = hash(altered) {
        assert_ne!(Some(altered), hash(genuine));
    }
}
