import { expect } from "bun:test";
import { ask } from "../../src/plugin/backend.ts";
import { checkKey } from "../../src/plugin/keys.ts";
import { bodyOf, type Checks, expectFields } from "./world.ts";

/** Discovery, readiness, version and keys. */
export const doorChecks = {
  "GET /": async ({ fresh, ask }) => {
    for (const answer of [fresh.root, await ask("GET", "/"), await ask("GET", "/", { open: true })])
      expect(String(bodyOf(answer).message)).toStartWith("Proxbox Backend");
  },
  "GET /health": async ({ fresh, ask }) => {
    for (const answer of [fresh.health, await ask("GET", "/health"), await ask("GET", "/health", { open: true })])
      expect(bodyOf(answer)).toMatchObject({ status: "ready", init_ok: true });
  },
  "GET /version": async ({ ask }) => {
    const [, major, minor, patch] =
      /^(\d+)\.(\d+)\.(\d+)/.exec(String(bodyOf(await ask("GET", "/version")).version)) ?? [];
    // The plugin warns of anything up to 0.0.14.
    expect(Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch)).toBeGreaterThan(14);
  },
  "GET /auth/bootstrap-status": async ({ fresh, ask }) => {
    expect(bodyOf(fresh.bootstrap)).toEqual({ needs_bootstrap: true, has_db_keys: false });
    const later = await ask("GET", "/auth/bootstrap-status", { open: true });
    expect(bodyOf(later)).toEqual({ needs_bootstrap: false, has_db_keys: true });
  },
  "POST /auth/register-key": async ({ fresh, ask }) => {
    // That it answered 201 with a text is how this world began.
    expect(fresh.shortKey).toMatchObject({ status: 400, json: { detail: expect.any(String) } });
    const body = { api_key: "x".repeat(40), label: "late" };
    const late = await ask("POST", "/auth/register-key", { open: true, body });
    expect(late).toMatchObject({ status: 409, json: { detail: expect.any(String) } });
  },
  "GET /auth/keys": async ({ ask: withKey, plugin }) => {
    const { keys } = bodyOf<{ keys: { id: number }[] }>(await withKey("GET", "/auth/keys"));
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expectFields(key, { id: "integer", label: "text", is_active: "boolean", created_at: "number" });
      expect(key.id).toBeGreaterThan(0);
    }
    expect(JSON.stringify(keys)).not.toContain(plugin.backend.key);
    expect((await checkKey(plugin.backend)).verdict).toBe("accepted");
    const wrong = await ask({ ...plugin.backend, key: "w".repeat(40) }, "GET", "/auth/keys");
    expect(wrong).toMatchObject({ status: 401, json: { detail: expect.stringContaining("API key") } });
  },
  "POST /auth/keys": async ({ ask: withKey, plugin }) => {
    const made = await withKey("POST", "/auth/keys");
    expect(made.status).toBe(201);
    const { raw_key: key, id } = made.json as { raw_key: string; id: number };
    expect((await checkKey({ ...plugin.backend, key })).verdict).toBe("accepted");
    expect((await withKey("DELETE", `/auth/keys/${id}`)).status).toBe(204);
  },
} satisfies Checks;
