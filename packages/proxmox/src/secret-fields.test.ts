import { expect, test } from "bun:test";
import { withoutSecrets } from "./secret-fields.ts";

test("secrets are masked wherever they stand, as Proxmox masks a password", () => {
  const told = {
    ipams: [{ ipam: "nb", type: "netbox", url: "https://netbox.example.com/api", token: "planted" }],
    dns: [{ dns: "pdns", key: "planted", reversemaskv6: 64 }],
    realm: { type: "openid", "client-id": "pve", "client-key": "planted" },
    storage: { storage: "smb", username: "backup", password: "planted", "encryption-key": "planted" },
    guest: { cipassword: "planted", ciuser: "ada", sshkeys: "ssh-ed25519%20AAAA" },
    options: { http_proxy: "http://proxy:planted@10.0.0.9:3128/", keyboard: "de" },
  };
  const shown = withoutSecrets(told);
  expect(JSON.stringify(shown)).not.toContain("planted");
  expect(shown).toEqual({
    ipams: [{ ipam: "nb", type: "netbox", url: "https://netbox.example.com/api", token: "**********" }],
    dns: [{ dns: "pdns", key: "**********", reversemaskv6: 64 }],
    realm: { type: "openid", "client-id": "pve", "client-key": "**********" },
    storage: { storage: "smb", username: "backup", password: "**********", "encryption-key": "**********" },
    guest: { cipassword: "**********", ciuser: "ada", sshkeys: "ssh-ed25519%20AAAA" },
    options: { http_proxy: "http://proxy:**********@10.0.0.9:3128/", keyboard: "de" },
  });
});

test("what is no secret stays as it is", () => {
  const told = {
    tokenid: "sync",
    token_name: "root@pam!sync",
    keyboard: "en-us",
    description: "See https://wiki.example.com/keys",
    net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0",
    password: "",
    key: 7,
    nothing: null,
    list: [1, "two", { three: true }],
  };
  expect(withoutSecrets(told)).toEqual(told);
});
