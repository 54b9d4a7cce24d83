// The report of a scan task, in a browser, light and dark, on a phone, on paper, and without its script.
//
// usage: node report.mjs CHROMIUM REPORT FOLDER_FOR_SCREENSHOTS
//
// The report has to list failed servers: at least two, and some of them of hostile names.

import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { faintTexts } from "./contrast.mjs";

const [executablePath, report, folder] = process.argv.slice(2);
const url = pathToFileURL(path.resolve(report)).href;
const WIDE = { width: 1280, height: 1000 };
const PHONE = { width: 360, height: 780 };
const COLUMNS = 6;
// Nothing of the browser itself leaves the machine either.
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"];

/// The texts of one column, of the rows that are shown. It runs in the page, as the next ones do.
const column = (index) => [...document.querySelectorAll("#servers tbody tr:not([hidden])")]
  .map((row) => row.cells[index].textContent);

/// The time from a deed to the picture of what it changed, in milliseconds.
const timed = async ({ deed, text, index }) => {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const count = document.getElementById("count");
  await drawn();
  const start = performance.now();
  if (deed === "sort") {
    document.querySelectorAll("#servers thead button")[index].click();
  } else {
    const query = document.getElementById("query");
    const said = new Promise((resolve) => new MutationObserver(resolve).observe(count, { childList: true }));
    query.value = text;
    query.dispatchEvent(new Event("input"));
    await said;
  }
  await drawn();
  return Math.round(performance.now() - start);
};

async function openPage(browser, options, complaints) {
  const page = await browser.newPage(options);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.context().on("request", (request) => request.url() !== url && complaints.push(`asked ${request.url()}`));
  await page.goto(url);
  return page;
}

async function look(browser, colorScheme) {
  const complaints = [];
  const page = await openPage(browser, { colorScheme, viewport: WIDE }, complaints);
  const shoot = async (name, fullPage = false) => {
    assert.deepEqual(complaints, [], `${name}, ${colorScheme}: the browser has nothing to complain of`);
    assert.deepEqual(await page.evaluate(faintTexts), [], `${name}, ${colorScheme}: every text is told from its ground`);
    await page.screenshot({ path: path.join(folder, `report-${colorScheme}-${name}.png`), fullPage });
  };
  const count = page.locator("#count");
  const search = async (text) => {
    const told = page.evaluate(() => new Promise((resolve) => {
      new MutationObserver(() => resolve()).observe(document.getElementById("count"), { childList: true });
    }));
    await page.locator("#query").fill(text);
    // Filling in what is there already is no input to the browser.
    await page.locator("#query").dispatchEvent("input");
    await told;
  };
  const widths = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  const { interactive, loaded, painted } = await page.evaluate(async () => {
    const [navigation] = performance.getEntriesByType("navigation");
    const painted = await new Promise((resolve) => {
      const isContent = ({ name }) => name === "first-contentful-paint";
      const observer = new PerformanceObserver((list) => list.getEntries().filter(isContent).forEach(resolve));
      observer.observe({ type: "paint", buffered: true });
    });
    return { interactive: navigation.domInteractive, loaded: navigation.loadEventEnd, painted: painted.startTime };
  });

  // Texts of others are nothing but texts.
  const names = await page.evaluate(column, 0);
  const total = names.length;
  assert.ok(total >= 2);
  assert.equal(await page.locator("img, iframe, object, link, style ~ style, script ~ script").count(), 0);
  assert.ok(names.some((name) => name.includes("<")), "a hostile name is among them");
  assert.equal(await page.locator("#servers tbody :not(tr, th, td, span.long)").count(), 0);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await count.textContent(), `${total} of ${total} servers`);
  await page.screenshot({ path: path.join(folder, `report-${colorScheme}-front.png`) });

  // Of very many servers, the first are shown until all are asked for.
  const shown = () => page.locator("#servers tbody tr:visible").count();
  const later = await page.locator("#servers tbody tr.later").count();
  assert.equal(await shown(), total - later);
  assert.equal(await page.locator(".part:visible").count(), later > 0 ? 2 : 0);

  // The keyboard comes by all there is to use, in the order of reading.
  const reached = [];
  for (let press = 0; press < 40 && reached.at(-1) !== "Causes"; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.slice(0, 40)));
  }
  assert.deepEqual(reached.slice(-COLUMNS), ["Host name", "Host ID", "Public IP", "Private IP", "Importance", "Causes"]);
  assert.ok(reached.includes("query"));

  // Each column is put in order one way and the other; what is empty stays last.
  const heading = (index) => page.locator("#servers thead th").nth(index);
  const collator = new Intl.Collator("en", { numeric: true });
  for (let index = 0; index < COLUMNS; index += 1) {
    for (const [order, sign] of [["ascending", 1], ["descending", -1]]) {
      await heading(index).locator("button").press(index % 2 === 0 ? "Enter" : "Space");
      assert.equal(await heading(index).getAttribute("aria-sort"), order);
      assert.equal(await page.locator("[aria-sort]").count(), 1);
      const texts = await page.evaluate(column, index);
      const full = texts.filter((text) => text !== "");
      assert.deepEqual(texts.slice(full.length).filter((text) => text !== ""), []);
      // Importance has an order of its own.
      const ranks = index === 4 && full.map((text) => ["important", "common", "test"].indexOf(text));
      const compare = (at) => (ranks ? ranks[at - 1] - ranks[at] : collator.compare(full[at - 1], full[at]));
      assert.ok(full.every((_, at) => at === 0 || sign * compare(at) <= 0), `column ${index}, ${order}`);
    }
  }

  // A search looks at every column, without regard to case, and tells how much it found.
  for (let index = 0; index < COLUMNS; index += 1) {
    await search("");
    const text = (await page.evaluate(column, index)).find((cell) => cell.length > 2).slice(0, 60);
    await search(` ${text.toUpperCase()} `);
    const rows = await page.locator("#servers tbody tr:not([hidden])").evaluateAll((found) => found.map((row) => row.textContent));
    assert.ok(rows.length > 0 && rows.every((row) => row.toLowerCase().includes(text.toLowerCase().trim())), text);
    assert.equal(await count.textContent(), `${rows.length} of ${total} servers`);
  }
  await search("no server has this");
  assert.ok(await page.getByText("No server matches.").isVisible());
  assert.equal(await count.textContent(), `0 of ${total} servers`);
  await shoot("nothing", true);

  // What is found is what is printed, without the means to find it.
  const sought = names.find((name) => name.includes("<"));
  await search(sought);
  await shoot("found", true);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("#controls").isVisible(), false);
  assert.ok((await page.locator("#found").innerText()).includes(sought));
  await shoot("print", true);
  const rows = await shown();
  assert.ok(rows >= 1 && rows < total, `${rows} rows`);
  // Chromium repeats no header with buttons in it.
  assert.equal(await page.locator("button:visible").count(), 0);
  const group = await page.locator("#servers thead").evaluate((head) => getComputedStyle(head).display);
  assert.equal(group, "table-header-group", "pages repeat the header");
  // A heading is never printed at the end of a page, without the first rows of its table.
  const space = await page.locator("h2").first().evaluate((heading) => parseFloat(getComputedStyle(heading, "::after").height));
  assert.ok(space > 100, `${space} px below each heading`);
  await page.emulateMedia({ media: "screen" });
  assert.deepEqual(complaints, []);

  // On a phone the table scrolls, and the page does not.
  await search("");
  assert.ok(await widths() <= 0, "wide");
  await page.setViewportSize(PHONE);
  assert.ok(await widths() <= 0, "phone");
  // The causes come first there, on the page and beside the name of each server.
  const start = (selector, side) => page.locator(selector).first().evaluate((element, side) => element.getBoundingClientRect()[side], side);
  assert.ok(await start(".why", "top") < await start(".counts", "top"));
  assert.ok(await start("#servers tbody td:last-child", "left") < await start("#servers tbody td", "left"));
  const isScrolling = await page.locator(".servers").evaluate((region) => region.scrollWidth > region.clientWidth);
  assert.ok(isScrolling);
  await page.screenshot({ path: path.join(folder, `report-${colorScheme}-phone.png`) });
  await page.locator("#controls").scrollIntoViewIfNeeded();
  await search(sought);
  await shoot("phone-found", true);

  if (later > 0) {
    await search("");
    assert.equal(await shown(), total - later);
    await page.locator("#more button").press("Enter");
    assert.equal(await shown(), total);
    assert.equal(await page.evaluate(() => document.activeElement.className), "servers");
    await search("");
    assert.equal(await shown(), total);
  }
  await page.close();

  const times = { loaded: Math.round(loaded), interactive: Math.round(interactive), painted: Math.round(painted) };
  return { total, ...times };
}

