import { randomBytes } from "node:crypto";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import type { ApiKeyView, BootstrapStatus, NewApiKey } from "@proxbox/contracts/http-settings";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Vault } from "@proxbox/runtime/vault";
import {
  activeKeys,
  hashKey,
  KeyRing,
  keyWithHash,
  type Refusal,
  viewOfKey,
  withActive,
  withKey,
  withoutKey,
} from "./api-keys.ts";
import { badRequest, conflict, notFound, RequestError } from "./errors.ts";

/** What a presented key turned out to be. */
export type Verdict = { known: "no-keys" | "wrong" } | { known: "ok"; id: number };

/** The API keys, shared by all gateways of an installation. */
export type KeyStore = {
  status(): Promise<BootstrapStatus>;
  verify(key: string): Promise<Verdict>;
  /** Registers the first key, once for ever. Throws RequestError 400 (too short) or 409 (there was one before). */
  register(key: string, label: string): Promise<void>;
  list(): Promise<ApiKeyView[]>;
  /** Makes a key. Its text is in this answer and nowhere else. Throws RequestError 409 when there are too many. */
  create(): Promise<NewApiKey>;
  /** These throw RequestError 404, or 409 for the last active key. */
  activate(id: number): Promise<ApiKeyView>;
  deactivate(id: number): Promise<ApiKeyView>;
  remove(id: number): Promise<void>;
};

const shortestKey = 32;

/** Opens the keys kept in PBX_CFG. */
export function openKeyStore(bucket: Bucket, vault: Vault): KeyStore {
  const read = async () => {
    const found = await bucket.get(settingKeys.apiKeys);
    return found && { ring: decode(KeyRing, found.value), revision: found.revision };
  };
  const change = async (apply: (ring: KeyRing) => KeyRing | Refusal): Promise<KeyRing> => {
    for (;;) {
      const found = await read();
      const next = found ? apply(found.ring) : "unknown";
      if (typeof next === "string") throw refusal(next);
      if (found && (await bucket.update(settingKeys.apiKeys, JSON.stringify(next), found.revision)) !== null)
        return next;
    }
  };
  const changed = async (id: number, apply: (ring: KeyRing) => KeyRing | Refusal) => {
    const key = (await change(apply)).keys.find((entry) => entry.id === id);
    if (!key) throw refusal("unknown");
    return viewOfKey(key);
  };

  return {
    status: async () => {
      const empty = (await bucket.get(settingKeys.apiKeys)) === null;
      return { needs_bootstrap: empty, has_db_keys: !empty };
    },
    verify: async (key) => {
      const found = await read();
      if (!found || activeKeys(found.ring).length === 0) return { known: "no-keys" };
      const match = keyWithHash(found.ring, hashKey(vault.open(found.ring.pepper), key));
      return match ? { known: "ok", id: match.id } : { known: "wrong" };
    },
    register: async (key, label) => {
      if (key.length < shortestKey) throw badRequest(`The API key must have at least ${shortestKey} characters.`);
      const pepper = randomBytes(32).toString("base64url");
      const empty: KeyRing = { pepper: vault.seal(pepper), next: 1, keys: [] };
      const ring = withKey(empty, { label, hash: hashKey(pepper, key), created_at: Date.now() / 1_000 });
      if ((await bucket.create(settingKeys.apiKeys, JSON.stringify(ring))) === null) {
        throw conflict("An API key is already configured.", "Ask who has it to make another with POST /auth/keys.");
      }
    },
    list: async () => {
      const keys = (await read())?.ring.keys ?? [];
      return keys.map(viewOfKey).sort((left, right) => right.id - left.id);
    },
    create: async () => {
      const raw_key = randomBytes(48).toString("base64url");
      const created_at = Date.now() / 1_000;
      const ring = await change((old) =>
        withKey(old, { label: "", hash: hashKey(vault.open(old.pepper), raw_key), created_at }),
      );
      const key = ring.keys.at(-1);
      if (!key) throw refusal("unknown");
      return { ...viewOfKey(key), raw_key };
    },
    activate: (id) => changed(id, (ring) => withActive(ring, id, true)),
    deactivate: (id) => changed(id, (ring) => withActive(ring, id, false)),
    remove: async (id) => {
      await change((ring) => withoutKey(ring, id));
    },
  };
}

function refusal(why: Refusal): RequestError {
  if (why === "unknown") return notFound("API key not found.");
  if (why === "too-many") return conflict("There are too many active API keys.", "Delete or deactivate one first.");
  const code = "last_active_api_key_required";
  const message = "The last active API key cannot be retired; make or activate another one first.";
  return new RequestError(409, code, message, { detail: { code, message } });
}
