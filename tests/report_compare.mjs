// node report_compare.mjs FOLDER: the reports of two compilations that report_browser.sh made there, as a reader sees them.
import assert from "node:assert/strict";
import { finish, hash, open, shown, test, text } from "./browser.mjs";

await test("two compilations: marked on one map, listed, and one click leads to a difference", async () => {
  const page = await open("compared", "#view=compare");
  assert.match(await text(page, "#differing"), /only in B|nodes the same/);
  await page.locator("#strip [data-pass]").last().click();
  assert.match(await text(page, "#differing"), /42 only in B \(\+\), 50 changed \(~\)/);
  assert.match(await text(page, "#side"), /without fold_transposes/);
  assert.ok((await shown(page, "only_b")) >= 8);
  assert.ok((await shown(page, "changed")) >= 8);
  assert.equal(await shown(page, "gone"), 0);
  const badges = await page.locator(".node.only_b .badge").allTextContents();
  assert.ok(badges.length && badges.every((sign) => sign === "+B"));
  await page.click('[data-view="map"]'); // what only B has is nowhere else
  assert.equal(await shown(page, "only_b"), 0);
  await page.click('[data-view="compare"]');
  await page.locator("[data-difference].changed").first().click();
  assert.match(await text(page, "#card"), /matmul: in both, changed/);
  assert.match(
    await text(page, "#side"),
    /In A[\s\S]*transpose_\w+ = true[\s\S]*In B[\s\S]*attributes: [\s\S]*by ancestry/,
  );
  assert.equal(await page.locator(".node.chosen:not([hidden])").count(), 1);
  await page.keyboard.press("0");
  await page.locator(".node.only_b:not([hidden])").first().click({ force: true });
  assert.match(await text(page, "#card"), /transpose: only in B/);
  await page.close();
});

await test("the page says what was computed when it was written: counts of the list are those of the data", async () => {
  for (const name of ["compared", "models"]) {
    const page = await open(name, "#view=compare");
    const wrong = await page.evaluate(() =>
      turns.flatMap((turn) => {
        go({ pass: turn.number, node: null });
        const rows = rowsOf(differencesAt(at.pass)),
          told = rows.reduce((sum, row) => sum + row.nodes.length, 0);
        return told === differencesAt(at.pass).nodes.length ? [] : [turn.pass];
      }),
    );
    assert.deepEqual(wrong, []);
    await page.close();
  }
});

await test("differences are walked by keys, and an address leads to one", async () => {
  const page = await open("compared");
  await page.keyboard.press("c");
  assert.match(await hash(page), /view=compare/);
  assert.match(await text(page, "#position"), /\d+, repeats once/);
  await page.keyboard.press("ArrowRight");
  assert.match(await text(page, "#position"), /^1 of \d+/);
  await page.keyboard.press("ArrowRight");
  assert.match(await text(page, "#position"), /^2 of \d+/);
  const address = await hash(page),
    card = await text(page, "#card");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Home");
  assert.match(await text(page, "#position"), /^1 of \d+/);
  await page.locator("#slider").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await text(page, "#position"), /^2 of \d+/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#card").count(), 0);
  await page.keyboard.press("ArrowUp");
  assert.notEqual(await hash(page), address);
  await page.close();
  const there = await open("compared", address);
  assert.equal(await text(there, "#card"), card);
  assert.equal(await there.locator(".node.chosen:not([hidden])").count(), 1);
  await there.locator("#side [data-difference]").first().waitFor({ state: "detached" });
  await there.close();
  const plain = await open("gpt", address); // a report of one compilation has no such view
  assert.equal(await plain.locator('[data-view="compare"]').count(), 0);
  assert.match(await text(plain, "nav#views [aria-current=true]"), /Map/);
  await plain.close();
});

await test("what only the other model has is found by search, and has an address of its own", async () => {
  const page = await open("models");
  await page.fill("#search", "conv2d first");
  await page.locator("#found button", { hasText: "only in B" }).first().click();
  assert.match(await hash(page), /view=compare/);
  assert.match(await text(page, "#card"), /only in B/);
  assert.match(await text(page, "#side"), /A never made it/);
  const address = (await hash(page)).replace("&view=compare", "");
  await page.close();
  const there = await open("models", address);
  assert.match(await text(there, "#card"), /only in B/);
  await there.close();
});

await test("pass by pass: nodes, bytes and time of both, and the rewrites that only one made", async () => {
  const page = await open("compared");
  await page.keyboard.press("p");
  const row = page.locator("#passes tr", { hasText: "fold transposes" });
  assert.match(await row.innerText(), /not run in B/);
  const last = (await page.locator("#passes tbody tr").last().innerText()).split(/\s+/);
  const nodes = last.filter((word) => /^\d{4}$/.test(word));  // of A and of B, in which products are not folded
  assert.ok(nodes.length >= 2 && Number(nodes[0]) < Number(nodes[1]), last.join(" "));
  assert.match(await text(page, "#only-a"), /only A made: [1-9]\d*/);
  await page.locator("details summary", { hasText: "matmul(transpose(a), b)" }).click();
  await page.locator("details[open] .link").first().click();
  assert.match(await text(page, "#where"), /becomes/);
  await page.keyboard.press("p");
  await row.locator(".link").click();
  assert.match(await hash(page), /view=compare/);
  await page.close();
});

await finish();
