import { expect, test } from "bun:test";
import { readReport } from "../report.mjs";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" failures="1" skipped="1">
  <testsuite name="a.test.ts" file="a.test.ts">
    <testcase name="x" classname="" time="0.000056" file="a.test.ts" line="2" assertions="1" />
    <testcase name="1 &lt; 2 &amp;&amp; &quot;y&quot;" classname="" time="0" file="a.test.ts" line="3" assertions="1" />
    <testcase name="(unnamed)" classname="containers (no engine)" time="0." file="a.test.ts" assertions="0">
      <skipped />
    </testcase>
    <testcase name="starts" classname="containers (no engine)" time="0" file="a.test.ts" line="4" assertions="0">
      <skipped />
    </testcase>
    <testcase name="two&#10;lines" classname="" time="0" file="b.test.ts" line="1" assertions="1">
      <failure type="AssertionError" message="no">no</failure>
    </testcase>
  </testsuite>
</testsuites>`;

test("what passed is counted, what failed or was skipped is named", () => {
  expect(readReport(report)).toEqual({
    passed: 2,
    failed: ["b.test.ts: two lines"],
    skipped: ["a.test.ts: containers (no engine) > starts"],
  });
});

test("a report that was never written has no test", () => {
  expect(readReport("")).toEqual({ passed: 0, failed: [], skipped: [] });
});
