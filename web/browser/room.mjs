// Drives every page of the room as a person would, and holds each against WCAG 2.2 AA. What it is told stands in the environment: BASE
// (the room's address), TOKEN (of the first run), MODULES (where the packages are), CHROMIUM, SHOTS (where pictures go), SLOW (the
// name of a target that takes long enough to be cancelled) and RECIPIENT (whom the pack is encrypted for). It prints a line for each step, and ends with 1 at the first that fails.
import { createRequire } from "node:module";
import { mkdirSync, statSync, readFileSync } from "node:fs";
import { join } from "node:path";

const env = process.env;
const require = createRequire(join(env.MODULES, "x.js"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
mkdirSync(env.SHOTS, { recursive: true });

const browser = await chromium.launch({ executablePath: env.CHROMIUM, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(30000);

const wrong = [];
page.on("console", (m) => { if (m.type() === "error" && !/the server responded with a status of 4\d\d/.test(m.text())) wrong.push(m.text()); });
page.on("pageerror", (e) => wrong.push(String(e)));

const check = (holds, what) => { if (!holds) throw new Error(what); };
const heading = () => page.locator("main").innerText();
const go = (path) => page.goto(env.BASE + path);

// look holds the page against WCAG in light and in dark, and keeps a picture of each.
async function look(name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
    check(found.violations.length === 0, `${name}, ${scheme}: ` + found.violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary}`).join("; "));
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(env.SHOTS, `${name}-${scheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
  check(wrong.length === 0, `${name}: the console says ${wrong.join("; ")}`);
}

const password = "correct horse battery staple";
const steps = {
  "the first login is made with the token of the terminal": async () => {
    await go("/setup");
    await look("setup");
    await page.getByLabel("Token").fill(env.TOKEN);
    await page.getByLabel("Name").fill("dana");
    await page.getByLabel("Password, at least 15 signs").fill(password);
    await page.getByRole("button", { name: "Make it" }).click();
  },
  "somebody logs in with a password": async () => {
    await go("/login");
    if (await page.getByRole("button", { name: "Log out", exact: true }).count()) {
      await page.getByRole("button", { name: "Log out", exact: true }).click();
      await go("/login");
    }
    await look("login");
    await page.getByLabel("Name").fill("dana");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    check(!(await page.getByRole("button", { name: "Log out", exact: true }).count()), "a wrong password opened the room");
    await page.getByLabel("Name").fill("dana");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
  },
  "the map says at once what is most sensitive, and can be filtered": async () => {
    await go("/");
    check(/Most sensitive: .*harbor/.test(await heading()), "the map does not begin with the archive");
    await look("map");
    const all = await page.locator("svg.treemap a").count();
    await page.getByLabel("Custodian").selectOption("Harbor Archive");
    await page.getByRole("button", { name: "Show" }).click();
    const some = await page.locator("svg.treemap a").count();
    check(some >= 1 && some < all, `the filter leaves ${some} of ${all} tiles`);
    await page.setViewportSize({ width: 390, height: 800 });
    await look("map-phone");
    check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), "the map is wider than a phone");
    await page.setViewportSize({ width: 1280, height: 860 });
  },
  "a repository opens from the map by the keyboard": async () => {
    await go("/");
    await page.locator("svg.treemap a").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/repository/);
    await look("repository");
  },
  "who can read the archive, and why": async () => {
    await go("/");
    await page.getByRole("link", { name: /readable by/ }).click();
    check(/principals? can read it now/.test(await heading()), "nobody is said to read it");
    await page.locator("details summary").first().click();
    await look("who");
    await page.getByRole("link", { name: "draw this path" }).first().click();
    check(await page.locator("svg.paths").count() >= 2, "the path is not drawn");
  },
  "the three best cuts, and one of them tried": async () => {
    await page.getByRole("link", { name: /three changes/ }).click();
    check(/shrink/.test(await heading()), "no cut is found");
    await look("cut");
    await page.getByRole("link", { name: "this one alone" }).first().click();
    check(/tried/.test(await heading()), "the cut is not tried");
  },
  "the worst footholds, and what the worst of them reads": async () => {
    await go("/footholds");
    await look("footholds");
    await page.locator("tbody th a").first().click();
    check(/A foothold as .* reads/.test(await heading()), "the foothold does not say what it reads");
    await look("reach");
  },
  "findings, threats, review, comparison, changes and gaps can be read": async () => {
    for (const name of ["findings", "threats", "review", "compare", "changes", "gaps"]) {
      await go("/" + name);
      check(await page.locator(".answer").count() >= 1, `${name} does not answer`);
      await look(name);
    }
  },
  "a survey is started, seen and cancelled": async () => {
    await go("/scans");
    await page.getByRole("button", { name: `Scan ${env.SLOW} now` }).click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await look("scans");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("No survey is under way.").waitFor();
  },
  "a case is opened, decided and its text approved": async () => {
    await go("/cases");
    await look("cases");
    await page.getByLabel("What it is called").fill("Archive claim");
    await page.getByLabel("Custodian whose records are claimed").fill("Lakeside Clinics");
    await page.getByLabel("What they say, word for word").fill("We have 8.8 TB of your clinics. Pay within nine days.");
    await page.getByLabel(/How much they claim/).fill("8.8TB");
    await page.getByLabel("anybody can read it").check();
    await page.getByRole("button", { name: /Open the case/ }).click();
    await page.getByRole("heading", { name: "Archive claim" }).waitFor();
    check(await page.locator(".clock").count() >= 2, "two clocks do not run");
    await page.getByLabel("Question").fill("Is it a breach?");
    await page.getByLabel("Decision").fill("presumed, as the archive is ours");
    await page.getByLabel("Reason").fill("the archive stands where they say");
    await page.getByRole("button", { name: "Record the decision" }).click();
    check(/presumed, as the archive is ours/.test(await heading()), "the decision is not in the log");
    await look("case");
    const ready = page.locator("section[aria-labelledby=texts] tbody tr").filter({ hasNotText: "missing" }).first();
    await ready.getByRole("link").click();
    await look("text");
    await page.getByRole("button", { name: "Approve exactly this text" }).click();
    check(/Approved by dana|by dana/.test(await heading()), "the text is not approved");
  },
  "the pack is downloaded, and the chain verified": async () => {
    await go("/cases");
    await page.getByRole("link", { name: /archive/i }).first().click();
    await page.getByLabel(/For whom the pack is encrypted/).fill(env.RECIPIENT);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the pack" }).click()]);
    const file = join(env.SHOTS, "case.pack");
    await download.saveAs(file);
    check(statSync(file).size > 1000, "the pack is empty");
    await page.getByRole("button", { name: "Verify the chain" }).click();
    check(/verif|whole|unbroken|agrees/i.test(await heading()), "the chain is not verified");
  },
  "a passkey is added, and opens the door": async () => {
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    await go("/settings");
    await look("settings");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("button", { name: /Remove the passkey/ }).waitFor();
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await go("/login");
    await page.getByLabel("Name").fill("dana");
    await page.getByRole("button", { name: "With a passkey" }).click();
    await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
  },
  "the trail has it all": async () => {
    await go("/audit");
    check(/dana/.test(await heading()), "the trail does not name who asked");
    await look("audit");
  },
  "the board's page can be printed": async () => {
    await go("/review");
    await page.emulateMedia({ media: "print" });
    const pdf = await page.pdf({ path: join(env.SHOTS, "review.pdf"), preferCSSPageSize: true });
    check(readFileSync(join(env.SHOTS, "review.pdf")).length === pdf.length && pdf.length > 5000, "nothing is printed");
    await page.emulateMedia({ media: "screen" });
  },
};

for (const [words, step] of Object.entries(steps)) {
  try {
    await step();
    console.log("ok    " + words);
  } catch (e) {
    console.log("WRONG " + words + ": " + e.message + "\n      at " + page.url());
    await page.screenshot({ path: join(env.SHOTS, "wrong.png"), fullPage: true }).catch(() => {});
    await browser.close();
    process.exit(1);
  }
}
await browser.close();
