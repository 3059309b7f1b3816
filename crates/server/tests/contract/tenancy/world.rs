//! Two organisations that know nothing of each other, and five people and machines in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::operation::{Operation, SLOTS};
use crate::tracking::{
    UNKNOWN_ID, anonymised, book, id, ids, make_project, make_task_in, my_id, with_key_of,
};

/// How many identities there are: an admin and a member of each organisation, and a key of the first admin.
pub(super) const IDENTITIES: usize = 5;

/// An id for each slot. They belong together: the task is in the project, the track is on the task.
type Ids = BTreeMap<&'static str, String>;

struct Organisation {
    admin: Client,
    /// Those ids that stay, and then families of those that come and go.
    base: Ids,
    families: Vec<Ids>,
}

pub(super) struct World {
    organisations: [Organisation; 2],
    /// Clients, and the place of their organisation.
    identities: Vec<(Client, usize)>,
    _server: TestServer,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = TestServer::start().await;
        let (red, mut identities) = organisation(&server, 0, ["ada", "bob"]).await;
        let (blue, others) = organisation(&server, 1, ["eve", "finn"]).await;
        identities.extend(others);
        let key = with_key_of(&server, &red.admin).await;
        // Its first use is recorded, and should not look like a change later.
        my_id(&key).await;
        identities.push((key, 0));
        let mut world = Self {
            organisations: [red, blue],
            identities,
            _server: server,
        };
        for who in [0, 2] {
            world.grow(who).await;
        }
        assert_eq!(world.identities.len(), IDENTITIES);
        world
    }

    /// Makes a family: two projects, a task in the first, an ended and a running track on it.
    pub(super) async fn grow(&mut self, who: usize) {
        let (client, place) = self.identities[who].clone();
        let organisation = &mut self.organisations[place];
        let mut family = organisation.base.clone();
        family.insert("project", make_project(&client, "Shop").await);
        family.insert("other", make_project(&client, "Site").await);
        let task = make_task_in(&client, &family["project"], "Cart").await;
        family.insert("track", book(&client, &task, 0, 5).await);
        let clock_in = format!("/tasks/{task}/clock-in");
        client.post_empty(&clock_in).await.expect(201);
        family.insert("task", task);
        organisation.families.push(family);
    }

    /// Deletes a family, unless it is the last one.
    pub(super) async fn shrink(&mut self, who: usize, which: usize) {
        let organisation = &mut self.organisations[self.identities[who].1];
        let families = &mut organisation.families;
        if families.len() < 2 {
            return;
        }
        let family = families.swap_remove(which % families.len());
        for (things, slot) in [
            ("tasks", "task"),
            ("projects", "project"),
            ("projects", "other"),
        ] {
            let path = format!("/{things}/{}", family[slot]);
            organisation.admin.delete(&path).await.expect(200);
        }
    }

    /// Fails unless the operation answers alike when these slots take ids of the other organisation and when they take
    /// ids that were never given out. The others take own ids, so that nothing else can be wrong.
    pub(super) async fn try_it(
        &self,
        who: usize,
        operation: &Operation,
        foreign: &[&'static str],
        (own, other): (usize, usize),
    ) {
        let (client, place) = &self.identities[who];
        let family = |place: usize, which: usize| {
            let families = &self.organisations[place].families;
            &families[which % families.len()]
        };
        let mut with_foreign = family(*place, own).clone();
        let mut with_unknown = with_foreign.clone();
        for slot in foreign {
            with_foreign.insert(slot, family(1 - place, other)[slot].clone());
            with_unknown.insert(slot, UNKNOWN_ID.to_owned());
        }
        let seen = ask(client, operation, &with_foreign).await;
        let expected = ask(client, operation, &with_unknown).await;
        assert_eq!(seen, expected, "{operation:?} as {who} with {foreign:?}");
        // An admin may do everything but set another's password, so nothing else is forbidden.
        let admin = matches!(who, 0 | 2) && !operation.path.ends_with("/password");
        let hidden = seen["status"] == 404 || !admin;
        assert!(hidden, "{operation:?} as {who}: {seen:#}");
    }

    /// Everything that both organisations have.
    pub(super) async fn everything(&self) -> Vec<Value> {
        let mut everything = Vec::new();
        for organisation in &self.organisations {
            for list in LISTS {
                everything.push(organisation.admin.get(list).await.expect(200));
            }
            let me = organisation.admin.get("/account/me").await;
            everything.push(me.expect(200)["org"].clone());
        }
        everything
    }

    /// Fails when anyone finds an id of the other organisation in a list.
    pub(super) async fn lists_hold_nothing_of_others(&self) {
        for (client, place) in &self.identities {
            let others = &self.organisations[1 - place].families;
            for list in ["/projects", "/tasks", "/tracks", "/users"] {
                let text = client.get(list).await.expect(200).to_string();
                for id in others.iter().flat_map(BTreeMap::values) {
                    assert!(!text.contains(id.as_str()), "{id} in {list}: {text}");
                }
            }
        }
    }
}

const LISTS: [&str; 7] = [
    "/projects",
    "/tasks",
    "/tracks",
    "/users",
    "/invitations",
    "/api-keys",
    "/account/sessions",
];

/// A refusal of that operation with these ids.
async fn ask(client: &Client, operation: &Operation, ids: &Ids) -> Value {
    let fill = |template: &str| {
        SLOTS.iter().fold(template.to_owned(), |text, slot| {
            text.replace(&format!("{{{slot}}}"), &ids[slot])
        })
    };
    let body: Option<Value> = serde_json::from_str(&fill(operation.body)).ok();
    let path = fill(operation.path);
    let method = operation.method.clone();
    let answer = client.send(method, &path, body.as_ref()).await;
    let refused = matches!(answer.status, 403 | 404);
    assert!(
        refused,
        "{operation:?}: {} {:#}",
        answer.status, answer.body
    );
    anonymised(answer.body)
}

/// An organisation with an admin and a member, and one of everything that stays.
async fn organisation(
    server: &TestServer,
    place: usize,
    [admin, member]: [&str; 2],
) -> (Organisation, Vec<(Client, usize)>) {
    let admin = server.sign_up(admin).await;
    let member = server.add_user(&admin, member, "member").await;
    let body = json!({ "email": format!("guest{place}@example.com") });
    let invited = admin.post("/invitations", &body).await.expect(201);
    let key = admin.post("/api-keys", &json!({ "name": "CI" })).await;
    let sessions = admin.get("/account/sessions").await.expect(200);
    let me = admin.get("/account/me").await.expect(200);
    let base = [
        ("org", id(&me["org"])),
        ("user", my_id(&member).await),
        ("session", ids(&sessions)[0].clone()),
        ("key", id(&key.expect(201)["info"])),
        ("invitation", id(&invited["invitation"])),
    ];
    let identities = vec![(admin.clone(), place), (member, place)];
    let organisation = Organisation {
        admin,
        base: base.into_iter().collect(),
        families: Vec::new(),
    };
    (organisation, identities)
}
