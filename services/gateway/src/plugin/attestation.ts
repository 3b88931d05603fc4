import type { Vault } from "@proxbox/runtime/vault";

/** A secret as it is stored, and whose it is; an empty text is none. */
export type SealedSecret = { of: string; sealed: string };

/**
 * Whether every stored secret can be decrypted with the present key, in the words that plugin 0.0.29.post6 wants before it
 * changes the key of its own. Our key is never the plugin's.
 */
export type Attestation = {
  attestation_version: 1;
  configured: true;
  source: "env" | "local";
  active_key_source: "env" | "local";
  encrypted_credentials_verified: boolean;
  encrypted_credentials: number;
  /** Whose secrets cannot be decrypted. */
  unreadable: string[];
};

/** Tries to decrypt every secret; none of them leaves this function. */
export function attestationOf(
  secrets: readonly SealedSecret[],
  vault: Pick<Vault, "open">,
  source: "env" | "local",
): Attestation {
  const stored = secrets.filter(({ sealed }) => sealed !== "");
  const unreadable = stored.filter(({ sealed }) => !opens(vault, sealed)).map(({ of }) => of);
  return {
    attestation_version: 1,
    configured: true,
    source,
    active_key_source: source,
    encrypted_credentials_verified: unreadable.length === 0,
    encrypted_credentials: stored.length,
    unreadable: [...new Set(unreadable)],
  };
}

function opens(vault: Pick<Vault, "open">, sealed: string): boolean {
  try {
    vault.open(sealed);
    return true;
  } catch {
    return false;
  }
}
