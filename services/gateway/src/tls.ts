import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigError } from "@proxbox/runtime/errors";
import type { GatewayConfig } from "./config.ts";

type TlsSettings = Pick<GatewayConfig, "PROXBOX_TLS_CERT_FILE" | "PROXBOX_TLS_KEY_FILE">;

/**
 * The certificate and key to speak HTTPS with; null: plain HTTP was asked for. They are read at the start only.
 * Throws ConfigError `bad_certificate` when one of them is missing, unreadable, or they do not belong together.
 */
export async function readCertificate(config: TlsSettings): Promise<{ cert: string; key: string } | null> {
  const { PROXBOX_TLS_CERT_FILE: certFile, PROXBOX_TLS_KEY_FILE: keyFile } = config;
  if (!certFile && !keyFile) return null;
  if (!certFile || !keyFile) throw unusable("PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE must be set together.");
  const [cert, key] = await Promise.all([
    read("PROXBOX_TLS_CERT_FILE", certFile),
    read("PROXBOX_TLS_KEY_FILE", keyFile),
  ]);
  let belong: boolean;
  try {
    belong = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unusable(`${certFile} and ${keyFile} are no certificate and private key in PEM form.`, cause);
  }
  if (!belong) throw unusable(`The private key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  return { cert, key };
}

async function read(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unusable(`${setting} names ${file}, which cannot be read.`, cause);
  }
}

function unusable(message: string, cause?: unknown): ConfigError {
  return new ConfigError("bad_certificate", message, {
    ...(cause === undefined ? {} : { cause }),
    next: "Correct both settings, or leave both out to speak plain HTTP.",
  });
}
