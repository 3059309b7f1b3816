// A walk through the API with a generated client: what does not type-check here does not fit the document, and what
// fails here does not fit the server.
import assert from "node:assert/strict";

import createClient from "openapi-fetch";

// Generated from the served /openapi.json by checks/run.
import type { components, paths } from "../build/api.js";

type Schemas = components["schemas"];
type Problem = Schemas["Problem"];

const baseUrl = process.argv[2];
assert(baseUrl, "usage: walk.js BASE_URL");

const password = "correct horse battery staple";
const anyone = createClient<paths>({ baseUrl });

/** A client that says who is asking. */
function clientOf(credentials: { Authorization: string } | { "X-Api-Key": string }) {
  return createClient<paths>({ baseUrl: baseUrl!, headers: credentials });
}

interface Answer<T> {
  data?: T;
  // Every refusal of every operation is documented as a problem: another type would not compile.
  error?: Problem;
  response: Response;
}

/** The body of an answer that must have this status. */
function expect<T>({ data, error, response }: Answer<T>, status: number): T {
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error ?? data)}`);
  assert(data !== undefined, `${response.url}: no body`);
  assert(response.headers.get("x-request-id"), `${response.url}: no request id`);
  return data;
}

/** The problem of an answer that must be refused. */
function refused({ data, error, response }: Answer<unknown>, status: number, code: string): Problem {
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error ?? data)}`);
  assert(error, `${response.url}: no problem`);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(error.type, `/problems/${code}`);
  assert.equal(error.status, status);
  assert.equal(error.instance, response.headers.get("x-request-id"));
  return error;
}

function sum<T>(things: T[], amount: (thing: T) => number): number {
  return things.reduce((total, thing) => total + amount(thing), 0);
}

async function logIn(email: string) {
  const tokens = expect(await anyone.POST("/api/v1/account/login", { body: { email, password } }), 200);
  return { tokens, client: clientOf({ Authorization: `Bearer ${tokens.accessToken}` }) };
}

// An account.
const email = "ada@example.com";
const signUp = { email, firstName: "Ada", lastName: "Lovelace", password, orgName: "Analytical Engines" };
const { user, org } = expect(await anyone.POST("/api/v1/account/signup", { body: signUp }), 201);
refused(await anyone.POST("/api/v1/account/signup", { body: signUp }), 409, "email-taken");
const { tokens, client: ada } = await logIn(email);
const me = expect(await ada.GET("/api/v1/account/me"), 200);
assert.equal(me.user.id, user.id);
assert.equal(me.org.id, org.id);

// A refusal names what is wrong.
const nameless = refused(await ada.POST("/api/v1/projects", { body: { name: "" } }), 422, "invalid");
assert.deepEqual(nameless.errors?.map((error) => error.pointer), ["/name"]);

// A project, a task in it, and its clock.
const project = expect(await ada.POST("/api/v1/projects", { body: { name: "Engine" } }), 201);
const task = expect(
  await ada.POST("/api/v1/projects/{projectId}/tasks", {
    params: { path: { projectId: project.id } },
    body: { name: "Note G", description: null },
  }),
  201,
);
assert.equal(task.projectId, project.id);
const ofTask = { params: { path: { taskId: task.id } } };
const running: Schemas["Track"] = expect(await ada.POST("/api/v1/tasks/{taskId}/clock-in", ofTask), 201);
assert.equal(running.end, null);
const again = expect(await ada.POST("/api/v1/tasks/{taskId}/clock-in", ofTask), 200);
assert.equal(again.id, running.id);
const earlier = { ...ofTask, body: { start: running.start - 1000 } };
const conflict = refused(await ada.POST("/api/v1/tasks/{taskId}/clock-in", earlier), 409, "already-running");
assert.equal(conflict.track?.id, running.id);
const ended = expect(await ada.POST("/api/v1/tasks/{taskId}/clock-out", ofTask), 200);
assert.equal(ended.id, running.id);
assert.equal(ended.end, ended.start + ended.amount);
refused(await ada.POST("/api/v1/tasks/{taskId}/clock-out", ofTask), 409, "not-running");

// A track with a lease, what is said of it, and a sign of life.
const leased = { ...ofTask, body: { lease: 300, note: "Plate 7", meta: { commit: "5f3c2a1" } } };
const held: Schemas["Track"] = expect(await ada.POST("/api/v1/tasks/{taskId}/clock-in", leased), 201);
assert.deepEqual([held.lease, held.endedBy, held.note, held.meta], [300, null, "Plate 7", { commit: "5f3c2a1" }]);
const ofTrack = { params: { path: { taskId: task.id, trackId: held.id } } };
const beat = await ada.POST("/api/v1/tasks/{taskId}/tracks/{trackId}/heartbeat", ofTrack);
assert(beat.response.headers.get("etag"), "a heartbeat says no version");
assert(expect(beat, 200).leaseExpiresAt! >= held.leaseExpiresAt!);
const exit = { ...ofTask, body: { end: held.start, meta: { exitCode: 0 } } };
const left = expect(await ada.POST("/api/v1/tasks/{taskId}/clock-out", exit), 200);
assert.deepEqual([left.endedBy, left.leaseExpiresAt], ["user", null]);
assert.deepEqual(left.meta, { commit: "5f3c2a1", exitCode: 0 });
const dead = refused(
  await ada.POST("/api/v1/tasks/{taskId}/tracks/{trackId}/heartbeat", ofTrack),
  409,
  "not-running",
);
assert.equal(dead.track?.id, left.id);

