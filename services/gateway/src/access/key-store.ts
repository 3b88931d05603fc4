import { randomBytes } from "node:crypto";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import type { ApiKeyView, BootstrapStatus, NewApiKey } from "@proxbox/contracts/http-settings";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Vault } from "@proxbox/runtime/vault";
import { badRequest, conflict, notFound, RequestError } from "../errors.ts";
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
import { type Remembered, remember } from "./remember.ts";

/** What a presented key turned out to be. */
export type Verdict = { known: "no-keys" | "wrong" } | { known: "ok"; id: number };

/** The API keys, shared by all gateways of an installation. */
export type KeyStore = {
  status(): Promise<BootstrapStatus>;
  /**
   * Tells what a key is. Nearly always without a read; a key that seems wrong is looked for once more in what is stored now.
   */
  verify(key: string): Promise<Verdict>;
  /** Whether a key is among those remembered: at most one read every two seconds, whoever asks. */
  recognises(key: string): Promise<boolean>;
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

/** What a gateway remembers of the keys, with their pepper opened; null: there are none yet. */
export type KeyMemory = Remembered<{ ring: KeyRing; pepper: string } | null>;

/** Remembers the keys kept in PBX_CFG for two seconds: that long one that was retired at another gateway is still accepted. */
export function rememberKeys(bucket: Pick<Bucket, "get">, vault: Vault): KeyMemory {
  const read = async (name: string) => {
    const found = await bucket.get(name);
    const ring = found && decode(KeyRing, found.value);
    return ring && { ring, pepper: vault.open(ring.pepper) };
  };
  return remember(read, { ttlMs: 2_000, most: 1 });
}

/** Opens the keys kept in PBX_CFG. What is changed through it is in `memory` at once. */
export function openKeyStore(bucket: Bucket, vault: Vault, memory: KeyMemory): KeyStore {
  const name = settingKeys.apiKeys;
  const read = async () => {
    const found = await bucket.get(name);
    return found && { ring: decode(KeyRing, found.value), revision: found.revision };
  };
  const change = async (apply: (ring: KeyRing) => KeyRing | Refusal): Promise<KeyRing> => {
    for (;;) {
      const found = await read();
      const next = found ? apply(found.ring) : "unknown";
      if (typeof next === "string") throw refusal(next);
      if (found && (await bucket.update(name, JSON.stringify(next), found.revision)) !== null) {
        memory.forget(name);
        return next;
      }
    }
  };
  const find = async (key: string) => {
    const known = await memory.get(name);
    return {
      match: known && keyWithHash(known.ring, hashKey(known.pepper, key)),
      isAny: known !== null && activeKeys(known.ring).length > 0,
    };
  };
  const changed = async (id: number, apply: (ring: KeyRing) => KeyRing | Refusal) => {
    const key = (await change(apply)).keys.find((entry) => entry.id === id);
    if (!key) throw refusal("unknown");
    return viewOfKey(key);
  };

  return {
    status: async () => {
      const empty = (await bucket.get(name)) === null;
      return { needs_bootstrap: empty, has_db_keys: !empty };
    },
    verify: async (key) => {
      let { match, isAny } = await find(key);
      if (!match && !(isAny && key === "")) {
        // Another gateway may just have made it.
        memory.forget(name);
        ({ match, isAny } = await find(key));
      }
      if (match) return { known: "ok", id: match.id };
      return { known: isAny ? "wrong" : "no-keys" };
    },
    recognises: async (key) => (await find(key)).match !== null,
    register: async (sent, label) => {
      // As keys come in headers, without the blanks around them.
      const key = sent.trim();
      if (key.length < shortestKey) throw badRequest(`The API key must have at least ${shortestKey} characters.`);
      const pepper = randomBytes(32).toString("base64url");
      const empty: KeyRing = { pepper: vault.seal(pepper), next: 1, keys: [] };
      const ring = withKey(empty, { label, hash: hashKey(pepper, key), created_at: Date.now() / 1_000 });
      const isFirst = (await bucket.create(name, JSON.stringify(ring))) !== null;
      memory.forget(name);
      if (!isFirst) {
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
