import { settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { Elysia } from "elysia";
import { KeyRing } from "../access/api-keys.ts";
import type { GatewayParts } from "../parts.ts";
import { attestationOf, type SealedSecret } from "../plugin/attestation.ts";
import { describe } from "./describe.ts";

type EncryptionParts = Pick<GatewayParts, "config" | "endpoints" | "settings" | "vault">;

/** Whether the stored secrets and the key of this process fit each other. */
export function encryptionRoutes({ config, endpoints, settings, vault }: EncryptionParts) {
  const source = config.PROXBOX_ENCRYPTION_KEY ? "env" : "local";
  const secrets = async (): Promise<SealedSecret[]> => {
    const [proxmox, netbox, keys] = await Promise.all([
      endpoints.proxmox(),
      endpoints.netbox(),
      settings.get(settingKeys.apiKeys),
    ]);
    const ofProxmox = proxmox.flatMap(({ name, password, token_value }) =>
      [password, token_value].map((sealed) => ({ of: `Proxmox endpoint ${name}`, sealed })),
    );
    const ofNetBox = netbox ? [netbox.token, netbox.token_key] : [];
    return [
      ...ofProxmox,
      ...ofNetBox.map((sealed) => ({ of: `NetBox endpoint ${netbox?.name}`, sealed })),
      ...(keys ? [{ of: "API keys", sealed: decode(KeyRing, keys.value).pepper }] : []),
    ];
  };
  return new Elysia().get(
    "/admin/encryption/status",
    async () => attestationOf(await secrets(), vault, source),
    describe("Whether every stored secret can be decrypted with the present key.", { 200: null }),
  );
}
