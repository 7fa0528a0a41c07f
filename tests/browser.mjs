// A browser for tests of reports: a console error, an exception or a request for anything but the file itself fails.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { chromium } = createRequire(import.meta.url)("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
export const wrong = [];

export async function open(name, hash = "", look = {}) {
  const url = pathToFileURL(`${folder}/${name}.html`).href;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...look });
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") wrong.push(`${name}: ${m.text()}`);
  });
  page.on("pageerror", (e) => wrong.push(`${name}: ${e.stack}`));
  page.on("request", (r) => {
    if (r.url().split("#")[0] !== url) wrong.push(`${name} asks for ${r.url()}`);
  });
  await page.goto(url + hash);
  await page.waitForSelector("#strip [data-pass]");
  return page;
}
export const text = (page, selector) => page.locator(selector).first().innerText();
export const hash = (page) => page.evaluate(() => location.hash);
export const shown = (page, look) => page.locator(`.node.${look}:not([hidden])`).count();

export async function test(name, body) {
  const before = wrong.length;
  try {
    await body();
  } catch (error) {
    wrong.push(`${name}: ${error.message}`);
  }
  console.log(`${wrong.length === before ? "ok" : "FAILED"}: ${name}`);
}

// Ends the process: 1 if anything was wrong.
export async function finish() {
  await browser.close();
  for (const line of wrong) console.error(line);
  process.exit(wrong.length ? 1 : 0);
}
