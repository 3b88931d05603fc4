import { createHmac, timingSafeEqual } from "node:crypto";
import type { ApiKeyView } from "@proxbox/contracts/http-settings";
import { type Static, Type } from "@sinclair/typebox";

/**
 * All API keys of an installation, as they stand in PBX_CFG. A key is kept only as its HMAC under `pepper`, a random secret
 * that is itself sealed: who reads the bucket can neither use nor guess a key. No slow hash is needed for that.
 */
export const KeyRing = Type.Object(
  {
    pepper: Type.String(),
    next: Type.Integer({ minimum: 1 }),
    keys: Type.Array(
      Type.Object({
        id: Type.Integer({ minimum: 1 }),
        label: Type.String(),
        is_active: Type.Boolean(),
        created_at: Type.Number(),
        hash: Type.String(),
      }),
    ),
  },
  { $id: "KeyRing" },
);
export type KeyRing = Static<typeof KeyRing>;

/** Why a key cannot be retired. */
export type Refusal = "unknown" | "last-active" | "too-many";

/** The most active keys there may be. */
export const mostActiveKeys = 32;

/** The ring with one more key. Pure. */
export function withKey(ring: KeyRing, key: { label: string; hash: string; created_at: number }): KeyRing | Refusal {
  if (activeKeys(ring).length >= mostActiveKeys) return "too-many";
  return { ...ring, next: ring.next + 1, keys: [...ring.keys, { ...key, id: ring.next, is_active: true }] };
}

/** The ring with a key switched on or off; the last active one stays on. Pure. */
export function withActive(ring: KeyRing, id: number, is_active: boolean): KeyRing | Refusal {
  const key = ring.keys.find((entry) => entry.id === id);
  if (!key) return "unknown";
  if (key.is_active === is_active) return ring;
  if (is_active && activeKeys(ring).length >= mostActiveKeys) return "too-many";
  if (!is_active && activeKeys(ring).length === 1) return "last-active";
  return { ...ring, keys: ring.keys.map((entry) => (entry.id === id ? { ...entry, is_active } : entry)) };
}

/** The ring without a key; the last active one stays. Pure. */
export function withoutKey(ring: KeyRing, id: number): KeyRing | Refusal {
  const key = ring.keys.find((entry) => entry.id === id);
  if (!key) return "unknown";
  if (key.is_active && activeKeys(ring).length === 1) return "last-active";
  return { ...ring, keys: ring.keys.filter((entry) => entry.id !== id) };
}

/** The keys that may enter. */
export function activeKeys(ring: KeyRing): KeyRing["keys"] {
  return ring.keys.filter((key) => key.is_active);
}

/** The HMAC-SHA256 under which a key is kept, hex. */
export function hashKey(pepper: string, key: string): string {
  return createHmac("sha256", pepper).update(key).digest("hex");
}

/** The active key with this hash, found in constant time. */
export function keyWithHash(ring: KeyRing, hash: string): KeyRing["keys"][number] | null {
  const wanted = Buffer.from(hash);
  return activeKeys(ring).filter((key) => timingSafeEqual(Buffer.from(key.hash), wanted))[0] ?? null;
}

/** What is shown of a key. */
export function viewOfKey({ id, label, is_active, created_at }: KeyRing["keys"][number]): ApiKeyView {
  return { id, label, is_active, created_at };
}
