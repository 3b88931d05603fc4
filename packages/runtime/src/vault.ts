import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { settingKeys } from "@proxbox/contracts/endpoints";
import type { Bucket } from "./buckets.ts";
import { ConfigError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { type KeySource, makeKeyFile, readKey } from "./vault-key.ts";

/** Encrypts and decrypts the secrets that are stored in PBX_CFG. */
export type Vault = {
  /** AES-256-GCM: "v1:" and base64url of the 12-byte IV, the 16-byte tag and the ciphertext. */
  seal(text: string): string;
  /** Throws ConfigError `secret_unreadable` when the text was not sealed with this key or was changed. */
  open(sealed: string): string;
};

/**
 * Opens the vault. The first process of an installation stores a salt and a check value beside the secrets; from then
 * on a process with another key refuses to start. Without any key one is generated into the key file, as long as
 * nothing is encrypted.
 * Throws ConfigError when the key is wrong, missing although something is encrypted, or its file cannot be used.
 */
export async function openVault(options: { bucket: Bucket; key: KeySource; log: Logger }): Promise<Vault> {
  const { bucket, key, log } = options;
  const present = await bucket.get(settingKeys.vaultCheck);
  const text = (await readKey(key)) ?? (present ? null : await makeKeyFile(key.file));
  if (text === null) {
    throw new ConfigError("key_missing", "Secrets are encrypted already, and this process has no key for them.", {
      next: `Set PROXBOX_ENCRYPTION_KEY to the key of the first process, or share its key file as ${key.file}.`,
    });
  }
  const check = present?.value ?? (await createCheck(bucket, text));
  const vault = await vaultFromCheck(text, check);
  log.info({ event: "vault.opened", generated: !present && !key.text }, "The key fits the stored secrets.");
  return vault;
}

const checkText = "proxbox-edge";

async function createCheck(bucket: Bucket, text: string): Promise<string> {
  const salt = randomBytes(16).toString("base64url");
  const check = JSON.stringify({ salt, check: vaultOf(await deriveKey(text, salt)).seal(checkText) });
  if ((await bucket.create(settingKeys.vaultCheck, check)) !== null) return check;
  return (await bucket.get(settingKeys.vaultCheck))?.value ?? check;
}

async function vaultFromCheck(text: string, stored: string): Promise<Vault> {
  const { salt, check } = JSON.parse(stored) as { salt: string; check: string };
  const vault = vaultOf(await deriveKey(text, salt));
  try {
    vault.open(check);
    return vault;
  } catch (cause) {
    throw new ConfigError("key_wrong", "The encryption key is not the one the stored secrets were encrypted with.", {
      cause,
      next: "Set PROXBOX_ENCRYPTION_KEY (or the file PROXBOX_ENCRYPTION_KEY_FILE names) to the key used before.",
    });
  }
}

async function deriveKey(text: string, salt: string): Promise<Buffer> {
  return (await promisify(scrypt)(text.normalize("NFC"), Buffer.from(salt, "base64url"), 32)) as Buffer;
}

const version = "v1:";

function vaultOf(key: Buffer): Vault {
  return {
    seal: (text) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return version + Buffer.concat([iv, cipher.getAuthTag(), data]).toString("base64url");
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed.slice(version.length), "base64url");
      try {
        if (!sealed.startsWith(version) || bytes.length < 28)
          throw new Error("It has not the form of a sealed secret.");
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new ConfigError("secret_unreadable", "A stored secret cannot be decrypted with the present key.", {
          cause,
          next: "Store the endpoint's password or token again, or restore the key used before.",
        });
      }
    },
  };
}
