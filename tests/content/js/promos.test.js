// The pure parts of promos.js, by `node --test`.
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const path = require("node:path");

const STATIC = "../../../wagtail_automation/content/static/wagtail_automation/content";
const { deviceOf, fits, enough } = require(path.join(__dirname, STATIC, "promos.js"));
const DAY = 86400000;

test("a browser is a phone, a tablet or a computer, as on the server", () => {
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148 Safari/604.1";
  assert.equal(deviceOf(iphone), "phone");
  assert.equal(deviceOf("Mozilla/5.0 (Linux; Android 14; Pixel 9) Chrome/140.0 Mobile Safari/537.36"), "phone");
  assert.equal(deviceOf("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/140.0 Safari/537.36"), "tablet");
  assert.equal(deviceOf("Mozilla/5.0 (iPad; CPU OS 12_0 like Mac OS X) Mobile/15E148"), "tablet");
  assert.equal(deviceOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), "desktop");
  assert.equal(deviceOf(""), "");
});

test("a promo for one device is for no other, nor for one that does not say", () => {
  assert.ok(fits({ device: "" }, ""));
  assert.ok(fits({ device: "" }, "phone"));
  assert.ok(fits({}, "phone"));
  assert.ok(fits({ device: "phone" }, "phone"));
  assert.ok(!fits({ device: "phone" }, "desktop"));
  assert.ok(!fits({ device: "phone" }, ""));
});

test("who has not seen it has not had enough", () => {
  assert.ok(!enough(undefined, { closed: 0, times: 1, rest: 1 }, 5));
  assert.ok(!enough({ n: 0 }, { closed: 0, times: 1, rest: 1 }, 5));
});

test("closed, it stays away for so many days, or for ever", () => {
  const own = { n: 1, closed: 1000 };
  assert.ok(enough(own, { closed: 2 }, 1000 + 2 * DAY - 1));
  assert.ok(!enough(own, { closed: 2 }, 1000 + 2 * DAY));
  assert.ok(enough(own, { closed: 0 }, 1000 + 9999 * DAY));
});

test("so often at most, and with days between", () => {
  assert.ok(!enough({ n: 2 }, { times: 3, closed: 1 }, 1));
  assert.ok(enough({ n: 3 }, { times: 3, closed: 1 }, 1));
  assert.ok(!enough({ n: 300 }, { times: 0, closed: 1 }, 1));
  const rests = { rest: 7, closed: 1 };
  assert.ok(enough({ n: 1, last: 5 }, rests, 5 + 7 * DAY - 1));
  assert.ok(!enough({ n: 1, last: 5 }, rests, 5 + 7 * DAY));
});