// A task by its id in another system, which has to be escaped in the path.
const byExternalId = { params: { path: { externalId: "owner/repo#42" } } };
const elsewhere = expect(
  await ada.POST("/api/v1/tasks/by-external-id/{externalId}/clock-in", { ...byExternalId, body: {} }),
  201,
);
const found = expect(await ada.GET("/api/v1/tasks", { params: { query: { externalId: "owner/repo#42" } } }), 200);
assert.deepEqual(found.map(({ id, name }) => ({ id, name })), [{ id: elsewhere.taskId, name: "owner/repo#42" }]);
expect(await ada.POST("/api/v1/tasks/by-external-id/{externalId}/clock-out", byExternalId), 200);

// A list, page by page.
const page = await ada.GET("/api/v1/tasks", { params: { query: { limit: 1 } } });
assert.deepEqual(expect(page, 200).map(({ id }) => id), [task.id]);
const cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(page.response.headers.get("link") ?? "")?.[1];
assert(cursor, "no link to the next page");
const rest = await ada.GET("/api/v1/tasks", { params: { query: { limit: 1, cursor } } });
assert.deepEqual(expect(rest, 200).map(({ id }) => id), [elsewhere.taskId]);
assert.equal(rest.response.headers.get("link"), null);

// A machine with a key of its own and no session.
const scopes: Schemas["CreateApiKey"]["scopes"] = ["read", "track"];
const kind: Schemas["Kind"] = "ci";
const key = expect(await ada.POST("/api/v1/api-keys", { body: { name: "nightly build", scopes, kind } }), 201);
assert.deepEqual([key.info.scopes, key.info.kind], [scopes, kind]);
const machine = clientOf({ "X-Api-Key": key.apiKey });
assert.equal(expect(await machine.GET("/api/v1/account/me"), 200).session, null);
refused(await machine.POST("/api/v1/projects", { body: { name: "Loom" } }), 403, "scope-missing");

// Time of two people on the project's task, so that the reports have something to add up.
const start = running.start - 7_200_000;
const booked = { ...ofTask, body: { start, end: start + 5_705_123 } };
assert.equal(expect(await machine.POST("/api/v1/tasks/{taskId}/tracks", booked), 201).kind, kind);
const charles = { email: "charles@example.com", firstName: "Charles", lastName: "Babbage", password };
const colleague = expect(await ada.POST("/api/v1/users", { body: { ...charles, role: "member" } }), 201);
const { client: member } = await logIn(charles.email);
expect(await member.POST("/api/v1/tasks/{taskId}/tracks", booked), 201);

const ofProject = { params: { path: { projectId: project.id } } };
const taskReport = expect(await ada.GET("/api/v1/reports/tasks/{taskId}", ofTask), 200);
assert.equal(taskReport.total, ended.amount + 2 * 5_705_123);
assert.equal(taskReport.total, sum(taskReport.tracks, (track) => track.amount));
assert.equal(taskReport.total, sum(taskReport.kinds, ({ total }) => total));
const byMachines = { params: { ...ofTask.params, query: { kind } } };
const machineReport = expect(await ada.GET("/api/v1/reports/tasks/{taskId}", byMachines), 200);
assert.equal(machineReport.total, 5_705_123);
assert.deepEqual(machineReport.kinds.map((row) => row.kind), [kind]);
const taskUsers = expect(await ada.GET("/api/v1/reports/tasks/{taskId}/users", ofTask), 200);
assert.deepEqual(new Set(taskUsers.users.map(({ userId }) => userId)), new Set([user.id, colleague.id]));
assert.equal(taskUsers.total, sum(taskUsers.users, ({ total }) => total));
assert.equal(taskUsers.total, taskReport.total);
const projectUsers = expect(await ada.GET("/api/v1/reports/projects/{projectId}/users", ofProject), 200);
assert.equal(projectUsers.total, sum(projectUsers.users, ({ total }) => total));
assert.equal(projectUsers.total, taskReport.total);
const projectTasks = expect(await ada.GET("/api/v1/reports/projects/{projectId}/tasks", ofProject), 200);
assert.equal(projectTasks.total, sum(projectTasks.tasks, ({ total }) => total));
assert.equal(projectTasks.total, taskReport.total);
const ofUser = { params: { path: { userId: user.id } } };
const userReport = expect(await ada.GET("/api/v1/reports/users/{userId}", ofUser), 200);
assert.deepEqual(new Set(userReport.projects.map(({ projectId }) => projectId)), new Set([project.id, null]));
assert.equal(userReport.total, sum(userReport.projects, ({ total }) => total));
for (const { total, tasks } of userReport.projects) {
  assert.equal(total, sum(tasks, (row) => row.total));
}
const ownTime = expect(await member.GET("/api/v1/reports/tasks/{taskId}", ofTask), 200);
assert.equal(ownTime.scope, "own");
assert.equal(ownTime.total, 5_705_123);

// The end of the session.
const renewed = expect(
  await anyone.POST("/api/v1/account/refresh", { body: { refreshToken: tokens.refreshToken } }),
  200,
);
const later = clientOf({ Authorization: `Bearer ${renewed.accessToken}` });
expect(await later.POST("/api/v1/account/logout"), 200);
const after = await later.GET("/api/v1/account/me");
refused(after, 401, "unauthorized");
assert.equal(after.response.headers.get("www-authenticate"), "Bearer");
