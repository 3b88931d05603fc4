import { describe, expect, test } from "bun:test";
import {
  type Answer,
  type Asked,
  accessError,
  connectionError,
  isAmbiguous,
  overloadError,
  refusal,
} from "./failures.ts";

const post: Asked = { method: "POST", path: "/api/dcim/devices/" };
const get: Asked = { method: "GET", path: "/api/dcim/devices/?id=1&id=2" };
const answer = (status: number, body: unknown = {}): Answer => ({ status, body });

describe("overloadError", () => {
  const overloads: [string, Answer][] = [
    ["429", answer(429)],
    ["502", answer(502, "<html>")],
    ["503", answer(503)],
    ["504", answer(504)],
    ["a deadlock", answer(500, { error: "deadlock detected\nDETAIL: …", exception: "OperationalError" })],
    [
      "no connection slots",
      answer(500, { error: "FATAL: remaining connection slots are reserved", exception: "OperationalError" }),
    ],
    ["too many clients", answer(500, { error: "FATAL: sorry, too many clients already" })],
    ["an exhausted pool", answer(500, { error: "QueuePool limit of size 5 overflow 10 reached" })],
  ];
  test.each(overloads)("%s is one", (_, refused) => {
    expect(overloadError(post, refused)).toMatchObject({ code: "netbox_overloaded", overload: true, retryable: true });
  });

  const others: [string, Answer][] = [
    [
      "a duplicate",
      answer(500, { error: "duplicate key value violates unique constraint", exception: "IntegrityError" }),
    ],
    ["a defect", answer(500, { error: "'NoneType' object has no attribute 'pk'", exception: "AttributeError" })],
    ["a refusal", answer(400, { name: ["too many clients"] })],
  ];
  test.each(others)("%s is none", (_, refused) => {
    expect(overloadError(post, refused)).toBeNull();
  });

  test("keeps how long NetBox asked to wait", () => {
    expect(overloadError(post, { ...answer(429), retryAfterMs: 3_000 })?.retryAfterMs).toBe(3_000);
  });
});

describe("accessError", () => {
  test("names the missing permission and how to give it", () => {
    const error = accessError(
      post,
      "netbox",
      answer(403, { detail: "You do not have permission to perform this action." }),
    );
    expect(error).toMatchObject({ code: "netbox_forbidden", object: "dcim.device", retryable: false });
    expect(error?.message).toStartWith("The NetBox token may not add dcim.device: You do not have permission");
    expect(error?.next).toContain("dcim.add_device");
    expect(accessError(get, "netbox", answer(403, { detail: "You do not have permission…" }))?.next).toContain(
      "dcim.view_device",
    );
  });

  const tokens = [
    "Invalid v1 token",
    "Invalid v2 token",
    "Authentication credentials were not provided.",
    "Token expired",
  ];
  test.each(tokens)("%s means the token", (detail) => {
    expect(accessError(get, "netbox", answer(403, { detail }))?.code).toBe("netbox_unauthorized");
  });

  const strangers: [string, Answer][] = [
    ["a login page", answer(200, "<html>Sign in</html>")],
    ["a page that is missing", answer(404, "<html>Not found</html>")],
    ["a redirect", answer(301, "")],
  ];
  test.each(strangers)("%s is not NetBox's answer", (_, strange) => {
    expect(accessError(get, "netbox", strange)?.code).toBe("netbox_bad_answer");
  });

  test("lets NetBox's own answers pass", () => {
    for (const own of [answer(200), answer(204, ""), answer(400, { name: ["x"] }), answer(404, { detail: "x" })]) {
      expect(accessError(get, "netbox", own)).toBeNull();
    }
  });
});

describe("refusal", () => {
  const cases: [string, Asked, number, unknown, string, boolean][] = [
    ["a bad value", post, 400, { status: ["x is not a valid choice."] }, "netbox_refused", false],
    ["a duplicate", post, 400, { __all__: ["Device name must be unique per site."] }, "netbox_conflict", false],
    [
      "a second sidecar",
      post,
      409,
      { device: "This object already has a Proxbox sync-state row." },
      "netbox_conflict",
      false,
    ],
    [
      "a duplicate of the database",
      post,
      500,
      { error: "duplicate key value\nDETAIL: Key (name)=(x) already exists." },
      "netbox_conflict",
      false,
    ],
    [
      "dependents",
      { ...post, method: "DELETE" },
      409,
      { detail: "Unable to delete object. 2 dependent objects were found" },
      "netbox_protected",
      false,
    ],
    ["a defect", post, 500, { error: "oops" }, "netbox_broken", false],
    [
      "a filter by an object that is gone",
      get,
      400,
      { site_id: ["Select a valid choice. 9 is not one of the available choices."] },
      "netbox_refused",
      true,
    ],
  ];
  test.each(cases)("%s", (_, asked, status, body, code, retryable) => {
    expect(refusal(asked, answer(status, body))).toMatchObject({ code, retryable, status });
  });

  test("names object, field and words", () => {
    const table: Asked = { method: "GET", path: "/api/plugins/proxbox/storage/?limit=1000" };
    expect(refusal(table, answer(404, { detail: "Not found." }))).toMatchObject({
      code: "netbox_plugin_missing",
      retryable: false,
      message: expect.stringMatching(/^NetBox has no netbox_proxbox\.\w+: the plugin netbox-proxbox is missing/),
      next: expect.stringContaining("PLUGINS"),
    });
    const error = refusal(post, answer(400), "device pve1", { status: ["x is not a valid choice."] });
    expect(error).toMatchObject({ object: "device pve1", field: "status" });
    expect(error.message).toBe("NetBox refused to add device pve1 (HTTP 400): status: x is not a valid choice.");
  });
});

describe("connectionError", () => {
  const cases: [string, unknown, boolean, string, boolean, boolean][] = [
    ["our own timeout", new DOMException("late", "TimeoutError"), true, "netbox_timeout", true, true],
    ["a reset", { code: "ECONNRESET" }, false, "netbox_interrupted", true, true],
    ["a closed port", { code: "ECONNREFUSED" }, false, "netbox_unreachable", false, false],
    ["plain HTTP where HTTPS is expected", { code: "EPROTO" }, false, "netbox_tls", false, false],
    ["an unknown name", { code: "ENOTFOUND" }, false, "netbox_unreachable", false, false],
    ["a certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, false, "netbox_tls", false, false],
  ];
  test.each(cases)("%s", (_, thrown, timedOut, code, overload, ambiguous) => {
    const error = connectionError(post, "netbox", thrown, timedOut);
    expect(error).toMatchObject({ code, overload });
    expect(isAmbiguous(error)).toBe(ambiguous);
  });
});
