// The emulator's API reference page, in a browser, light and dark.
//
// usage: node reference.mjs CHROMIUM EMULATOR_URL FOLDER_FOR_SCREENSHOTS

import assert from "node:assert/strict";
import path from "node:path";

import { chromium } from "playwright-core";

const [executablePath, url, folder] = process.argv.slice(2);
const TASK = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
// Nothing of the browser itself leaves the machine either.
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

// Contrast of two colours of the form `rgb(r, g, b)`, as WCAG 2 measures it.
function contrast(one, other) {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number).map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

async function look(browser, colorScheme) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 1400 } });
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) complaints.push(`asked ${request.url()}`);
  });

  await page.goto(`${url}/`);
  const operation = page.locator("#operations-Vulnerability_Management-ListVulScanTaskHost");
  await operation.waitFor();
  assert.equal(await page.locator(".opblock").count(), 2, "both operations are shown");
  assert.equal(await page.title(), "HSS emulator: API reference");
  await page.screenshot({ path: path.join(folder, `reference-${colorScheme}.png`) });

  // Text is told from its background.
  const shown = await operation.locator(".opblock-summary-description").evaluate((element) => {
    let ground = element;
    while (ground && getComputedStyle(ground).backgroundColor.replace(/\s/g, "") === "rgba(0,0,0,0)") ground = ground.parentElement;
    return { text: getComputedStyle(element).color, page: getComputedStyle(document.documentElement).backgroundColor,
      ground: ground ? getComputedStyle(ground).backgroundColor : "rgb(255, 255, 255)" };
  });
  const ground = shown.ground.startsWith("rgba") && colorScheme === "dark" ? shown.page : shown.ground;
  const ratio = contrast(shown.text, ground.startsWith("rgba") ? "rgb(255, 255, 255)" : ground);
  assert.ok(ratio >= 4.5, `contrast ${ratio.toFixed(1)} of ${JSON.stringify(shown)}`);

  // Try it out: the documented request has the documented answer.
  await operation.locator(".opblock-summary-control").click();
  const parameter = (name) => operation.locator(`tr[data-param-name="${name}"]`);
  await parameter("project_id").locator("input").fill("0123456789abcdef0123456789abcdef");
  await parameter("task_id").locator("input").fill(TASK);
  await parameter("scan_status").locator("select").selectOption("failed");
  const manual = operation.locator('a[href$="/ListVulScanTaskHost.html"]').first();
  assert.equal(await manual.isVisible(), true, "the manual is linked");
  const bounds = await parameter("limit").innerText();
  assert.match(bounds, /minimum: 10|\[10, 200\]|10.*200/s, bounds);
  await operation.locator("button.execute").click();
  const answer = operation.locator(".live-responses-table .microlight").first();
  await answer.waitFor();
  assert.match(await answer.innerText(), /ecs-ubuntu-abc123/);
  await operation.locator(".live-responses-table").scrollIntoViewIfNeeded();
  await page.screenshot({ path: path.join(folder, `reference-${colorScheme}-answer.png`), fullPage: true });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
  assert.deepEqual(complaints, []);
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
