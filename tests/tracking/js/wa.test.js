// The pure parts of wa.js, by `node --test`.
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const path = require("node:path");

const { cookie, takeToken, outbound, isFile, batches } = require(
  path.join(__dirname, "../../../wagtail_automation/tracking/static/wagtail_automation/tracking/wa.js"),
);

test("a cookie is found by its whole name", () => {
  assert.equal(cookie("a=1; wa_consent=granted; b=2", "wa_consent"), "granted");
  assert.equal(cookie("xwa_consent=granted", "wa_consent"), "");
  assert.equal(cookie("", "wa_consent"), "");
});

test("the token leaves the fragment, the rest stays", () => {
  assert.deepEqual(takeToken("#wa=abc:de_f-1"), { token: "abc:de_f-1", rest: "" });
  assert.deepEqual(takeToken("#chapter&wa=abc:x"), { token: "abc:x", rest: "#chapter" });
  assert.deepEqual(takeToken("#wa=abc&chapter"), { token: "abc", rest: "#chapter" });
  assert.deepEqual(takeToken("#chapter"), { token: "", rest: "#chapter" });
  assert.deepEqual(takeToken("#swa=x"), { token: "", rest: "#swa=x" });
  assert.deepEqual(takeToken(""), { token: "", rest: "" });
});

test("only http addresses of other hosts are outbound", () => {
  assert.equal(outbound("https://example.org/a#b", "example.com"), "https://example.org/a#b");
  assert.equal(outbound("https://example.com/a", "example.com"), "");
  assert.equal(outbound("mailto:a@example.org", "example.com"), "");
  assert.equal(outbound("javascript:alert(1)", "example.com"), "");
  assert.equal(outbound("http://[", "example.com"), "");
});

test("events are sent in batches", () => {
  assert.deepEqual(batches([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(batches([], 2), []);
});

test("files of the site are known by their name or because the link says so", () => {
  const link = (pathname, download) => ({ pathname, hasAttribute: () => Boolean(download) });
  for (const path of ["/documents/3/x", "/media/a.PDF", "/a.docx", "/b.ods"]) assert.ok(isFile(link(path)), path);
  for (const path of ["/", "/pdf/", "/a.pdf/", "/about.html"]) assert.ok(!isFile(link(path)), path);
  assert.ok(isFile(link("/anything", true)));
});
