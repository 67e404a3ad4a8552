// Tests of the report in a real browser. tests/browser/run.py makes the pages and calls this.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const WIDE = { width: 1240, height: 900 }, PHONE = { width: 390, height: 844 };
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
});
after(() => browser.close());

// Opens a page in a context of its own, hands it to the steps, and then checks that nothing was
// requested but the page, and that nothing was complained about.
async function visit(name, options, steps) {
  const context = await browser.newContext({ viewport: WIDE, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const requests = [], complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("dialog", (dialog) => { complaints.push(dialog.message()); dialog.dismiss(); });
  await page.goto(`file://${join(process.env.PAGES, name)}.html`);
  try {
    await steps(page);
  } finally {
    await context.close();
  }
  const others = requests.slice(1).filter((url) => !/^(data|blob|about):/.test(url));
  assert.deepEqual(others, [], "requests");
  assert.deepEqual(complaints, [], "console");
}

const textOf = (page, selector) => page.locator(selector).first().textContent();
const columnOf = (page, n) => page.locator(`#values tbody tr:not(.hidden) :nth-child(${n})`).allTextContents();
const shownEdges = (page) => page.locator("#graph .edge:not(.hidden)").count();

function overlapping(boxes) {
  return boxes.some((a, i) => boxes.slice(i + 1).some((b) =>
    a.x + a.width > b.x + 1 && b.x + b.width > a.x + 1
    && a.y + a.height > b.y + 3 && b.y + b.height > a.y + 3));
}

const boxesOf = (page, selector) => page.locator(selector).evaluateAll((found) =>
  found.map((one) => { const { x, y, width, height } = one.getBoundingClientRect(); return { x, y, width, height }; }));

for (const name of ["three", "twenty", "attacks"]) {
  for (const [where, viewport] of [["wide", WIDE], ["phone", PHONE]]) {
    test(`${name} ${where}: names do not overlap, nothing is wider than the page`, () =>
      visit(name, { viewport }, async (page) => {
        const wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert.equal(await page.evaluate(wider), 0);
        for (const names of ["#graph .name", "#map > svg > text", "#bars g > text:first-of-type", "#path g > text", "#subsets > svg > text", "#trust text", "#curves > svg > text.muted"]) {
          const boxes = await boxesOf(page, names);
          assert.ok(boxes.length > 0, names);
          assert.ok(!overlapping(boxes), names);
          const left = Math.min(...boxes.map((box) => box.x));
          const right = Math.max(...boxes.map((box) => box.x + box.width));
          assert.ok(left >= -1 && right <= viewport.width + 1, `${names} from ${left} to ${right}`);
        }
      }));
  }
  for (const colorScheme of ["light", "dark"]) {
    test(`${name} ${colorScheme}: axe has no serious finding`, () =>
      visit(name, { colorScheme }, async (page) => {
        await page.evaluate(axeSource);
        for (const selector of [null, "#graph .node circle", "#bars .back"]) {
          if (selector) await page.locator(selector).first().press("Enter");
          const { violations } = await page.evaluate("axe.run()");
          const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
          assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html]), []);
        }
      }));
  }
}

test("without JavaScript the words and all tables are there", () =>
  visit("three", { javaScriptEnabled: false }, async (page) => {
    assert.ok(await page.locator(".words li").first().isVisible());
    assert.equal(await page.locator("#values tbody tr").count(), 4 * 6);
    assert.ok(await page.getByText("One change after the other").isVisible());
    for (const hidden of ["#games", "#graph-section", "#search"]) {
      assert.ok(!(await page.locator(hidden).isVisible()), hidden);
    }
  }));

test("the game switch changes the question, the bars and the graph", () =>
  visit("three", {}, async (page) => {
    const [question, bars] = [await textOf(page, "#question"), await textOf(page, "#bars")];
    const button = page.locator("#games button", { hasText: "sensitivity" });
    await button.click();
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    assert.notEqual(await textOf(page, "#question"), question);
    assert.notEqual(await textOf(page, "#bars"), bars);
    assert.equal(await page.locator("#games [aria-pressed=true]").count(), 1);
  }));

test("a node is dragged with its edges, and a drag does not choose it", () =>
  visit("three", {}, async (page) => {
    const circle = page.locator("#graph .node circle").first(), edges = page.locator("#graph .stroke");
    await page.locator("#graph").evaluate((one) => one.scrollIntoView({ block: "center" }));
    const from = await circle.boundingBox(), drawn = await edges.evaluateAll((all) => all.map((one) => one.getAttribute("d")));
    const [x, y] = [from.x + from.width / 2, from.y + from.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 60, y + 40, { steps: 5 });
    await page.mouse.up();
    const to = await circle.boundingBox();
    assert.ok(Math.abs(to.x - from.x + 60) < 2 && Math.abs(to.y - from.y - 40) < 2);
    const redrawn = await edges.evaluateAll((all) => all.map((one) => one.getAttribute("d")));
    assert.equal(redrawn.filter((d, k) => d !== drawn[k]).length, 2);
    assert.equal(await circle.getAttribute("aria-pressed"), "false");
    await page.locator("#games button").nth(1).click();
    assert.ok(Math.abs((await circle.boundingBox()).x - to.x) < 30, "it stays there in another game");
    await page.locator("#rearrange").click();
    assert.ok(Math.abs((await circle.boundingBox()).y - from.y) < 30);
  }));

