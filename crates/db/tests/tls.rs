//! Whom the engine for PostgreSQL trusts, and what it makes of a URL.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use timetracks_db::{Db, Location, PostgresUrl};
use timetracks_testkit::postgres::{Cluster, Database, Options};

/// Gives the cluster a certificate for `localhost`, and answers with that of who signed it.
fn certify(cluster: &Cluster) -> String {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    let data = cluster.directory().join("data");
    keep(&data, "server.crt", &certificate.pem());
    keep(&data, "server.key", &key.serialize_pem());
    ca_certificate
}

/// PostgreSQL takes a key only from a file that is its own alone.
fn keep(data: &Path, name: &str, text: &str) {
    let (path, owner) = (data.join(name), fs::metadata(data).unwrap());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// Opens a database, and says why not if it cannot.
fn open(url: &str) -> Result<(), String> {
    let location = Location::Postgres(url.parse()?);
    Db::migrate(&location, &[]).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_certificate_must_be_good_for_the_host_and_signed_by_who_is_trusted() {
    let cluster = Cluster::start(Options::forgetful());
    let database = Database::create(&cluster).await;
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("ca.pem");
    fs::write(&roots, certify(&cluster)).unwrap();
    cluster.set("ssl", "on").await;
    cluster.until("SELECT current_setting('ssl') = 'on'").await;
    let url = |host: &str, parameters: &str| {
        let (port, name) = (cluster.port(), database.name());
        format!("postgres://postgres@{host}:{port}/{name}?{parameters}")
    };
    let trusted = format!("sslmode=verify-full&sslrootcert={}", roots.display());

    open(&url("localhost", &trusted)).unwrap();
    open(&url("localhost", "sslmode=disable")).unwrap();
    let unknown = open(&url("localhost", "sslmode=require")).unwrap_err();
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    let other_name = open(&url("127.0.0.1", &trusted)).unwrap_err();
    assert!(other_name.contains("not valid for name"), "{other_name}");
    let no_file = open(&url("localhost", "sslrootcert=/none.pem")).unwrap_err();
    assert!(no_file.contains("/none.pem"), "{no_file}");
}

#[test]
fn a_url_that_promises_less_than_it_seems_is_refused_and_no_password_is_repeated() {
    let table = [
        ("postgres://u:hunter2@db.example.com/x", true),
        ("postgres://u:hunter2@a:1,b:2/x?sslmode=verify-full", true),
        (
            "postgres://u:hunter2@db.example.com/x?sslmode=disable",
            true,
        ),
        (
            "postgres://u:hunter2@db.example.com/x?sslmode=prefer",
            false,
        ),
        ("postgres://u:hunter2@db.example.com/x?sslmode=allow", false),
        ("postgres://u:hunter2@db.example.com/x?unknown=1", false),
        ("postgres://u:hunter2@db.example.com:port/x", false),
        ("postgres://u:hunter2@db.example.com", false),
        ("postgres:///x", false),
    ];
    for (text, is_good) in table {
        let parsed: Result<PostgresUrl, String> = text.parse();
        assert_eq!(parsed.is_ok(), is_good, "{text}: {parsed:?}");
        assert!(!format!("{parsed:?}").contains("hunter2"), "{parsed:?}");
    }
}
