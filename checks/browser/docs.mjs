// What a person meets at /docs: a page that works without the internet and from which requests can be sent.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { chromium } from "playwright-core";

const TIME_LIMIT_MS = 30_000;
const HOST = "timetracks.test";

const base = process.argv[2];
assert(base, "usage: docs.mjs BASE_URL (with CHROMIUM naming the browser and, if wanted, SCREENSHOT naming a PNG file)");

const origin = new URL(base).origin.replace("127.0.0.1", HOST);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "chromium",
  // The sandbox refuses to run as root, as CI often does; the page is our own. The rest keeps the browser itself from
  // calling home.
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    // Pages know 127.0.0.1 for a developer's machine, and may leave out there what they load from elsewhere.
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
  ],
});
const faults = [];
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(TIME_LIMIT_MS);
  page.on("console", (message) => {
    // A violation of the content security policy is such an error, too.
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const local = url.protocol === "data:" || url.protocol === "blob:" || url.origin === origin;
    if (!local) faults.push(`request elsewhere: ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A download is no page, so that the browser gives up loading it as one.
    if (!request.isNavigationRequest()) faults.push(`request failed: ${request.url()}`);
  });

  await page.goto(`${origin}/docs`);
  const specification = await (await fetch(`${base}/openapi.json`)).json();

  // Every operation is there.
  const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
  const operations = Object.values(specification.paths)
    .flatMap((item) => Object.keys(item))
    .filter((key) => methods.includes(key)).length;
  await page.waitForFunction((count) => document.querySelectorAll(".opblock").length >= count, operations);
  assert.equal(await page.locator(".opblock").count(), operations, "operations on the page");

  // An operation unfolds, and shows an example of its request body.
  const signUp = page.locator("#operations-Account-signUp");
  await signUp.locator(".opblock-summary-control").click();
  await signUp.locator(".opblock-body .responses-wrapper").first().waitFor();
  const { example } = specification.paths["/api/v1/account/signup"].post.requestBody.content["application/json"];
  const shown = await signUp.locator(".body-param__example").first().textContent();
  assert.deepEqual(JSON.parse(shown), example, "the example of a request body");

  // The document can be downloaded.
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("a#download").click()]);
  const downloaded = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.deepEqual(downloaded, specification, "the downloaded document");

  // A request can be sent.
  const live = page.locator("#operations-Server-getLiveness");
  await live.locator(".opblock-summary-control").click();
  await live.getByRole("button", { name: "Try it out" }).click();
  await live.getByRole("button", { name: "Execute" }).click();
  const status = live.locator(".live-responses-table .response-col_status");
  await status.last().waitFor();
  assert.match(await status.last().innerText(), /^200\b/, "the status of the request");

  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
} catch (error) {
  faults.push(error.message);
} finally {
  await browser.close();
}
assert.deepEqual(faults, []);
