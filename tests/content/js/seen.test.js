// seen.js as a whole, in a small stand-in of a browser, by `node --test`.
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const STATIC = "../../../wagtail_automation/content/static/wagtail_automation/content";
const SOURCE = fs.readFileSync(path.join(__dirname, STATIC, "seen.js"), "utf8");

/* A page with parts; time stands still until `pass` is called. */
function browser({ tokens = [], beacon = true } = {}) {
  const sent = [];
  const fetched = [];
  const handlers = {};
  const timers = new Map();
  let now = 0;
  let last = 0;
  let watcher;
  const parts = tokens.map((token) => ({ dataset: { waSeen: token } }));
  const world = {
    JSON,
    Map,
    document: {
      currentScript: { dataset: { report: "/shown/" } },
      querySelectorAll: () => parts,
      addEventListener: (name, run) => (handlers[name] = run),
      hidden: false,
    },
    IntersectionObserver: class {
      constructor(run) {
        this.run = run;
        this.watched = new Set();
        watcher = this;
      }
      observe(part) {
        this.watched.add(part);
      }
      unobserve(part) {
        this.watched.delete(part);
      }
    },
    navigator: {
      sendBeacon(url, body) {
        if (beacon) sent.push(...JSON.parse(body).events);
        return beacon;
      },
    },
    fetch: (url, options) => fetched.push([url, options.keepalive, JSON.parse(options.body).events]),
    setTimeout(run, wait) {
      timers.set(++last, [now + wait, run]);
      return last;
    },
    clearTimeout: (id) => timers.delete(id),
    addEventListener: (name, run) => (handlers[name] = run),
  };
  world.window = world;
  vm.runInNewContext(SOURCE, world);
  return {
    sent,
    fetched,
    parts,
    world,
    handlers,
    pass(wait) {
      now += wait;
      for (const [id, [at, run]] of [...timers]) if (at <= now) timers.delete(id), run();
    },
    look: (part, isIntersecting) => watcher.watched.has(part) && watcher.run([{ target: part, isIntersecting }]),
    click(part, { close = false } = {}) {
      const link = { closest: () => part };
      handlers.click({
        target: { closest: (selector) => (selector === "[data-wa-close]" ? close || null : part && link) },
      });
    },
  };
}

test("half of it in view for a second is seen, once", () => {
  const page = browser({ tokens: ["a"] });
  page.look(page.parts[0], true);
  page.pass(999);
  page.handlers.pagehide();
  assert.deepEqual(page.sent, []);
  page.pass(1);
  page.pass(1500);
  assert.deepEqual(page.sent, [["a", "seen"]]);
  page.look(page.parts[0], true);
  page.pass(9000);
  assert.equal(page.sent.length, 1);
});

test("what passes by is not seen", () => {
  const page = browser({ tokens: ["a"] });
  page.look(page.parts[0], true);
  page.pass(600);
  page.look(page.parts[0], false);
  page.pass(9000);
  page.handlers.pagehide();
  assert.deepEqual(page.sent, []);
});

test("a click is told at once, with what waits; closing is no click", () => {
  const page = browser({ tokens: ["a", "b"] });
  page.look(page.parts[0], true);
  page.pass(1000);
  assert.deepEqual(page.sent, []);
  page.click(page.parts[1]);
  assert.deepEqual(page.sent, [
    ["a", "seen"],
    ["b", "clicked"],
  ]);
  page.click(page.parts[1], { close: true });
  page.click(null);
  assert.equal(page.sent.length, 2);
});

test("leaving the page sends what waits", () => {
  const page = browser({ tokens: ["a"] });
  page.look(page.parts[0], true);
  page.pass(1000);
  page.handlers.pagehide();
  assert.deepEqual(page.sent, [["a", "seen"]]);
});

test("many are sent in batches that the server takes, none is lost", () => {
  const page = browser();
  for (let number = 0; number < 120; number++) page.world.waSeen.report(`t${number}`, "seen");
  page.pass(1500);
  assert.equal(page.sent.length, 120);
  assert.equal(new Set(page.sent.map(String)).size, 120);
});

test("without a beacon it is fetched, and lives on after the page", () => {
  const page = browser({ beacon: false });
  page.world.waSeen.report("a", "clicked", true);
  assert.deepEqual(page.fetched, [["/shown/", true, [["a", "clicked"]]]]);
});

test("the same part is watched once, one with another token anew; loaded twice it is one", () => {
  const page = browser({ tokens: ["a"] });
  const api = page.world.waSeen;
  vm.runInNewContext(SOURCE, page.world);
  assert.equal(page.world.waSeen, api);
  page.look(page.parts[0], true);
  page.pass(3000);
  api.watch(page.parts[0]);
  page.look(page.parts[0], true);
  page.pass(3000);
  assert.equal(page.sent.length, 1);
  page.parts[0].dataset.waSeen = "b";
  api.watch(page.parts[0]);
  page.look(page.parts[0], true);
  page.pass(1000);
  page.pass(1500);
  assert.deepEqual(page.sent, [
    ["a", "seen"],
    ["b", "seen"],
  ]);
});