test("a click or the keyboard chooses, moves and lets go", () =>
  visit("three", {}, async (page) => {
    const node = page.locator("#graph .node circle").first();
    await node.click();
    assert.equal(await node.getAttribute("aria-pressed"), "true");
    assert.match(await textOf(page, "#details"), /C.*baseline/s);
    const before_ = await node.boundingBox();
    await node.press("ArrowLeft");
    assert.ok((await node.boundingBox()).x < before_.x - 5);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("[data-key] [aria-pressed=true]").count(), 0);
    await page.locator("#graph .edge .hit").first().press("Enter");
    assert.match(await textOf(page, "#details h3"), / × /);
    await page.locator("#bars .bar").first().click();
    assert.equal(await page.locator("#graph .chosen").count(), 1, "choosing in one picture shows in all");
    await page.locator("#map .cell").nth(1).click();
    assert.equal(await page.locator("#bars .chosen").count(), 1);
  }));

test("the threshold hides small pairs", () =>
  visit("twenty", {}, async (page) => {
    const slider = page.locator("#threshold");
    const first = await shownEdges(page);
    assert.ok(first >= 5 && first <= 30, `${first} pairs at first`);
    await slider.fill("100");
    assert.equal(await shownEdges(page), 1);
    await slider.fill("0");
    const all = await shownEdges(page);
    assert.ok(all > first && all <= 190);
    assert.match(await textOf(page, "#threshold-text"), new RegExp(`^0: ${all} of 190`));
  }));

test("curves follow the choice, can be switched off and read out", () =>
  visit("three", {}, async (page) => {
    await page.locator("#axis").selectOption({ label: "gamma" });
    const lines = await page.locator("#curves > svg .curve").count();
    assert.ok(lines >= 3);
    await page.locator("#curves .switch[aria-pressed=true]").first().click();
    assert.equal(await page.locator("#curves > svg .curve").count(), lines - 1);
    await page.locator("#point").fill("3");
    assert.match(await textOf(page, "#point-text"), /^gamma = .*: /);
    await page.locator("#graph .node circle").first().press("Enter");
    assert.equal(await page.locator("#axis option:checked").textContent(), "C");
  }));

test("the table is sorted by numbers, then searched", () =>
  visit("three", {}, async (page) => {
    const head = page.locator("#values thead th").nth(2);
    await head.locator("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    const values = (await columnOf(page, 3)).map(Number);
    assert.deepEqual(values, [...values].sort((a, b) => b - a));
    await head.locator("button").click();
    assert.deepEqual((await columnOf(page, 3)).map(Number), values.reverse());
    await page.locator("#search").fill("GAMMA abl");
    const labels = await columnOf(page, 1);
    assert.equal(labels.length, 3);
    assert.ok(labels.every((label) => label.includes("gamma")));
    assert.match(await textOf(page, "#found"), /^3 of 24/);
  }));

async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return [download.suggestedFilename(), await readFile(await download.path(), "utf8")];
}

test("CSV has the rows that are found, and no cell that a spreadsheet would run", () =>
  visit("attacks", {}, async (page) => {
    const [name, text] = await downloaded(page, "#csv");
    assert.equal(name, "skhypershap.csv");
    const lines = text.replace(/^\ufeff/, "").trim().split("\r\n");
    assert.equal(lines[0], '"interaction","game","value","low","high","order","measure"');
    assert.equal(lines.length, 1 + 4 * 15);
    assert.ok(!lines.some((line) => /(^|,)"?[=+@]/.test(line)));
    assert.ok(lines.some((line) => line.startsWith('"\'=1+1"')));
    await page.locator("#search").fill("ablation");
    assert.equal((await downloaded(page, "#csv"))[1].trim().split("\r\n").length, 16);
  }));

test("JSON is the data of the report", () =>
  visit("attacks", {}, async (page) => {
    const [name, text] = await downloaded(page, "#json");
    assert.equal(name, "skhypershap.json");
    assert.deepEqual(JSON.parse(text), JSON.parse(await textOf(page, "#data")));
  }));

test("names and values that attack stay text, also in a notebook's frame", async () => {
  const check = async (frame) => {
    assert.equal(await frame.evaluate("window.attacked"), undefined);
    assert.equal(await frame.locator("img, b").count(), 0);
    assert.equal(await frame.locator("script").count(), 2);
    assert.ok((await frame.locator("#values").textContent()).includes("</script><img src=x"));
  };
  await visit("attacks", {}, async (page) => {
    for (const node of await page.locator("#graph .node circle").all()) await node.press("Enter");
    await check(page.mainFrame());
  });
  await visit("notebook", {}, async (page) => {
    const frame = page.frames()[1];
    await frame.locator("#graph .node").first().waitFor();
    await check(frame);
    assert.equal(await page.evaluate("document.querySelector('iframe').contentDocument"), null);
    const [download] = await Promise.all([page.waitForEvent("download"), frame.locator("#csv").click()]);
    assert.equal(download.suggestedFilename(), "skhypershap.csv");
  });
});

test("on paper there are no controls, and pictures follow the width of the window", () =>
  visit("three", {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.locator("#search").isVisible()));
    assert.ok(!(await page.locator("#games").isVisible()));
    await page.emulateMedia({ media: "screen" });
    const wide = (await page.locator("#bars svg").boundingBox()).width;
    await page.setViewportSize(PHONE);
    await page.waitForFunction((w) => document.querySelector("#bars svg").clientWidth < w - 50, wide);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), PHONE.width);
  }));