/// What people wait for, in a page that nothing was done to before.
async function measure(browser) {
  const complaints = [];
  const page = await openPage(browser, { viewport: WIDE }, complaints);
  const times = [];
  for (const [name, deed] of [
    ["first search", { deed: "search", text: "e" }],
    ["narrower search", { deed: "search", text: "ecs-ubuntu-12" }],
    ["no search", { deed: "search", text: "" }],
    ["first sort", { deed: "sort", index: 0 }],
    ["sort back", { deed: "sort", index: 0 }],
    ["sort by causes", { deed: "sort", index: 5 }],
  ]) times.push(`${name} ${await page.evaluate(timed, deed)} ms`);
  const all = await page.evaluate(async () => {
    const start = performance.now();
    document.querySelector("#more button").click();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return Math.round(performance.now() - start);
  });
  times.push(`all shown ${all} ms`);
  assert.deepEqual(complaints, []);
  await page.close();
  return times.join(", ");
}

/// All is there to read without the script, and nothing that needs it.
async function lookWithoutScript(browser, total) {
  const complaints = [];
  const page = await openPage(browser, { javaScriptEnabled: false, viewport: WIDE }, complaints);
  assert.equal(await page.locator("#servers tbody tr:visible").count(), total);
  assert.equal(await page.locator("#controls").isVisible(), false);
  assert.equal(await page.locator("button:visible").count(), 0);
  await page.close();
}

const browser = await chromium.launch({ executablePath, args });
try {
  for (const scheme of ["light", "dark"]) {
    const { total, loaded, interactive, painted } = await look(browser, scheme);
    console.log(`report, ${scheme}, ${total} failed servers: as it should be; interactive after ${interactive} ms, `
      + `loaded after ${loaded} ms, painted after ${painted} ms`);
    if (scheme === "light") await lookWithoutScript(browser, total);
  }
  // A search waits 80 ms for further keys.
  console.log(`report, times: ${await measure(browser)}`);
} finally {
  await browser.close();
}
