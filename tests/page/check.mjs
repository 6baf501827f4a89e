// Opens the HTML report in a headless browser, as a person would, and holds it against what it promises: every filter, ten
// thousand findings, the keyboard, no request, no error, and axe-core's rules in both themes and three widths. The same of the roll-up.
//
//   node check.mjs MODULES PAGES OUT     MODULES: where npm installed; PAGES: reports/examples; OUT: the screenshots
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const [modules, pages, out] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");
const sparticuz = (await import(pathToFileURL(require.resolve("@sparticuz/chromium")).href)).default;
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(out, { recursive: true });

const BUDGET_MS = 2000;

// The same report with its findings many times over, each with an ARN of its own.
const large = (count) => {
  const page = readFileSync(join(pages, "report.html"), "utf8");
  const begin = '<script type="application/json" id="report">';
  const [head, rest] = page.split(begin);
  const end = rest.indexOf("</script>");
  const report = JSON.parse(rest.slice(0, end));
  const findings = report.findings;
  report.findings = Array.from({ length: count }, (_, index) => {
    const finding = structuredClone(findings[index % findings.length]);
    finding.resource.arn += `-${index}`;
    return finding;
  });
  const path = join(out, "large.html");
  writeFileSync(path, head + begin + JSON.stringify(report).replaceAll("<", "\\u003c") + rest.slice(end));
  return path;
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || (await sparticuz.executablePath()),
  args: ["--no-sandbox", "--disable-gpu"],
});

const open = async (path, { width = 1280, scheme = "light" } = {}) => {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("request", (request) => request.url().startsWith("file:") || wrong.push(`request: ${request.url()}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(pathToFileURL(path).href);
  return { page, wrong, close: () => context.close() };
};

const shown = (page) => page.locator("#list > li").count();
const told = async (page) => Number((await page.locator("#count").textContent()).split(" ")[0]);

const accessible = async (page, where) => {
  // The page's own policy forbids foreign scripts; the driver's world is outside it.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0].html}`), []);
};

const checks = {
  "both themes and three widths": async () => {
    for (const scheme of ["light", "dark"]) {
      for (const width of [375, 1280, 1920]) {
        const { page, wrong, close } = await open(join(pages, "report.html"), { width, scheme });
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), scheme);
        await page.locator("#list > li summary").first().click();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${width}: the page scrolls sideways by ${overflow}`);
        await page.screenshot({ path: join(out, `report-${width}-${scheme}.png`), fullPage: true });
        await accessible(page, `${scheme} ${width}`);
        assert.deepEqual(wrong, []);
        await close();
      }
    }
  },

  "every filter": async () => {
    const { page, wrong, close } = await open(join(pages, "report.html"));
    const report = JSON.parse(await page.locator("#report").textContent());
    const findings = report.findings;
    const expect = async (count, what) => {
      await page.waitForFunction((wanted) => document.getElementById("count").textContent.startsWith(`${wanted} of`), count, { timeout: BUDGET_MS })
        .catch(() => assert.fail(`${what}: ${count} expected, the page says ${wrong.concat([])}`));
      assert.equal(await shown(page), Math.min(count, 100), what);
    };
    await expect(findings.filter(({ status }) => ["fail", "unknown"].includes(status)).length, "at first");
    for (const key of ["status", "severity", "layer"]) {
      await page.locator("#filters button[type=reset]").click();
      await page.selectOption("#status", "");
      for (const value of new Set(findings.map((finding) => finding[key]))) {
        await page.selectOption(`#${key}`, value);
        await expect(findings.filter((finding) => finding[key] === value).length, `${key} ${value}`);
      }
    }
    await page.locator("#filters button[type=reset]").click();
    await page.selectOption("#status", "");
    const word = findings[0].resource.arn.slice(-8);
    await page.fill("#text", word.toUpperCase());
    await expect(findings.filter((finding) => JSON.stringify(finding).toLowerCase().includes(word.toLowerCase())).length, `text ${word}`);
    await page.fill("#text", "nothing is called this");
    await expect(0, "no match");
    assert.deepEqual(wrong, []);
    await close();
  },

  "the keyboard alone": async () => {
    const { page, close } = await open(join(pages, "report.html"));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.locator("#list > li summary").first().focus();
    await page.keyboard.press("Enter");
    await page.locator("#list details[open] .detail").waitFor({ timeout: BUDGET_MS });
    await close();
  },

  "hostile names are text": async () => {
    const { page, wrong, close } = await open(join(pages, "hostile.html"));
    await page.selectOption("#status", "");
    for (const summary of await page.locator("#list > li summary").all()) await summary.click();
    assert.deepEqual(wrong, []);
    assert.equal(await page.locator("#list script, #list img, #list iframe, #gaps img, #claims img").count(), 0);
    await close();
  },

  "ten thousand findings": async () => {
    const { page, wrong, close } = await open(large(10_000));
    await page.selectOption("#status", "");
    await page.waitForFunction(() => document.getElementById("count").textContent.startsWith("10000 of"), null, { timeout: 20_000 });
    assert.equal(await shown(page), 100);
    await page.locator("#more").click();
    assert.equal(await shown(page), 200);
    await page.fill("#text", "-9999");
    await page.waitForFunction(() => document.getElementById("count").textContent.startsWith("1 of"), null, { timeout: 20_000 });
    assert.deepEqual(wrong, []);
    await close();
  },

  "the roll-up in both themes and three widths": async () => {
    for (const scheme of ["light", "dark"]) {
      for (const width of [375, 1280, 1920]) {
        const { page, wrong, close } = await open(join(pages, "rollup.html"), { width, scheme });
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(ground, scheme === "dark" ? "rgb(20, 24, 29)" : "rgb(255, 255, 255)");
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${width}: the roll-up scrolls sideways by ${overflow}`);
        await page.screenshot({ path: join(out, `rollup-${width}-${scheme}.png`), fullPage: true });
        await accessible(page, `roll-up ${scheme} ${width}`);
        assert.deepEqual(wrong, []);
        await close();
      }
    }
  },

  "the roll-up by the keyboard, and with hostile names": async () => {
    const { page, wrong, close } = await open(join(pages, "rollup.html"));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    const link = page.locator("#worst a").first();
    await link.focus();
    assert.match(await link.getAttribute("href"), /^\.\/account=123456789012\//);
    await close();
    const hostile = await open(join(pages, "hostile-rollup.html"));
    assert.equal(await hostile.page.locator("script, img").count(), 0);
    await accessible(hostile.page, "hostile roll-up");
    assert.deepEqual([...wrong, ...hostile.wrong], []);
    await hostile.close();
  },

  "an empty report": async () => {
    const { page, wrong, close } = await open(join(pages, "nothing-found.html"));
    assert.equal(await told(page), 0);
    await accessible(page, "empty");
    assert.deepEqual(wrong, []);
    await close();
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok    the page: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  the page: ${name}\n${error.stack}`);
  }
}
await browser.close();
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
