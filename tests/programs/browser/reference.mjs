// The emulator's API reference page, in a browser, light and dark.
//
// usage: node reference.mjs CHROMIUM EMULATOR_URL TOKEN FOLDER_FOR_SCREENSHOTS
//
// The emulator has to ask for tokens, and to know this one.

import assert from "node:assert/strict";
import path from "node:path";

import { chromium } from "playwright-core";

import { faintTexts } from "./contrast.mjs";

const [executablePath, url, token, folder] = process.argv.slice(2);
const { origin } = new URL(url);
const PROJECT = "0123456789abcdef0123456789abcdef";
const TASK = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
const GROUND = { light: "rgba(0, 0, 0, 0)", dark: "rgb(28, 32, 34)" };
const WIDE = { width: 1280, height: 1000 };
const NARROW = { width: 390, height: 844 };
// Nothing of the browser itself leaves the machine either.
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];

async function look(browser, colorScheme) {
  const page = await browser.newPage({ colorScheme, viewport: WIDE });
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.context().on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.origin !== origin && asked.protocol !== "data:") complaints.push(`asked ${asked}`);
  });
  const shoot = async (name) => {
    assert.deepEqual(complaints, [], `${name}, ${colorScheme}: the browser has nothing to complain of`);
    assert.deepEqual(await page.evaluate(faintTexts), [], `${name}, ${colorScheme}: every text is told from its ground`);
    await page.screenshot({ path: path.join(folder, `reference-${colorScheme}-${name}.png`), fullPage: true });
  };

  await page.goto(`${url}/`);
  // Neither a measurement nor a picture is taken halfway.
  await page.addStyleTag({ content: "* { animation: none !important; transition: none !important; }" });
  await page.locator(".opblock").first().waitFor();
  assert.equal(await page.title(), "HSS emulator: API reference");

  // The page follows the system from one scheme to the other.
  for (const scheme of ["light", "dark", colorScheme]) {
    await page.emulateMedia({ colorScheme: scheme });
    const hasGround = (ground) => getComputedStyle(document.documentElement).backgroundColor === ground;
    await page.waitForFunction(hasGround, GROUND[scheme], { timeout: 10_000 });
  }

  // Every operation of the document is shown, and nothing else.
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item)).filter((entry) => entry.operationId);
  const ids = operations.map(({ tags, operationId }) => `operations-${tags[0].replaceAll(" ", "_")}-${operationId}`);
  const shown = await page.locator(".opblock").evaluateAll((blocks) => blocks.map((block) => block.id));
  assert.ok(ids.length >= 2);
  assert.deepEqual(shown.sort(), ids.sort());
  await shoot("front");

  // Without a token the answer is a refusal, of which the browser complains.
  const operation = page.locator("#operations-Vulnerability_Management-ListVulScanTaskHost");
  await operation.locator(".opblock-summary-control").click();
  await operation.locator('.opblock-external-docs a[href$="/ListVulScanTaskHost.html"]').waitFor();
  const parameter = (name) => operation.locator(`tr[data-param-name="${name}"]`);
  const bounds = await parameter("limit").innerText();
  assert.match(bounds, /minimum: 10\s+maximum: 200/, bounds);
  await parameter("project_id").locator("input").fill(PROJECT);
  await parameter("task_id").locator("input").fill(TASK);
  await parameter("scan_status").locator("select").selectOption("failed");
  const execute = async () => {
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/v5/"));
    await operation.locator("button.execute").click();
    return answered;
  };
  const answer = operation.locator(".live-responses-table .highlight-code").first();
  assert.equal((await execute()).status(), 401);
  await answer.getByText("APIGW.0301").waitFor();
  assert.match(complaints.join("\n"), /^Failed to load resource: .* 401 \(Unauthorized\)$/);
  complaints.length = 0;

  // With one, the documented request has the documented answer.
  await page.locator(".scheme-container button.authorize").click();
  const dialog = page.locator(".dialog-ux .auth-container", { hasText: "X-Auth-Token" });
  await dialog.locator("input").fill(token);
  await shoot("authorize");
  await dialog.locator("button.authorize").click();
  await dialog.locator("button.btn-done").click();
  assert.equal((await execute()).status(), 200);
  await answer.getByText("ecs-ubuntu-abc123").waitFor();
  await shoot("answer");

  // A scan starts from the example as it stands.
  const start = page.locator("#operations-Vulnerability_Management-CreateVulnerabilityScanTask");
  await start.locator(".opblock-summary-control").click();
  await start.locator('tr[data-param-name="project_id"] input').fill(PROJECT);
  const started = page.waitForResponse((response) => response.request().method() === "POST");
  await start.locator("button.execute").click();
  const response = await started;
  assert.equal(response.status(), 200, await response.text());
  assert.match((await response.json()).task_id, /^[0-9a-f]{32}$/);

  // Nothing is wider than the page, on small screens too.
  for (const viewport of [WIDE, NARROW]) {
    await page.setViewportSize(viewport);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide for ${viewport.width}`);
  }
  await shoot("narrow");
  await page.close();
}

const browser = await chromium.launch({ executablePath, args });
try {
  for (const scheme of ["light", "dark"]) {
    await look(browser, scheme);
    console.log(`reference page, ${scheme}: as it should be`);
  }
} finally {
  await browser.close();
}
